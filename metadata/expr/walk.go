package expr

// EachColumn calls fn for every column in a term about a record of an object,
// with the object the column is of. Columns of lookups that are followed and of
// terms inside conditions are among them.
func EachColumn(t Term, object string, fn func(object string, c Column)) {
	w := columnWalk{[]string{object}, fn}
	w.term(t)
}

// EachColumnOf is EachColumn for a condition.
func EachColumnOf(p Pred, object string, fn func(object string, c Column)) {
	w := columnWalk{[]string{object}, fn}
	w.pred(p)
}

type columnWalk struct {
	scopes []string
	fn     func(object string, c Column)
}

func (w *columnWalk) at(up int) string {
	if i := len(w.scopes) - 1 - up; i >= 0 {
		return w.scopes[i]
	}
	return ""
}

func (w *columnWalk) inside(object string, walk func()) {
	w.scopes = append(w.scopes, object)
	walk()
	w.scopes = w.scopes[:len(w.scopes)-1]
}

func (w *columnWalk) term(ts ...Term) {
	for _, t := range ts {
		switch t := t.(type) {
		case Column:
			w.fn(w.at(t.Up), t)
		case Call:
			w.term(t.Arg)
			w.term(t.More...)
		case Arith:
			w.term(t.L, t.R)
		case Compose:
			w.term(t.Amount, t.Code)
		case Choose:
			w.pred(t.When, t.Otherwise)
			w.term(t.Then, t.Else)
		case Through:
			w.fn(w.at(t.Up), Column{Field: t.Lookup, Of: IDType})
			w.inside(t.Target, func() { w.term(t.Of) })
		case Over:
			w.inside(t.Target, func() {
				w.pred(t.Where)
				w.term(t.Of)
			})
		}
	}
}

func (w *columnWalk) pred(ps ...Pred) {
	for _, p := range ps {
		switch p := p.(type) {
		case And:
			w.pred(p...)
		case Or:
			w.pred(p...)
		case Compare:
			w.term(p.L, p.R)
		case Null:
			w.term(p.Term)
		case Truth:
			w.term(p.Term)
		case In:
			w.term(p.Term)
			w.term(p.List...)
		case Contains:
			w.term(p.List, p.Elem)
		case Match:
			w.term(p.Term, p.Pattern)
		case Hop:
			w.fn(w.at(p.Up), Column{Field: p.Field, Of: IDType})
			w.inside(p.Target, func() { w.pred(p.Cond) })
		case Some:
			w.inside(p.Target, func() { w.pred(p.Cond) })
		case Each:
			w.pred(p.Body)
		}
	}
}
