package expr

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
)

// gen writes random row rules as trees, so that a failing one can be shrunk.
type gen struct {
	rand *rand.Rand
	hits map[string]int
	loop []string // variables of exists and all, over ids
}

func newGen(seed uint64) *gen {
	return &gen{rand: rand.New(rand.NewPCG(seed, 2)), hits: map[string]int{}}
}

type node struct {
	form string // with one %s per kid
	kids []node
	bool bool
	rows []string // rows of the mapping table this node exercises
}

func (n node) String() string {
	args := make([]any, len(n.kids))
	for i, k := range n.kids {
		args[i] = k.String()
	}
	return fmt.Sprintf(n.form, args...)
}

func leafNode(s string) node { return node{form: strings.ReplaceAll(s, "%", "%%")} }

func (g *gen) pick(ss ...string) string { return ss[g.rand.IntN(len(ss))] }

func cond(row, form string, kids ...node) node {
	return node{form: form, kids: kids, bool: true, rows: strings.Fields(row)}
}

// condition writes a boolean.
func (g *gen) condition(depth int) node {
	if depth > 0 && g.rand.IntN(3) > 0 {
		a, b := g.condition(depth-1), g.condition(depth-1)
		switch g.rand.IntN(7) {
		case 0, 1:
			return cond("and", "(%s && %s)", a, b)
		case 2, 3:
			return cond("or", "(%s || %s)", a, b)
		case 4:
			return cond("not", "!%s", a)
		case 5:
			return cond("conditional", "(%s ? %s : %s)", a, b, g.condition(depth-1))
		}
		return cond("booleq", "(%s "+g.pick("==", "!=")+" %s)", a, b)
	}
	return g.test(depth)
}

func (g *gen) test(depth int) node {
	op := g.pick("==", "!=", "<", "<=", ">", ">=")
	eq := g.pick("==", "!=")
	switch g.rand.IntN(19) {
	case 0:
		return cond("boolfield", g.pick("record.hot", "record.account.hot"))
	case 1:
		return cond("compare-int", "(%s "+op+" %s)", g.number(2), g.number(2))
	case 2:
		return cond("compare-decimal", "(%s "+op+" %s)", g.decimal(2), g.decimal(2))
	case 3:
		return cond("decimal-int", "(%s "+op+" %s)", g.decimalField(), g.number(1))
	case 4:
		return cond("compare-text", "(%s "+op+" %s)", g.text(2), g.text(2))
	case 5:
		if depth > 0 {
			return cond("null", "((%s ? "+g.pick("record.hot", "user.boss")+" : %s) "+eq+" null)", g.condition(0), g.condition(depth-1))
		}
		return cond("null", "("+g.anyField()+" "+eq+" null)")
	case 6:
		return cond("has", g.pick("", "!")+"has("+g.pick("record.name", "record.account.region", "record.account.parent.score",
			"record.owner", "record.price", "record.tags", "record.account.parent")+")")
	case 7:
		return cond("id", "(%s "+eq+" %s)", g.id(), g.id())
	case 8:
		return cond("in-ids", "(%s in "+g.pick("user.teams", "user.subordinates", "record.watchers")+")", g.id())
	case 9:
		return cond("in-texts", "(%s in ["+g.textLiterals()+"])", g.text(1))
	case 10:
		return cond("in-mixed", "(%s in [%s, %s])", g.text(1), g.text(1), g.text(1))
	case 11:
		return cond("tags", "(%s in record.tags)", g.text(1))
	case 12:
		return cond("match", "%s."+g.pick("startsWith", "endsWith", "contains")+"(%s)", g.text(1), g.text(1))
	case 13:
		return cond("date", "(%s "+op+" %s)", g.date(), g.date())
	case 14:
		return cond("time", "(%s "+op+" %s)", g.time(), g.time())
	case 15:
		return g.unrolled(depth)
	case 16:
		return cond("slot", g.pick("user.boss", "(user.level > 2)", "(user.region == null)", "(\"lead\" in user.roles)", "has(user.limit)", "true", "false", "(1 / (user.level - 3) > 0)"))
	case 17:
		return cond("in-numbers", "(%s in ["+g.pick("", "1, 7", "0, user.level", "-1, 9223372036854775807, 2")+"])", g.number(1))
	}
	return cond("select", g.pick(`(record.stage == "open")`, `(record.stage != "won")`, `(record.stage in ["new", "lost"])`))
}

