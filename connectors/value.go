package connectors

import (
	"fmt"
	"strings"
	"time"
)

// Decimal is an exact number as text: an optional minus, digits, and perhaps a
// point and digits. The digits after the point are those of the source, zeros
// included. In JSON it is a string.
type Decimal string

// Date is a day without zone, YYYY-MM-DD, years 0001 to 9999.
type Date string

// TimeOfDay is a time without day or zone, HH:MM:SS with up to six digits of
// fraction.
type TimeOfDay string

// maxDigits bounds the digits of a decimal: more than any ledger needs, and few
// enough that 1e999999999 in a message cannot fill the memory.
const maxDigits = 1000

// ParseDecimal reads a decimal as other systems write them: a sign, digits with
// or without a point, an exponent. The result has no exponent, no plus, and no
// superfluous zeros in front. NaN, infinity, separators of thousands, and more
// than 1,000 digits are errors.
func ParseDecimal(s string) (Decimal, error) {
	fail := func() (Decimal, error) {
		if len(s) > 40 {
			return "", fmt.Errorf("%q… is not a decimal number", s[:40])
		}
		return "", fmt.Errorf("%q is not a decimal number", s)
	}
	if len(s) > maxDigits {
		return fail()
	}
	rest, negative := strings.CutPrefix(s, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	exp := 0
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		var ok bool
		if exp, ok = parseExponent(rest[i+1:]); !ok {
			return fail()
		}
		rest = rest[:i]
	}
	whole, frac, _ := strings.Cut(rest, ".")
	if whole+frac == "" || !digits(whole) || !digits(frac) {
		return fail()
	}
	whole, frac = shift(whole, frac, exp)
	whole = strings.TrimLeft(whole, "0")
	if len(whole)+len(frac) > maxDigits {
		return fail()
	}
	if whole == "" {
		whole = "0"
	}
	if frac != "" {
		whole += "." + frac
	}
	if negative && strings.Trim(whole, "0.") != "" {
		whole = "-" + whole
	}
	return Decimal(whole), nil
}

// shift moves the point of whole.frac by exp places to the right.
func shift(whole, frac string, exp int) (string, string) {
	if exp > 0 {
		if n := exp - len(frac); n > 0 {
			frac += strings.Repeat("0", n)
		}
		return whole + frac[:exp], frac[exp:]
	}
	if n := -exp - len(whole); n > 0 {
		whole = strings.Repeat("0", n) + whole
	}
	at := len(whole) + exp
	return whole[:at], whole[at:] + frac
}

func parseExponent(s string) (int, bool) {
	rest, negative := strings.CutPrefix(s, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	if rest == "" || len(rest) > 4 || !digits(rest) {
		return 0, false
	}
	n := 0
	for _, c := range rest {
		n = n*10 + int(c-'0')
	}
	if n > maxDigits {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// ParseDate reads YYYY-MM-DD and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return "", fmt.Errorf("%.40q is not a date of the form YYYY-MM-DD", s)
	}
	return Date(s), nil
}

// DateOf makes a Date; it panics when the day does not exist or the year is not
// within 1 to 9999. Use ParseDate on foreign input.
func DateOf(year int, month time.Month, day int) Date {
	d, err := ParseDate(fmt.Sprintf("%04d-%02d-%02d", year, int(month), day))
	if err != nil {
		panic(err)
	}
	return d
}

// ParseTimeOfDay reads HH:MM:SS with up to six digits of fraction.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	if _, err := time.Parse(time.TimeOnly, s); err != nil || len(s) > len("15:04:05.000000") {
		return "", fmt.Errorf("%.40q is not a time of the form HH:MM:SS", s)
	}
	return TimeOfDay(s), nil
}
