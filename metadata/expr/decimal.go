package expr

import (
	"math"

	"github.com/cockroachdb/apd/v3"
)

// QuotientPlaces are the places after the point of a quotient of decimals, to
// which it is rounded half up, away from zero.
const QuotientPlaces = 20

// maxMicros is the longest duration there is, in microseconds.
const maxMicros = math.MaxInt64 / 1000

// exactly adds, subtracts or multiplies without rounding; ok is false when the
// result has too many digits.
func exactly(op ArithOp, l, r *Decimal) (*Decimal, bool) {
	d := new(Decimal)
	var err error
	switch op {
	case Add:
		_, err = apd.BaseContext.Add(d, l, r)
	case Sub:
		_, err = apd.BaseContext.Sub(d, l, r)
	case Mul:
		_, err = apd.BaseContext.Mul(d, l, r)
	default:
		return nil, false
	}
	return d, err == nil && checkDecimal(d) == nil
}

// divide is l / r rounded half up to QuotientPlaces; ok is false for a divisor
// of zero and when the result has too many digits.
//
// It is computed as integers, floor((2·|l| + |r|) / (2·|r|)) over l and r with
// enough places, so that nothing is rounded twice; SQL does the same.
func divide(l, r *Decimal) (*Decimal, bool) {
	if r.IsZero() {
		return nil, false
	}
	// l/r = lc/rc · 10^(le-re); scaled by 10^places.
	var num, den apd.BigInt
	num.Set(&l.Coeff)
	den.Set(&r.Coeff)
	shift := int64(l.Exponent) - int64(r.Exponent) + QuotientPlaces
	if shift >= 0 {
		num.Mul(&num, pow10(shift))
	} else {
		den.Mul(&den, pow10(-shift))
	}
	two := apd.NewBigInt(2)
	num.Mul(&num, two)
	num.Add(&num, &den)
	den.Mul(&den, two)
	num.Quo(&num, &den)
	d := apd.NewWithBigInt(&num, -QuotientPlaces)
	d.Negative = l.Negative != r.Negative && num.Sign() != 0
	return d, checkDecimal(d) == nil
}

func pow10(n int64) *apd.BigInt {
	return new(apd.BigInt).Exp(apd.NewBigInt(10), apd.NewBigInt(n), nil)
}

// truncated is the whole part of l / r.
func truncated(l, r *Decimal) (*Decimal, bool) {
	d := new(Decimal)
	_, err := apd.BaseContext.WithPrecision(maxDigits).QuoInteger(d, l, r)
	return d, err == nil
}

// maxPlaces bounds the places of round().
const maxPlaces = 20

// roundTo rounds half up, away from zero, to places after the point; before it
// when negative.
func roundTo(d *Decimal, places int64) (*Decimal, bool) {
	if places > maxPlaces || places < -maxPlaces {
		return nil, false
	}
	out := new(Decimal)
	ctx := apd.BaseContext.WithPrecision(2 * maxDigits)
	ctx.Rounding = apd.RoundHalfUp
	if _, err := ctx.Quantize(out, d, int32(-places)); err != nil {
		return nil, false
	}
	if out.IsZero() {
		out.Negative = false
	}
	return out, checkDecimal(out) == nil
}