func (g *gen) unrolled(depth int) node {
	if len(g.loop) == 2 {
		return cond("and", "true")
	}
	v := string(rune('p' + len(g.loop)))
	g.loop = append(g.loop, v)
	body := g.condition(min(depth, 1))
	if g.rand.IntN(2) == 0 {
		body = cond("id", "("+v+" "+g.pick("==", "!=")+" %s)", g.id())
	}
	g.loop = g.loop[:len(g.loop)-1]
	fn := g.pick("exists", "all")
	return node{form: "user." + g.pick("teams", "subordinates") + "." + fn + "(" + v + ", %s)", kids: []node{body}, bool: true, rows: []string{fn}}
}

func (g *gen) anyField() string {
	return g.pick("record.name", "record.amount", "record.count", "record.hot", "record.closeDate", "record.seenAt", "record.owner",
		"record.account", "record.tags", "record.price", "record.account.region", "record.account.parent", "record.account.parent.score", "record.version", "user.region")
}

func (g *gen) number(depth int) node {
	if depth > 0 && g.rand.IntN(3) == 0 {
		return node{form: "(%s " + g.pick("+", "-", "*", "/", "%%") + " %s)", kids: []node{g.number(depth - 1), g.number(depth - 1)}, rows: []string{"arith-int"}}
	}
	switch g.rand.IntN(6) {
	case 0:
		return node{form: "-%s", kids: []node{{form: "record.count"}}, rows: []string{"arith-int"}}
	case 1:
		return leafNode(g.pick("size(record.name)", "size(record.tags)", "record.watchers.size()", "size(user.roles)"))
	case 2, 3:
		return leafNode(g.pick("record.count", "record.version", "record.account.score", "record.account.parent.score"))
	}
	return leafNode(g.pick("0", "1", "2", "7", "(-1)", "user.level", "9223372036854775807", "(-9223372036854775808)", "9007199254740991"))
}

func (g *gen) decimalField() node {
	return leafNode(g.pick("record.amount", "record.price", "record.price.amount", "record.account.limit", "user.limit", `dec("9.95")`))
}

func (g *gen) decimal(depth int) node {
	if depth > 0 && g.rand.IntN(3) == 0 {
		return node{form: "(%s " + g.pick("+", "-", "*") + " %s)", kids: []node{g.decimal(depth - 1), g.decimal(depth - 1)}, rows: []string{"arith-decimal"}}
	}
	switch g.rand.IntN(3) {
	case 0:
		return leafNode(g.pick(`dec("9.95")`, `dec("0")`, `dec("-0.001")`, `dec("1e20")`, "dec(record.count)", "(-dec(2))", "9.95", "dec(user.level)"))
	}
	return g.decimalField()
}

func (g *gen) text(depth int) node {
	if depth > 0 && g.rand.IntN(4) == 0 {
		if g.rand.IntN(2) == 0 {
			return node{form: "%s." + g.pick("lowerAscii", "upperAscii", "trim") + "()", kids: []node{g.text(depth - 1)}, rows: []string{"text-function"}}
		}
		return node{form: "(%s + %s)", kids: []node{g.text(depth - 1), g.text(depth - 1)}, rows: []string{"concat"}}
	}
	if g.rand.IntN(2) == 0 {
		return leafNode(g.pick("record.name", "record.code", "record.account.region", "record.owner.name",
			"record.account.owner.region", "record.price.currency", "user.region"))
	}
	return leafNode(g.pick(textPool...))
}

var textPool = []string{`""`, `"a"`, `"A"`, `"ab"`, `"50%"`, `"a_b"`, `"N"`, `"交易"`, `" N\u00a0"`, `"\\"`, `"EUR"`, `"é"`}

func (g *gen) textLiterals() string {
	var out []string
	for range g.rand.IntN(4) {
		out = append(out, g.pick(append([]string{"user.region"}, textPool...)...))
	}
	return strings.ReplaceAll(strings.Join(out, ", "), "%", "%%")
}

