package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// rows collects what one row statement selects. Columns of the record itself
// are inner columns c0, c1 …; when records reached over lookups are asked too,
// the record's rows are limited first and joined afterwards, because Postgres
// would otherwise sort and join all of them.
type rows struct {
	c          *compiler
	b          *builder
	s          scope
	nested     bool
	one        bool // one record by its key: nothing to limit before joining
	inner      []string
	innerJoins []string // what the order needs
	joins      []string
	columns    []column
	codecs     []codec
	seeker     *seeker // once a search was asked
}

// The records that nested lists belong to, numbered from 1, and what stands for
// them when there is only one; see planned.
const (
	manyParents = "unnest($1::uuid[]) WITH ORDINALITY AS p(id, ord)"
	oneParent   = "(SELECT $1::uuid AS id, 1::int8 AS ord) p"
)

// column is one column of the answer: an inner one, or an expression over a
// joined record.
type column struct {
	inner int // -1 for none
	sql   string
}

func (c *compiler) newRows(o *metadata.ObjectView, nested bool) (*rows, error) {
	g, err := c.grant(o.Name)
	if err != nil {
		return nil, err
	}
	const usual = 16 // columns
	b := &builder{args: make([]any, 0, 4)}
	r := &rows{
		c: c, b: b, nested: nested,
		inner: make([]string, 0, usual), columns: make([]column, 0, usual), codecs: make([]codec, 0, usual),
	}
	r.s = scope{alias: b.alias(), object: o, grant: g}
	if nested {
		b.args = append(b.args, nil) // the parents' ids
		r.columns = append(r.columns, column{inner: -1, sql: "p.ord"})
		r.codecs = append(r.codecs, codecInt)
	}
	return r, nil
}

// place is a record whose fields are being selected: the level's own, or one
// joined to it.
type place struct {
	scope
	own bool
}

func rootScope(r *rows) place { return place{scope: r.s, own: true} }

// innerColumn gives the position of an expression over the record itself. There
// are few, so looking through them is faster than an index.
func (r *rows) innerColumn(sql string) int {
	if i := slices.Index(r.inner, sql); i >= 0 {
		return i
	}
	r.inner = append(r.inner, sql)
	return len(r.inner) - 1
}

// add selects a field of a place and gives its position in the row.
func (r *rows) add(p place, f *metadata.Field, physical string, c codec) (int, error) {
	if p.grant.Field(f.Name).Mode == policy.Plain && !f.AtRead() { // by far the most
		if physical == "" {
			physical = f.PartColumn(expr.Whole)
		}
		return r.addSQL(p, r.c.space.column(p.alias, f, physical), c), nil
	}
	rd := renderer{builder: r.b, c: r.c}
	sql, err := r.b.capture(func() error { return rd.column(p.scope, f, physical) })
	if err != nil {
		return 0, err
	}
	return r.addSQL(p, sql, c), nil
}

func (r *rows) addSQL(p place, sql string, c codec) int {
	col := column{inner: -1, sql: sql}
	if p.own {
		col = column{inner: r.innerColumn(sql)}
	}
	for i, have := range r.columns {
		if have == col && r.codecs[i] == c {
			return i
		}
	}
	r.columns, r.codecs = append(r.columns, col), append(r.codecs, c)
	return len(r.columns) - 1
}

// follow joins the record a lookup refers to.
func (r *rows) follow(p place, f *metadata.Field) (place, error) {
	rd := renderer{builder: r.b, c: r.c}
	from, err := r.b.capture(func() error { return rd.column(p.scope, f, "") })
	if err != nil {
		return place{}, err
	}
	if p.own && !r.one {
		from = "r.c" + strconv.Itoa(r.innerColumn(from))
	}
	to, join, err := r.c.join(r.b, p.scope, f, from)
	if err != nil {
		return place{}, err
	}
	r.joins = append(r.joins, join)
	return place{scope: to}, nil
}

