package expr

import (
	"slices"

	celast "cel.dev/cel-go/common/ast"

	"github.com/trellishq/trellis"
)

// CompileValue checks and prepares an expression that gives the value of a field
// of type want: a Formula, which also becomes a Term, or a Default. An integer
// does where a decimal is wanted, anything where a Default is DynType. Errors are those of Compile.
func (e *Engine) CompileValue(object, src string, p Profile, want Type) (*Rule, error) {
	if p != Formula && p != Default {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "a value on an object is a formula or a default")
	}
	return e.compile(object, src, p, want)
}

// gives says whether a result of type got is one the rule may have, and tells
// when it is not.
func (r *Rule) gives(got Type, probs *problems, root int64) bool {
	switch {
	case r.profile == Transform || r.profile == Default && r.want == DynType:
		return true
	case r.profile != Formula && r.profile != Default:
		if got != BoolType {
			probs.at(root, "a rule must be true or false, this is of type %s", got)
		}
		return got == BoolType
	case got == r.want, got == DynType, got == IntType && r.want == DecimalType, got == TextType && r.want == SelectType:
		return true
	case got == DecimalType && r.want == IntType:
		probs.at(root, "this is of type decimal, not integer: say int(round(…))")
	default:
		probs.at(root, "this is of type %s, not %s", got, r.want)
	}
	return false
}

// adapt turns a result into the type that is wanted.
func (r *Rule) adapt(v any) any {
	if n, ok := v.(int64); ok && r.want == DecimalType {
		return new(Decimal).SetInt64(n)
	}
	return v
}

// reads says whether an expression reads one of the variables. Loop variables
// cannot have their names.
func reads(e celast.Expr, names ...string) bool {
	if e.Kind() == celast.IdentKind && slices.Contains(names, e.AsIdent()) {
		return true
	}
	return slices.ContainsFunc(children(e), func(c celast.Expr) bool { return reads(c, names...) })
}

// readsZone says whether an expression depends on the zone of the request: it
// asks for a part of an instant.
func readsZone(e celast.Expr, typ func(id int64) Type) bool {
	if e.Kind() == celast.CallKind {
		args := e.AsCall().Args()
		if n := len(args); n == 2 && args[1].Kind() == celast.IdentKind && args[1].AsIdent() == zoneName && typ(args[0].ID()) != DateType {
			return true
		}
	}
	return slices.ContainsFunc(children(e), func(c celast.Expr) bool { return readsZone(c, typ) })
}

// formula turns a checked Formula into its term.
func (t *translator) formula(root celast.Expr, want Type) (Term, []slot) {
	t.markReads(root)
	t.checkFunctions(root)
	l := &leaf{t: t, scalar: true}
	term := l.term(root)
	if term.Type() == IntType && want == DecimalType {
		term = Call{Fn: ToDecimal, Arg: term}
	}
	return term, slices.Clip(t.slots.list)
}
