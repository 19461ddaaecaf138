package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// grouping is the statement of one InGroups or GroupCount item and the shape of
// its answer.
type grouping struct {
	sql    string
	args   []any // args[0] is the parents' ids when nested
	nested bool
	codecs []codec
	first  int
	// whole says that leaving groups out is an error.
	whole bool
	// counts says that the statement gives one number: of groups.
	counts bool
	out    []groupOut
	checks []codeCheck
}

// groupOut is one thing of a group in the answer.
type groupOut struct {
	key   []byte // "name": with quotes and colon
	kind  GroupKind
	items []groupOut
	col   int
	money *output // of a currency, instead of col
	text  []byte
}

// codeCheck are the columns with the least and the greatest code of a group's
// amounts, which must be equal, and the field to name when they are not.
type codeCheck struct {
	least, most int
	field       string
}

// grouper compiles one grouping. The columns of its statement are c0, c1 …, the
// keys first.
type grouper struct {
	c      *compiler
	r      *rows
	q      *Groups
	g      *grouping
	keys   []sortKey
	inner  []string // columns of the grouped statement
	joins  []string
	places map[string]scope
	at     map[string]int // column of an expression of the group
	// zoneSQL is the bound zone of buckets, once one was asked.
	zoneSQL string
}

// groups compiles an InGroups or GroupCount item of a list.
func (c *compiler) groups(l *level, q *List, up *metadata.Relation, it *ListItem) (*grouping, error) {
	r, err := c.newRows(l.object, l.nested)
	if err != nil {
		return nil, err
	}
	if r.s.also, err = c.aggregate(l.object.Name); err != nil {
		return nil, err
	}
	gr := &grouper{c: c, r: r, q: it.Groups, g: &grouping{nested: l.nested, counts: it.Kind == GroupCount}, places: map[string]scope{}, at: map[string]int{}}
	if err := gr.size(); err != nil {
		return nil, err
	}
	for i, by := range gr.q.By {
		if err := gr.key(by); err != nil {
			return nil, at(err, "by", i)
		}
	}
	if !gr.g.counts {
		if gr.g.out, err = gr.items(gr.q.Shape); err != nil {
			return nil, err
		}
	}
	order, err := gr.order()
	if err != nil {
		return nil, err
	}
	where, err := r.b.capture(func() error { return c.members(r, q, up) })
	if err != nil {
		return nil, err
	}
	gr.statement(where, order)
	return gr.g, nil
}

// allGroups compiles the groups that a list asks for.
func (c *compiler) allGroups(l *level, q *List, up *metadata.Relation) error {
	for i := range q.Shape {
		it := &q.Shape[i]
		if it.Kind != InGroups && it.Kind != GroupCount {
			continue
		}
		g, err := c.groups(l, q, up, it)
		if err != nil {
			return at(err, it.Key)
		}
		if l.groups == nil {
			l.groups = map[int]*grouping{}
		}
		l.groups[i] = g
	}
	return nil
}

// wantsRows says that the answer needs the rows of a list, not just numbers.
func (l *level) wantsRows() bool {
	return slices.ContainsFunc(l.list.Shape, func(it ListItem) bool {
		return it.Kind == Nodes || it.Kind == Edges || it.Kind == PageInfo
	})
}

// aggregate is the caller's right to aggregate an object, beside reading it.
func (c *compiler) aggregate(object string) (*policy.Grant, error) {
	g, err := c.caller.Policy.Grant(c.ctx, c.caller.Principal, object, metadata.ActionAggregate)
	if err != nil {
		return nil, err
	}
	if g.Never() {
		return nil, trellis.Errorf(trellis.CodeForbidden, "you may not aggregate %s", object)
	}
	return g, nil
}

func (gr *grouper) size() error {
	most := MaxGroups
	if gr.g.nested {
		most = MaxNestedGroups
	}
	switch n := gr.q.First; {
	case n < 0:
		return trellis.Errorf(trellis.CodeInvalidInput, "must not be negative").At("first")
	case n > most:
		return trellis.Errorf(trellis.CodeInvalidInput, "is %d at most here", most).At("first")
	case n == 0:
		gr.g.first, gr.g.whole = most, true
	default:
		gr.g.first = n
	}
	if z := gr.q.Zone; z != "" && !knownZone(z) {
		return trellis.Errorf(trellis.CodeInvalidInput, "there is no time zone %q", clip(z)).At("timeZone")
	}
	if len(gr.q.By) > maxGroupKeys {
		return trellis.Errorf(trellis.CodeInvalidInput, "records are grouped by %d keys at most", maxGroupKeys).At("by")
	}
	return nil
}

