package expr

import (
	"errors"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// slots are the parts of a rule that do not read the record, each a program of
// its own. What reads nothing at all is evaluated when the rule is compiled.
//
// The program of a slot is planned in an environment without a record, shared by
// all objects: it must not hold that of the rule.
type slots struct {
	t      *translator
	byExpr map[int64]Term
	list   []slot
}

type slot struct {
	program cel.Program
	of      Type
}

func newSlots(t *translator) *slots { return &slots{t: t, byExpr: map[int64]Term{}} }

// of makes the term for an expression that does not read the record.
func (s *slots) of(e celast.Expr) Term {
	if t, ok := s.byExpr[e.ID()]; ok {
		return t
	}
	t := s.make(e)
	s.byExpr[e.ID()] = t
	return t
}

// literal is the value of an expression that reads nothing.
func (s *slots) literal(e celast.Expr) (Literal, bool) {
	if s.t.reads[e.ID()] {
		return Literal{}, false
	}
	l, ok := s.of(e).(Literal)
	return l, ok
}

func (s *slots) make(e celast.Expr) Term {
	of := typeOf(s.t.ast.GetType(e.ID()))
	if e.Kind() == celast.LiteralKind {
		if v, err := fromVal(e.AsLiteral(), 0); err == nil {
			return Literal{Of: of, Value: v}
		}
	}
	sub := celast.NewCheckedAST(celast.NewAST(e, s.t.ast.SourceInfo()), s.t.ast.TypeMap(), s.t.ast.ReferenceMap())
	prg, err := s.t.slotEnv.PlanProgram(sub, s.t.engine.programOptions(Row, s.t.rw.loops)...)
	if err != nil {
		s.t.no(e, "%s", clip(err.Error()))
		return Literal{Of: of}
	}
	sl := slot{program: prg, of: of}
	if !readsVariables(e, nil) {
		v, err := sl.eval(&activation{})
		if err != nil {
			s.t.no(e, "this always fails: %s", clip(err.Error()))
		}
		return Literal{Of: of, Value: v}
	}
	s.list = append(s.list, sl)
	return Slot{Of: of, Index: len(s.list) - 1}
}

// readsVariables says whether an expression reads a name that it does not bind
// itself.
func readsVariables(e celast.Expr, bound []string) bool {
	if e.Kind() == celast.IdentKind {
		for _, b := range bound {
			if b == e.AsIdent() {
				return false
			}
		}
		return true
	}
	if e.Kind() == celast.ComprehensionKind {
		c := e.AsComprehension()
		inner := append(append([]string{}, bound...), c.IterVar(), c.IterVar2(), c.AccuVar())
		return readsVariables(c.IterRange(), bound) || readsVariables(c.AccuInit(), bound) ||
			readsVariables(c.LoopCondition(), inner) || readsVariables(c.LoopStep(), inner) || readsVariables(c.Result(), inner)
	}
	for _, c := range children(e) {
		if readsVariables(c, bound) {
			return true
		}
	}
	return false
}

var errNotStorable = errors.New("the value cannot be compared with a field")

// eval gives the slot's value: nil for null, []any for a list.
func (s *slot) eval(a *activation) (any, error) {
	out, _, err := s.program.Eval(a)
	if err != nil {
		return nil, err
	}
	if s.of.IsList() {
		if out == ref.Val(types.NullValue) {
			return nil, errNotStorable
		}
		return elements(out)
	}
	v, err := fromExact(out)
	if err != nil {
		return nil, err
	}
	if text, ok := v.(string); ok && !storableText(text) {
		return nil, errNotStorable
	}
	return v, nil
}
