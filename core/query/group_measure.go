package query

import (
	"strconv"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// measure adds a number and gives its column, and that of the code when it is
// an amount (else -1).
func (gr *grouper) measure(m Measure) (col, code int, err error) {
	if len(gr.inner) > maxMeasures+maxGroupKeys {
		return 0, -1, trellis.Errorf(trellis.CodeQueryTooCostly, "a group has %d numbers at most", maxMeasures)
	}
	switch {
	case m.Distinct != nil:
		k, err := gr.keyOf(*m.Distinct)
		if err != nil {
			return 0, -1, err
		}
		return gr.column("count(DISTINCT "+k.sql+")", codecInt), -1, nil
	case m.Fn == expr.Count && m.Field == "":
		return gr.column("count(*)", codecInt), -1, nil
	}
	f := gr.r.s.object.Field(m.Field)
	if f == nil {
		return 0, -1, errNoField(gr.r.s.object.Name, m.Field)
	}
	value, err := gr.value(f, expr.Whole)
	if err != nil {
		return 0, -1, err
	}
	if m.Fn == expr.Count {
		return gr.column("count("+value+")", codecInt), -1, nil
	}
	if !CanMeasure(f, m.Fn) {
		return 0, -1, trellis.Errorf(trellis.CodeInvalidInput, "there is no %s of %q", m.Fn, clip(m.Field))
	}
	code = -1
	if f.Type() == expr.MoneyType {
		if code, err = gr.code(f); err != nil {
			return 0, -1, err
		}
	}
	sql, c := sumSQL[m.Fn]+value+")", codecOf(columnOf(f, expr.Whole).Of)
	switch {
	case f.Type() == expr.DurationType && m.Fn == expr.Sum:
		sql = wholeNumber(sql, expr.DurationType)
	case f.Type() == expr.DurationType && m.Fn == expr.Mean:
		sql = wholeNumber("div(sum("+value+"), NULLIF(count("+value+"), 0))", expr.DurationType)
	case c == codecInt && m.Fn == expr.Sum:
		c = codecNumeric
	case m.Fn == expr.Mean && (c == codecInt || c == codecNumeric):
		_, scale := f.Digits()
		if c == codecInt {
			scale = 0
		}
		sql, c = "trim_scale(round("+sql+", "+strconv.Itoa(scale+meanDigits)+"))", codecNumeric
	}
	return gr.column(sql, c), code, nil
}

// meanDigits is how many places a mean has more than its field.
const meanDigits = 4

func (gr *grouper) value(f *metadata.Field, part expr.Part) (string, error) {
	rd := renderer{builder: gr.r.b, c: gr.c}
	return gr.r.b.capture(func() error { return rd.column(gr.r.s, f, columnOf(f, part).Name) })
}

// code gives the column of the code of a currency's amounts: a key, or the
// least of the group, checked against the greatest.
func (gr *grouper) code(f *metadata.Field) (int, error) {
	sql, err := gr.value(f, expr.CurrencyPart)
	if err != nil {
		return 0, err
	}
	if at, ok := gr.at[sql]; ok {
		return at, nil
	}
	least, most := gr.column("min("+sql+")", codecText), gr.column("max("+sql+")", codecText)
	for _, have := range gr.g.checks {
		if have.least == least {
			return least, nil
		}
	}
	gr.g.checks = append(gr.g.checks, codeCheck{least, most, f.Name})
	return least, nil
}

// bucket cuts a key that is a date or an instant.
func (gr *grouper) bucket(k *sortKey, b Bucket) error {
	of := k.column.Of
	switch {
	case of != expr.DateType && of != expr.TimestampType:
		if b != "" {
			return trellis.Errorf(trellis.CodeInvalidInput, "only dates have a %s", clip(string(b)))
		}
		return nil
	case b == "":
		return trellis.Errorf(trellis.CodeInvalidInput, "say day, week, month, quarter or year")
	case b != Day && b != Week && b != Month && b != Quarter && b != Year:
		return trellis.Errorf(trellis.CodeInvalidInput, "there is no bucket %q", clip(string(b)))
	}
	k.as = codecDate
	if of == expr.DateType {
		if b != Day {
			k.sql = "date_trunc('" + string(b) + "', " + k.sql + "::timestamp)::date"
		}
		return nil
	}
	zone, err := gr.zone()
	if err != nil {
		return err
	}
	k.sql = "date_trunc('" + string(b) + "', " + k.sql + " AT TIME ZONE " + zone + ")::date"
	return nil
}

// zone binds the zone of buckets once. A zone that has no name in the database
// of zones is told by its distance at the moment of the request.
func (gr *grouper) zone() (string, error) {
	if gr.zoneSQL != "" {
		return gr.zoneSQL, nil
	}
	now := gr.c.vars().Now
	name := gr.q.Zone
	if name == "" {
		name = now.Location().String()
	}
	var err error
	gr.zoneSQL, err = gr.r.b.capture(func() error {
		if knownZone(name) {
			gr.r.b.bind(name, "text")
			return nil
		}
		_, seconds := now.Zone()
		gr.r.b.bind(time.Duration(seconds)*time.Second, "interval")
		return nil
	})
	return gr.zoneSQL, err
}

// knownZone says that a name is one of the database of zones.
func knownZone(name string) bool {
	const longest = 60
	if name == "" || name == "Local" || len(name) > longest {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}
