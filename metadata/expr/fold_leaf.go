package expr

import "time"

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
	if d, ok := lit.Value.(time.Duration); ok {
		return wholeDuration(p.Op, l, d)
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
		case isFine(v):
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
