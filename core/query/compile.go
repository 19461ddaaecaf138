package query

import (
	"context"
	"errors"
	"strconv"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// Limits of one query.
const (
	MaxLevels = 10    // lists and records inside one another
	MaxItems  = 2_000 // fields, records and lists asked, in all
)

// Plan is a compiled query: a statement per level with its values, and the
// shape of the answer. It serves one request.
type Plan struct {
	root *level
	get  bool
	hits *hits
}

// level is one list (or the one record of a Get): one statement for its rows,
// one for its count when that is asked.
type level struct {
	object *metadata.ObjectView
	list   *List
	sql    string
	args   []any // args[0] is the parents' ids when nested
	nested bool
	codecs []codec
	// first is how many rows the caller gets; one more is read where the answer
	// shows whether there is another page. backward means the rows come in reverse.
	first    int
	backward bool

	countSQL  string
	countArgs []any

	groups map[int]*grouping // by index in list.Shape
	// keep says that rows are not written as they come, but kept.
	keep bool
	// skewed says that the statements must be planned for the values at hand.
	skewed bool
	// searched are the fields in which a search over objects found its text, told
	// the columns that tell which of them (from 1), what is in it, and the id.
	searched []*metadata.Field
	told     []int

	out      *record // the shape of a row
	children []*child

	keys    []sortKey
	keyCols []int
	sig     string
	// pageCursors says that the page information shows cursors.
	pageCursors bool
	edgeOuts    map[int]*record // shape of edges' nodes, by index in list.Shape
}

// child is a to-many list inside the rows of a level.
type child struct {
	level  *level
	parent int // the column with the id of the record it belongs to
}

// record is the shape of a record in the answer.
type record struct {
	id    int // the column with its id; null there means no record
	items []output
}

// output is one member of a record in the answer.
type output struct {
	key   []byte // "name": with quotes and colon
	kind  ItemKind
	col   int   // Value
	whole bool  // Composite: null without its first part
	cols  []int // Composite: all its columns
	sub   *record
	child int // ToMany: index in level.children
	parts []partOut
	text  []byte // TypeName, as JSON
}

// partOut is one member of a composite in the answer.
type partOut struct {
	key   []byte
	col   int // -1 for text
	codec codec
	text  []byte
	sub   *record // the record referred to
	// member writes a member of a file.
	member func(buf []byte, f *expr.File) []byte
}

type compiler struct {
	ctx    context.Context
	space  *Space
	caller *Caller
	grants map[string]*policy.Grant
	items  int
	form   *form // when the plan is made for a Memo
	// telling says that lists in order of rank also select where a text was found.
	telling bool
}

// Compile resolves names, takes the caller's grants and renders the statements.
// Errors are INVALID_INPUT for names that are not there or not the caller's to
// see, with the path inside the query (keys of the answer, then arguments).
func Compile(ctx context.Context, space *Space, caller *Caller, q *Query) (*Plan, error) {
	if q.Memo != nil {
		return compileMemo(ctx, space, caller, q)
	}
	return compile(ctx, space, caller, q, nil)
}

// compile makes the plan of a query, or of its form.
func compile(ctx context.Context, space *Space, caller *Caller, q *Query, f *form) (*Plan, error) {
	c := &compiler{ctx: ctx, space: space, caller: caller, grants: make(map[string]*policy.Grant, 4), form: f}
	switch {
	case q.Search != nil && q.Get == nil && q.List == nil:
		h, err := c.search(q.Search)
		return &Plan{hits: h}, err
	case q.Search != nil:
	case q.Get != nil && q.List == nil:
		l, err := c.get(q.Get)
		return &Plan{root: l, get: true}, err
	case q.List != nil && q.Get == nil:
		o, err := c.space.Object(q.List.Object)
		if err != nil {
			return nil, err
		}
		l, err := c.list(o, q.List, nil, 1)
		return &Plan{root: l}, err
	}
	return nil, errors.New("query: exactly one of Get, List and Search must be set")
}

// grant is the caller's right to read an object. Asking for an object without
// it answers like one that does not exist.
func (c *compiler) grant(object string) (*policy.Grant, error) {
	if g := c.grants[object]; g != nil {
		return g, nil
	}
	g, err := c.caller.Policy.Grant(c.ctx, c.caller.Principal, object, metadata.ActionRead)
	if err != nil {
		return nil, err
	}
	if g.Never() {
		return nil, errNoObject(object)
	}
	c.grants[object] = g
	return g, nil
}

func (c *compiler) get(g *Get) (*level, error) {
	o, err := c.space.Object(g.Object)
	if err != nil {
		return nil, err
	}
	r, err := c.newRows(o, false)
	if err != nil {
		return nil, err
	}
	r.one = true
	l := &level{object: o, first: 1}
	if l.out, err = c.levelSelection(l, r, g.Select, 1); err != nil {
		return nil, err
	}
	where, err := r.b.capture(func() error { return c.getWhere(r, g) })
	if err != nil {
		return nil, err
	}
	limit := "" // of an id there is one
	if g.ID.IsZero() {
		limit = " LIMIT 1"
	}
	l.sql = r.statement(where, "", limit)
	l.args, l.codecs = r.b.args, r.codecs
	return l, nil
}

func (c *compiler) getWhere(r *rows, g *Get) error {
	if !g.ID.IsZero() {
		r.b.text(r.s.alias + `."id" = `)
		r.b.bind([16]byte(g.ID), "uuid")
	} else if err := c.keyWhere(r, g.Key); err != nil {
		return err
	}
	return c.live(r, g.Deleted)
}

func (c *compiler) keyWhere(r *rows, key map[string]any) error {
	if len(key) == 0 {
		return trellis.Errorf(trellis.CodeInvalidInput, "give an id or a key")
	}
	sep := ""
	rd := renderer{builder: r.b, c: c}
	for _, f := range r.s.object.All { // in a fixed order, for the statement cache
		v, ok := key[f.Name]
		if !ok {
			continue
		}
		r.b.text(sep)
		if err := rd.is(r.s, f, v); err != nil {
			return err
		}
		sep = " AND "
	}
	for name := range key {
		if r.s.object.Field(name) == nil {
			return errNoField(r.s.object.Name, name)
		}
	}
	return nil
}

// live adds the grant's rows and leaves trashed records out, unless they are
// asked for and the caller may delete.
func (c *compiler) live(r *rows, deleted bool) error {
	rd := renderer{builder: r.b, c: c}
	if !deleted {
		r.b.text(" AND " + r.s.alias + `."deleted_at" IS NULL`)
		return rd.andRows(r.s)
	}
	g, err := c.caller.Policy.Grant(c.ctx, c.caller.Principal, r.s.object.Name, metadata.ActionDelete)
	if err != nil {
		return err
	}
	r.b.text(" AND (" + r.s.alias + `."deleted_at" IS NULL OR `)
	if err := rd.trusted(r.s, g.Rows(c.varsOf(g))); err != nil {
		return err
	}
	r.b.text(")")
	return rd.andRows(r.s)
}

// list compiles one level; up is the relation it hangs on, nil at the root.
func (c *compiler) list(o *metadata.ObjectView, q *List, up *metadata.Relation, depth int) (*level, error) {
	if depth > MaxLevels {
		return nil, trellis.Errorf(trellis.CodeQueryTooCostly, "lists go %d levels deep at most", MaxLevels)
	}
	r, err := c.newRows(o, up != nil)
	if err != nil {
		return nil, err
	}
	l := &level{object: o, list: q, nested: up != nil, skewed: q.Search != ""}
	if err := l.page(q); err != nil {
		return nil, err
	}
	if err := c.allGroups(l, q, up); err != nil {
		return nil, err
	}
	if !l.wantsRows() {
		return l, c.count(l, q, up)
	}
	ranked := rankable(l, q)
	r.one = ranked // its rows are limited before they are joined already
	if err := c.shape(l, r, depth); err != nil {
		return nil, err
	}
	if err := c.orderList(l, r, q); err != nil {
		return nil, err
	}
	if ranked {
		if err := c.finishRanked(l, r, q); err != nil {
			return nil, err
		}
		return l, c.count(l, q, up)
	}
	where, err := r.b.capture(func() error { return c.listWhere(r, l, q, up) })
	if err != nil {
		return nil, err
	}
	c.finish(l, r, where)
	return l, c.count(l, q, up)
}

// orderList settles the order of a list, and whose cursors are its own.
func (c *compiler) orderList(l *level, r *rows, q *List) error {
	var err error
	if q.Search != "" && len(q.Order) == 0 {
		l.keys, err = c.rankKeys(r, q.Search, !rankable(l, q) || l.wantsCursor())
	} else {
		l.keys, err = c.sortKeys(r.b, r.s, q.Order, &r.innerJoins)
	}
	l.sig = signature(l.object.Name, q)
	return err
}

// page settles how many rows are read, and from which end.
func (l *level) page(q *List) error {
	def, most := DefaultFirst, MaxFirst
	if l.nested {
		def, most = DefaultNestedFirst, MaxNestedFirst
	}
	name, n := "first", q.First
	if q.Last != 0 {
		name, n, l.backward = "last", q.Last, true
		if q.First != 0 {
			return trellis.Errorf(trellis.CodeInvalidInput, "give first or last, not both").At("last")
		}
	}
	switch {
	case n == 0:
		n = def
	case n < 0:
		return trellis.Errorf(trellis.CodeInvalidInput, "must not be negative").At(name)
	case n > most:
		return trellis.Errorf(trellis.CodeInvalidInput, "is %d at most here", most).At(name)
	}
	l.first = n
	return nil
}

// listWhere writes the conditions of the row statement: relation, live, grant,
// filter, cursors.
func (c *compiler) listWhere(r *rows, l *level, q *List, up *metadata.Relation) error {
	if err := c.members(r, q, up); err != nil {
		return err
	}
	for _, bound := range []struct {
		arg, cursor string
		keys        []sortKey
	}{{"after", q.After, l.keys}, {"before", q.Before, reversed(l.keys)}} {
		if bound.cursor == "" {
			continue
		}
		values, err := readCursor(bound.arg, bound.cursor, l.sig, l.keys)
		if err != nil {
			return err
		}
		r.b.text(" AND ")
		after(r.b, bound.keys, values)
	}
	return nil
}

// members writes which records belong to the list, cursors aside.
func (c *compiler) members(r *rows, q *List, up *metadata.Relation) error {
	rd := renderer{builder: r.b, c: c}
	if up == nil {
		r.b.text("TRUE")
	} else if up.Linked() {
		if err := rd.linked(up, "p.id", r.s); err != nil {
			return err
		}
	} else if err := rd.refers(r.s, up.Field, up.On, "p.id"); err != nil {
		return err
	}
	if err := c.live(r, q.Deleted); err != nil {
		return err
	}
	if q.Search != "" {
		k, err := r.seek(q.Search)
		if err != nil {
			return err
		}
		r.b.text(" AND ")
		k.found(true)
	}
	if q.Filter == nil || q.Filter == expr.Pred(expr.Always) {
		return nil
	}
	r.b.text(" AND ")
	// What a filter may ask is decided by the right to read alone.
	rd.scopes = []scope{{alias: r.s.alias, object: r.s.object, grant: r.s.grant}}
	if err := rd.pred(q.Filter); err != nil {
		return at(err, "filter")
	}
	return nil
}

// count compiles the statement for totalCount, when it is asked.
func (c *compiler) count(l *level, q *List, up *metadata.Relation) error {
	asked, exact := false, false
	for _, it := range q.Shape {
		if it.Kind == TotalCount {
			asked, exact = true, exact || it.Exact
		}
	}
	if !asked {
		return nil
	}
	r, err := c.newRows(l.object, l.nested)
	if err != nil {
		return err
	}
	where, err := r.b.capture(func() error { return c.members(r, q, up) })
	if err != nil {
		return err
	}
	from := " FROM " + c.space.TableName(l.object) + " " + r.s.alias + " WHERE " + where
	counted := "SELECT count(*)" + from
	if !exact {
		counted = "SELECT count(*) FROM (SELECT 1" + from + " LIMIT " + strconv.Itoa(CountCap) + ") x"
	}
	if l.nested {
		counted = "SELECT p.ord, (" + counted + ") FROM " + manyParents
	}
	l.countSQL, l.countArgs = counted, r.b.args
	return nil
}

// at puts a path in front of an error meant for people.
func at(err error, path ...any) error {
	var e *trellis.Error
	if errors.As(err, &e) {
		return e.At(path...)
	}
	return err
}
