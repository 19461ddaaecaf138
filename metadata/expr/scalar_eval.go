package expr

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/cockroachdb/apd/v3"

	"github.com/trellishq/trellis"
)

func orFail(d *Decimal, ok bool) (any, bool) { return d, ok }

func floorOf(d *Decimal) (*Decimal, bool) { return toWhole(d, apd.BaseContext.Floor) }
func ceilOf(d *Decimal) (*Decimal, bool)  { return toWhole(d, apd.BaseContext.Ceil) }

func toWhole(d *Decimal, by func(d, x *Decimal) (apd.Condition, error)) (*Decimal, bool) {
	whole, frac := new(Decimal), new(Decimal)
	d.Modf(whole, frac)
	out := new(Decimal)
	if _, err := by(out, d); err != nil {
		return nil, false
	}
	if out.IsZero() {
		out.Negative = false
	}
	return out, checkDecimal(out) == nil
}

func extremeOf(fn Aggregate) func([]any) (any, bool) {
	return func(a []any) (any, bool) {
		v := extreme(fn, a)
		return v, v != nil
	}
}

func absOf(a []any) (any, bool) {
	switch n := a[0].(type) {
	case int64:
		return max(n, -n), n != math.MinInt64
	case *Decimal:
		return new(Decimal).Abs(n), true
	}
	return nil, false
}

// textOf writes numbers without needless zeros, days as YYYY-MM-DD.
func textOf(a []any) (any, bool) {
	switch v := a[0].(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case *Decimal:
		return plainDecimal(v), true
	case Date:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case trellis.ID:
		return v.String(), true
	}
	return nil, false
}

func plainDecimal(d *Decimal) string {
	if d.IsZero() {
		return "0"
	}
	s := d.Text('f')
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func addMonths(d Date, n int64) (any, bool) {
	t := d.Time()
	const most = 12 * 10_000
	if n > most || n < -most {
		return nil, false
	}
	months := int64(t.Year())*12 + int64(t.Month()) - 1 + n
	if months < 12 || months >= most {
		return nil, false
	}
	first := time.Date(int(months/12), time.Month(months%12+1), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return DateOf(first.AddDate(0, 0, min(t.Day(), last)-1)), true
}

// workdaysTo counts the days from Monday to Friday before d, from the first day
// there is, which is a Monday.
func workdaysTo(d Date) int64 {
	n := int64(d - MinDate)
	return n/7*5 + min(n%7, 5)
}

func unitsOf(unit time.Duration) func([]any) (any, bool) {
	return func(a []any) (any, bool) { return int64(a[0].(time.Duration) / unit), true }
}

func clockPart(part func(time.Time) int) func([]any) (any, bool) {
	return func(a []any) (any, bool) {
		loc := zoneOf(a[1].(string))
		if loc == nil {
			return nil, false
		}
		return int64(part(a[0].(time.Time).In(loc))), true
	}
}

func dateIn(a []any) (any, bool) {
	if d, ok := a[0].(Date); ok {
		return d, true
	}
	loc := zoneOf(a[1].(string))
	if loc == nil {
		return nil, false
	}
	t := a[0].(time.Time).In(loc)
	return DateOf(t), t.Year() >= 1 && t.Year() <= 9999
}

func substringOf(a []any) (any, bool) {
	s, from := a[0].(string), a[1].(int64)
	n := int64(utf8.RuneCountInString(s))
	to := n
	if len(a) > 2 {
		to = a[2].(int64)
	}
	if from < 0 || from > to || to > n {
		return nil, false
	}
	return string([]rune(s)[from:to]), true
}

func whole64(a []any) (any, bool) {
	var whole, frac apd.Decimal
	a[0].(*Decimal).Modf(&whole, &frac)
	n, err := whole.Int64()
	return n, err == nil
}

func addDays(a []any) (any, bool) {
	d, n := int64(a[0].(Date)), a[1].(int64)
	if n > 1<<40 || n < -1<<40 || d+n < int64(MinDate) || d+n > int64(MaxDate) {
		return nil, false
	}
	return Date(d + n), true
}

func addTime(a []any) (any, bool) {
	t := a[0].(time.Time).Add(a[1].(time.Duration)).UTC()
	return t, t.Year() >= 1 && t.Year() <= 9999
}

func timeBetween(a []any) (any, bool) {
	t, u := a[0].(time.Time), a[1].(time.Time)
	micros := t.UnixMicro() - u.UnixMicro()
	return time.Duration(micros) * time.Microsecond, micros <= maxMicros && micros >= -maxMicros
}

func within(a []any) (any, bool) {
	low, ok := compareValues(a[0], a[1])
	high, ok2 := compareValues(a[0], a[2])
	return a[0], ok && ok2 && low >= 0 && high <= 0
}

func fits(a []any) (any, bool) {
	s, ok := a[0].(string)
	return s, ok && s != "" && int64(utf8.RuneCountInString(s)) <= a[1].(int64)
}

// zones are the zones loaded so far, by name; nil for one that is not there.
var zones sync.Map

// zoneOf finds a zone by its IANA name, or one that is always so far from UTC,
// as +08:00.
func zoneOf(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	var loc *time.Location
	if t, err := time.Parse("-07:00", name); err == nil {
		_, offset := t.Zone()
		loc = time.FixedZone(name, offset)
	} else if got, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		loc = got
	}
	zones.Store(name, loc)
	return loc
}

// zoneOfRequest names the zone of a moment: its IANA name, else how far it is
// from UTC.
func zoneOfRequest(now time.Time) string {
	name := now.Location().String()
	if name == "UTC" {
		return name
	}
	_, offset := now.Zone()
	if strings.Contains(name, "/") {
		if loc := zoneOf(name); loc != nil {
			if _, same := now.In(loc).Zone(); same == offset {
				return name
			}
		}
	}
	return now.Format("-07:00")
}
