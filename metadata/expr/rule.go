package expr

import (
	"context"
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Rule is a compiled expression. It does not change and may be used by many
// goroutines at once.
type Rule struct {
	engine  *Engine
	object  string
	src     string
	profile Profile
	typ     *recordType
	deps    []Path
	program func() (cel.Program, error)
	limited bool
	want    Type // BoolType for rules, DynType for a Transform
	moment  bool // reads now or today
	user    bool // reads user

	plan, notPlan Pred
	term          Term
	slots         []slot
}

// Source is the text the rule was compiled from.
func (r *Rule) Source() string { return r.src }

// Object is the object the rule is about, "" for a Transform.
func (r *Rule) Object() string { return r.object }

// Profile is what the rule was compiled for.
func (r *Rule) Profile() Profile { return r.profile }

// Deps are the fields the rule reads, sorted: ["owner"], ["account" "region"]. A
// rule that compares a whole record also has the empty path, which stands for
// every field. A rule over children begins their paths with the relation, as in
// ["lines" "amount"]. The caller must not change them.
func (r *Rule) Deps() []Path { return r.deps }

// Eval says whether the rule is true. An error means that it failed on these
// values (an absent record, a null that was computed with, a limit): the record
// is then not selected and a validation is violated. A cancelled context gives
// a TIMEOUT. Vars.Record must be set.
func (r *Rule) Eval(ctx context.Context, v Vars) (bool, error) {
	out, err := r.run(ctx, v)
	if err != nil {
		return false, err
	}
	b, ok := out.(types.Bool)
	if !ok {
		return false, fmt.Errorf("expr: the rule gave %s, not true or false", out.Type().TypeName())
	}
	return bool(b), nil
}

// Value evaluates what gives a value. That of a Transform is nil or of a Go type
// listed at Type; maps are map[string]any, mixed lists []any, floating-point
// numbers *Decimal. That of a Formula or Default is nil or of the type it was
// compiled for. A Formula that fails gives nil and no error, unless the context
// ended: what cannot be computed has no value.
func (r *Rule) Value(ctx context.Context, v Vars) (any, error) {
	out, err := r.run(ctx, v)
	if err == nil {
		var got any
		if got, err = fromVal(out, 0); err == nil {
			return r.adapt(got), nil
		}
	}
	if r.profile != Formula {
		return nil, err
	}
	return nil, interrupted(ctx)
}

func (r *Rule) run(ctx context.Context, v Vars) (ref.Val, error) {
	if err := interrupted(ctx); err != nil {
		return nil, err
	}
	program, err := r.program()
	if err != nil {
		return nil, err
	}
	a := &activation{vars: v, typ: r.typ}
	if !r.limited {
		out, _, err := program.Eval(a)
		return out, err
	}
	out, _, err := program.ContextEval(ctx, a)
	if err != nil {
		if stop := interrupted(ctx); stop != nil {
			return nil, stop
		}
	}
	return out, err
}

// Predicate is the condition under which a Row rule is true for a record, with
// the values of v (Record is not read) put in and simplified: it holds exactly
// where Eval gives true. It fails with QUERY_TOO_COSTLY when exists or all runs
// over more than 256 elements or a list has more than 10,000; the caller must
// then refuse, whether the rule allows or denies.
func (r *Rule) Predicate(v Vars) (Pred, error) { return r.fold(r.plan, v) }

// Negation is the condition under which a Row rule is false: it holds exactly
// where Eval gives false, which is not where Predicate does not hold, since a
// rule may fail.
func (r *Rule) Negation(v Vars) (Pred, error) { return r.fold(r.notPlan, v) }

// Term is the value of a Formula as SQL computes it, with the moment of v put in:
// its NULL stands where Value gives nil.
func (r *Rule) Term(v Vars) (Term, error) {
	if r.term == nil {
		return nil, fmt.Errorf("expr: only a formula has a term")
	}
	f := r.folder(v)
	out := f.scalar(r.term)
	if f.err != nil {
		return nil, tooLong()
	}
	return out, nil
}

// Moment says that the expression reads now, today, the zone of the request, or
// user: its value is not a matter of the record alone.
func (r *Rule) Moment() bool { return r.moment || r.user }

// User says that the expression reads user.
func (r *Rule) User() bool { return r.user }

// Plan is the unfolded tree of a Row rule, with Slots and Each in it; NotPlan
// that of its negation. Nil for other profiles.
func (r *Rule) Plan() Pred { return r.plan }

// NotPlan is described at Plan.
func (r *Rule) NotPlan() Pred { return r.notPlan }

func (r *Rule) fold(p Pred, v Vars) (Pred, error) {
	if p == nil {
		return nil, fmt.Errorf("expr: only a row rule has a predicate")
	}
	f := r.folder(v)
	out := f.pred(p)
	if f.err != nil {
		return nil, tooLong()
	}
	return out, nil
}

func (r *Rule) folder(v Vars) *folder {
	v.Record = nil
	return &folder{slots: r.slots, act: &activation{vars: v, typ: r.typ}, cache: make([]slotValue, len(r.slots))}
}
