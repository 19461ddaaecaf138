package core

import (
	"cmp"
	"time"

	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata/expr"
)

// over computes a roll-up from its children in memory, as query.RollUps does in
// SQL.
func (up *rollUp) over(r *Request, children []*query.Image) any {
	where := expr.Pred(expr.Always)
	if up.where != nil {
		var err error
		if where, err = up.where.Predicate(*r.Principal.Vars(r.Now)); err != nil {
			return nil
		}
	}
	t := &query.Tally{}
	for _, c := range children {
		if !expr.Holds(where, c) {
			continue
		}
		if up.of == nil {
			t.Count++
			continue
		}
		if v := c.Values[up.of.Name]; v != nil {
			add(t, v)
		}
	}
	return up.value(t)
}

// add takes one value into a tally.
func add(t *query.Tally, v any) {
	t.Count++
	if m, ok := v.(expr.Money); ok {
		if t.Count > 1 && t.Code != m.Currency {
			t.Mixed = true
		}
		t.Code, v = m.Currency, m.Amount
	}
	if t.Min == nil || compare(v, t.Min) < 0 {
		t.Min = v
	}
	if t.Max == nil || compare(v, t.Max) > 0 {
		t.Max = v
	}
	if d := toNumber(v); d != nil {
		if t.Sum == nil {
			t.Sum = new(expr.Decimal)
		}
		t.Sum = expr.AddDecimals(t.Sum, d)
	}
}

// toNumber is a value as a decimal, nil for what cannot be summed; of a
// duration its microseconds.
func toNumber(v any) *expr.Decimal {
	switch v := v.(type) {
	case int64:
		return expr.DecimalOf(v)
	case time.Duration:
		return expr.DecimalOf(v.Microseconds())
	case *expr.Decimal:
		return v
	}
	return nil
}

func compare(a, b any) int {
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case *expr.Decimal:
		return a.Cmp(b.(*expr.Decimal))
	case time.Duration:
		return cmp.Compare(a, b.(time.Duration))
	case expr.Date:
		return cmp.Compare(a, b.(expr.Date))
	case time.Time:
		return a.Compare(b.(time.Time))
	case expr.TimeOfDay:
		return cmp.Compare(a, b.(expr.TimeOfDay))
	case string:
		return cmp.Compare(a, b.(string))
	}
	return 0
}

// value is what a tally is worth in the roll-up's field. A count or sum of
// nothing is 0, the others are null; so is what mixes currencies.
func (up *rollUp) value(t *query.Tally) any {
	var v any
	switch up.field.RollUp.Function {
	case expr.Count:
		return int64(t.Count)
	case expr.Sum:
		if v = t.Sum; t.Sum == nil {
			v = new(expr.Decimal)
		}
	case expr.Least:
		v = t.Min
	case expr.Most:
		v = t.Max
	case expr.Mean:
		if t.Count == 0 || t.Sum == nil {
			return nil
		}
		v = expr.Average(t.Sum, int64(t.Count))
	}
	if v == nil {
		return nil
	}
	return up.typed(v, t)
}

// typed turns a number into the type of the roll-up's field.
func (up *rollUp) typed(v any, t *query.Tally) any {
	d, isNumber := v.(*expr.Decimal)
	switch up.field.Type() {
	case expr.MoneyType:
		if !isNumber || t.Mixed || t.Code == "" {
			return nil
		}
		return fitted(up.as, expr.Money{Amount: d, Currency: t.Code})
	case expr.IntType:
		if isNumber {
			n, err := rounded(up.as, d).Int64()
			if err != nil {
				return nil
			}
			return fitted(up.as, n)
		}
	case expr.DurationType:
		if isNumber {
			n, err := expr.RoundDecimal(d, 0).Int64()
			if err != nil {
				return nil
			}
			return fitted(up.as, time.Duration(n)*time.Microsecond)
		}
	}
	return fitted(up.as, v)
}
