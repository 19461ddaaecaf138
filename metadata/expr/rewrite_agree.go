package expr

import (
	"slices"
	"strconv"
	"time"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// agree makes operands of one type out of those that are nearly so: a number
// beside a decimal becomes a decimal, a text literal beside an id, a date or a
// date-time becomes one. It returns the common type.
func (w *rewriter) agree(es []celast.Expr, kinds []kind) Type {
	if w.twoAmounts(es, kinds) {
		return InvalidType
	}
	has := func(t Type) bool {
		return slices.ContainsFunc(kinds, func(k kind) bool { return numeric(k.typ) == t })
	}
	for _, target := range []struct {
		typ Type
		fn  string
	}{{DecimalType, "dec"}, {IDType, "id"}, {DateType, "date"}, {TimestampType, "timestamp"}, {TimeOfDayType, "time"}, {DurationType, "duration"}} {
		if !has(target.typ) {
			continue
		}
		for i, e := range es {
			if w.convertible(e, kinds[i], target.typ) {
				w.wrap(e, target.fn)
				kinds[i] = kind{typ: target.typ}
				w.known[e.ID()] = kinds[i]
			}
		}
		return target.typ
	}
	for _, k := range kinds {
		if k.typ != InvalidType {
			return k.typ
		}
	}
	return InvalidType
}

// twoAmounts refuses to compare two currency fields by amount alone.
func (w *rewriter) twoAmounts(es []celast.Expr, kinds []kind) bool {
	n := 0
	for _, k := range kinds {
		if k.typ == MoneyType {
			n++
		}
	}
	if n < 2 {
		return false
	}
	w.probs.at(es[0].ID(), "two currency fields may differ in currency; say .amount or .currency on both")
	return true
}

// convertible says whether an operand should be read as another type. A double
// literal is read as the decimal it was written as, which has at most 15 digits.
func (w *rewriter) convertible(e celast.Expr, k kind, to Type) bool {
	if to == DecimalType {
		return k.typ == IntType || isDouble(e)
	}
	if k.typ != TextType || e.Kind() != celast.LiteralKind {
		return false
	}
	return true
}

func isDouble(e celast.Expr) bool {
	_, ok := doubleLiteral(e)
	return ok
}

func doubleLiteral(e celast.Expr) (float64, bool) {
	if e.Kind() == celast.CallKind && e.AsCall().FunctionName() == operators.Negate && len(e.AsCall().Args()) == 1 {
		f, ok := doubleLiteral(e.AsCall().Args()[0])
		return -f, ok
	}
	if e.Kind() != celast.LiteralKind {
		return 0, false
	}
	f, ok := e.AsLiteral().(types.Double)
	return float64(f), ok
}

// wrap puts a conversion around an operand, in place.
func (w *rewriter) wrap(e celast.Expr, fn string) {
	inner := w.fac.CopyExpr(e)
	if f, ok := doubleLiteral(e); ok {
		inner = w.fac.NewLiteral(e.ID(), types.String(strconv.FormatFloat(f, 'g', -1, 64)))
	}
	e.SetKindCase(w.fac.NewCall(e.ID(), fn, w.reidentify(inner)))
	if test, ok := literalTests[fn]; ok {
		w.constant(inner, test)
	}
}

// reidentify gives a copied node an id of its own; its children keep theirs.
func (w *rewriter) reidentify(e celast.Expr) celast.Expr {
	id := w.newID(e)
	switch e.Kind() {
	case celast.LiteralKind:
		return w.fac.NewLiteral(id, e.AsLiteral())
	case celast.IdentKind:
		return w.fac.NewIdent(id, e.AsIdent())
	case celast.SelectKind:
		s := e.AsSelect()
		if s.IsTestOnly() {
			return w.fac.NewPresenceTest(id, s.Operand(), s.FieldName())
		}
		return w.fac.NewSelect(id, s.Operand(), s.FieldName())
	case celast.CallKind:
		c := e.AsCall()
		if c.IsMemberFunction() {
			return w.fac.NewMemberCall(id, c.FunctionName(), c.Target(), c.Args()...)
		}
		return w.fac.NewCall(id, c.FunctionName(), c.Args()...)
	}
	return e
}

// literalTests are the conversions whose literal can be judged at once.
var literalTests = map[string]func(ref.Val) ref.Val{
	"dec": decFromText, "date": dateFromText, "id": idFromText, "time": timeFromText,
	"timestamp": func(v ref.Val) ref.Val { return v.ConvertToType(types.TimestampType) },
	"duration":  func(v ref.Val) ref.Val { return v.ConvertToType(types.DurationType) },
}

// constant refuses a literal that its conversion will never accept.
func (w *rewriter) constant(e celast.Expr, test func(ref.Val) ref.Val) {
	if e.Kind() != celast.LiteralKind {
		return
	}
	s, ok := e.AsLiteral().(types.String)
	if !ok {
		return
	}
	v := test(s)
	switch v := v.(type) {
	case types.Duration:
		w.fine = w.fine || v.Duration%time.Microsecond != 0
	case types.Timestamp:
		w.fine = w.fine || v.Nanosecond()%1000 != 0
	}
	if err, failed := v.(*types.Err); failed {
		w.probs.at(e.ID(), "this always fails: %s", clip(err.Error()))
	}
}

// nullList makes a list field beside null dynamic: CEL's checker has no lists
// that may be null.
func (w *rewriter) nullList(es []celast.Expr, kinds []kind) {
	for i, e := range es {
		other := es[1-i]
		if kinds[i].typ.IsList() && kinds[i].field != nil && other.Kind() == celast.LiteralKind && other.AsLiteral() == types.NullValue {
			w.wrap(e, "dyn")
			w.lists[e.ID()] = true
		}
	}
}

// arithmetic is agree for + - * /, where a date may have days added.
func (w *rewriter) arithmetic(op string, args []celast.Expr, kinds []kind) Type {
	if len(args) != 2 {
		return InvalidType
	}
	l, r := kinds[0].typ, kinds[1].typ
	if l == DateType && (op == operators.Add || op == operators.Subtract) {
		if op == operators.Subtract && r != IntType {
			w.agree(args, kinds)
			return IntType
		}
		return DateType
	}
	if l == TimestampType || r == TimestampType {
		if op == operators.Subtract && l == r {
			return DurationType
		}
		return TimestampType
	}
	return numeric(w.agree(args, kinds))
}

// in makes the left side and the elements of a list literal agree.
func (w *rewriter) in(args []celast.Expr, kinds []kind) {
	if args[1].Kind() != celast.ListKind {
		if kinds[1].typ == IDListType && w.convertible(args[0], kinds[0], IDType) {
			w.wrap(args[0], "id")
		}
		return
	}
	elems := args[1].AsList().Elements()
	all := append([]celast.Expr{args[0]}, elems...)
	allKinds := []kind{kinds[0]}
	for _, e := range elems {
		allKinds = append(allKinds, w.known[e.ID()])
	}
	w.options(all, allKinds)
	w.agree(all, allKinds)
}

// options refuses a text that a select cannot hold.
func (w *rewriter) options(es []celast.Expr, kinds []kind) {
	for _, k := range kinds {
		if k.typ != SelectType || k.field == nil || len(k.field.Options) == 0 {
			continue
		}
		for _, e := range es {
			if e.Kind() != celast.LiteralKind {
				continue
			}
			if s, ok := e.AsLiteral().(types.String); ok && !slices.Contains(k.field.Options, string(s)) {
				w.probs.at(e.ID(), "%s has no option %q", k.field.Name, clip(string(s))).
					Suggestion = closest(string(s), k.field.Options)
			}
		}
		return
	}
}
