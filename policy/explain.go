package policy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// Decision tells an admin why a principal may or may not do something. It
// names policies and rules and is never shown to the principal itself.
type Decision struct {
	Allowed bool
	// Reason is one sentence, in English.
	Reason string
	// Policies that apply to the role set, object and action, in order.
	Policies []Outcome
}

// Outcome is what one policy said.
type Outcome struct {
	Policy string
	Effect metadata.Effect
	Rule   string // "" for every row
	// Holds says that the rule is true for the record.
	Holds bool
	// Failed is why the rule has no answer, "" when it has one. A failed allow
	// rule gives nothing, a failed deny rule denies.
	Failed string
	// Fields the policy is limited to in this action; nil for the row as a whole.
	Fields []string
}

// Explain decides as Enforce does and says which policy decided.
func (e *Engine) Explain(p *Principal, object string, a metadata.Action, rec expr.Record, now time.Time) (Decision, error) {
	allowed, err := e.Enforce(p, object, a, rec, now)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Allowed: allowed}
	if p.IsSystem() {
		d.Reason = "the system may do everything"
		return d, nil
	}
	entries, err := e.applying(p, object, a)
	if err != nil {
		return Decision{}, err
	}
	vars := p.Vars(now)
	var gave, took []string
	for _, en := range entries {
		o := outcome(e.rule(object, en.rule), en, a, rec, vars)
		d.Policies = append(d.Policies, o)
		switch {
		case en.deny && (o.Failed != "" || o.Holds && en.deniesRow(a)):
			took = append(took, o.words())
		case !en.deny && o.Holds:
			gave = append(gave, o.words())
		}
	}
	d.Reason = reason(gave, took, len(entries), joinRoles(p.Roles), object, a)
	return d, nil
}

func outcome(r *rule, en *entry, a metadata.Action, rec expr.Record, vars *expr.Vars) Outcome {
	o := Outcome{Policy: en.policy.Name, Effect: metadata.Allow, Rule: en.rule, Fields: listOf(en.policy, a)}
	if en.deny {
		o.Effect = metadata.Deny
	}
	holds, err := r.eval(context.Background(), vars, rec)
	if err != nil {
		o.Failed = err.Error()
	}
	o.Holds = holds && err == nil
	return o
}

func (o Outcome) words() string {
	switch {
	case o.Failed != "":
		return fmt.Sprintf("%s (its rule fails: %s)", o.Policy, o.Failed)
	case o.Rule == "":
		return o.Policy
	}
	return fmt.Sprintf("%s (%s)", o.Policy, o.Rule)
}

func reason(gave, took []string, applying int, roles, object string, a metadata.Action) string {
	switch {
	case len(took) > 0:
		return "denied by " + strings.Join(took, ", ")
	case len(gave) > 0:
		return "allowed by " + strings.Join(gave, ", ")
	case applying == 0:
		return fmt.Sprintf("no policy lets %s %s %s", roles, a, object)
	}
	return "the rule of no allowing policy holds for this record"
}
