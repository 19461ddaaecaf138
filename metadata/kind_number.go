package metadata

import (
	"cmp"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/trellishq/trellis/metadata/expr"
)

var (
	integerSpec = spec{of: expr.IntType, columns: single(expr.IntType, StoredInt8), settings: setDefault | setRange, can: canKey,
		coerce: func(f *Field, v any) (any, error) { return f.within(coerceInteger(v)) }, check: checkRange}
	decimalSpec = spec{of: expr.DecimalType, columns: single(expr.DecimalType, StoredNumeric), settings: setDigits | setDefault | setRange, can: canKey,
		coerce: func(f *Field, v any) (any, error) { return f.within(f.coerceDecimal(v)) }, complete: completeDigits, check: checkDigits}
	percentSpec = spec{of: expr.DecimalType, columns: single(expr.DecimalType, StoredNumeric), settings: setDigits | setDefault | setRange, can: canKey &^ canUnique,
		coerce: func(f *Field, v any) (any, error) { return f.within(f.coercePercent(v)) }, complete: completeDigits, check: checkDigits}
	ratingSpec = spec{of: expr.IntType, columns: single(expr.IntType, StoredInt8), settings: setMaxRating | setDefault, can: canOrder,
		coerce: (*Field).coerceRating, complete: completeRating, check: checkRating}
)

// Digits of a percentage unless told, and the bounds of a rating.
const (
	percentDigits  = 7
	percentDecimal = 4
	defaultRating  = 5
	maxRating      = 10
)

func coerceInteger(v any) (any, error) {
	var n int64
	switch v := v.(type) {
	case int64:
		n = v
	case int:
		n = int64(v)
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > MaxInteger {
			return nil, invalid("must be a whole number")
		}
		n = int64(v)
	case json.Number:
		return parseInteger(string(v))
	case string:
		return parseInteger(v)
	case *expr.Decimal:
		return parseInteger(v.Text('f'))
	default:
		return nil, invalid("must be a whole number")
	}
	if n > MaxInteger || n < -MaxInteger {
		return nil, invalid("is out of range: whole numbers go to ±9007199254740991")
	}
	return n, nil
}

func parseInteger(s string) (any, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return nil, invalid("must be a whole number")
	}
	return coerceInteger(n)
}

// Digits is the precision and scale of a number, defaults applied.
func (f *Field) Digits() (precision, scale int) {
	if f.Precision != 0 {
		return f.Precision, f.Scale
	}
	return f.usualDigits()
}

// usualDigits are those of a field that tells none.
func (f *Field) usualDigits() (precision, scale int) {
	if f.ValueKind() == KindPercent {
		return percentDigits, percentDecimal
	}
	return DefaultDigits, DefaultDecimal
}

func (f *Field) coerceDecimal(v any) (any, error) {
	d, err := toDecimal(v)
	if err != nil {
		return nil, err
	}
	return f.fit(d)
}

func toDecimal(v any) (*expr.Decimal, error) {
	switch v := v.(type) {
	case *expr.Decimal:
		return v, nil
	case int64:
		return apd.New(v, 0), nil
	case int:
		return apd.New(int64(v), 0), nil
	case json.Number:
		return parseDecimal(string(v))
	case string:
		return parseDecimal(strings.TrimSpace(v))
	}
	return nil, invalid("must be a decimal number, best as text like \"9.95\"")
}

func parseDecimal(s string) (*expr.Decimal, error) {
	d, err := expr.ParseDecimal(s)
	if err != nil {
		return nil, invalid("must be a decimal number like 9.95")
	}
	return d, nil
}

// fit brings d to the field's scale.
func (f *Field) fit(d *expr.Decimal) (*expr.Decimal, error) {
	precision, scale := f.Digits()
	return fitDecimal(d, precision, scale)
}