func (g *gen) id() node {
	if len(g.loop) > 0 && g.rand.IntN(2) == 0 {
		return leafNode(g.loop[g.rand.IntN(len(g.loop))])
	}
	return leafNode(g.pick("record.owner", "record.id", "record.account", "record.account.id", "record.account.owner", "record.account.parent.owner", "user.id",
		`id("01900000-0000-7000-8000-00000000000b")`))
}

func (g *gen) date() node {
	return leafNode(g.pick("record.closeDate", "today", "(today - 1)", "(today + 400)", `date("2026-05-17")`, "user.hired"))
}

func (g *gen) time() node {
	return leafNode(g.pick("record.createdAt", "record.seenAt", "now", `(now - duration("1h"))`, `(now - duration("1ns"))`, `timestamp("2026-05-17T12:30:00.123456Z")`))
}

// record makes a random opportunity whose values lie around the rules' constants.
func (g *gen) record() MapRecord {
	r := MapRecord{"id": g.idValue(), "code": g.textValue(), "version": int64(g.rand.IntN(3)), "createdAt": g.timeValue()}
	g.maybe(r, "name", g.textValue())
	g.maybe(r, "stage", g.pick("new", "open", "won", "lost"))
	g.maybe(r, "amount", g.decimalValue())
	g.maybe(r, "price", Money{g.decimalValue(), g.pick("EUR", "CNY")})
	g.maybe(r, "count", g.intValue())
	g.maybe(r, "hot", g.rand.IntN(2) == 0)
	g.maybe(r, "closeDate", DateOf(testNow)+Date(g.rand.IntN(5)-2))
	g.maybe(r, "seenAt", g.timeValue())
	g.maybe(r, "tags", []string{g.textValue(), g.textValue()}[:g.rand.IntN(3)])
	g.maybe(r, "watchers", []trellis.ID{g.idValue(), g.idValue()}[:g.rand.IntN(3)])
	if u, ok := g.user(); ok {
		r["owner"] = u
	}
	if a, ok := g.account(2); ok {
		r["account"] = a
	}
	return r
}

func (g *gen) maybe(r MapRecord, field string, v any) {
	if g.rand.IntN(4) > 0 {
		r[field] = v
	}
}

// user is a lookup: absent, an id whose record is trashed, or a record.
func (g *gen) user() (any, bool) {
	switch g.rand.IntN(6) {
	case 0:
		return nil, false
	case 1:
		return g.idValue(), true
	}
	u := MapRecord{"id": g.idValue(), "name": g.textValue()}
	g.maybe(u, "region", g.textValue())
	return u, true
}

func (g *gen) account(depth int) (any, bool) {
	switch g.rand.IntN(6) {
	case 0:
		return nil, false
	case 1:
		return g.idValue(), true
	}
	a := MapRecord{"id": g.idValue(), "name": g.textValue()}
	g.maybe(a, "region", g.textValue())
	g.maybe(a, "score", g.intValue())
	g.maybe(a, "hot", g.rand.IntN(2) == 0)
	g.maybe(a, "limit", g.decimalValue())
	if u, ok := g.user(); ok {
		a["owner"] = u
	}
	if p, ok := g.account(depth - 1); ok && depth > 0 {
		a["parent"] = p
	}
	return a, true
}

func (g *gen) idValue() trellis.ID { return []trellis.ID{idA, idB, idC, idD}[g.rand.IntN(4)] }

