package expr

import (
	"fmt"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"

	"github.com/trellishq/trellis"
)

// Decimal is the decimal number of the platform: finite, exact, of at most 1,000
// digits. Values are passed as *Decimal and never changed after they are made.
type Decimal = apd.Decimal

// Limits of a decimal: digits in all, and places before or after the point.
const (
	maxDigits   = 1000
	maxExponent = 1000
)

// ParseDecimal reads a plain or scientific decimal number. It refuses NaN,
// infinities, and numbers of more than 1,000 digits or places.
func ParseDecimal(s string) (*Decimal, error) {
	if d := usualDecimal(s); d != nil {
		return d, nil
	}
	if len(s) > maxDigits+20 {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "the number has more than %d digits", maxDigits)
	}
	d, _, err := apd.NewFromString(s)
	if err != nil {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "%q is not a decimal number", s)
	}
	if err := checkDecimal(d); err != nil {
		return nil, err
	}
	return d, nil
}

// usualDecimal reads what most decimals are: up to 18 digits, perhaps with a
// minus, perhaps with some of them after a point. It is nil for all else, zeros
// with a minus among it, and ParseDecimal reads on.
func usualDecimal(s string) *Decimal {
	digits := strings.TrimPrefix(s, "-")
	whole, places, point := strings.Cut(digits, ".")
	if whole == "" || point && places == "" || len(whole)+len(places) > 18 {
		return nil
	}
	n := int64(0)
	for _, part := range [2]string{whole, places} {
		for i := range len(part) {
			c := part[i] - '0'
			if c > 9 {
				return nil
			}
			n = 10*n + int64(c)
		}
	}
	if len(digits) < len(s) {
		if n = -n; n == 0 {
			return nil
		}
	}
	return apd.New(n, -int32(len(places)))
}

func checkDecimal(d *Decimal) error {
	if d.Form != apd.Finite {
		return trellis.Errorf(trellis.CodeInvalidInput, "a decimal must be a finite number")
	}
	if d.Exponent > maxExponent || d.Exponent < -maxExponent || d.NumDigits() > maxDigits {
		return trellis.Errorf(trellis.CodeInvalidInput, "the number has more than %d digits", maxDigits)
	}
	return nil
}

// MustDecimal is ParseDecimal for constants in tests and tables; it panics.
func MustDecimal(s string) *Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Date is a civil date without a zone, as days since 1970-01-01. Years run from
// 1 to 9999.
type Date int32

// The first and the last Date.
const (
	MinDate Date = -719162 // 0001-01-01
	MaxDate Date = 2932896 // 9999-12-31
)

const daySeconds = 24 * 60 * 60

// DateOf is the date of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / daySeconds)
}

// ParseDate reads a date as YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return 0, trellis.Errorf(trellis.CodeInvalidInput, "%.40q is not a date like 2026-01-31", s)
	}
	return Date(t.Unix() / daySeconds), nil
}

// Time is midnight UTC of the day.
func (d Date) Time() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

// String writes YYYY-MM-DD.
func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// MarshalText writes what String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate does.
func (d *Date) UnmarshalText(b []byte) error {
	v, err := ParseDate(string(b))
	if err == nil {
		*d = v
	}
	return err
}

// Money is the value of a currency field.
type Money struct {
	Amount   *Decimal
	Currency string
}

// String writes the amount and the code, as "9.95 EUR".
func (m Money) String() string { return fmt.Sprintf("%s %s", m.Amount.Text('f'), m.Currency) }
