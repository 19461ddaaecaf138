package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// A search in order of rank is read in tiers: first the records of which a field
// is the text, then those where one begins with it, then the others. Each tier is tried among the newest
// records of the table, which have enough of what is frequent; only when they
// have not, and the text is therefore rare, the indexes are asked, whose answer
// is then short. So neither "Co." nor a name that is there once reads much of
// the table. Everything is one statement: an arm whose guard is false is never
// run.

// newestRows is how many of the newest records an arm looks at.
const newestRows = 5_000

// linesColumn has a sign that no column of a table has.
const linesColumn = `"?lines"`

// ranking writes the statement of a root list in order of rank.
type ranking struct {
	c    *compiler
	r    *rows
	l    *level
	k    *seeker
	base string // which records belong to the list, the search aside
	n    string // rows wanted
	// lines is selected as linesColumn by the subqueries that records are taken
	// from, so that it is made once for each, however many words it is compared
	// with; expression is what it is there.
	lines, expression string

	// shared says that all tiers take their newest records from one arm, n.
	shared bool
	with   strings.Builder
	arms   []string // whose rows are among what is found
	hits   []string // those rows, an arm each
}

// inline is the search within those subqueries, which have no such column yet.
func (g *ranking) inline() *seeker {
	k := *g.k
	k.lines = g.expression
	return &k
}

// rankable says that the list is a search that can be read in tiers.
func rankable(l *level, q *List) bool {
	return q.Search != "" && len(q.Order) == 0 && !l.nested && !l.backward && q.Before == ""
}

// finishRanked renders the row statement of a search in order of rank.
func (c *compiler) finishRanked(l *level, r *rows, q *List) error {
	g := &ranking{c: c, r: r, l: l, n: strconv.Itoa(l.first + 1)}
	var err error
	plain := *q
	plain.Search = ""
	if g.base, err = r.b.capture(func() error { return c.members(r, &plain, nil) }); err != nil {
		return err
	}
	if g.k, err = r.seek(q.Search); err != nil {
		return err
	}
	if g.k.lines != "" {
		g.expression, g.lines = g.k.lines, ", "+g.k.lines+" AS "+linesColumn
		g.k.lines = r.s.alias + "." + linesColumn
	}
	from, after, err := g.position(q.After)
	if err != nil {
		return err
	}
	if from == whole && after == "TRUE" {
		g.newest()
	}
	for tier := from; tier >= inside; tier-- {
		g.tier(tier, after)
		after = "TRUE"
	}
	if l.wantsCursor() {
		for _, k := range l.keys {
			l.keyCols = append(l.keyCols, r.addSQL(place{own: true}, k.sql, k.codec()))
		}
	}
	if c.telling {
		g.tell()
	}
	l.sql, l.args, l.codecs = g.statement(), r.b.args, r.codecs
	return nil
}

// tell selects in which field the text was found, as its place in l.searched,
// with what is in it, and the id.
func (g *ranking) tell() {
	l, k := g.l, *g.k
	k.fields = slices.Clone(k.fields)
	slices.SortStableFunc(k.fields, func(a, b *metadata.Field) int { // the title is told before others
		title := func(f *metadata.Field) int { return map[bool]int{true: 0, false: 1}[f.Name == l.object.Title] }
		return title(a) - title(b)
	})
	l.searched = k.fields
	at := g.sql(func() { k.where() })
	add := func(sql string, c codec) { l.told = append(l.told, g.r.addSQL(place{own: true}, sql, c)) }
	add("("+at+")::int8", codecInt)
	var texts []string
	for _, f := range k.fields {
		texts = append(texts, ddl.SearchShown(f, k.column))
	}
	add("left((ARRAY["+strings.Join(texts, ", ")+"])["+at+"], "+strconv.Itoa(hitValue)+")", codecText)
	add(g.r.s.alias+`."id"`, codecUUID)
}

// position is the tier where the page begins, and the condition on its records.
func (g *ranking) position(cursor string) (tier how, after string, err error) {
	if cursor == "" {
		return whole, "TRUE", nil
	}
	values, err := readCursor("after", cursor, g.l.sig, g.l.keys)
	if err != nil {
		return 0, "", err
	}
	tier = how(values[0].(int64))
	if tier < inside || tier > whole {
		return 0, "", errCursor("after")
	}
	after, err = g.r.b.capture(func() error {
		after1Row(g.r.b, g.l.keys[1:], values[1:])
		return nil
	})
	return tier, after, err
}

// newest looks once through the newest records for all tiers of a first page.
func (g *ranking) newest() {
	alias := g.r.s.alias
	g.arm("n", "SELECT "+alias+`."id", `+alias+`."created_at", `+g.sql(g.k.rank)+` AS "rank" FROM `+
		g.window("TRUE")+" WHERE "+g.base+" AND "+g.sql(func() { g.k.found(false) }))
	g.shared = true
}

