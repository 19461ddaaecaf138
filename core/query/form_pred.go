package query

import (
	"github.com/trellishq/trellis/metadata/expr"
)

// pred notes the form of a predicate; the copy is the predicate itself unless
// holes are dug. TestFormKnowsAll holds the fields noted to those there are.
func (f *form) pred(p expr.Pred) expr.Pred {
	switch p := p.(type) {
	case expr.Const:
		f.str("const")
		f.flag(bool(p))
	case expr.And:
		f.str("and")
		if all := f.preds(p); f.dig {
			return expr.And(all)
		}
	case expr.Or:
		f.str("or")
		if all := f.preds(p); f.dig {
			return expr.Or(all)
		}
	case expr.Compare:
		f.str("compare")
		f.num(int(p.Op))
		if l, r := f.term(p.L), f.term(p.R); f.dig {
			p.L, p.R = l, r
			return p
		}
	case expr.Null:
		f.str("null")
		f.flag(p.Not)
		p.Term = f.term(p.Term)
		return p
	case expr.Truth:
		f.str("truth")
		f.flag(p.Not)
		p.Term = f.term(p.Term)
		return p
	case expr.In:
		return f.in(p)
	case expr.Hop:
		f.str("hop")
		f.str(p.Field)
		f.str(p.Target)
		f.num(p.Up)
		f.flag(p.Not)
		p.Cond = f.pred(p.Cond)
		return p
	case expr.Some:
		f.str("some")
		f.str(p.Relation)
		f.str(p.Target)
		f.flag(p.Not)
		p.Cond = f.pred(p.Cond)
		return p
	default:
		f.fails = true
	}
	return p
}

func (f *form) preds(list []expr.Pred) []expr.Pred {
	f.num(len(list))
	if f.dig {
		copied := make([]expr.Pred, len(list))
		for i, p := range list {
			copied[i] = f.pred(p)
		}
		return copied
	}
	for _, p := range list {
		f.pred(p)
	}
	return list
}

// in notes a list of values as one: it is bound as one array, however long.
func (f *form) in(p expr.In) expr.Pred {
	f.str("in")
	f.flag(p.Not)
	p.Term = f.term(p.Term)
	if p.Of != nil || len(p.List) == 0 {
		f.fails = true
		return p
	}
	bound, err := literalList(p.List)
	first, ok := p.List[0].(expr.Literal)
	if err != nil || !ok {
		f.fails = true
		return p
	}
	f.num(int(first.Of))
	h := f.value(first.Value, bound)
	if f.dig {
		p.List = []expr.Term{expr.Literal{Of: first.Of, Value: h}}
	}
	return p
}

func (f *form) term(t expr.Term) expr.Term {
	switch t := t.(type) {
	case expr.Column:
		f.str("column")
		f.str(t.Field)
		f.num(int(t.Part))
		f.num(t.Up)
		f.num(int(t.Of))
		f.flag(t.Nullable)
	case expr.Literal:
		f.str("literal")
		f.num(int(t.Of))
		if h := f.value(t.Value, Param(t.Value)); f.dig {
			return expr.Literal{Of: t.Of, Value: h}
		}
	default:
		f.fails = true
	}
	return t
}
