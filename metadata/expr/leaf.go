package expr

import (
	"slices"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// leaf builds one leaf of a tree. All lookups that the leaf goes through become
// Hops around it, so that a missing record fails the leaf as a whole, as it
// fails the expression in CEL.
type leaf struct {
	t *translator
	// hops are the paths of lookups, each after its own prefix. The n-th is
	// scope n; scope 0 is the rule's record.
	hops []Path
	// scalar says that terms are made as scalar.go describes, for a place base
	// scopes inside of the rule's record.
	scalar bool
	base   int
	// products counts multiplications of decimals, remainders those of integers
	// by a divisor not known now.
	products, remainders int
}

// Limits that keep a decimal of a Row rule within the 1,000 digits of ParseDecimal,
// so that it cannot overflow in process where PostgreSQL would go on.
const (
	maxProducts   = 4
	maxRemainders = 3   // each writes its operands twice
	maxRowDecimal = 100 // digits, and places before or after the point
)

// leaf wraps what build makes in the Hops that e needs.
func (t *translator) leaf(e celast.Expr, build func(*leaf) Pred) Pred {
	l := &leaf{t: t}
	l.collect(e)
	p := build(l)
	for i := len(l.hops); i > 0; i-- {
		h := l.hops[i-1]
		p = Hop{Field: h[len(h)-1], Target: t.target(h), Up: i - 1 - l.scope(h[:len(h)-1]), Cond: p}
		if len(h) == 1 {
			p = outward(p, t.base)
		}
	}
	return p
}

// outward moves a Hop from the rule's record to a place by scopes inside of it.
func outward(p Pred, by int) Pred {
	if h, ok := p.(Hop); ok {
		h.Up += by
		return h
	}
	return p
}

// target is the object a path of lookups leads to.
func (t *translator) target(p Path) string {
	typ := t.typ
	for _, name := range p {
		f, _ := typ.object.Fields.Get(name)
		next, ok := t.engine.provider.record(f.Ref)
		if !ok {
			return ""
		}
		typ = next
	}
	return typ.object.Name
}

// collect notes the hops of every path in e.
func (l *leaf) collect(e celast.Expr) {
	if e.Kind() == celast.SelectKind {
		if path, ok := recordPath(e); ok {
			if e.AsSelect().IsTestOnly() {
				return
			}
			for n := 1; n < len(path); n++ {
				if l.scope(path[:n]) < 0 {
					l.hops = append(l.hops, path[:n])
				}
			}
			return
		}
	}
	if l.t.scalarOnly(e) {
		return
	}
	for _, c := range children(e) {
		l.collect(c)
	}
}

// scope is the number of the scope a path of lookups leads to, or -1.
func (l *leaf) scope(p Path) int {
	if len(p) == 0 {
		return 0
	}
	for i, h := range l.hops {
		if slices.Equal(h, p) {
			return i + 1
		}
	}
	return -1
}

// recordPath is the path of a select chain that starts at record, as it stands
// after rewriting.
func recordPath(e celast.Expr) (Path, bool) {
	switch e.Kind() {
	case celast.IdentKind:
		return Path{}, e.AsIdent() == "record"
	case celast.SelectKind:
		p, ok := recordPath(e.AsSelect().Operand())
		return append(p, e.AsSelect().FieldName()), ok
	}
	return nil, false
}

// column makes the term of a path, with the field it names.
func (l *leaf) column(p Path) Column {
	typ := l.t.typ
	for _, name := range p[:len(p)-1] {
		f, _ := typ.object.Fields.Get(name)
		typ, _ = l.t.engine.provider.record(f.Ref)
	}
	name, part := fieldName(p[len(p)-1])
	f, _ := typ.object.Fields.Get(name)
	c := Column{Field: name, Part: part, Of: f.Type, Nullable: f.Nullable}
	switch {
	case f.Ref != "":
		c.Of = IDType
	case part != Whole:
		p, _ := f.Type.describe(part)
		c.Of, c.Nullable = p.Type, f.Nullable || p.Optional
	}
	if c.Up = len(l.hops) - l.scope(p[:len(p)-1]); len(p) == 1 {
		c.Up += l.t.base
	}
	return c
}

// sel is a boolean field, or has().
func (l *leaf) sel(e celast.Expr, not bool) Pred {
	path, ok := recordPath(e)
	if !ok {
		return l.t.no(e, "this has no counterpart in SQL")
	}
	if !e.AsSelect().IsTestOnly() {
		return Truth{Term: l.column(path), Not: not}
	}
	return l.has(path, not)
}

// has asks for the whole path at once: NOT EXISTS when it must be absent.
func (l *leaf) has(path Path, not bool) Pred {
	inner := &leaf{t: l.t}
	for n := 1; n < len(path); n++ {
		inner.hops = append(inner.hops, path[:n])
	}
	var p Pred = Null{Term: inner.column(path), Not: true}
	if len(inner.hops) == 0 {
		return Null{Term: inner.column(path), Not: !not}
	}
	for i := len(inner.hops); i > 0; i-- {
		h := inner.hops[i-1]
		p = Hop{Field: h[len(h)-1], Target: l.t.target(h), Cond: p, Not: not && i == 1}
	}
	return outward(p, l.t.base)
}

// term turns an operand into a term.
func (l *leaf) term(e celast.Expr) Term {
	if !l.t.reads[e.ID()] {
		return l.known(e)
	}
	switch e.Kind() {
	case celast.SelectKind:
		switch path, ok := recordPath(e); {
		case ok && e.AsSelect().IsTestOnly():
			return l.within().truth(e)
		case ok && l.scalar:
			return l.through(path)
		case ok:
			return l.column(path)
		}
	case celast.CallKind:
		switch {
		case l.t.conditional(e):
			return l.choose(e)
		case l.t.isBool(e):
			return l.within().truth(e)
		}
		return l.computed(e, e.AsCall())
	}
	l.t.no(e, "this cannot be used as a value in a row rule")
	return Literal{}
}

// known is an operand that does not read the record.
func (l *leaf) known(e celast.Expr) Term {
	t := l.t.slots.of(e)
	if lit, ok := t.(Literal); ok {
		if d, ok := lit.Value.(*Decimal); ok && (d.NumDigits() > maxRowDecimal || d.Exponent > maxRowDecimal || d.Exponent < -maxRowDecimal) {
			l.t.no(e, "a decimal in a row rule has at most %d digits", maxRowDecimal)
		}
	}
	return t
}

var termFuncs = map[string]Func{"lowerAscii": LowerASCII, "upperAscii": UpperASCII, "trim": Trim, "size": Size, "dec": ToDecimal}

var termOps = map[string]ArithOp{
	operators.Add: Add, operators.Subtract: Sub, operators.Multiply: Mul, operators.Divide: Div, operators.Modulo: Mod,
}

// computed is a function or an operator over the record.
func (l *leaf) computed(e celast.Expr, c celast.CallExpr) Term {
	args := c.Args()
	if c.IsMemberFunction() {
		args = append([]celast.Expr{c.Target()}, args...)
	}
	if c.FunctionName() == orElseName && len(args) == 2 {
		s := l.within()
		return Call{Fn: OrElse, Arg: s.term(args[0]), More: []Term{s.term(args[1])}}
	}
	if fn, ok := termFuncs[c.FunctionName()]; ok && len(args) == 1 {
		return l.function(e, fn, args[0])
	}
	if t, ok := l.scalarCall(e, c, args); ok {
		return t
	}
	of := l.t.typeOf(e)
	if c.FunctionName() == operators.Negate && (of == IntType || of == DecimalType) {
		return Arith{Op: Sub, L: zero(of), R: l.term(args[0])}
	}
	op, ok := termOps[c.FunctionName()]
	switch {
	case !ok:
		l.t.no(e, "%s cannot be used on a field in a row rule", clip(operatorName(c.FunctionName())))
		return Literal{}
	case of != IntType && of != DecimalType && of != TextType:
		l.t.no(e, "a field of type %s cannot be computed with in a row rule", l.t.typeOf(args[0]))
		return Literal{}
	}
	if of == DecimalType && (op == Mul || op == Div) {
		if l.products++; l.products > maxProducts {
			l.t.no(e, "a condition of a row rule may multiply and divide decimals at most %d times", maxProducts)
		}
	}
	if op == Mod {
		return l.remainder(e, l.term(args[0]), l.term(args[1]))
	}
	return Arith{Op: op, L: l.term(args[0]), R: l.term(args[1])}
}

// remainder writes x % y as x - y*(x/y) unless y is a literal: in CEL the
// remainder of -2^63 by -1 overflows, as the quotient does, and in SQL only the
// quotient has a guard.
func (l *leaf) remainder(e celast.Expr, x, y Term) Term {
	if lit, ok := y.(Literal); ok && lit.Value != any(int64(-1)) {
		return Arith{Op: Mod, L: x, R: y}
	}
	if l.remainders++; l.remainders > maxRemainders {
		l.t.no(e, "a condition of a row rule may have at most %d remainders by something that is not a number", maxRemainders)
	}
	return Arith{Op: Sub, L: x, R: Arith{Op: Mul, L: y, R: Arith{Op: Div, L: x, R: y}}}
}

func (l *leaf) function(e celast.Expr, fn Func, arg celast.Expr) Term {
	t := l.term(arg)
	if fn == ToDecimal && t.Type() == DecimalType {
		return Call{Fn: ToDecimal, Arg: t}
	}
	if fn == ToDecimal && t.Type() != IntType {
		l.t.no(e, "a text field cannot become a decimal in a row rule")
		return Literal{}
	}
	return Call{Fn: fn, Arg: t}
}

func zero(t Type) Term {
	if t == IntType {
		return Literal{Of: IntType, Value: int64(0)}
	}
	return Literal{Of: DecimalType, Value: new(Decimal)}
}

// equal is == or, with ne, !=.
func (l *leaf) equal(a, b celast.Expr, ne bool) Pred {
	for _, p := range [][2]celast.Expr{{a, b}, {b, a}} {
		if p[0].Kind() == celast.LiteralKind && p[0].AsLiteral() == types.NullValue {
			if l.t.rw.lists[p[1].ID()] {
				return isNull(l.term(p[1].AsCall().Args()[0]), ne)
			}
			return isNull(l.term(p[1]), ne)
		}
	}
	x, y := l.term(a), l.term(b)
	switch {
	case x.Type().IsList() || y.Type().IsList():
		return l.t.no(a, "lists cannot be compared in a row rule; use in")
	case x.Type().IsWhole() || y.Type().IsWhole():
		return l.t.no(a, "a value of type %s can only be compared with null in a row rule; compare its parts", x.Type())
	}
	op := Eq
	if ne {
		op = Ne
	}
	return Compare{Op: op, L: x, R: y}
}

// isNull compares with null. What is computed is never null: it fails instead.
func isNull(t Term, not bool) Pred {
	if Computed(t) && !not {
		return Never
	}
	return Null{Term: t, Not: not}
}

var orderings = map[string][2]Op{
	operators.Less: {Lt, Ge}, operators.LessEquals: {Le, Gt}, operators.Greater: {Gt, Le}, operators.GreaterEquals: {Ge, Lt},
}

var matches = map[string]MatchKind{"startsWith": Prefix, "endsWith": Suffix, "contains": Substring}

// call is a leaf made by a function.
func (l *leaf) call(e celast.Expr, c celast.CallExpr, not bool) Pred {
	args := c.Args()
	if ops, ok := orderings[c.FunctionName()]; ok {
		op := ops[0]
		if not {
			op = ops[1]
		}
		return l.ordered(e, op, args[0], args[1])
	}
	if kind, ok := matches[c.FunctionName()]; ok && c.IsMemberFunction() && len(args) == 1 {
		return Match{Kind: kind, Term: l.term(c.Target()), Pattern: l.term(args[0]), Not: not}
	}
	if c.FunctionName() == operators.In {
		return l.in(args[0], args[1], not)
	}
	return l.t.no(e, "%s has no counterpart in SQL", clip(operatorName(c.FunctionName())))
}

func (l *leaf) ordered(e celast.Expr, op Op, a, b celast.Expr) Pred {
	x, y := l.term(a), l.term(b)
	return Compare{Op: op, L: x, R: y}
}

// in is membership: in a list of the record, in a literal list, or in a list of
// the user.
func (l *leaf) in(elem, list celast.Expr, not bool) Pred {
	x := l.term(elem)
	if x.Type().IsList() || x.Type().IsWhole() {
		return l.t.no(elem, "a value of type %s cannot be an element in a row rule", x.Type())
	}
	if list.Kind() == celast.ListKind {
		return l.inLiteral(x, list.AsList().Elements(), not)
	}
	if l.t.reads[list.ID()] {
		of := l.term(list)
		if c, ok := of.(Column); !ok || !c.Of.IsList() {
			return l.t.no(list, "only a list field can be searched in a row rule")
		}
		return Contains{List: of, Elem: x, Not: not}
	}
	return In{Term: x, Of: l.t.slots.of(list), Not: not}
}

// inLiteral keeps elements that read the record as comparisons of their own.
// An element that fails makes the whole list fail.
func (l *leaf) inLiteral(x Term, elems []celast.Expr, not bool) Pred {
	in := In{Term: x, Not: not}
	var parts []Pred
	var sound And
	for _, e := range elems {
		if !l.t.reads[e.ID()] {
			y := l.t.slots.of(e)
			in.List = append(in.List, y)
			if _, ok := y.(Slot); ok {
				sound = append(sound, Or{Null{Term: y}, Null{Term: y, Not: true}})
			}
			continue
		}
		y := l.term(e)
		op := Eq
		if not {
			op = Ne
		}
		parts = append(parts, Compare{Op: op, L: x, R: y})
		if Computed(y) {
			sound = append(sound, Null{Term: y, Not: true})
		}
	}
	if len(parts) == 0 {
		return in
	}
	if len(in.List) > 0 {
		parts = append(parts, in)
	}
	if not {
		return And(append(parts, sound...))
	}
	return append(sound, Or(parts))
}
