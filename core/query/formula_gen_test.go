package query

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

// formulaGen writes random formulas about a deal.
type formulaGen struct {
	rnd  *rand.Rand
	hits map[string]int
}

func (g *formulaGen) pick(list ...string) string { return list[g.rnd.IntN(len(list))] }

// use counts the function or operator that a formula has.
func (g *formulaGen) use(name, form string, args ...any) string {
	g.hits[name]++
	return fmt.Sprintf(form, args...)
}

// formula writes one of a type.
func (g *formulaGen) formula(of expr.Type, depth int) string {
	if depth > 0 && g.rnd.IntN(6) == 0 {
		if g.rnd.IntN(3) == 0 {
			return g.use("orElse", "orElse(%s, %s)", g.formula(of, depth-1), g.formula(of, depth-1))
		}
		if g.rnd.IntN(6) == 0 && of != expr.DurationType {
			return g.use("null", "(%s ? %s : null)", g.condition(depth-1), g.formula(of, depth-1))
		}
		return g.use("?:", "(%s ? %s : %s)", g.condition(depth-1), g.formula(of, depth-1), g.formula(of, depth-1))
	}
	switch of {
	case expr.IntType:
		return g.integer(depth)
	case expr.DecimalType:
		return g.decimal(depth)
	case expr.TextType:
		return g.text(depth)
	case expr.BoolType:
		return g.condition(depth)
	case expr.DateType:
		return g.date(depth)
	case expr.TimestampType:
		return g.instant(depth)
	}
	return g.duration(depth)
}

func (g *formulaGen) integer(depth int) string {
	if depth == 0 {
		return g.pick("record.size", "record.rank", "record.dealer.rank", "record.parent.size", "record.dealer.country.rank", "0", "1", "2", "7", "-3", "100",
			"9007199254740991", "9223372036854775807", "size(record.name)")
	}
	d := depth - 1
	switch g.rnd.IntN(18) {
	case 0, 1:
		op := g.pick("+", "-", "*", "/")
		return g.use("int"+op, "(%s "+op+" %s)", g.integer(d), g.integer(d))
	case 2:
		return g.use("int%", "(%s %% %s)", g.integer(d), g.integer(d))
	case 3:
		return g.use("abs", "abs(%s)", g.integer(d))
	case 4:
		fn := g.pick("min", "max")
		return g.use(fn, "%s(%s, %s)", fn, g.integer(d), g.integer(d))
	case 5, 6, 7, 14, 15:
		fn := g.pick("year", "quarter", "month", "week", "day", "weekday", "dayOfYear")
		if g.rnd.IntN(2) == 0 {
			return g.use(fn+" in zone", "%s(%s)", fn, g.instant(d))
		}
		return g.use(fn, "%s(%s)", fn, g.date(d))
	case 8:
		return g.use("date-date", "(%s - %s)", g.date(d), g.date(d))
	case 9:
		return g.use("workdays", "workdays(%s, %s)", g.date(d), g.date(d))
	case 10, 16, 17:
		fn := g.pick("days", "hours", "minutes", "seconds")
		return g.use(fn, "%s(%s)", fn, g.duration(d))
	case 11:
		fn := g.pick("hour", "minute")
		return g.use(fn, "%s(%s)", fn, g.instant(d))
	case 12:
		return g.use("int()", "int(%s)", g.decimal(d))
	}
	return g.use("size", "size(%s)", g.text(d))
}

func (g *formulaGen) decimal(depth int) string {
	if depth == 0 {
		return g.pick("record.price", "record.cost", "record.total", "record.total.amount", "record.parent.price", `dec("9.95")`, `dec("0")`, `dec("-0.005")`,
			`dec("2.5")`, `dec("100000000000000000000.5")`, "dec(record.size)", "dec(3)")
	}
	d := depth - 1
	switch g.rnd.IntN(9) {
	case 0, 1:
		op := g.pick("+", "-")
		return g.use("dec"+op, "(%s "+op+" %s)", g.decimal(d), g.decimal(d))
	case 2:
		return g.use("dec*", "(%s * %s)", g.decimal(min(d, 1)), g.decimal(0))
	case 3, 4:
		return g.use("dec/", "(%s / %s)", g.decimal(min(d, 1)), g.decimal(0))
	case 5:
		return g.use("round", "round(%s%s)", g.decimal(d), g.pick("", ", 0", ", 1", ", 2", ", 5", ", -1", ", -3"))
	case 6:
		fn := g.pick("floor", "ceil")
		return g.use(fn, "%s(%s)", fn, g.decimal(d))
	case 7:
		return g.use("abs dec", "abs(%s)", g.decimal(d))
	}
	fn := g.pick("min", "max")
	return g.use(fn+" dec", "%s(%s, %s, %s)", fn, g.decimal(d), g.decimal(d), g.integer(d))
}

