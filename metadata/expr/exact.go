package expr

import "github.com/cockroachdb/apd/v3"

// exact computes with more digits than any column has, and rounds half away
// from zero as PostgreSQL does.
var exact = func() *apd.Context {
	c := apd.BaseContext.WithPrecision(200)
	c.Traps, c.Rounding = 0, apd.RoundHalfUp
	return c
}()

// AddDecimals is a + b, exactly.
func AddDecimals(a, b *Decimal) *Decimal {
	out := new(Decimal)
	_, _ = exact.Add(out, a, b)
	return out
}

// Average is sum / n with as many digits as any column needs; n is not 0.
func Average(sum *Decimal, n int64) *Decimal {
	out := new(Decimal)
	_, _ = exact.Quo(out, sum, apd.New(n, 0))
	return out
}

// RoundDecimal is d with scale digits after the point, half away from zero.
func RoundDecimal(d *Decimal, scale int) *Decimal {
	out := new(Decimal)
	_, _ = exact.Quantize(out, d, -int32(scale))
	return out
}

// DecimalOf is a whole number as a decimal.
func DecimalOf(n int64) *Decimal { return apd.New(n, 0) }
