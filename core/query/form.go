package query

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// form is a query without its values: two queries of one form, asked by callers
// of one right, come to the same statements. It has what decides and nothing by
// its place in memory. Filters with nodes that it does not know have no form.
type form struct {
	text   []byte
	values []any // in the order of the holes, as they are bound
	// personal is set when a plan is made of the form and asks who the caller is
	// or what time it is.
	personal bool

	fails bool // there is something it does not know
	dig   bool // leave holes in the copy that is made
}

// formOf is the form of a query with a Memo.
func formOf(caller *Caller, q *Query) (*form, bool) {
	if q.Memo == nil || q.Search != nil {
		return nil, false
	}
	rights, err := caller.Policy.Rights(caller.Principal)
	if err != nil {
		return nil, false
	}
	f := &form{text: make([]byte, 0, 192), values: make([]any, 0, 4)}
	f.str(rights.Key())
	f.query(q)
	return f, !f.fails
}

// holed is the query with holes in it.
func (f *form) holed(q *Query) *Query {
	return (&form{dig: true}).query(q)
}

// holeID is an id that no record has, where an id goes.
var holeID = trellis.MustParseID("ffffffff-ffff-7fff-bfff-ffffffffffff")

func (f *form) str(s string) {
	f.text = binary.AppendUvarint(f.text, uint64(len(s)))
	f.text = append(f.text, s...)
}

func (f *form) num(n int) { f.text = binary.AppendVarint(f.text, int64(n)) }

func (f *form) flag(b bool) {
	if b {
		f.text = append(f.text, 1)
	} else {
		f.text = append(f.text, 0)
	}
}

// value notes a value and gives what stands for it where holes are dug.
func (f *form) value(v, bound any) any {
	f.class(v)
	f.values = append(f.values, bound)
	if !f.dig {
		return nil
	}
	return hole(len(f.values) - 1)
}

// class notes what kind of value there is: statements may differ by that.
func (f *form) class(v any) {
	switch v := v.(type) {
	case bool:
		f.str("bool")
		f.flag(v)
	case string:
		f.str("text")
		f.flag(v == "")
	case int64:
		f.str("int")
	case trellis.ID:
		f.str("id")
	case *expr.Decimal:
		f.str("decimal")
	case expr.Date:
		f.str("date")
	case time.Time:
		f.str("time")
	default:
		f.fails = true
	}
}

func (f *form) query(q *Query) *Query {
	var get *Get
	var list *List
	switch {
	case q.Get != nil && q.List == nil:
		get = f.get(q.Get)
	case q.List != nil && q.Get == nil:
		list = f.list(q.List)
	default:
		f.fails = true
	}
	if !f.dig {
		return q
	}
	return &Query{Get: get, List: list}
}

func (f *form) get(g *Get) *Get {
	f.str("get")
	f.str(g.Object)
	f.flag(g.Deleted)
	n := g
	if f.dig {
		copied := *g
		n = &copied
		n.Key = make(map[string]any, len(g.Key))
	}
	f.flag(g.ID.IsZero())
	if !g.ID.IsZero() {
		f.values = append(f.values, [16]byte(g.ID))
		if f.dig {
			n.ID = holeID
		}
		return n
	}
	for _, name := range slices.Sorted(maps.Keys(g.Key)) {
		f.str(name)
		if h := f.value(g.Key[name], Param(g.Key[name])); f.dig {
			n.Key[name] = h
		}
	}
	return n
}

// list is the form of the outermost list; its Shape is the memo's own.
func (f *form) list(l *List) *List {
	f.str("list")
	f.str(l.Object)
	f.num(l.First)
	f.num(l.Last)
	f.flag(l.Deleted)
	f.fails = f.fails || l.After != "" || l.Before != "" || l.Relation != "" || l.Search != "" || l.hasMore()
	f.num(len(l.Order))
	for _, o := range l.Order {
		f.num(len(o.Hops))
		for _, h := range o.Hops {
			f.str(h)
		}
		f.str(o.Field)
		f.num(int(o.Part))
		f.flag(o.Desc)
		f.flag(o.NullsFirst)
	}
	f.flag(l.Filter == nil)
	if !f.dig {
		if l.Filter != nil {
			f.pred(l.Filter)
		}
		return l
	}
	n := *l
	if l.Filter != nil {
		n.Filter = f.pred(l.Filter)
	}
	return &n
}

// hasMore says that a list asks for what statements of its own bring.
func (l *List) hasMore() bool {
	return slices.ContainsFunc(l.Shape, func(it ListItem) bool { return it.Groups != nil })
}
