package query

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

// template is the SQL of a function: ? stands for its arguments in order, each
// once; #0, #1 … for arguments that are named first, since they occur several
// times or must not be computed again.
//
// PostgreSQL computes constant parts of a CASE when it plans, whatever the
// conditions say, so nothing inside of one may raise for values that its
// condition keeps out but is not itself constant with.
var templates = map[expr.Func]string{
	expr.Floor:       "floor(?)",
	expr.Ceil:        "ceil(?)",
	expr.YearOf:      "extract(year from ?)::int8",
	expr.QuarterOf:   "extract(quarter from ?)::int8",
	expr.MonthOf:     "extract(month from ?)::int8",
	expr.WeekOf:      "extract(week from ?)::int8",
	expr.DayOf:       "extract(day from ?)::int8",
	expr.WeekdayOf:   "extract(isodow from ?)::int8",
	expr.DayOfYear:   "extract(doy from ?)::int8",
	expr.DaysOf:      "(? / 86400000000)",
	expr.HoursOf:     "(? / 3600000000)",
	expr.MinutesOf:   "(? / 60000000)",
	expr.SecondsOf:   "(? / 1000000)",
	expr.Negated:     "(-?)",
	expr.HourOf:      "extract(hour from ? AT TIME ZONE ?)::int8",
	expr.MinuteOf:    "extract(minute from ? AT TIME ZONE ?)::int8",
	expr.DaysBetween: "(? - ?)::int8",

	expr.DateIn:   "CASE WHEN #0 BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN #0 END",
	expr.Within:   "CASE WHEN #0 BETWEEN #1 AND #2 THEN #0 END",
	expr.Fits:     "CASE WHEN char_length(#0) BETWEEN 1 AND #1 THEN #0 END",
	expr.Whole64:  "CASE WHEN trunc(#0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN trunc(#0)::int8 END",
	expr.Workdays: "(" + workdaysTo("#1") + " - " + workdaysTo("#0") + ")",
	expr.AddDays: "CASE WHEN (#0 - DATE '0001-01-01')::numeric + #1 BETWEEN 0 AND 3652058 " +
		"THEN #0 + LEAST(GREATEST(#1, -4000000), 4000000)::int4 END",
	expr.AddMonths: "CASE WHEN extract(year from #0) * 12 + extract(month from #0) - 1 + #1::numeric BETWEEN 12 AND 119999 AND #1 BETWEEN -120000 AND 120000 " +
		"THEN (#0 + make_interval(months => LEAST(GREATEST(#1, -120000), 120000)::int4))::date END",
	expr.AddTime: "CASE WHEN extract(epoch from #0) * 1000000 + #1 BETWEEN -62135596800000000 AND 253402300799999999 " +
		"THEN #0 + make_interval(hours => (#1 / 3600000000)::int4, secs => (#1 % 3600000000)::float8 / 1000000) END",
	expr.TimeBetween: "CASE WHEN abs(extract(epoch from #0) - extract(epoch from #1)) * 1000000 <= 9223372036854775 " +
		"THEN ((extract(epoch from #0) - extract(epoch from #1)) * 1000000)::int8 END",
}

// workdaysTo counts the days from Monday to Friday before a date, as expr does.
func workdaysTo(d string) string {
	n := "(" + d + " - DATE '0001-01-01')"
	return "(" + n + " / 7 * 5 + LEAST(" + n + " % 7, 5))::int8"
}

