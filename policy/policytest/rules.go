package policytest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// node is a random rule: a text with %s for each of its kids.
type node struct {
	row  string // the row of the mapping table it belongs to
	text string
	kids []*node
}

func (n *node) String() string {
	if len(n.kids) == 0 {
		return n.text
	}
	args := make([]any, len(n.kids))
	for i, k := range n.kids {
		args[i] = k.String()
	}
	return fmt.Sprintf(n.text, args...)
}

// count adds the rows of the mapping table that the rule uses.
func (n *node) count(covered map[string]int) {
	covered[n.row]++
	for _, k := range n.kids {
		k.count(covered)
	}
}

// grammar writes random rules about a deal.
type grammar struct{ rnd *rand.Rand }

// leaves are the kinds of conditions, by the row of the mapping table (CEL →
// SQL in the design of policies) that they exercise.
var leaves = []struct {
	row  string
	make func(g grammar) string
}{
	{"==", grammar.equal}, {"== nullable", grammar.equalFields}, {"!=", grammar.unequal}, {"!= nullable", grammar.unequalFields},
	{"!= computed", grammar.unequalComputed}, {"null", grammar.null}, {"has", grammar.has}, {"constant", grammar.constant},
	{"in", grammar.in}, {"not in", func(g grammar) string { return "!(" + g.in() + ")" }}, {"in user", grammar.inUser},
	{"< text", grammar.lessText}, {"<", grammar.less}, {"match", grammar.match}, {"match field", grammar.matchField},
	{"int arithmetic", grammar.intArith}, {"/ %", grammar.divide}, {"decimal", grammar.decimalArith}, {"money", grammar.money},
	{"time", grammar.moment}, {"hop", grammar.hop}, {"hops", grammar.hops}, {"hop has", grammar.hopHas},
	{"part", grammar.part}, {"whole", grammar.whole}, {"has option", grammar.option}, {"duration", grammar.duration}, {"time of day", grammar.timeOfDay},
	{"exists", grammar.exists}, {"all", grammar.all}, {"text function", grammar.textFunction}, {"boolean", grammar.boolean}, {"slot", grammar.slot},
}

// MappingRows lists the rows of the mapping table that random rules reach.
func MappingRows() []string {
	rows := []string{"&&", "||", "!", "?:"}
	for _, l := range leaves {
		rows = append(rows, l.row)
	}
	return rows
}

// rule is a random rule of at most depth connectives deep.
func (g grammar) rule(depth int) *node {
	if depth > 0 {
		sub := func() *node { return g.rule(depth - 1) }
		switch g.rnd.IntN(8) {
		case 0, 1:
			return &node{"&&", "(%s && %s)", []*node{sub(), sub()}}
		case 2, 3:
			return &node{"||", "(%s || %s)", []*node{sub(), sub()}}
		case 4:
			return &node{"!", "!(%s)", []*node{sub()}}
		case 5:
			return &node{"?:", "(%s ? %s : %s)", []*node{sub(), sub(), sub()}}
		}
	}
	l := leaves[g.rnd.IntN(len(leaves))]
	return &node{row: l.row, text: l.make(g)}
}

func quote(s string) string { return strconv.Quote(s) }

func (g grammar) text() string    { return quote(pick(g.rnd, texts)) }
func (g grammar) integer() string { return strconv.FormatInt(pick(g.rnd, integers), 10) }
func (g grammar) small() string   { return strconv.FormatInt(pick(g.rnd, integers[:9]), 10) }
func (g grammar) decimal() string { return `dec("` + pick(g.rnd, decimals) + `")` }
func (g grammar) date() string    { return `date("` + pick(g.rnd, dates) + `")` }
func (g grammar) time() string {
	return `timestamp("` + pick(g.rnd, times).Format(time.RFC3339Nano) + `")`
}
func (g grammar) userID() string  { return `id("` + IDOf(pick(g.rnd, users)).String() + `")` }
func (g grammar) textF() string   { return pick(g.rnd, []string{"record.code", "record.name"}) }
func (g grammar) intF() string    { return pick(g.rnd, []string{"record.size", "record.rank"}) }
func (g grammar) decF() string    { return pick(g.rnd, []string{"record.price", "record.cost"}) }
func (g grammar) idF() string     { return pick(g.rnd, []string{"record.owner", "record.rep"}) }
func (g grammar) compare() string { return pick(g.rnd, []string{"<", "<=", ">", ">="}) }

// pair is a field and a constant of its type.
func (g grammar) pair() (field, constant string) {
	switch g.rnd.IntN(9) {
	case 0, 1:
		return g.textF(), g.text()
	case 2:
		return g.intF(), g.integer()
	case 3:
		return g.decF(), g.decimal()
	case 4:
		return "record.due", g.date()
	case 5:
		return "record.seen", g.time()
	case 6:
		return "record.stage", quote(pick(g.rnd, stages))
	case 7:
		return g.idF(), g.userID()
	}
	return g.idF(), "user.id"
}