func (g *gen) textValue() string {
	return g.pick("", "a", "A", "ab", "50%", "a_b", "N", "交易", " N\u00a0", `\`, "EUR", "é", "aX_b")
}

func (g *gen) intValue() int64 {
	return []int64{0, 1, -1, 2, 7, 3, math.MaxInt64, math.MinInt64, 1<<53 - 1}[g.rand.IntN(9)]
}

func (g *gen) decimalValue() *Decimal {
	return MustDecimal(g.pick("9.95", "9.950", "0", "-0.001", "7", "1", "100000000000000000000", "2"))
}

func (g *gen) timeValue() time.Time {
	base := []time.Time{testNow, testNow.Add(-time.Hour)}[g.rand.IntN(2)].Truncate(time.Microsecond)
	return base.Add(time.Duration(g.rand.IntN(3)-1) * time.Microsecond)
}

func (g *gen) vars() Vars {
	v := testVars()
	switch g.rand.IntN(8) {
	case 0:
		v.User = nil
	case 1:
		v.User = map[string]any{"id": g.idValue()}
	default:
		v.User["level"] = int64(g.rand.IntN(5))
		v.User["teams"] = []trellis.ID{g.idValue(), g.idValue(), g.idValue()}[:g.rand.IntN(4)]
	}
	return v
}

func (g *gen) count(n node) {
	for _, r := range n.rows {
		g.hits[r]++
	}
	for _, k := range n.kids {
		g.count(k)
	}
}

// TestTreesAgreeWithEval is the property the row rules stand on: Eval is true
// exactly where Predicate holds, and false exactly where Negation holds.
func TestTreesAgreeWithEval(t *testing.T) {
	t.Parallel()
	const rules, records, least = 3000, 12, 150
	e := testEngine()
	g := newGen(1)
	refused, mixed := 0, 0
	for range rules {
		n := g.condition(1 + g.rand.IntN(3))
		r, err := e.Compile("opportunity", n.String(), Row)
		if err != nil {
			refused++
			if refused < 5 {
				t.Logf("%s: %v", n, err)
			}
			continue
		}
		g.count(n)
		outcomes := map[string]bool{}
		for range records {
			v := g.vars()
			v.Record = g.record()
			o := outcome(r, v)
			outcomes[o] = true
			if o == "" {
				small := shrink(e, n, v)
				r, _ = e.Compile("opportunity", small.String(), Row)
				checkAgreement(t, r, v)
				t.Fatalf("found in %s, shrunk to %s\nuser %v", n, small, v.User)
			}
		}
		if len(outcomes) > 1 {
			mixed++
		}
	}
	if refused > rules/50 {
		t.Errorf("%d of %d rules were refused", refused, rules)
	}
	if mixed < rules/2 {
		t.Errorf("only %d of %d rules told records apart", mixed, rules)
	}
	for _, row := range slices.Sorted(slices.Values([]string{
		"and", "or", "not", "conditional", "booleq", "boolfield", "compare-int", "compare-decimal", "decimal-int", "compare-text", "null", "has", "id", "in-ids",
		"in-texts", "in-mixed", "in-numbers", "tags", "match", "date", "time", "exists", "all", "slot", "select", "arith-int", "arith-decimal", "text-function", "concat"})) {
		if g.hits[row] < least {
			t.Errorf("the row %s of the mapping was hit %d times", row, g.hits[row])
		}
	}
	t.Logf("%d refused, %d mixed, hits %v", refused, mixed, g.hits)
}

// outcome is true, false or error, and "" when the ways disagree.
func outcome(r *Rule, v Vars) string {
	got, err := r.Eval(context.Background(), v)
	yes, err1 := r.Predicate(v)
	no, err2 := r.Negation(v)
	if err1 != nil || err2 != nil {
		return ""
	}
	y, n := Holds(yes, v.Record), Holds(no, v.Record)
	switch {
	case err != nil && !y && !n:
		return "error"
	case err == nil && got && y && !n:
		return "true"
	case err == nil && !got && !y && n:
		return "false"
	}
	return ""
}

// shrink finds a smaller rule that still disagrees on the same values.
func shrink(e *Engine, n node, v Vars) node {
	disagrees := func(n node) bool {
		r, err := e.Compile("opportunity", n.String(), Row)
		return err == nil && outcome(r, v) == ""
	}
	for again := true; again; {
		again = false
		for _, c := range smaller(n) {
			if disagrees(c) {
				n, again = c, true
				break
			}
		}
	}
	return n
}

// smaller are the trees one step below: a condition inside in place of the
// whole, or a condition inside made constant or itself smaller.
func smaller(n node) []node {
	var out []node
	for i, k := range n.kids {
		if !k.bool {
			continue
		}
		out = append(out, k)
		with := func(r node) {
			c := n
			c.kids = slices.Clone(n.kids)
			c.kids[i] = r
			out = append(out, c)
		}
		if len(k.kids) > 0 {
			with(cond("", "true"))
			with(cond("", "false"))
		}
		for _, s := range smaller(k) {
			with(s)
		}
	}
	return out
}
