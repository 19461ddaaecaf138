package query

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

type metadataField = metadata.Field

// groups evaluates groups over the records of a list.
func (v *viewer) groups(rows []*sight, g *Groups) (list []any, problem string) {
	type group struct {
		keys []any
		rows []*sight
	}
	byKey := map[string]*group{}
	var all []*group
	add := func(keys []any) *group {
		name := fmt.Sprintf("%#v", textsOf(keys))
		if byKey[name] == nil {
			byKey[name] = &group{keys: keys}
			all = append(all, byKey[name])
		}
		return byKey[name]
	}
	if len(g.By) == 0 {
		add(nil)
	}
	for _, s := range rows {
		narrow := &sight{v: v, id: s.id, object: s.object, also: v.sums[s.object]}
		if !narrow.also.Allows(v.f.linked[s.id], v.caller.Vars) {
			continue
		}
		var keys []any
		for _, by := range g.By {
			keys = append(keys, narrow.key(by, g.Zone))
		}
		to := add(keys)
		to.rows = append(to.rows, narrow)
	}
	slices.SortFunc(all, func(a, b *group) int {
		for i := range a.keys {
			if c := compareNulls(a.keys[i], b.keys[i], false, false); c != 0 {
				return c
			}
		}
		return 0
	})
	list = []any{}
	for _, x := range all {
		out := map[string]any{}
		for _, it := range g.Shape {
			if it.Kind == GroupKey {
				out[it.Name] = answerOf(x.keys[it.Key])
				continue
			}
			value, p := measureOf(x.rows, it, g)
			if out[it.Name] = value; p != "" {
				problem = p
			}
		}
		list = append(list, out)
	}
	return list, problem
}

func textsOf(keys []any) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = fmt.Sprint(answerOf(k))
	}
	return out
}

// key is what a record is grouped by.
func (s *sight) key(by GroupBy, zone string) any {
	v := s.along(by.Hops, by.Field, by.Part)
	var day time.Time
	switch x := v.(type) {
	case expr.Date:
		day = x.Time()
	case time.Time:
		loc := time.UTC
		if zone != "" {
			loc, _ = time.LoadLocation(zone)
		}
		y, m, d := x.In(loc).Date()
		day = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	default:
		return v
	}
	switch y, m, _ := day.Date(); by.Bucket {
	case Week:
		day = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case Month:
		day = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	case Quarter:
		day = time.Date(y, m-(m-1)%3, 1, 0, 0, 0, 0, time.UTC)
	case Year:
		day = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	d, _ := expr.ParseDate(day.Format(time.DateOnly))
	return d
}

// measureOf is one number about records.
func measureOf(rows []*sight, it GroupItem, g *Groups) (value any, problem string) {
	m := it.Measure
	if m.Distinct != nil {
		different := map[string]bool{}
		for _, s := range rows {
			if k := s.key(*m.Distinct, g.Zone); k != nil {
				different[fmt.Sprint(answerOf(k))] = true
			}
		}
		return float64(len(different)), ""
	}
	if m.Field == "" {
		return float64(len(rows)), ""
	}
	var values []any
	code, mixed := "", false
	for _, s := range rows {
		if v := s.along(nil, m.Field, expr.Whole); v != nil {
			values = append(values, v)
		}
		if c, ok := s.along(nil, m.Field, expr.CurrencyPart).(string); ok {
			mixed = mixed || code != "" && code != c
			code = c
		}
	}
	if m.Fn == expr.Count {
		return float64(len(values)), ""
	}
	if mixed {
		return nil, "several currencies"
	}
	if len(values) == 0 {
		return nil, ""
	}
	out := answerOf(total(values, m.Fn, placesOf(rows[0].v.f.snapshot.Lookup(rows[0].object).Field(m.Field))))
	if it.Parts != nil {
		return map[string]any{"amount": out, "currency": code}, ""
	}
	return out, ""
}

// placesOf is how many places a mean of a field has.
func placesOf(f *metadata.Field) int {
	if f.Type() == expr.IntType {
		return meanDigits
	}
	_, scale := f.Digits()
	return scale + meanDigits
}

func total(values []any, fn expr.Aggregate, places int) any {
	if fn == expr.Least || fn == expr.Most {
		return slices.MinFunc(values, func(a, b any) int {
			if fn == expr.Most {
				a, b = b, a
			}
			return compareAny(a, b)
		})
	}
	if _, ok := values[0].(time.Duration); ok {
		sum := time.Duration(0)
		for _, v := range values {
			sum += v.(time.Duration)
		}
		if fn == expr.Mean {
			sum = sum.Truncate(time.Microsecond) / time.Duration(len(values))
			sum = sum.Truncate(time.Microsecond)
		}
		return sum
	}
	sum := new(big.Rat)
	for _, v := range values {
		r, ok := new(big.Rat).SetString(fmt.Sprint(answerOf(v)))
		if !ok {
			panic(v)
		}
		sum.Add(sum, r)
	}
	if fn == expr.Mean {
		sum.Quo(sum, big.NewRat(int64(len(values)), 1))
	}
	return sum.FloatString(places)
}

// answerOf is a value as the answer tells it.
func answerOf(v any) any {
	switch v := v.(type) {
	case nil, string, bool:
		return v
	case int64:
		return float64(v)
	case *expr.Decimal:
		return v.Text('f')
	case trellis.ID:
		return v.String()
	case expr.Date:
		return v.Time().Format(time.DateOnly)
	case time.Time:
		return strings.TrimSuffix(v.UTC().Format("2006-01-02T15:04:05.999999"), ".") + "Z"
	case time.Duration:
		return string(expr.AppendDuration(nil, v))
	case expr.TimeOfDay:
		return v.String()
	}
	panic(fmt.Sprintf("no answer is a %T", v))
}
