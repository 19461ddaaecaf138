package ddl

import (
	"fmt"
	"strings"

	"github.com/trellishq/trellis/metadata"
)

// Losses of a step that converts values can be counted beforehand.
type Losses struct {
	// Count is a statement that counts the values that would get lost, Sample one
	// that gives five of them as text.
	Count, Sample string
}

// retype plans a field of another kind: new columns, the values converted into
// them, the old ones hidden. The new columns may be there already, as those of a
// change that was undone (restored), or because a process that prepared them
// ended.
func (p *planner) retype(c metadata.Change) error {
	o, old, now := c.NewObject, c.OldField, c.NewField
	way := metadata.Convert(old, now)
	table := p.table(o.Table)
	if c.Restored {
		p.show(o, now)
	} else {
		adds := columns(now)
		for i := range adds {
			adds[i] = "ADD COLUMN IF NOT EXISTS " + adds[i]
		}
		p.within(Step{Kind: AddColumn, Lock: AccessExclusive, Online: true, Object: o.Name, Field: now.Name, Index: table + "/" + now.Column,
			SQL: fmt.Sprintf("ALTER TABLE %s %s", table, strings.Join(adds, ", "))})
	}
	if way.Way != metadata.Refused {
		p.within(p.convert(o, old, now, way, c.Restored))
	} else if !c.Restored {
		return fmt.Errorf("%s.%s: %s", o.Name, now.Name, way.Why)
	}
	p.hideOld(o, old, now, way)
	for _, x := range fieldSpecs(o, now) {
		p.add(o, true, x)
	}
	return nil
}

// convert fills the columns of now from those of old. Rows that have the value
// already are left alone, so that it can be done in parts, and again.
func (p *planner) convert(o *metadata.Object, old, now *metadata.Field, way metadata.Conversion, restored bool) Step {
	table, to, from := p.table(o.Table), quoted(now.Columns()), conversion(old, now)
	sets, differs := make([]string, len(to)), make([]string, len(to))
	for i := range to {
		sets[i] = to[i] + " = " + from[i]
		differs[i] = to[i] + " IS DISTINCT FROM " + from[i]
	}
	where := "(" + strings.Join(differs, " OR ") + ")"
	if restored && metadata.Convert(now, old).Way != metadata.Refused {
		// Values that nobody changed since come back as they were.
		back, is := conversion(now, old), quoted(old.Columns())
		for i := range is {
			is[i] = is[i] + " IS DISTINCT FROM " + back[i]
		}
		where = "(" + strings.Join(is, " OR ") + ")"
	}
	s := Step{Kind: Convert, Lock: RowExclusive, Object: o.Name, Field: now.Name, Loses: "",
		SQL: fmt.Sprintf("UPDATE %s SET %s WHERE %s", table, strings.Join(sets, ", "), where)}
	if !restored {
		s.Chunk = fmt.Sprintf(`WITH part AS (SELECT "id" FROM %s WHERE "id" > $1 ORDER BY "id" LIMIT $2),
	done AS (UPDATE %s AS t SET %s FROM part WHERE t."id" = part."id" AND %s)
	SELECT "id" FROM part ORDER BY "id" DESC LIMIT 1`, table, table, strings.Join(sets, ", "), where)
		s.Table = table
	}
	if way.Loses != "" {
		first := quote(old.Part(0).Name)
		lost := first + " IS NOT NULL AND " + from[0] + " IS NULL"
		if isText(old.ValueKind()) {
			// What reads as the other kind is not lost, however it was written.
		} else if metadata.Convert(now, old).Way != metadata.Refused {
			lost = first + " IS NOT NULL AND " + compose(old, now) + " IS DISTINCT FROM " + first
		} else if old.Width() > now.Width() {
			lost = first + " IS NOT NULL"
		}
		s.Loses = fmt.Sprintf("values of %s.%s: %s", o.Name, now.Name, way.Loses)
		s.Losses = &Losses{
			Count:  fmt.Sprintf("SELECT count(*) FROM %s WHERE %s", table, lost),
			Sample: fmt.Sprintf("SELECT left(%s::text, 60) FROM %s WHERE %s LIMIT 5", first, table, lost),
		}
	}
	return s
}