func (g grammar) fields() (a, b string) {
	switch g.rnd.IntN(4) {
	case 0:
		return "record.code", "record.name"
	case 1:
		return "record.size", "record.rank"
	case 2:
		return "record.price", "record.cost"
	}
	return "record.owner", "record.rep"
}

func (g grammar) join(op string) func(a, b string) string {
	return func(a, b string) string {
		if g.rnd.IntN(3) == 0 {
			a, b = b, a
		}
		return a + " " + op + " " + b
	}
}

func (g grammar) equal() string         { return g.join("==")(g.pair()) }
func (g grammar) unequal() string       { return g.join("!=")(g.pair()) }
func (g grammar) equalFields() string   { return g.join("==")(g.fields()) }
func (g grammar) unequalFields() string { return g.join("!=")(g.fields()) }

func (g grammar) unequalComputed() string {
	if g.rnd.IntN(2) == 0 {
		return fmt.Sprintf("%s + %s != %s", g.intF(), g.small(), g.intF())
	}
	return fmt.Sprintf("%s.lowerAscii() != %s", g.textF(), g.textF())
}

func (g grammar) any() string {
	return pick(g.rnd, []string{"code", "size", "price", "active", "due", "seen", "stage", "dealer", "parent", "rep", "owner", "team"})
}

func (g grammar) null() string {
	return "record." + g.any() + pick(g.rnd, []string{" == null", " != null"})
}

func (g grammar) has() string { return "has(record." + g.any() + ")" }

func (g grammar) constant() string {
	return pick(g.rnd, []string{"true", "false", "1 < 2", "now < now"})
}

func (g grammar) in() string {
	switch g.rnd.IntN(4) {
	case 0:
		return fmt.Sprintf("%s in [%s, %s, %s]", g.intF(), g.integer(), g.integer(), g.integer())
	case 1:
		return fmt.Sprintf("record.stage in [%s]", quote(pick(g.rnd, stages)))
	case 2:
		return fmt.Sprintf("%s in [%s, %s]", g.decF(), g.decimal(), g.decimal())
	}
	return fmt.Sprintf("%s in [%s, %s]", g.textF(), g.text(), g.text())
}

func (g grammar) inUser() string {
	return pick(g.rnd, []string{
		"record.team in user.teams", "record.owner in user.subordinates", "!(record.team in user.teams)",
		"record.code in user.roles", "!(record.rep in user.subordinates)",
	})
}

func (g grammar) lessText() string {
	if g.rnd.IntN(3) == 0 {
		return "record.code " + g.compare() + " record.name"
	}
	return g.textF() + " " + g.compare() + " " + g.text()
}

func (g grammar) less() string {
	op := g.compare()
	switch g.rnd.IntN(6) {
	case 0:
		return "record.size " + op + " record.rank"
	case 1:
		return g.decF() + " " + op + " " + g.decimal()
	case 2:
		return "record.due " + op + " " + g.date()
	case 3:
		return "record.seen " + op + " " + g.time()
	}
	return g.intF() + " " + op + " " + g.integer()
}

func (g grammar) matcher() string {
	return pick(g.rnd, []string{"", "!"}) + "%s." + pick(g.rnd, []string{"startsWith", "endsWith", "contains"}) + "(%s)"
}

func (g grammar) match() string      { return fmt.Sprintf(g.matcher(), g.textF(), g.text()) }
func (g grammar) matchField() string { return fmt.Sprintf(g.matcher(), "record.name", "record.code") }

func (g grammar) intArith() string {
	op := pick(g.rnd, []string{"+", "-", "*"})
	switch g.rnd.IntN(3) {
	case 0:
		return fmt.Sprintf("record.size %s record.rank %s %s", op, g.compare(), g.integer())
	case 1: // out of 64 bits for the largest values
		return fmt.Sprintf("record.size * record.size * record.rank %s %s", g.compare(), g.integer())
	}
	return fmt.Sprintf("%s %s %s == %s", g.intF(), op, g.small(), g.small())
}

func (g grammar) divide() string {
	op := pick(g.rnd, []string{"/", "%"})
	if g.rnd.IntN(2) == 0 {
		return fmt.Sprintf("record.size %s record.rank %s %s", op, g.compare(), g.small())
	}
	return fmt.Sprintf("%s %s %s == %s", g.intF(), op, pick(g.rnd, []string{"2", "3", "-2", "0"}), g.small())
}

func (g grammar) decimalArith() string {
	return fmt.Sprintf("%s %s %s %s %s", g.decF(), pick(g.rnd, []string{"+", "-", "*"}), g.decimal(), pick(g.rnd, []string{"==", "!=", "<", ">="}), g.decF())
}

func (g grammar) money() string {
	if g.rnd.IntN(2) == 0 {
		return fmt.Sprintf("record.total.currency %s %s", pick(g.rnd, []string{"==", "!="}), quote(pick(g.rnd, currencies)))
	}
	return fmt.Sprintf("record.total.amount %s %s", g.compare(), g.decimal())
}

