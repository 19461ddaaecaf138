package policy

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/trellishq/trellis/metadata/expr"
)

// rule is the text of a row rule, compiled for one object when first needed.
// Policies with the same text share it.
type rule struct {
	object string
	text   string // trimmed; "" for every row

	once     sync.Once
	compiled *expr.Rule
	err      error

	// What the rule comes to when it asks for neither user nor moment.
	fixedOnce         sync.Once
	fixedYes, fixedNo expr.Pred
}

// fixed says that the rule comes to the same for everybody at any time.
func (r *rule) fixed() bool { return r.always() || r.err != nil || !r.compiled.Moment() }

func (r *rule) fix() {
	v := expr.Vars{}
	var err error
	if r.fixedYes, err = r.compiled.Predicate(v); err != nil {
		r.fixedYes = expr.Never
	}
	if r.fixedNo, err = r.compiled.Negation(v); err != nil {
		r.fixedNo = expr.Never
	}
	r.fixedYes, r.fixedNo = expr.Fold(r.fixedYes), expr.Fold(r.fixedNo)
}

// ruleKey finds a rule. The same text means another thing on another object.
type ruleKey struct{ object, text string }

// always says that the rule holds for every row.
func (r *rule) always() bool { return r.text == "" }

func trimRule(text string) string {
	if text = strings.TrimSpace(text); text == "true" {
		return ""
	}
	return text
}

// holds is the rule as a predicate; what fails is Never.
func (r *rule) holds(v *expr.Vars) expr.Pred {
	if r.always() {
		return expr.Always
	}
	if r.err != nil {
		return expr.Never
	}
	if r.fixed() {
		r.fixedOnce.Do(r.fix)
		return r.fixedYes
	}
	p, err := r.compiled.Predicate(*v)
	if err != nil {
		return expr.Never
	}
	return p
}

// fails is the negation of the rule, for denials: rows for which the rule is
// false. A row for which it errs is not among them.
func (r *rule) fails(v *expr.Vars) expr.Pred {
	if r.always() || r.err != nil {
		return expr.Never
	}
	if r.fixed() {
		r.fixedOnce.Do(r.fix)
		return r.fixedNo
	}
	p, err := r.compiled.Negation(*v)
	if err != nil {
		return expr.Never
	}
	return p
}

// eval asks CEL itself about one record.
func (r *rule) eval(ctx context.Context, v *expr.Vars, rec expr.Record) (bool, error) {
	if r.always() {
		return true, nil
	}
	if r.err != nil {
		return false, r.err
	}
	w := *v
	w.Record = rec
	return r.compiled.Eval(ctx, w)
}

// Vars are what row rules read besides the record, for a request at now in its
// zone. The result may be used for any number of grants, and must not be
// changed.
func (p *Principal) Vars(now time.Time) *expr.Vars {
	return &expr.Vars{User: p.userVars(), Now: now}
}
