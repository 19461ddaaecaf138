package expr

// scalar folds a term whose NULL stands for null and for an error alike: what
// fails becomes a null literal.
func (f *folder) scalar(t Term) Term {
	if f.nodes++; f.nodes > maxFolded {
		f.err = errTooLong
	}
	if f.err != nil {
		return Literal{Of: t.Type()}
	}
	switch t := t.(type) {
	case Slot:
		v, err := f.slot(t.Index)
		if err != nil {
			v = nil
		}
		return Literal{Of: t.Of, Value: v}
	case Call:
		return f.scalarCall(t)
	case Arith:
		l, r := f.scalar(t.L), f.scalar(t.R)
		if isNullLiteral(l) || isNullLiteral(r) {
			return Literal{Of: t.Type()}
		}
		return Arith{Op: t.Op, L: l, R: r}
	case Choose:
		return f.choose(t)
	case Through:
		if t.Of = f.scalar(t.Of); isNullLiteral(t.Of) {
			return t.Of
		}
		return t
	case Over:
		t.Where = f.pred(t.Where)
		if t.Of != nil {
			t.Of = f.scalar(t.Of)
		}
		return t
	}
	return t
}

func (f *folder) choose(t Choose) Term {
	t.When, t.Otherwise = f.pred(t.When), f.pred(t.Otherwise)
	switch {
	case t.When == Pred(Always):
		return f.scalar(t.Then)
	case t.Otherwise == Pred(Always):
		return f.scalar(t.Else)
	}
	t.Then, t.Else = f.scalar(t.Then), f.scalar(t.Else)
	if t.When == Pred(Never) && t.Otherwise == Pred(Never) || isNullLiteral(t.Then) && isNullLiteral(t.Else) {
		return Literal{Of: t.Type()}
	}
	return t
}

func (f *folder) scalarCall(t Call) Term {
	out := Call{Fn: t.Fn, Arg: f.scalar(t.Arg)}
	null := isNullLiteral(out.Arg)
	for _, a := range t.More {
		a = f.scalar(a)
		if t.Fn == OrElse && null {
			return a
		}
		null = null || isNullLiteral(a)
		out.More = append(out.More, a)
	}
	switch {
	case !null:
		return out
	case t.Fn == OrElse:
		return out.Arg
	}
	return Literal{Of: t.Type()}
}

// FoldTerm simplifies a term without slots, as Fold does a tree.
func FoldTerm(t Term) Term {
	f := &folder{act: &activation{}, nodes: -1 << 30}
	return f.scalar(t)
}