// part is a condition on a part of a field that has several.
func (g grammar) part() string {
	switch g.rnd.IntN(5) {
	case 0:
		return fmt.Sprintf("record.home.%s %s %s", pick(g.rnd, []string{"city", "region"}), pick(g.rnd, []string{"==", "!=", "<"}), g.text())
	case 1:
		return fmt.Sprintf("record.place.%s %s %s", pick(g.rnd, []string{"lat", "lng"}), pick(g.rnd, []string{"==", "!=", "<", ">="}), g.decimal())
	case 2:
		return fmt.Sprintf("record.buyer %s %s", pick(g.rnd, []string{"==", "!=", "<"}), g.text())
	case 3:
		return pick(g.rnd, []string{"", "!"}) + "has(record." + pick(g.rnd, []string{"home.city", "buyer.family", "place.lat", "total.currency"}) + ")"
	}
	return fmt.Sprintf("record.buyer.%s.startsWith(%s)", pick(g.rnd, []string{"full", "family", "given"}), g.text())
}

// whole asks whether a field of several parts, or JSON, is there.
func (g grammar) whole() string {
	f := "record." + pick(g.rnd, []string{"home", "place", "buyer", "extra", "tags"})
	return pick(g.rnd, []string{f + " == null", f + " != null", "has(" + f + ")", "!has(" + f + ")"})
}

func (g grammar) option() string {
	return pick(g.rnd, []string{"", "!"}) + "(" + pick(g.rnd, []string{quote(pick(g.rnd, stages)), "record.stage"}) + " in record.tags)"
}

func (g grammar) duration() string {
	return "record.effort " + pick(g.rnd, []string{"==", "!=", "<", ">="}) + " duration(" + quote(pick(g.rnd, []string{"90m", "1h30m", "0s", "1000ns", "1500ns", "-24h"})) + ")"
}

func (g grammar) timeOfDay() string {
	if g.rnd.IntN(3) == 0 {
		return `record.opens in [time("09:30"), "18:00"]`
	}
	return "record.opens " + pick(g.rnd, []string{"==", "!=", "<", ">="}) + ` time("` + pick(g.rnd, hours) + `")`
}

func (g grammar) moment() string {
	if g.rnd.IntN(2) == 0 {
		return "record.seen " + pick(g.rnd, []string{"<", "<=", ">", ">=", "==", "!="}) + " now"
	}
	return "record.due " + pick(g.rnd, []string{"<", "<=", ">", ">=", "==", "!="}) + " today"
}

// through is a condition on the record at the end of a path.
func (g grammar) through(path string) string {
	switch g.rnd.IntN(5) {
	case 0:
		return path + ".code == " + g.text()
	case 1:
		return path + ".code != " + g.text()
	case 2:
		return "!(" + path + ".rank in [" + g.small() + ", " + g.small() + "])"
	case 3:
		return path + ".rank == null"
	}
	return path + ".rank " + g.compare() + " " + g.small()
}

func (g grammar) hop() string {
	return g.through(pick(g.rnd, []string{"record.dealer", "record.parent"}))
}

func (g grammar) hops() string {
	return g.through(pick(g.rnd, []string{"record.dealer.country", "record.parent.dealer", "record.parent.dealer.country", "record.parent.parent"}))
}

func (g grammar) hopHas() string {
	return pick(g.rnd, []string{"", "!"}) + "has(record." + pick(g.rnd, []string{"dealer.country", "parent.code", "dealer.code", "parent.dealer.rank", "parent.owner"}) + ")"
}

func (g grammar) exists() string {
	return pick(g.rnd, []string{
		"user.teams.exists(t, record.team == t)", "user.subordinates.exists(s, s == record.rep || s == record.owner)",
		"user.roles.exists(r, record.code.startsWith(r))", "user.teams.exists(t, record.team != t && record.size > 1)",
	})
}

func (g grammar) all() string {
	return pick(g.rnd, []string{
		"user.teams.all(t, record.team != t)", "user.subordinates.all(s, record.owner != s || record.active)", "user.roles.all(r, r != record.code)",
	})
}

func (g grammar) textFunction() string {
	f := g.textF()
	switch g.rnd.IntN(5) {
	case 0:
		return f + ".lowerAscii() == " + g.text()
	case 1:
		return f + ".upperAscii() != " + g.text()
	case 2:
		return f + ".trim() == " + g.text()
	case 3:
		return f + " + \"b\" == " + g.text()
	}
	return "size(" + f + ") " + g.compare() + " " + pick(g.rnd, []string{"1", "2", "3"})
}

func (g grammar) boolean() string {
	return pick(g.rnd, []string{"record.active", "!record.active", "record.active == true", "record.active != true", "record.active == false"})
}

func (g grammar) slot() string {
	return pick(g.rnd, []string{"user.name == \"u1\"", "\"r0\" in user.roles", "size(user.teams) > 1", "user.email.endsWith(\"@example.com\")"})
}
