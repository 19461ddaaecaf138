package expr

import (
	"errors"
	"time"

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
		arg, ok := f.term(t.Arg)
		if l, lit := arg.(Literal); lit && l.Value == nil {
			return arg, false
		}
		return Call{Fn: t.Fn, Arg: arg}, ok
	case Arith:
		l, ok := f.term(t.L)
		r, ok2 := f.term(t.R)
		if isNullLiteral(l) || isNullLiteral(r) {
			return l, false
		}
		return Arith{Op: t.Op, L: l, R: r}, ok && ok2
	}
	return t, true
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

func (f *folder) null(p Null) Pred {
	t, ok := f.term(p.Term)
	if !ok {
		return Never
	}
	switch t := t.(type) {
	case Literal:
		return Const((t.Value == nil) != p.Not)
	case Column:
		if !t.Nullable {
			return Const(p.Not)
		}
	}
	return Null{Term: t, Not: p.Not}
}

func (f *folder) truth(p Truth) Pred {
	t, ok := f.term(p.Term)
	if !ok {
		return Never
	}
	if l, lit := t.(Literal); lit {
		b, isBool := l.Value.(bool)
		return Const(isBool && b != p.Not)
	}
	return Truth{Term: t, Not: p.Not}
}

func (f *folder) compare(p Compare) Pred {
	l, ok := f.term(p.L)
	r, ok2 := f.term(p.R)
	if !ok || !ok2 {
		return Never
	}
	if _, lit := l.(Literal); lit {
		l, r, p.Op = r, l, flip(p.Op)
	}
	lit, isLit := r.(Literal)
	if !isLit {
		return Compare{Op: p.Op, L: l, R: r}
	}
	if left, both := l.(Literal); both {
		return compareLiterals(p.Op, left.Value, lit.Value)
	}
	if lit.Value == nil {
		return f.compareNull(p.Op, l)
	}
	if ts, ok := lit.Value.(time.Time); ok {
		return wholeMicros(p.Op, l, ts)
	}
	lit.Of = l.Type()
	return Compare{Op: p.Op, L: l, R: lit}
}

// compareNull compares with null. What is computed is never null.
func (f *folder) compareNull(op Op, t Term) Pred {
	switch {
	case op == Ne:
		return f.null(Null{Term: t, Not: true})
	case op == Eq && !Computed(t):
		return f.null(Null{Term: t})
	}
	return Never
}

func compareLiterals(op Op, a, b any) Pred {
	if a == nil || b == nil {
		same := a == nil && b == nil
		return Const(op == Eq && same || op == Ne && !same)
	}
	order, ok := compareValues(a, b)
	return Const(ok && holdsOp(op, order))
}

// wholeMicros compares a column, which holds whole microseconds, with a time
// that may be finer, so that PostgreSQL never rounds it.
func wholeMicros(op Op, t Term, ts time.Time) Pred {
	cut := ts.Truncate(time.Microsecond)
	lit := Literal{Of: TimestampType, Value: cut.UTC()}
	if cut.Equal(ts) {
		return Compare{Op: op, L: t, R: lit}
	}
	switch op {
	case Eq:
		return Never
	case Ne:
		return Always
	case Lt, Le:
		return Compare{Op: Le, L: t, R: lit}
	}
	return Compare{Op: Gt, L: t, R: lit}
}

func (f *folder) in(p In) Pred {
	t, ok := f.term(p.Term)
	if !ok {
		return Never
	}
	values, ok := f.values(p)
	if !ok {
		return Never
	}
	if l, lit := t.(Literal); lit {
		return Const(member(l.Value, values) != p.Not)
	}
	out := In{Term: t, Not: p.Not}
	hasNull := false
	for _, v := range values {
		ts, isTime := v.(time.Time)
		switch {
		case v == nil:
			hasNull = true
		case isTime && !ts.Truncate(time.Microsecond).Equal(ts):
		default:
			out.List = append(out.List, Literal{Of: t.Type(), Value: v})
		}
	}
	return f.withNull(out, hasNull && !Computed(t))
}

// withNull finishes an In whose list may have held null and may be empty now.
func (f *folder) withNull(in In, hasNull bool) Pred {
	null := f.null(Null{Term: in.Term, Not: in.Not})
	if len(in.List) == 0 {
		switch {
		case hasNull:
			return null
		case !in.Not:
			return Never
		case Computed(in.Term):
			return null
		}
		return Always
	}
	if !hasNull {
		return in
	}
	if in.Not {
		return f.and(And{in, null})
	}
	return f.or(Or{in, null})
}

// values are the elements of an In's list; ok is false when one fails.
func (f *folder) values(p In) ([]any, bool) {
	if p.Of != nil {
		t, ok := f.term(p.Of)
		l, _ := t.(Literal)
		vs, isList := l.Value.([]any)
		return vs, ok && (isList || l.Of.IsList())
	}
	out := make([]any, 0, len(p.List))
	for _, e := range p.List {
		t, ok := f.term(e)
		l, lit := t.(Literal)
		if !ok || !lit {
			return nil, false
		}
		out = append(out, l.Value)
	}
	return out, true
}

func member(v any, in []any) bool {
	for _, e := range in {
		if v == nil || e == nil {
			if v == nil && e == nil {
				return true
			}
			continue
		}
		if order, ok := compareValues(v, e); ok && order == 0 {
			return true
		}
	}
	return false
}

func (f *folder) contains(p Contains) Pred {
	list, ok := f.term(p.List)
	elem, ok2 := f.term(p.Elem)
	switch {
	case !ok || !ok2:
		return Never
	case isNullLiteral(elem) && p.Not:
		return f.null(Null{Term: list, Not: true})
	case isNullLiteral(elem):
		return Never
	}
	if l, lit := elem.(Literal); lit {
		l.Of = list.Type().Elem()
		elem = l
	}
	return Contains{List: list, Elem: elem, Not: p.Not}
}

func (f *folder) match(p Match) Pred {
	t, ok := f.term(p.Term)
	pattern, ok2 := f.term(p.Pattern)
	if !ok || !ok2 || isNullLiteral(t) || isNullLiteral(pattern) {
		return Never
	}
	p.Term, p.Pattern = t, pattern
	return p
}

// each unrolls exists or all over a list.
func (f *folder) each(p Each) Pred {
	t, ok := f.term(p.Of)
	l, _ := t.(Literal)
	values, _ := l.Value.([]any)
	if !ok || l.Value == nil && !l.Of.IsList() {
		return Never
	}
	if len(values) > maxUnrolled {
		f.err = errTooLong
		return Never
	}
	parts := make([]Pred, 0, len(values))
	f.act.bound = append(f.act.bound, binding{name: p.Var})
	for _, v := range values {
		f.act.bound[len(f.act.bound)-1].value = adapter{}.NativeToValue(v)
		parts = append(parts, f.pred(p.Body))
	}
	f.act.bound = f.act.bound[:len(f.act.bound)-1]
	if p.All {
		return f.and(And(parts))
	}
	return f.or(Or(parts))
}

// tooLong is the error of a fold that gave up.
func tooLong() error {
	return trellis.Errorf(trellis.CodeQueryTooCostly,
		"a row rule runs over a list of the user with more than %d elements, or becomes too large", maxUnrolled)
}