// fitDecimal brings d to a scale, exactly, so that the value in hand is the
// value the column will hold.
func fitDecimal(d *expr.Decimal, precision, scale int) (*expr.Decimal, error) {
	if d.Form == apd.Finite && d.Exponent == -int32(scale) && d.NumDigits() <= int64(precision) && !(d.Negative && d.IsZero()) {
		return d, nil // as most are given
	}
	out := new(expr.Decimal)
	ctx := apd.BaseContext.WithPrecision(uint32(precision) + 1)
	ctx.Traps = 0
	cond, err := ctx.Quantize(out, d, -int32(scale))
	switch {
	case err != nil || cond.InvalidOperation() || out.Form != apd.Finite || out.NumDigits() > int64(precision):
		return nil, invalid("is too large: at most %d digits before the point", precision-scale)
	case cond.Inexact():
		return nil, invalid("has more than %d decimal places", scale)
	}
	if out.IsZero() {
		out.Negative = false
	}
	return out, nil
}

// within passes a value on that is within Min and Max.
func (f *Field) within(v any, err error) (any, error) {
	if err != nil || f.Min == "" && f.Max == "" {
		return v, err
	}
	var d *expr.Decimal
	switch v := expr.PartValue(v, expr.AmountPart).(type) {
	case int64:
		d = apd.New(v, 0)
	case *expr.Decimal:
		d = v
	default:
		return v, nil
	}
	if least, err := expr.ParseDecimal(f.Min); f.Min != "" && err == nil && d.Cmp(least) < 0 {
		return nil, invalid("must be at least %s", f.Min)
	}
	if most, err := expr.ParseDecimal(f.Max); f.Max != "" && err == nil && d.Cmp(most) > 0 {
		return nil, invalid("must be at most %s", f.Max)
	}
	return v, nil
}

func completeDigits(f *Field) {
	precision, scale := f.usualDigits()
	switch {
	case f.Precision == 0 && f.Scale == 0:
		f.Precision, f.Scale = precision, scale
	case f.Precision == 0:
		f.Precision = max(precision, f.Scale)
	}
}

func checkDigits(v *validator, f *Field, at []any) {
	if f.Precision < 1 || f.Precision > maxPrecision {
		v.problem(f, "precision", at, "a number has 1 to %d digits", maxPrecision)
	}
	if f.Scale < 0 || f.Scale > maxScale || f.Scale > f.Precision {
		v.problem(f, "scale", at, "there are 0 to %d digits after the point, and not more than digits in all", min(maxScale, max(f.Precision, 0)))
	}
	checkRange(v, f, at)
}

func checkRange(v *validator, f *Field, at []any) {
	var bounds [2]*expr.Decimal
	for i, b := range [2]struct{ key, text string }{{"min", f.Min}, {"max", f.Max}} {
		if b.text == "" {
			continue
		}
		d, err := f.bound(b.text)
		if err != nil {
			v.problem(f, b.key, at, "%s %s", b.key, sentence(err))
			continue
		}
		bounds[i] = d
	}
	if bounds[0] != nil && bounds[1] != nil && bounds[0].Cmp(bounds[1]) > 0 {
		v.problem(f, "max", at, "max is less than min")
	}
}

// coercePercent reads 12.5 and "12.5 %" as 12.5 %.
func (f *Field) coercePercent(v any) (any, error) {
	if s, ok := v.(string); ok {
		v = strings.TrimRight(strings.TrimSuffix(strings.TrimSpace(s), "%"), " ")
	}
	return f.coerceDecimal(v)
}

// BestRating is the best rating the field takes, default applied.
func (f *Field) BestRating() int { return cmp.Or(f.MaxRating, defaultRating) }

func (f *Field) coerceRating(v any) (any, error) {
	n, err := coerceInteger(v)
	if i, ok := n.(int64); err != nil || !ok || i < 1 || i > int64(f.BestRating()) {
		return nil, invalid("must be a whole number from 1 to %d", f.BestRating())
	}
	return n, nil
}

func completeRating(f *Field) { f.MaxRating = f.BestRating() }

func checkRating(v *validator, f *Field, at []any) {
	if f.MaxRating < 1 || f.MaxRating > maxRating {
		v.problem(f, "maxRating", at, "the best rating is 1 to %d", maxRating)
	}
}
