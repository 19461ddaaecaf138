package graphql

import (
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata/expr"
)

// grouper compiles one groups field; keys knows its keys by their path, as in
// account.name or amount.currency.
type grouper struct {
	c    *compiler
	g    *query.Groups
	keys map[string]int
}

func bucketName(b query.Bucket) string { return strings.ToUpper(string(b)) }

// groups compiles groups and groupCount; most is how many there may be, cost
// how many the answer may hold.
func (c *compiler) groups(n *node, most int) (g *query.Groups, cost int, err *trellis.Error) {
	gr := &grouper{c: c, g: &query.Groups{}, keys: map[string]int{}}
	if gr.g.First, err = c.count(n, "first", most); err != nil {
		return nil, 0, err
	}
	zone, err := c.argument(n, "timeZone")
	if err != nil {
		return nil, 0, err
	}
	gr.g.Zone, _ = zone.(string)
	if err := gr.by(n); err != nil {
		return nil, 0, err
	}
	if err := gr.order(n); err != nil {
		return nil, 0, err
	}
	if n.bind.what == listGroupCount {
		return gr.g, 1, nil
	}
	gr.g.Shape, err = gr.items(n)
	cost = most
	if gr.g.First > 0 {
		cost = gr.g.First
	}
	return gr.g, cost, err
}

// by reads the keys.
func (gr *grouper) by(n *node) *trellis.Error {
	list, err := gr.c.argument(n, "by")
	if err != nil {
		return err
	}
	for i, v := range as[[]any](list) {
		by, path, err := gr.key(n.bind.object, as[map[string]any](v), nil)
		if err != nil {
			return err.At("by", i)
		}
		if _, twice := gr.keys[path]; twice {
			return invalid("is a key already").At("by", i)
		}
		gr.keys[path] = len(gr.g.By)
		gr.g.By = append(gr.g.By, by)
	}
	return nil
}

// key reads one key. Two buckets of one date have one path: they cannot be told
// apart in the answer.
func (gr *grouper) key(o *objectSight, given map[string]any, hops []string) (query.GroupBy, string, *trellis.Error) {
	by := query.GroupBy{Hops: hops}
	if len(hops) > MaxNested {
		return by, "", tooCostly("a key goes over more than %d lookups", MaxNested)
	}
	if len(given) != 1 {
		return by, "", invalid("give exactly one field in each key")
	}
	for name, v := range given {
		f := o.Field(name)
		path := strings.Join(append(append([]string(nil), hops...), name), ".")
		by.Field = name
		switch v := v.(type) {
		case string:
			by.Bucket = query.Bucket(strings.ToLower(v))
			return by, path, nil
		case bool:
			if v {
				return by, path, nil
			}
		case map[string]any:
			if f.Kind.IsLookup() {
				by, path, err := gr.key(gr.c.sight.target(f), v, append(hops[:len(hops):len(hops)], name))
				if err != nil {
					return by, path, err.At(name)
				}
				return by, path, nil
			}
			if len(v) == 1 && v["amount"] == true {
				return by, path + ".amount", nil
			}
			if len(v) == 1 && v["currency"] == true {
				by.Part = expr.CurrencyPart
				return by, path + ".currency", nil
			}
			return by, "", invalid("say amount: true or currency: true").At(name)
		}
		return by, "", invalid("must be true").At(name)
	}
	return by, "", nil
}

var measureNames = map[string]expr.Aggregate{"sum": expr.Sum, "avg": expr.Mean, "min": expr.Least, "max": expr.Most}

// order reads orderBy.
func (gr *grouper) order(n *node) *trellis.Error {
	list, err := gr.c.argument(n, "orderBy")
	if err != nil {
		return err
	}
	if len(as[[]any](list)) > MaxOrder {
		return tooCostly("there are more than %d sort terms", MaxOrder).At("orderBy")
	}
	for i, v := range as[[]any](list) {
		o, err := gr.orderTerm(n.bind.object, as[map[string]any](v))
		if err != nil {
			return err.At("orderBy", i)
		}
		gr.g.Order = append(gr.g.Order, o)
	}
	return nil
}

