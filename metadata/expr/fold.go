package expr

import (
	"errors"

	"github.com/trellishq/trellis"
)

// errTooLong fails a fold: a list of the user is longer than a rule may run
// over, or the tree grows too large.
var errTooLong = errors.New("the list is too long")

// folder replaces slots by their values and simplifies.
type folder struct {
	slots []slot
	act   *activation
	cache []slotValue
	nodes int
	err   error // set when the tree as a whole cannot be made
}

type slotValue struct {
	done bool
	v    any
	err  error
}

// Fold simplifies a tree without slots: constants disappear, nested And and Or
// are flattened, comparisons of one column with several values become In. The
// result holds for exactly the same records.
func Fold(p Pred) Pred {
	f := &folder{act: &activation{}, nodes: -1 << 30}
	return f.pred(p)
}

// slot evaluates a slot once, and anew for each element inside an Each.
func (f *folder) slot(i int) (any, error) {
	if i >= len(f.slots) {
		return nil, errNotStorable
	}
	if len(f.act.bound) > 0 {
		return f.check(f.slots[i].eval(f.act))
	}
	c := &f.cache[i]
	if !c.done {
		c.v, c.err = f.check(f.slots[i].eval(f.act))
		c.done = true
	}
	return c.v, c.err
}

func (f *folder) check(v any, err error) (any, error) {
	if errors.Is(err, errTooLong) {
		f.err = err
	}
	return v, err
}

// term puts values for slots; ok is false when one of them fails.
func (f *folder) term(t Term) (out Term, ok bool) {
	switch t := t.(type) {
	case Slot:
		v, err := f.slot(t.Index)
		return Literal{Of: t.Of, Value: v}, err == nil
	case Call:
		return f.call(t)
	case Arith:
		l, ok := f.term(t.L)
		r, ok2 := f.term(t.R)
		if isNullLiteral(l) || isNullLiteral(r) {
			return l, false
		}
		return Arith{Op: t.Op, L: l, R: r}, ok && ok2
	case Choose, Through, Over:
		out = f.scalar(t)
		return out, !isNullLiteral(out)
	}
	return t, true
}

func (f *folder) call(t Call) (out Term, ok bool) {
	if t.Fn == OrElse {
		out = f.scalar(t)
		return out, !isNullLiteral(out)
	}
	arg, ok := f.term(t.Arg)
	if isNullLiteral(arg) {
		return arg, false
	}
	call := Call{Fn: t.Fn, Arg: arg}
	for _, a := range t.More {
		a, fine := f.term(a)
		if isNullLiteral(a) {
			return a, false
		}
		call.More, ok = append(call.More, a), ok && fine
	}
	return call, ok
}

func isNullLiteral(t Term) bool {
	l, ok := t.(Literal)
	return ok && l.Value == nil
}

func (f *folder) pred(p Pred) Pred {
	if f.nodes++; f.nodes > maxFolded {
		f.err = errTooLong
	}
	if f.err != nil {
		return Never
	}
	switch p := p.(type) {
	case And:
		return f.and(p)
	case Or:
		return f.or(p)
	case Compare:
		return f.compare(p)
	case Null:
		return f.null(p)
	case Truth:
		return f.truth(p)
	case In:
		return f.in(p)
	case Contains:
		return f.contains(p)
	case Match:
		return f.match(p)
	case Hop:
		p.Cond = f.pred(p.Cond)
		if p.Cond == Never {
			return Const(p.Not)
		}
		return p
	case Some:
		p.Cond = f.pred(p.Cond)
		if p.Cond == Never {
			return Const(p.Not)
		}
		return p
	case Each:
		return f.each(p)
	}
	return p
}

func (f *folder) and(p And) Pred {
	var out And
	for _, part := range p {
		switch q := f.pred(part).(type) {
		case Const:
			if !q {
				return Never
			}
		case And:
			out = append(out, q...)
		default:
			out = append(out, q)
		}
	}
	switch len(out) {
	case 0:
		return Always
	case 1:
		return out[0]
	}
	return out
}

func (f *folder) or(p Or) Pred {
	var out Or
	for _, part := range p {
		switch q := f.pred(part).(type) {
		case Const:
			if q {
				return Always
			}
		case Or:
			for _, r := range q {
				out = addArm(out, r)
			}
		default:
			out = addArm(out, q)
		}
	}
	switch len(out) {
	case 0:
		return Never
	case 1:
		return out[0]
	}
	return out
}

// addArm adds an arm to an Or. Equalities of one column with values are merged
// into one In, which an index can serve.
func addArm(out Or, p Pred) Or {
	add, ok := asList(p)
	if !ok {
		return append(out, p)
	}
	for i, q := range out {
		if have, ok := asList(q); ok && sameTerm(have.Term, add.Term) {
			have.List = append(append([]Term{}, have.List...), add.List...)
			out[i] = have
			return out
		}
	}
	return append(out, p)
}

// asList reads column = value and column IN values.
func asList(p Pred) (In, bool) {
	switch p := p.(type) {
	case Compare:
		_, isCol := p.L.(Column)
		_, isLit := p.R.(Literal)
		return In{Term: p.L, List: []Term{p.R}}, isCol && isLit && p.Op == Eq
	case In:
		_, isCol := p.Term.(Column)
		return p, isCol && !p.Not && p.Of == nil
	}
	return In{}, false
}

// tooLong is the error of a fold that gave up.
func tooLong() error {
	return trellis.Errorf(trellis.CodeQueryTooCostly,
		"a row rule runs over a list of the user with more than %d elements, or becomes too large", maxUnrolled)
}
