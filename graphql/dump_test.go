package graphql

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata/expr"
)

// dumper writes trees for golden files, a thing a line.
type dumper struct {
	b     strings.Builder
	depth int
}

func (d *dumper) line(format string, args ...any) {
	d.b.WriteString(strings.Repeat("  ", d.depth))
	fmt.Fprintf(&d.b, format+"\n", args...)
}

func (d *dumper) in(f func()) { d.depth++; f(); d.depth-- }

func (d *dumper) query(key string, q *query.Query) {
	if g := q.Get; g != nil {
		d.line("%s: get %s id=%s key=%v deleted=%v", key, g.Object, g.ID, g.Key, g.Deleted)
		d.in(func() { d.selection(g.Select) })
		return
	}
	d.list(key, q.List)
}

func (d *dumper) list(key string, l *query.List) {
	d.line("%s: list %s%s first=%d last=%d after=%q before=%q deleted=%v", key, l.Object, l.Relation, l.First, l.Last, l.After, l.Before, l.Deleted)
	d.in(func() {
		if l.Filter != nil {
			d.line("filter %s", pred(l.Filter))
		}
		for _, o := range l.Order {
			d.line("order %s desc=%v nullsFirst=%v", strings.Join(append(slices.Clone(o.Hops), o.Field), "."), o.Desc, o.NullsFirst)
		}
		for _, item := range l.Shape {
			d.line("%s: %s exact=%v %s", item.Key, [...]string{"nodes", "edges", "pageInfo", "totalCount", "groups", "groupCount", "typeName"}[item.Kind], item.Exact, item.Text)
			d.in(func() {
				if g := item.Groups; g != nil {
					d.line("%s", short(g))
				}
				d.selection(item.Select)
				for _, e := range item.Edges {
					d.line("%s: %s %s", e.Key, [...]string{"node", "cursor", "typeName"}[e.Kind], e.Text)
					d.in(func() { d.selection(e.Select) })
				}
				for _, p := range item.Page {
					d.line("%s: %s %s", p.Key, [...]string{"hasNext", "hasPrevious", "start", "end", "typeName"}[p.Kind], p.Text)
				}
			})
		}
	})
}

// short writes a value as JSON without what is empty in it.
func short(v any) string {
	js, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var any any
	if err := json.Unmarshal(js, &any); err != nil {
		return err.Error()
	}
	js, _ = json.Marshal(dense(any))
	return string(js)
}

func dense(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e = dense(e); e == nil || e == "" || e == 0.0 || e == false {
				delete(v, k)
			} else {
				v[k] = e
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = dense(v[i])
		}
	}
	return v
}

func (d *dumper) selection(s query.Selection) {
	for _, i := range s {
		switch i.Kind {
		case query.ToMany:
			d.list(i.Key, i.List)
		case query.Composite:
			var parts []string
			for _, p := range i.Parts {
				parts = append(parts, fmt.Sprintf("{%s %d %s}", p.Key, p.Part, p.Text))
			}
			d.line("%s: composite %s %v", i.Key, i.Field, parts)
		default:
			d.line("%s: %s %s%s", i.Key, [...]string{"value", "record", "", "", "typeName"}[i.Kind], i.Field, i.Text)
		}
		d.in(func() { d.selection(i.Select) })
	}
}

func (d *dumper) writing(w *writing) {
	d.line("write perRow=%v rowByRow=%v", w.perRow, w.rowByRow)
	d.in(func() {
		for i, op := range w.ops {
			d.line("%d: %s %s id=%s key=%v ifVersion=%d path=%v", i, op.Verb, op.Object, op.ID, op.Key, op.IfVersion, op.Path)
			d.in(func() {
				for _, k := range slices.Sorted(maps.Keys(op.Values)) {
					if ref, ok := op.Values[k].(core.Ref); ok {
						d.line("%s = the id of %d", k, ref)
						continue
					}
					d.line("%s = %v (%T)", k, op.Values[k], op.Values[k])
				}
			})
		}
	})
}

// pred writes a predicate in one line.
func pred(p expr.Pred) string {
	not := func(n bool) string {
		if n {
			return "not "
		}
		return ""
	}
	many := func(op string, ps []expr.Pred) string {
		parts := make([]string, len(ps))
		for i, p := range ps {
			parts[i] = pred(p)
		}
		return "(" + strings.Join(parts, " "+op+" ") + ")"
	}
	switch p := p.(type) {
	case expr.And:
		return many("and", p)
	case expr.Or:
		return many("or", p)
	case expr.Compare:
		return term(p.L) + " " + [...]string{"", "=", "<>", "<", "<=", ">", ">="}[p.Op] + " " + term(p.R)
	case expr.Null:
		return term(p.Term) + " is " + not(p.Not) + "null"
	case expr.Truth:
		return not(p.Not) + term(p.Term)
	case expr.In:
		list := make([]string, len(p.List))
		for i, t := range p.List {
			list[i] = term(t)
		}
		return term(p.Term) + " " + not(p.Not) + "in [" + strings.Join(list, " ") + "]"
	case expr.Match:
		return fmt.Sprintf("%s %s%s(fold=%v) %s", term(p.Term), not(p.Not), [...]string{"", "prefix", "suffix", "substring"}[p.Kind], p.FoldCase, term(p.Pattern))
	case expr.Hop:
		return not(p.Not) + "hop " + p.Field + "→" + p.Target + " " + pred(p.Cond)
	case expr.Some:
		return not(p.Not) + "some " + p.Relation + "→" + p.Target + " " + pred(p.Cond)
	}
	return fmt.Sprint(p)
}

func term(t expr.Term) string {
	switch t := t.(type) {
	case expr.Column:
		return t.Field + [...]string{"", ".amount", ".currency"}[t.Part]
	case expr.Literal:
		return fmt.Sprintf("%s:%v", t.Of, t.Value)
	}
	return fmt.Sprint(t)
}