// column gives the position of an expression of the group in its row.
func (gr *grouper) column(sql string, c codec) int {
	if i, ok := gr.at[sql]; ok {
		return i
	}
	i := len(gr.inner)
	gr.inner = append(gr.inner, sql)
	gr.at[sql] = i
	gr.g.codecs = append(gr.g.codecs, c)
	return i
}

// key adds a key.
func (gr *grouper) key(by GroupBy) error {
	k, err := gr.keyOf(by)
	if err != nil {
		return err
	}
	for _, have := range gr.keys {
		if have.sql == k.sql {
			return trellis.Errorf(trellis.CodeInvalidInput, "is a key already")
		}
	}
	gr.column(k.sql, k.codec())
	gr.keys = append(gr.keys, k)
	return nil
}

// keyOf renders a key.
func (gr *grouper) keyOf(by GroupBy) (sortKey, error) {
	k := sortKey{nullable: true}
	s, err := gr.place(by.Hops)
	if err != nil {
		return k, err
	}
	if k.field = s.object.Field(by.Field); k.field == nil {
		return k, errNoField(s.object.Name, by.Field)
	}
	if !CanGroup(k.field) {
		return k, trellis.Errorf(trellis.CodeInvalidInput, "records cannot be grouped by %s, a field of the kind %s", k.field.Name, k.field.Kind)
	}
	k.column = columnOf(k.field, by.Part)
	rd := renderer{builder: gr.r.b, c: gr.c}
	if k.sql, err = gr.r.b.capture(func() error { return rd.column(s, k.field, k.column.Name) }); err != nil {
		return k, err
	}
	k.collate = k.field.Kind == metadata.KindText
	return k, gr.bucket(&k, by.Bucket)
}

// place is the record at the end of lookups, joined once.
func (gr *grouper) place(hops []string) (scope, error) {
	s := gr.r.s
	for i, hop := range hops {
		path := strings.Join(hops[:i+1], ".")
		if to, ok := gr.places[path]; ok {
			s = to
			continue
		}
		f := s.object.Field(hop)
		if f == nil || !f.Kind.IsLookup() {
			return s, errNoField(s.object.Name, hop)
		}
		to, join, err := gr.c.join(gr.r.b, s, f, "")
		if err != nil {
			return s, err
		}
		gr.joins = append(gr.joins, join)
		gr.places[path], s = to, to
	}
	return s, nil
}

// items compiles what is asked of a group.
func (gr *grouper) items(items []GroupItem) ([]groupOut, error) {
	out := make([]groupOut, 0, len(items))
	if gr.c.items += len(items); gr.c.items > MaxItems {
		return nil, gr.c.tooMany()
	}
	for _, it := range items {
		o, err := gr.item(it)
		if err != nil {
			return nil, at(err, it.Name)
		}
		out = append(out, o)
	}
	return out, nil
}

func (gr *grouper) item(it GroupItem) (groupOut, error) {
	o := groupOut{key: quoteKey(it.Name), kind: it.Kind}
	var err error
	switch it.Kind {
	case GroupObject:
		o.items, err = gr.items(it.Items)
	case GroupKey:
		if it.Key < 0 || it.Key >= len(gr.keys) {
			return o, trellis.Errorf(trellis.CodeInvalidInput, "is not a key of these groups")
		}
		o.col = gr.at[gr.keys[it.Key].sql]
	case GroupTypeName:
		o.text = AppendJSONString(nil, it.Text)
	case GroupMeasure:
		var code int
		if o.col, code, err = gr.measure(it.Measure); err == nil && code >= 0 {
			o.money = moneyOut(it.Parts, o.col, code)
		}
	}
	return o, err
}