// join writes a LEFT JOIN to the record a lookup refers to, under the target's
// own grant. from is the expression of the lookup, rendered here when empty.
func (c *compiler) join(b *builder, s scope, f *metadata.Field, from string) (scope, string, error) {
	rd := renderer{builder: b, c: c}
	o, err := c.space.Object(f.Target)
	if err != nil {
		return scope{}, "", err
	}
	to := scope{alias: b.alias(), object: o, joined: true}
	if to.grant, err = c.grant(o.Name); err != nil {
		return to, "", err
	}
	if from == "" {
		if from, err = b.capture(func() error { return rd.column(s, f, "") }); err != nil {
			return to, "", err
		}
	}
	sql, err := b.capture(func() error {
		b.text(" LEFT JOIN " + c.space.TableName(o) + " " + to.alias + " ON " + to.alias + `."id" = ` + from +
			" AND " + to.alias + `."deleted_at" IS NULL`)
		return rd.andRows(to)
	})
	return to, sql, err
}

// wrapped says that the record's rows are limited first and joined afterwards.
func (r *rows) wrapped() bool { return r.nested || len(r.joins) > 0 && !r.one }

// statement puts the parts together. keyCols are inner columns o0, o1 … for the
// order of the outer statement.
func (r *rows) statement(where, order, limit string) string {
	var s strings.Builder
	s.Grow(256 + 24*len(r.columns))
	wrapped := r.wrapped()
	s.WriteString("SELECT ")
	for i, col := range r.columns {
		if i > 0 {
			s.WriteString(", ")
		}
		switch {
		case col.inner < 0:
			s.WriteString(col.sql)
		case wrapped:
			s.WriteString("r.c" + strconv.Itoa(col.inner))
		default:
			s.WriteString(r.inner[col.inner])
		}
	}
	s.WriteString(" FROM ")
	from := r.c.space.TableName(r.s.object) + " " + r.s.alias + strings.Join(r.innerJoins, "")
	if !wrapped {
		from += strings.Join(r.joins, "")
		s.WriteString(from + " WHERE " + where + order + limit)
		return s.String()
	}
	if r.nested {
		s.WriteString(manyParents + " CROSS JOIN LATERAL ")
	}
	s.WriteString("(SELECT ")
	for i, sql := range r.inner {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(sql + " AS c" + strconv.Itoa(i))
	}
	s.WriteString(" FROM " + from + " WHERE " + where + order + limit + ") r" + strings.Join(r.joins, ""))
	return s.String()
}

// finish renders the row statement of a list.
func (c *compiler) finish(l *level, r *rows, where string) {
	keys := l.keys
	if l.backward {
		keys = reversed(keys)
	}
	wrapped := r.wrapped()
	if l.wantsCursor() || wrapped {
		for _, k := range l.keys {
			l.keyCols = append(l.keyCols, r.addSQL(place{own: true}, k.sql, k.codec()))
		}
	}
	order := " ORDER BY " + orderBy(keys, func(i int) string { return keys[i].sql })
	limit := l.first
	if l.wantsMore() {
		limit++
	}
	l.sql = r.statement(where, order, " LIMIT "+strconv.Itoa(limit))
	if wrapped {
		outer := orderBy(keys, func(i int) string { return "r.c" + strconv.Itoa(r.innerColumn(keys[i].sql)) })
		if r.nested {
			outer = "p.ord, " + outer
		}
		l.sql += " ORDER BY " + outer
	}
	l.args, l.codecs = r.b.args, r.codecs
}

// wantsMore says that the answer shows whether there is more, for which one row
// more is read.
func (l *level) wantsMore() bool {
	return slices.ContainsFunc(l.list.Shape, func(it ListItem) bool {
		return slices.ContainsFunc(it.Page, func(p PageItem) bool { return p.Kind == HasNextPage || p.Kind == HasPreviousPage })
	})
}

// wantsCursor says that the answer shows a cursor, and notes whether the page
// information does.
func (l *level) wantsCursor() bool {
	edges := false
	for _, it := range l.list.Shape {
		for _, p := range it.Page {
			if p.Kind == StartCursor || p.Kind == EndCursor {
				l.pageCursors = true
			}
		}
		for _, e := range it.Edges {
			edges = edges || e.Kind == EdgeCursor
		}
	}
	return edges || l.pageCursors
}