// scalar writes a function by its template, or as its arguments ask for.
func (r *renderer) scalar(t expr.Call) error {
	args := append([]expr.Term{t.Arg}, t.More...)
	switch t.Fn {
	case expr.OrElse:
		return r.list("COALESCE(", ")", args)
	case expr.Round:
		return r.round(t)
	case expr.Abs:
		return r.abs(t)
	case expr.TextOf:
		return r.textOf(t.Arg)
	case expr.LeastOf, expr.MostOf:
		return r.extreme(t, args)
	case expr.SubstringOf:
		if len(args) == 2 {
			return r.named(args, "CASE WHEN #1 BETWEEN 0 AND char_length(#0) THEN substr(#0, LEAST(GREATEST(#1, 0), 1000000000)::int4 + 1) END")
		}
		return r.named(args, "CASE WHEN #1 >= 0 AND #2 >= #1 AND #2 <= char_length(#0) "+
			"THEN substr(#0, LEAST(GREATEST(#1, 0), 1000000000)::int4 + 1, LEAST(GREATEST(#2::numeric - #1, 0), 1000000000)::int4) END")
	}
	template := templates[t.Fn]
	switch {
	case template == "":
		return fmt.Errorf("query: function %d cannot be rendered", t.Fn)
	case t.Fn == expr.DateIn:
		return r.dateIn(args, template)
	case strings.Contains(template, "#"):
		return r.named(args, template)
	}
	parts := strings.Split(template, "?")
	for i, part := range parts {
		r.text(part)
		if i < len(args) && i+1 < len(parts) {
			if err := r.argument(t.Fn, args, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// argument writes one argument; the second of a part of an instant is a zone.
func (r *renderer) argument(fn expr.Func, args []expr.Term, i int) error {
	if i == 1 && (fn == expr.HourOf || fn == expr.MinuteOf) {
		return r.zone(args[1])
	}
	return r.term(args[i])
}

// zone writes a zone: a name as text, an offset as an interval, because
// PostgreSQL reads the sign of one in a text the other way round.
func (r *renderer) zone(t expr.Term) error {
	lit, ok := t.(expr.Literal)
	name, isText := lit.Value.(string)
	if !ok || !isText {
		return fmt.Errorf("query: a zone is %T, not known", t)
	}
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		r.bind(name, "text")
		r.text("::interval")
		return nil
	}
	r.bind(name, "text")
	return nil
}

func (r *renderer) dateIn(args []expr.Term, template string) error {
	alias := r.alias()
	r.text("(SELECT " + strings.ReplaceAll(template, "#0", alias+".d") + " FROM (SELECT (")
	if err := r.term(args[0]); err != nil {
		return err
	}
	r.text(" AT TIME ZONE ")
	if err := r.zone(args[1]); err != nil {
		return err
	}
	r.text(")::date AS d) " + alias + ")")
	return nil
}

func (r *renderer) list(open, end string, args []expr.Term) error {
	r.text(open)
	for i, a := range args {
		if i > 0 {
			r.text(", ")
		}
		if err := r.term(a); err != nil {
			return err
		}
	}
	r.text(end)
	return nil
}

func (r *renderer) round(t expr.Call) error {
	places := int64(0)
	if len(t.More) > 0 {
		lit, _ := t.More[0].(expr.Literal)
		n, ok := lit.Value.(int64)
		if !ok {
			return fmt.Errorf("query: round to %v places", t.More[0])
		}
		places = n
	}
	return r.list("round(", "::numeric, "+strconv.FormatInt(places, 10)+")", []expr.Term{t.Arg})
}

func (r *renderer) abs(t expr.Call) error {
	if t.Type() == expr.DecimalType {
		return r.list("abs(", ")", []expr.Term{t.Arg})
	}
	return r.named([]expr.Term{t.Arg}, "CASE WHEN #0 > -9223372036854775808 THEN abs(#0::numeric)::int8 END")
}

func (r *renderer) textOf(arg expr.Term) error {
	args := []expr.Term{arg}
	switch arg.Type() {
	case expr.DecimalType:
		return r.list("trim_scale(", ")::text", args)
	case expr.DateType:
		return r.list("to_char(", ", 'YYYY-MM-DD')", args)
	}
	return r.list("(", ")::text", args)
}

func (r *renderer) extreme(t expr.Call, args []expr.Term) error {
	fn := "LEAST("
	if t.Fn == expr.MostOf {
		fn = "GREATEST("
	}
	names := make([]string, len(args))
	for i := range names {
		names[i] = "#" + strconv.Itoa(i)
	}
	all := strings.Join(names, ", ")
	return r.named(args, "CASE WHEN num_nulls("+all+") = 0 THEN "+fn+all+") END")
}

// named writes (SELECT what FROM (SELECT a AS v0, b AS v1 …) t): what may use an
// argument several times.
func (r *renderer) named(args []expr.Term, what string) error {
	alias := r.alias()
	for i := range args {
		n := strconv.Itoa(i)
		what = strings.ReplaceAll(what, "#"+n, alias+".v"+n)
	}
	r.text("(SELECT " + what + " FROM (SELECT ")
	for i, a := range args {
		if i > 0 {
			r.text(", ")
		}
		if err := r.term(a); err != nil {
			return err
		}
		r.text(" AS v" + strconv.Itoa(i))
	}
	r.text(") " + alias + ")")
	return nil
}