// order puts the terms of the order together, the keys last, over the columns
// of the grouped statement.
func (gr *grouper) order() ([]sortKey, error) {
	if len(gr.q.Order) > maxOrderTerms {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "groups are ordered by %d terms at most", maxOrderTerms).At("orderBy")
	}
	var terms []sortKey
	for i, o := range gr.q.Order {
		k := sortKey{desc: o.Desc, nullsFirst: o.NullsFirst, nullable: true}
		switch {
		case o.Measure != nil:
			col, _, err := gr.measure(*o.Measure)
			if err != nil {
				return nil, at(err, "orderBy", i)
			}
			k.sql = gr.name(col)
		case o.Key < 0 || o.Key >= len(gr.keys):
			return nil, trellis.Errorf(trellis.CodeInvalidInput, "is not a key of these groups").At("orderBy", i)
		default:
			key := gr.keys[o.Key]
			k.sql, k.collate = gr.name(gr.at[key.sql]), key.collate
		}
		terms = append(terms, k)
	}
	for _, key := range gr.keys {
		name := gr.name(gr.at[key.sql])
		if !slices.ContainsFunc(terms, func(k sortKey) bool { return k.sql == name }) {
			terms = append(terms, sortKey{sql: name, collate: key.collate, nullable: true})
		}
		if key.collate { // letters that people sort alike are different keys
			terms = append(terms, sortKey{sql: name, nullable: true})
		}
	}
	return terms, nil
}

func (gr *grouper) name(col int) string { return "g.c" + strconv.Itoa(col) }

// statement writes the whole: the records grouped, and around it their order,
// since an order by collation cannot name a column of its own statement.
func (gr *grouper) statement(where string, order []sortKey) {
	var in strings.Builder
	in.WriteString("SELECT ")
	for i, sql := range gr.inner {
		if i > 0 {
			in.WriteString(", ")
		}
		in.WriteString(sql + " AS c" + strconv.Itoa(i))
	}
	if len(gr.inner) == 0 {
		in.WriteString("1 AS c0")
		gr.g.codecs = append(gr.g.codecs, codecInt)
	}
	in.WriteString(" FROM " + gr.c.space.TableName(gr.r.s.object) + " " + gr.r.s.alias + strings.Join(gr.joins, "") + " WHERE " + where)
	if n := len(gr.keys); n > 0 {
		in.WriteString(" GROUP BY ")
		for i := range n { // keys are the first columns
			if i > 0 {
				in.WriteString(", ")
			}
			in.WriteString(strconv.Itoa(i + 1))
		}
	} else {
		in.WriteString(" HAVING TRUE") // one group, also without measures
	}
	by := orderBy(order, func(i int) string { return order[i].sql })
	if by != "" {
		by = " ORDER BY " + by
	}
	gr.finish(in.String(), by)
}

func (gr *grouper) finish(inner, by string) {
	g := gr.g
	g.args = gr.r.b.args
	switch {
	case g.counts:
		counted := "SELECT count(*) FROM (" + inner + " LIMIT " + strconv.Itoa(CountCap) + ") g"
		g.sql, g.codecs = counted, []codec{codecInt}
		if g.nested {
			g.sql = "SELECT p.ord, (" + counted + ") FROM " + manyParents
		}
	case g.nested:
		g.sql = "SELECT p.ord, g.* FROM " + manyParents + " CROSS JOIN LATERAL (SELECT * FROM (" + inner + ") g" + by + gr.limit() + ") g ORDER BY p.ord"
		if by != "" {
			g.sql += ", " + strings.TrimPrefix(by, " ORDER BY ")
		}
	default:
		g.sql = "SELECT * FROM (" + inner + ") g" + by + gr.limit()
	}
}

func (gr *grouper) limit() string { return " LIMIT " + strconv.Itoa(gr.g.first+1) }

// moneyOut is an amount and its code as the answer shows them.
func moneyOut(parts []PartItem, amount, code int) *output {
	out := &output{cols: []int{amount}}
	for _, p := range parts {
		o := partOut{key: quoteKey(p.Key), col: -1}
		switch p.Part {
		case expr.AmountPart:
			o.col, o.codec = amount, codecNumeric
		case expr.CurrencyPart:
			o.col, o.codec = code, codecText
		default:
			o.text = AppendJSONString(nil, p.Text)
		}
		out.parts = append(out.parts, o)
	}
	return out
}

var sumSQL = map[expr.Aggregate]string{expr.Sum: "sum(", expr.Mean: "avg(", expr.Least: "min(", expr.Most: "max("}