// hideOld hides the columns that values were converted from. Nothing more is
// lost by it.
func (p *planner) hideOld(o *metadata.Object, old, now *metadata.Field, way metadata.Conversion) {
	p.hideColumn(o, old)
	last := &p.plan.Steps[len(p.plan.Steps)-1]
	last.Loses = ""
	if way.Way == metadata.Refused {
		last.Loses = fmt.Sprintf("what was written to %s.%s since it became %s", o.Name, now.Name, old.Kind)
	}
}

// compose is the first column of old after it went into now and back.
func compose(old, now *metadata.Field) string {
	there := conversion(old, now)
	back := conversion(now, old)[0]
	for i, c := range quoted(now.Columns()) {
		back = strings.ReplaceAll(back, c, "("+there[i]+")")
	}
	return back
}

// conversion gives an expression over the columns of old for each column of now.
// None of them fails, whatever the values are: what does not fit is null.
func conversion(old, now *metadata.Field) []string {
	x := quote(old.Part(0).Name)
	from, to := old.ValueKind(), now.ValueKind()
	if now.Kind == metadata.KindCurrency && old.Kind == metadata.KindCurrency {
		amount := fits(x, now.Part(0))
		return []string{amount, fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN %s END", amount, quote(old.Part(1).Name))}
	}
	switch to {
	case metadata.KindText, metadata.KindLongText, metadata.KindEmail, metadata.KindPhone, metadata.KindAutoNumber:
		return []string{intoText(x, old, now)}
	case metadata.KindURL:
		return []string{fmt.Sprintf(`CASE WHEN %s ~* '^https?://[^[:space:]]+$' THEN %s END`, x, x)}
	case metadata.KindRichText:
		return []string{fmt.Sprintf(`replace(replace(replace(replace(%s, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), E'\n', '<br>')`, x)}
	case metadata.KindInteger, metadata.KindRating:
		return []string{intoInteger(x, from, now)}
	case metadata.KindDecimal, metadata.KindPercent:
		if isText(from) {
			x = fmt.Sprintf(`CASE WHEN btrim(%s) ~ '^[+-]?[0-9]{1,38}([.][0-9]{1,18})?$' THEN btrim(%s)::numeric END`, x, x)
			return []string{exact("("+x+")", now.Part(0))}
		}
		return []string{fits(x+"::numeric", now.Part(0))}
	case metadata.KindBoolean:
		return []string{fmt.Sprintf(`CASE WHEN lower(btrim(%s)) IN ('true', 'yes', '1') THEN TRUE WHEN lower(btrim(%s)) IN ('false', 'no', '0') THEN FALSE END`, x, x)}
	case metadata.KindDate:
		if isText(from) {
			return []string{textToDate(x)}
		}
		return []string{fmt.Sprintf("(%s AT TIME ZONE 'UTC')::date", x)}
	case metadata.KindDateTime:
		if isText(from) {
			return []string{textToTime(x)}
		}
		return []string{fmt.Sprintf("%s::timestamp AT TIME ZONE 'UTC'", x)}
	case metadata.KindSelect:
		if from == metadata.KindMultiSelect {
			x += "[1]"
		}
		return []string{fmt.Sprintf("CASE WHEN %s = ANY (%s) THEN %s END", x, options(now), x)}
	case metadata.KindMultiSelect:
		if from == metadata.KindSelect {
			return []string{fmt.Sprintf("CASE WHEN %s = ANY (%s) THEN ARRAY[%s] END", x, options(now), x)}
		}
		return []string{fmt.Sprintf(`(SELECT array_agg(v ORDER BY n) FROM unnest(%s) WITH ORDINALITY AS u(v, n) WHERE v = ANY (%s))`, x, options(now))}
	}
	return []string{x}
}

func isText(k metadata.Kind) bool {
	switch k {
	case metadata.KindText, metadata.KindLongText, metadata.KindEmail, metadata.KindPhone, metadata.KindAutoNumber, metadata.KindURL, metadata.KindSelect:
		return true
	}
	return false
}

// options are the names of a select's options as an array.
func options(f *metadata.Field) string {
	names := make([]string, len(f.Options))
	for i, o := range f.Options {
		names[i] = text(o.Name, "text")
	}
	return "ARRAY[" + strings.Join(names, ", ") + "]"
}

// fits brings a number to a column's digits; null when it is too large.
func fits(x string, c metadata.Column) string {
	return fmt.Sprintf("CASE WHEN abs(round(%s, %d)) < 1e%d::numeric THEN round(%s, %d) END", x, c.Scale, c.Precision-c.Scale, x, c.Scale)
}

// exact is fits for numbers that must not lose a digit.
func exact(x string, c metadata.Column) string {
	return fmt.Sprintf("CASE WHEN abs(round(%s, %d)) < 1e%d::numeric AND round(%s, %d) = %s THEN round(%s, %d) END",
		x, c.Scale, c.Precision-c.Scale, x, c.Scale, x, x, c.Scale)
}

func intoInteger(x string, from metadata.Kind, now *metadata.Field) string {
	low, high := "-9007199254740991", "9007199254740991"
	if now.Kind == metadata.KindRating {
		low, high = "1", fmt.Sprint(now.MaxRating)
	}
	switch {
	case isText(from):
		x = fmt.Sprintf(`(CASE WHEN btrim(%s) ~ '^[+-]?[0-9]{1,16}$' THEN btrim(%s)::numeric END)`, x, x)
	case from == metadata.KindDecimal || from == metadata.KindPercent:
		x = fmt.Sprintf("round(%s)", x)
	}
	return fmt.Sprintf("CASE WHEN %s BETWEEN %s AND %s THEN %s::bigint END", x, low, high, x)
}

// intoText is the text of a value, in the form of CSV; null when it is too long.
func intoText(x string, old, now *metadata.Field) string {
	switch old.ValueKind() {
	case metadata.KindDate:
		x = fmt.Sprintf("to_char(%s, 'YYYY-MM-DD')", x)
	case metadata.KindDateTime:
		x = fmt.Sprintf(`to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`, x)
	case metadata.KindMultiSelect:
		x = fmt.Sprintf("array_to_string(%s, ', ')", x)
	case metadata.KindRichText:
		x = fmt.Sprintf(`replace(replace(replace(regexp_replace(regexp_replace(%s, '<(br|/p|/li|/h[1-6])[^>]*>', E'\n', 'gi'), '<[^>]*>', '', 'g'), '&lt;', '<'), '&gt;', '>'), '&amp;', '&')`, x)
	case metadata.KindInteger, metadata.KindRating, metadata.KindDecimal, metadata.KindPercent, metadata.KindBoolean:
		x += "::text"
	default:
		return x
	}
	return fmt.Sprintf("CASE WHEN char_length(%s) <= %d THEN %s END", x, now.TextLength(), x)
}

// textToDate reads YYYY-MM-DD of the years 1 to 9999. The last day of a month is
// asked for before the cast, which would fail on 31 February.
func textToDate(x string) string {
	return fmt.Sprintf(`CASE WHEN btrim(%[1]s) ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' AND left(btrim(%[1]s), 4) <> '0000' THEN %[2]s END`,
		x, dayOf("btrim("+x+")", "btrim("+x+")::date"))
}

// textToTime reads RFC 3339 without leap seconds.
func textToTime(x string) string {
	return fmt.Sprintf(`CASE WHEN btrim(%[1]s) ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?([Zz]|[+-](0[0-9]|1[0-4]):[0-5][0-9])$' AND left(btrim(%[1]s), 4) BETWEEN '0002' AND '9998' THEN %[2]s END`,
		x, dayOf("btrim("+x+")", "btrim("+x+")::timestamptz"))
}

// dayOf is then where the day that a text begins with is in its month.
func dayOf(x, then string) string {
	return fmt.Sprintf("CASE WHEN substr(%[1]s, 9, 2)::integer <= extract(day FROM make_date(left(%[1]s, 4)::integer, substr(%[1]s, 6, 2)::integer, 1) + interval '1 month - 1 day') THEN %[2]s END", x, then)
}