func (gr *grouper) orderTerm(o *objectSight, given map[string]any) (query.GroupOrder, *trellis.Error) {
	var out query.GroupOrder
	if len(given) != 1 {
		return out, invalid("give exactly one field in each sort term")
	}
	for name, v := range given {
		if direction, ok := v.(string); ok { // count
			out.Measure = &query.Measure{Fn: expr.Count}
			out.Desc, out.NullsFirst = directionOf(direction)
			return out, nil
		}
		if v == nil {
			return out, invalid("must not be null").At(name)
		}
		term, err := gr.c.orderTerm(o, as[map[string]any](v), nil)
		if err != nil {
			return out, err.At(name)
		}
		out.Desc, out.NullsFirst = term.Desc, term.NullsFirst
		if fn, ok := measureNames[name]; ok {
			f := o.Field(term.Field)
			if len(term.Hops) > 0 || f == nil || !o.aggregable(term.Field) || !query.CanMeasure(f, fn) {
				return out, invalid("groups have no such %s", name).At(name)
			}
			out.Measure = &query.Measure{Fn: fn, Field: term.Field}
			return out, nil
		}
		path := strings.Join(append(append([]string(nil), term.Hops...), term.Field), ".")
		for _, p := range []string{path, path + ".amount", path + ".currency"} {
			if at, ok := gr.keys[p]; ok {
				out.Key = at
				return out, nil
			}
		}
		return out, invalid("the groups are not made by this field").At(name)
	}
	return out, nil
}

// items compiles what is asked of a group.
func (gr *grouper) items(n *node) ([]query.GroupItem, *trellis.Error) {
	var items []query.GroupItem
	for _, child := range n.children {
		if !child.when.holds(gr.c.vars) {
			continue
		}
		it, err := gr.item(child)
		if err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, nil
}

func (gr *grouper) item(n *node) (it query.GroupItem, err *trellis.Error) {
	it = query.GroupItem{Name: n.key}
	switch n.bind.what {
	case typeName:
		it.Kind, it.Text = query.GroupTypeName, n.parent
	case groupKey:
		it.Kind = query.GroupObject
		it.Items, err = gr.keyItems(n, "")
	case groupCount:
		it.Kind, it.Measure.Fn = query.GroupMeasure, expr.Count
	case groupDistinct:
		of, problem := gr.c.argument(n, "of")
		if problem != nil {
			return it, problem
		}
		by, _, problem := gr.key(n.bind.object, as[map[string]any](of), nil)
		if problem != nil {
			return it, problem.At("of")
		}
		it.Kind, it.Measure = query.GroupMeasure, query.Measure{Fn: expr.Count, Distinct: &by}
	case groupMeasures:
		it.Kind = query.GroupObject
		it.Items, err = gr.measures(n)
	}
	return it, err
}

// measures compiles sum, avg, min or max.
func (gr *grouper) measures(n *node) ([]query.GroupItem, *trellis.Error) {
	var items []query.GroupItem
	for _, child := range n.children {
		if !child.when.holds(gr.c.vars) {
			continue
		}
		it := query.GroupItem{Name: child.key}
		switch child.bind.what {
		case typeName:
			it.Kind, it.Text = query.GroupTypeName, child.parent
		default:
			it.Kind, it.Measure = query.GroupMeasure, query.Measure{Fn: n.bind.fn, Field: child.bind.field.Name}
			if child.bind.what == groupMoney {
				it.Parts = gr.c.parts(child)
			}
		}
		items = append(items, it)
	}
	return items, nil
}

// keyItems compiles what is asked of a key, below a path of lookups.
func (gr *grouper) keyItems(n *node, path string) ([]query.GroupItem, *trellis.Error) {
	var items []query.GroupItem
	for _, child := range n.children {
		if !child.when.holds(gr.c.vars) {
			continue
		}
		it, err := gr.keyItem(child, path)
		if err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, nil
}

func (gr *grouper) keyItem(n *node, path string) (it query.GroupItem, err *trellis.Error) {
	it = query.GroupItem{Name: n.key}
	part := ""
	switch n.bind.what {
	case typeName:
		it.Kind, it.Text = query.GroupTypeName, n.parent
		return it, nil
	case partOf:
		if part = "amount"; n.bind.part == expr.CurrencyPart {
			part = "currency"
		}
	default:
		part = n.bind.field.Name
	}
	path = strings.TrimPrefix(path+"."+part, ".")
	if f := n.bind.field; f != nil && (f.Kind.IsLookup() || f.Type() == expr.MoneyType) {
		it.Kind = query.GroupObject
		it.Items, err = gr.keyItems(n, path)
		return it, err
	}
	at, ok := gr.keys[path]
	if !ok {
		return it, invalid("the groups are not made by %s: name it in by", path)
	}
	it.Kind, it.Key = query.GroupKey, at
	return it, nil
}
