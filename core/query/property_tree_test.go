package query

import (
	"fmt"
	"math/rand/v2"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// arborist grows random query trees of what a viewer may ask.
type arborist struct {
	*rand.Rand
	v     *viewer
	count func(what string)
}

func chance[T any](a *arborist, list []T) T { return list[a.IntN(len(list))] }

// filter grows a condition on records of an object; depth bounds its height.
func (a *arborist) filter(object string, depth int) expr.Pred {
	if depth > 0 && a.IntN(2) == 0 {
		parts := make([]expr.Pred, 1+a.IntN(3))
		for i := range parts {
			parts[i] = a.filter(object, depth-1)
		}
		if a.IntN(2) == 0 {
			a.count("and")
			return expr.And(parts)
		}
		a.count("or")
		return expr.Or(parts)
	}
	if depth > 0 && a.IntN(4) == 0 {
		if p := a.related(object, depth); p != nil {
			return p
		}
	}
	return a.leaf(object)
}

// related grows a condition over a lookup or a list.
func (a *arborist) related(object string, depth int) expr.Pred {
	o := a.v.f.snapshot.Lookup(object)
	if a.IntN(2) == 0 {
		lookups := a.v.shown(object, func(f *metadata.Field) bool { return f.Kind.IsLookup() && a.readable(f.Target) })
		if len(lookups) > 0 {
			f := chance(a, lookups)
			a.count("hop")
			return expr.Hop{Field: f.Name, Target: f.Target, Cond: a.filter(f.Target, depth-1), Not: a.IntN(3) == 0}
		}
	}
	if rel := a.relation(o); rel != nil {
		a.count("some")
		return expr.Some{Relation: rel.Name, Target: rel.Object, Cond: a.filter(rel.Object, depth-1), Not: a.IntN(3) == 0}
	}
	return nil
}

func (a *arborist) readable(object string) bool {
	g := a.v.grants[object]
	return g != nil && !g.Never()
}

// relation is a list whose records and lookup the viewer may see.
func (a *arborist) relation(o *metadata.ObjectView) *metadata.Relation {
	var fit []*metadata.Relation
	for _, r := range o.Relations {
		if a.readable(r.Object) && a.v.grants[r.Object].Field(r.Field.Name).Mode >= policy.When {
			fit = append(fit, r)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return chance(a, fit)
}

// leaf grows one comparison.
func (a *arborist) leaf(object string) expr.Pred {
	fields := a.v.shown(object, func(f *metadata.Field) bool { return true })
	if len(fields) == 0 {
		a.count("const")
		return expr.Const(a.IntN(2) == 0)
	}
	f := chance(a, fields)
	a.count("kind " + string(f.Kind))
	col := expr.Column{Field: f.Name, Of: f.Type(), Nullable: true}
	if f.Type() == expr.MoneyType {
		col.Part, col.Of = expr.AmountPart, expr.DecimalType
		if a.IntN(2) == 0 {
			col.Part, col.Of = expr.CurrencyPart, expr.TextType
		}
	}
	not := a.IntN(2) == 0
	if a.IntN(6) == 0 {
		a.count("null")
		return expr.Null{Term: col, Not: not}
	}
	switch {
	case col.Of == expr.BoolType:
		a.count("truth")
		return expr.Truth{Term: col, Not: not}
	case col.Of == expr.TextType && a.IntN(2) == 0:
		a.count("match")
		return expr.Match{Kind: chance(a, []expr.MatchKind{expr.Prefix, expr.Suffix, expr.Substring}), Term: col, Pattern: a.literal(f, col), Not: not, FoldCase: a.IntN(3) == 0}
	case a.IntN(4) == 0:
		a.count("in")
		return expr.In{Term: col, List: []expr.Term{a.literal(f, col), a.literal(f, col)}, Not: not}
	}
	op := chance(a, []expr.Op{expr.Eq, expr.Ne, expr.Lt, expr.Le, expr.Gt, expr.Ge})
	if col.Of == expr.IDType || col.Of == expr.SelectType {
		op = chance(a, []expr.Op{expr.Eq, expr.Ne})
	}
	a.count(fmt.Sprint("compare ", op))
	return expr.Compare{Op: op, L: col, R: a.literal(f, col)}
}

func (a *arborist) literal(f *metadata.Field, col expr.Column) expr.Literal {
	v := treeValue(a.Rand, f, 60)
	if m, ok := v.(expr.Money); ok {
		if v = any(m.Amount); col.Part == expr.CurrencyPart {
			v = m.Currency
		}
	}
	return expr.Literal{Of: col.Of, Value: v}
}

// order grows sort terms. Text is ordered by code alone, whose values every
// collation orders alike.
func (a *arborist) order(object string) []Order {
	var out []Order
	for range a.IntN(4) {
		o := Order{Desc: a.IntN(2) == 0, NullsFirst: a.IntN(2) == 0}
		at := object
		for a.IntN(3) == 0 && len(o.Hops) < 2 {
			lookups := a.v.shown(at, func(f *metadata.Field) bool { return f.Kind.IsLookup() && a.readable(f.Target) })
			if len(lookups) == 0 {
				break
			}
			f := chance(a, lookups)
			o.Hops, at = append(o.Hops, f.Name), f.Target
			a.count("order over a lookup")
		}
		fields := a.v.shown(at, func(f *metadata.Field) bool { return f.Sortable() && f.Name != "note" })
		if len(fields) == 0 {
			continue
		}
		f := chance(a, fields)
		if o.Field = f.Name; f.Type() == expr.MoneyType && a.IntN(2) == 0 {
			o.Part = expr.CurrencyPart
		}
		a.count("order by " + string(f.Kind))
		out = append(out, o)
	}
	return out
}

// by grows the key of groups; ok is false when there is nothing to group by.
func (a *arborist) by(object string) (GroupBy, bool) {
	var by GroupBy
	own := a.v.sums[object]
	mine := func(f *metadata.Field) bool { return own.Field(f.Name).Mode >= policy.When }
	at := object
	if a.IntN(3) == 0 {
		lookups := a.v.shown(object, func(f *metadata.Field) bool { return f.Kind.IsLookup() && a.readable(f.Target) && mine(f) })
		if len(lookups) > 0 {
			f := chance(a, lookups)
			by.Hops, at = []string{f.Name}, f.Target
			mine = func(*metadata.Field) bool { return true }
			a.count("key over a lookup")
		}
	}
	fields := a.v.shown(at, func(f *metadata.Field) bool { return CanGroup(f) && f.Name != "note" && mine(f) })
	if len(fields) == 0 {
		return by, false
	}
	f := chance(a, fields)
	by.Field = f.Name
	switch f.Type() {
	case expr.MoneyType:
		if by.Part = expr.AmountPart; a.IntN(2) == 0 {
			by.Part = expr.CurrencyPart
		}
	case expr.DateType, expr.TimestampType:
		by.Bucket = chance(a, []Bucket{Day, Week, Month, Quarter, Year})
		a.count("bucket " + string(by.Bucket))
	}
	return by, true
}

// groups grows keys and measures; nil when the viewer may not aggregate.
func (a *arborist) groups(object string) *Groups {
	if a.v.sums[object].Never() {
		return nil
	}
	g := &Groups{Zone: chance(a, []string{"", "Asia/Shanghai"})}
	for range a.IntN(3) {
		by, ok := a.by(object)
		fresh := ok
		for _, have := range g.By {
			if fmt.Sprint(have) == fmt.Sprint(by) || have.Part != by.Part && by.Field == have.Field && have.Part == expr.Whole {
				fresh = false
			}
		}
		if fresh {
			g.By = append(g.By, by)
		}
	}
	for i := range g.By {
		g.Shape = append(g.Shape, key(fmt.Sprintf("k%d", i), i))
	}
	g.Shape = append(g.Shape, count("n"))
	fields := a.v.shown(object, func(f *metadata.Field) bool { return a.v.sums[object].Field(f.Name).Mode >= policy.When })
	for i := range 1 + a.IntN(4) {
		if by, ok := a.by(object); ok && a.IntN(4) == 0 {
			a.count("distinct")
			g.Shape = append(g.Shape, GroupItem{Name: fmt.Sprintf("m%d", i), Kind: GroupMeasure, Measure: Measure{Distinct: &by}})
			continue
		}
		if len(fields) == 0 {
			continue
		}
		f, agg := chance(a, fields), chance(a, []expr.Aggregate{expr.Count, expr.Sum, expr.Mean, expr.Least, expr.Most})
		if agg != expr.Count && !CanMeasure(f, agg) {
			continue
		}
		a.count("measure " + string(agg))
		it := fn(fmt.Sprintf("m%d", i), agg, f.Name)
		if f.Type() == expr.MoneyType && agg != expr.Count {
			a.count("measure of a currency")
			it = money(it.Name, agg, f.Name)
		}
		g.Shape = append(g.Shape, it)
	}
	return g
}

// treeTexts are searched for.
var treeTexts = []string{"a", "ab", "华为", "科技", "北京 华为", "50%", "A_B", "da", "ada", "cd ab"}

// list grows a list of an object.
func (a *arborist) list(object string, depth int) *List {
	l := &List{Object: object, Order: a.order(object)}
	if a.IntN(4) > 0 {
		l.Filter = expr.Fold(a.filter(object, 3))
	}
	if a.IntN(6) == 0 && len(searched(scope{object: a.v.f.snapshot.Lookup(object), grant: a.v.grants[object]})) > 0 {
		a.count("search")
		l.Search = chance(a, treeTexts)
		if a.IntN(2) == 0 {
			l.Order = nil
			a.count("rank")
		}
	}
	sel := Selection{{Key: "id", Field: "id"}}
	for _, f := range a.v.shown(object, func(f *metadata.Field) bool { return true }) {
		if a.IntN(3) == 0 && f.Kind.IsLookup() && a.readable(f.Target) {
			a.count("record")
			sel = append(sel, Item{Key: f.Name, Kind: Record, Field: f.Name, Select: Selection{{Key: "id", Field: "id"}}})
		} else if a.IntN(3) == 0 && (f.Kind == metadata.KindText || f.Kind == metadata.KindInteger || f.Kind == metadata.KindSelect) {
			a.count("value")
			sel = append(sel, Item{Key: f.Name, Field: f.Name})
		}
	}
	if rel := a.relation(a.v.f.snapshot.Lookup(object)); rel != nil && depth > 0 && a.IntN(4) == 0 {
		a.count("list in a record")
		sub := a.list(rel.Object, depth-1)
		sub.Object, sub.Relation, sub.First = "", rel.Name, 1+a.IntN(4)
		sel = append(sel, Item{Key: "many", Kind: ToMany, List: sub})
	}
	l.Shape = []ListItem{{Key: "nodes", Kind: Nodes, Select: sel}}
	if a.IntN(3) == 0 {
		a.count("total")
		l.Shape = append(l.Shape, ListItem{Key: "total", Kind: TotalCount})
	}
	if a.IntN(3) == 0 {
		if g := a.groups(object); g != nil {
			a.count("groups")
			l.Shape = append(l.Shape, ListItem{Key: "groups", Kind: InGroups, Groups: g})
		}
	}
	return l
}