func (g *formulaGen) text(depth int) string {
	if depth == 0 {
		return g.pick("record.code", "record.name", "record.dealer.code", "record.dealer.country.code", "record.stage", "record.total.currency", `"a"`, `"é交易"`, `"A b "`, `"50%"`)
	}
	d := depth - 1
	switch g.rnd.IntN(6) {
	case 0:
		return g.use("concat", "(%s + %s)", g.text(d), g.text(d))
	case 1:
		fn := g.pick("lowerAscii", "upperAscii", "trim")
		return g.use(fn, "%s.%s()", g.text(d), fn)
	case 2:
		return g.use("substring", "%s.substring(%s, %s)", g.text(d), g.pick("0", "1", g.integer(0)), g.pick("1", "2", "3", g.integer(0)))
	case 3:
		return g.use("substring from", "%s.substring(%s)", g.text(d), g.pick("0", "1", g.integer(0)))
	case 4:
		of := []expr.Type{expr.IntType, expr.DecimalType, expr.DateType, expr.BoolType}[g.rnd.IntN(4)]
		return g.use("text "+of.String(), "text(%s)", g.formula(of, d))
	}
	return g.use("text id", "text(%s)", g.pick("record.id", "record.dealer", "record.dealer.country"))
}

func (g *formulaGen) condition(depth int) string {
	if depth == 0 {
		return g.pick("record.active", "record.parent.active", `(record.stage == "won")`, "(record.price > 1)", "(record.due < today)", "has(record.dealer)",
			"(record.dealer.code == null)", "(record.size == null)", "true")
	}
	d := depth - 1
	switch g.rnd.IntN(6) {
	case 0:
		return g.use("&&", "(%s && %s)", g.condition(d), g.condition(d))
	case 1:
		return g.use("||", "(%s || %s)", g.condition(d), g.condition(d))
	case 2:
		return g.use("!", "!%s", g.condition(d))
	}
	of := []expr.Type{expr.IntType, expr.DecimalType, expr.TextType, expr.DateType, expr.TimestampType}[g.rnd.IntN(5)]
	op := g.pick("==", "!=", "<", "<=", ">", ">=")
	return g.use("compare "+of.String(), "(%s "+op+" %s)", g.formula(of, d), g.formula(of, d))
}

func (g *formulaGen) date(depth int) string {
	if depth == 0 {
		return g.pick("record.due", "record.parent.due", "today", `date("2026-02-28")`, `date("9999-12-31")`, `date("0001-01-01")`, `date("2024-02-29")`)
	}
	d := depth - 1
	switch g.rnd.IntN(5) {
	case 0:
		return g.use("date+", "(%s + %s)", g.date(d), g.integer(0))
	case 1:
		return g.use("date-", "(%s - %s)", g.date(d), g.integer(0))
	case 2:
		return g.use("addMonths", "addMonths(%s, %s)", g.date(d), g.integer(0))
	case 3:
		return g.use("date()", "date(%s)", g.instant(d))
	}
	fn := g.pick("min", "max")
	return g.use(fn+" date", "%s(%s, %s)", fn, g.date(d), g.date(d))
}

func (g *formulaGen) instant(depth int) string {
	if depth == 0 {
		return g.pick("record.seen", "record.createdAt", "record.parent.seen", "now", `timestamp("2026-03-29T01:30:00.123456Z")`, `timestamp("0001-01-01T00:00:00Z")`,
			`timestamp("9999-12-31T23:59:59.999999Z")`)
	}
	d := depth - 1
	op := g.pick("+", "-")
	return g.use("instant"+op, "(%s "+op+" %s)", g.instant(d), g.duration(d))
}

func (g *formulaGen) duration(depth int) string {
	if depth == 0 || g.rnd.IntN(2) == 0 {
		return g.pick(`duration("1h")`, `duration("36h15m0.000001s")`, `duration("-90m")`, `duration("2500000h")`, "(now - record.createdAt)", "(record.seen - now)")
	}
	return g.use("instant-instant", "(%s - %s)", g.instant(depth-1), g.instant(depth-1))
}

// known are what the generator must use, and how a run counts it.
var knownFunctions = strings.Split("orElse|null|?:|int+|int-|int*|int/|int%|abs|min|max|year|quarter|month|week|day|weekday|dayOfYear|"+
	"year in zone|quarter in zone|month in zone|week in zone|day in zone|weekday in zone|dayOfYear in zone|date-date|workdays|days|hours|minutes|seconds|hour|minute|int()|size|"+
	"dec+|dec-|dec*|dec/|round|floor|ceil|abs dec|min dec|max dec|concat|lowerAscii|upperAscii|trim|substring|substring from|"+
	"text integer|text decimal|text date|text boolean|text id|&&|!|compare integer|compare decimal|compare text|compare date|compare date-time|"+
	"date+|date-|addMonths|date()|min date|max date|instant+|instant-|instant-instant", "|")
