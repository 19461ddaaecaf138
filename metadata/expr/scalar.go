package expr

import (
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// A leaf in scalar mode makes terms for places where an error and null mean the
// same: the value of a formula, and what is computed with. Lookups become
// Through there instead of Hops around the leaf, and a condition becomes Choose.

// conditional says that an expression is c ? a : b over the record.
func (t *translator) conditional(e celast.Expr) bool {
	return t.reads[e.ID()] && e.Kind() == celast.CallKind && e.AsCall().FunctionName() == operators.Conditional
}

// scalarOnly says that an operand is made in scalar mode wherever it stands.
func (t *translator) scalarOnly(e celast.Expr) bool {
	if !t.reads[e.ID()] || e.Kind() != celast.CallKind {
		return false
	}
	fn := e.AsCall().FunctionName()
	return fn == operators.Conditional || fn == orElseName
}

// within makes a term in scalar mode inside of this leaf.
func (l *leaf) within() *leaf {
	if l.scalar {
		return l
	}
	return &leaf{t: l.t, scalar: true, base: l.t.base + len(l.hops)}
}

// choose is c ? a : b as a value.
func (l *leaf) choose(e celast.Expr) Term {
	s, args := l.within(), e.AsCall().Args()
	out := Choose{Then: s.term(args[1]), Else: s.term(args[2])}
	out.When, out.Otherwise = s.both(args[0])
	if l, ok := out.Then.(Literal); ok && l.Value == nil { // null fits any type
		out.Then = Literal{Of: out.Else.Type()}
	}
	if l, ok := out.Else.(Literal); ok && l.Value == nil {
		out.Else = Literal{Of: out.Then.Type()}
	}
	return out
}

// truth is a condition as a boolean value.
func (l *leaf) truth(e celast.Expr) Term {
	out := Choose{Then: Literal{Of: BoolType, Value: true}, Else: Literal{Of: BoolType, Value: false}}
	out.When, out.Otherwise = l.both(e)
	return out
}

// both are the conditions under which e is true and false, seen from the scope
// the leaf stands in.
func (l *leaf) both(e celast.Expr) (yes, no Pred) {
	outer := l.t.base
	l.t.base = l.base
	yes, no = l.t.pred(e, false), l.t.pred(e, true)
	l.t.base = outer
	return yes, no
}

// through is the term of a path in scalar mode.
func (l *leaf) through(p Path) Term {
	c := l.column(p)
	if c.Up = l.base; len(p) > 1 {
		c.Up = 0
	}
	var out Term = c
	for i := len(p) - 2; i >= 0; i-- {
		h := Through{Lookup: p[i], Target: l.t.target(p[:i+1]), Of: out}
		if i == 0 {
			h.Up = l.base
		}
		out = h
	}
	return out
}
