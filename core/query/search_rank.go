package query

import (
	"strconv"
	"strings"
)

// A search in order of rank is read in tiers: first the records where a field
// begins with the text, then the others. Each tier is tried among the newest
// records of the table, which have enough of what is frequent; only when they
// have not, and the text is therefore rare, the indexes are asked, whose answer
// is then short. So neither "Co." nor a name that is there once reads much of
// the table. Everything is one statement: an arm whose guard is false is never
// run.

// newestRows is how many of the newest records an arm looks at.
const newestRows = 5_000

// top is the tier of records where a field begins with the text.
const top = 2

// ranking writes the statement of a root list in order of rank.
type ranking struct {
	c    *compiler
	r    *rows
	l    *level
	k    *seeker
	base string // which records belong to the list, the search aside
	n    string // rows wanted

	// shared says that both tiers take their newest records from one arm, n.
	shared bool
	with   strings.Builder
	hits   []string
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
	from, after, err := g.position(q.After)
	if err != nil {
		return err
	}
	if from == top && after == "TRUE" {
		g.newest()
	}
	for tier := from; tier >= 1; tier-- {
		g.tier(tier, after)
		after = "TRUE"
	}
	if l.wantsCursor() {
		for _, k := range l.keys {
			l.keyCols = append(l.keyCols, r.addSQL(place{own: true}, k.sql, k.codec()))
		}
	}
	l.sql, l.args, l.codecs = g.statement(), r.b.args, r.codecs
	return nil
}

// position is the tier where the page begins, and the condition on its records.
func (g *ranking) position(cursor string) (tier int, after string, err error) {
	if cursor == "" {
		return top, "TRUE", nil
	}
	values, err := readCursor("after", cursor, g.l.sig, g.l.keys)
	if err != nil {
		return 0, "", err
	}
	tier = int(values[0].(int64))
	if tier < 1 || tier > top {
		return 0, "", errCursor("after")
	}
	after, err = g.r.b.capture(func() error {
		after1Row(g.r.b, g.l.keys[1:], values[1:])
		return nil
	})
	return tier, after, err
}

// newest looks once through the newest records for both tiers of a first page.
func (g *ranking) newest() {
	begins, _ := g.r.b.capture(func() error { g.k.begins(false); return nil })
	found, _ := g.r.b.capture(func() error { g.k.found(false); return nil })
	alias := g.r.s.alias
	g.arm("n", "SELECT "+alias+`."id", `+alias+`."created_at", `+begins+` IS TRUE AS "first" FROM `+g.window("TRUE")+" WHERE "+g.base+" AND "+found)
	g.shared = true
}

// window is the newest records of the table from a place on.
func (g *ranking) window(after string) string {
	alias := g.r.s.alias
	return "(SELECT * FROM " + g.c.space.TableName(g.r.s.object) + " " + alias + " WHERE " + after + g.newestFirst() + strconv.Itoa(newestRows) + ") " + alias
}

func (g *ranking) newestFirst() string {
	alias := g.r.s.alias
	return " ORDER BY " + alias + `."created_at" DESC, ` + alias + `."id" DESC LIMIT `
}

// tier adds the two arms of a tier: w among the newest records, g by the index.
func (g *ranking) tier(tier int, after string) {
	of := func(byIndex bool) string {
		sql, _ := g.r.b.capture(func() error {
			if tier == 1 {
				g.k.found(byIndex)
				g.r.b.text(" AND ")
				g.k.begins(false)
				g.r.b.text(" IS NOT TRUE")
				return nil
			}
			g.k.begins(byIndex)
			g.r.b.text(" AND ")
			g.k.found(false)
			return nil
		})
		return sql
	}
	alias, table := g.r.s.alias, g.c.space.TableName(g.r.s.object)
	newest := g.newestFirst()
	columns := "SELECT " + alias + `."id", ` + alias + `."created_at" FROM `
	t := strconv.Itoa(tier)

	if g.shared {
		is := map[bool]string{true: `"first"`, false: `NOT "first"`}[tier == top]
		g.arm("w"+t, columns+"n "+alias+" WHERE "+is+newest+g.n)
	} else {
		g.arm("w"+t, columns+g.window(after)+" WHERE "+g.guard()+g.base+" AND "+of(false)+newest+g.n)
	}
	full := "(SELECT count(*) FROM w" + t + ") >= " + g.n
	g.hits = append(g.hits, "SELECT "+t+`::int8 AS "rank", * FROM w`+t+" WHERE "+full)
	g.arm("g"+t, columns+table+" "+alias+" WHERE "+g.guard()+g.base+" AND "+after+" AND "+of(true)+newest+g.n)
	g.hits = append(g.hits, "SELECT "+t+"::int8, * FROM g"+t)
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
	for _, hit := range g.hits {
		name := hit[strings.LastIndex(hit, "* FROM ")+len("* FROM "):][:2]
		s += "(SELECT count(*) FROM " + name + ") < " + g.n + " AND "
	}
	return s
}

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