// sql is what write writes.
func (g *ranking) sql(write func()) string {
	sql, _ := g.r.b.capture(func() error { write(); return nil })
	return sql
}

// window is the newest records of the table from a place on.
func (g *ranking) window(after string) string {
	return g.from(after + g.newestFirst("LIMIT") + strconv.Itoa(newestRows))
}

// from takes records from the table, with the lines that words are looked for in.
func (g *ranking) from(where string) string {
	alias := g.r.s.alias
	return "(SELECT *" + g.lines + " FROM " + g.c.space.TableName(g.r.s.object) + " " + alias + " WHERE " + where + ") " + alias
}

func (g *ranking) newestFirst(cut string) string {
	alias := g.r.s.alias
	return " ORDER BY " + alias + `."created_at" DESC, ` + alias + `."id" DESC ` + cut + " "
}

// tier adds the two arms of a tier: w among the newest records, g by the index.
// In g the texts are compared beside the pairs: where PostgreSQL has not asked
// the indexes for all words, few records are left whose pairs it makes.
func (g *ranking) tier(tier how, after string) {
	t := strconv.Itoa(int(tier))
	newest := g.newestFirst("LIMIT")
	columns := "SELECT " + g.r.s.alias + `."id", ` + g.r.s.alias + `."created_at" FROM `
	of, inline := g.sql(func() { g.of(tier) }), g.inline()
	within := g.sql(func() { inline.found(tier == inside) })
	if tier != inside {
		within = g.sql(func() { inline.may(tier) }) + " AND " + within
	}
	g.arm("o"+t, "SELECT EXISTS (SELECT FROM "+g.c.space.TableName(g.r.s.object)+" "+g.r.s.alias+" WHERE "+after+g.newestFirst("OFFSET")+strconv.Itoa(newestRows)+`) AS "more"`)
	if g.shared {
		g.arm("w"+t, columns+"n "+g.r.s.alias+` WHERE "rank" = `+t+newest+g.n)
	} else {
		found := g.sql(func() { g.k.found(false) })
		g.arm("w"+t, columns+g.window(after)+" WHERE "+g.guard()+g.base+" AND "+found+" AND "+of+newest+g.n)
	}
	g.hit(t, "w"+t, " WHERE (SELECT count(*) FROM w"+t+") >= "+g.n+" OR NOT "+g.older(t))
	older := g.guard() + g.older(t) + " AND "
	g.arm("g"+t, columns+g.from(older+g.base+" AND "+after+" AND "+within+" OFFSET 0")+" WHERE "+of+newest+g.n)
	g.hit(t, "g"+t, "")
}

// of writes that a record that was found is of a tier.
func (g *ranking) of(tier how) {
	if tier != inside {
		g.k.is(tier)
	}
	if tier == begins {
		g.r.b.text(" AND ")
	}
	if tier != whole {
		g.k.is(tier + 1)
		g.r.b.text(" IS NOT TRUE")
	}
}

// hit adds the rows of an arm to what is found.
func (g *ranking) hit(tier, arm, where string) {
	g.arms = append(g.arms, arm)
	g.hits = append(g.hits, "SELECT "+tier+`::int8 AS "rank", * FROM `+arm+where)
}

func (g *ranking) arm(name, sql string) {
	if g.with.Len() > 0 {
		g.with.WriteString(", ")
	}
	g.with.WriteString(name + " AS MATERIALIZED (" + sql + ")")
}

// guard is that no arm so far has enough.
func (g *ranking) guard() string {
	var s string
	for _, arm := range g.arms {
		s += "(SELECT count(*) FROM " + arm + ") < " + g.n + " AND "
	}
	return s
}

// older is that there are records beyond those among which a tier was tried. In
// a small table there are none, and the indexes are not asked at all.
func (g *ranking) older(tier string) string { return `(SELECT "more" FROM o` + tier + ")" }

func (g *ranking) statement() string {
	var s strings.Builder
	s.WriteString("WITH " + g.with.String() + " SELECT ")
	for i, col := range g.r.columns {
		if i > 0 {
			s.WriteString(", ")
		}
		if col.inner < 0 {
			s.WriteString(col.sql)
		} else {
			s.WriteString(g.r.inner[col.inner])
		}
	}
	order := ` ORDER BY "rank" DESC, "created_at" DESC, "id" DESC`
	s.WriteString(" FROM (" + strings.Join(g.hits, " UNION ALL ") + order + " LIMIT " + g.n + ") h JOIN " +
		g.c.space.TableName(g.r.s.object) + " " + g.r.s.alias + " ON " + g.r.s.alias + `."id" = h."id"` + strings.Join(g.r.joins, "") +
		` ORDER BY h."rank" DESC, h."created_at" DESC, h."id" DESC`)
	return s.String()
}
