package metadata

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cockroachdb/apd/v3"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// Limits of values, the same in every API.
const (
	MaxInteger     = 1<<53 - 1
	DefaultLength  = 255
	MaxLength      = 10_000
	MaxKeyLength   = 500 // of text that is unique or indexed
	DefaultDigits  = 18
	DefaultDecimal = 2
)

// Coerce turns a value as JSON, YAML, CSV or a remote record have it into the
// canonical Go value of the field's kind (see expr.Type): nil, bool, int64,
// *expr.Decimal, string, expr.Date, time.Time, trellis.ID or expr.Money. A
// canonical value comes back checked. Text is trimmed of nothing; empty text is
// null. The error is INVALID_INPUT with a sentence that fits any language of
// input, and without a path.
func (f *Field) Coerce(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if s, ok := v.(string); ok && s == "" {
		return nil, nil
	}
	switch f.Kind {
	case KindBoolean:
		return coerceBool(v)
	case KindInteger:
		return coerceInteger(v)
	case KindDecimal:
		return f.coerceDecimal(v)
	case KindCurrency:
		return f.coerceMoney(v)
	case KindDate:
		return coerceDate(v)
	case KindDateTime:
		return coerceTime(v)
	case KindLookup, KindUser, KindID:
		return coerceID(v)
	case KindSelect:
		return f.coerceOption(v)
	}
	return f.coerceText(v)
}

func invalid(format string, args ...any) error {
	return trellis.Errorf(trellis.CodeInvalidInput, format, args...)
}

func coerceBool(v any) (any, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(v) {
		case "true", "yes", "1":
			return true, nil
		case "false", "no", "0":
			return false, nil
		}
	}
	return nil, invalid("must be true or false")
}

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

// Digits is the precision and scale of a decimal or currency, defaults applied.
func (f *Field) Digits() (precision, scale int) {
	if f.Precision == 0 {
		return DefaultDigits, DefaultDecimal
	}
	return f.Precision, f.Scale
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

// fit brings d to the field's scale, exactly, so that the value in hand is the
// value the column will hold.
func (f *Field) fit(d *expr.Decimal) (any, error) {
	precision, scale := f.Digits()
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

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

func (f *Field) coerceMoney(v any) (any, error) {
	var amount, code any
	switch v := v.(type) {
	case expr.Money:
		amount, code = v.Amount, v.Currency
	case map[string]any:
		for k := range v {
			if k != "amount" && k != "currency" {
				return nil, invalid("has no part %q: give amount and currency", k)
			}
		}
		amount, code = v["amount"], v["currency"]
	case string: // "9.95 EUR", as in CSV
		a, c, ok := strings.Cut(strings.TrimSpace(v), " ")
		if !ok {
			return nil, invalid("needs an amount and a currency, like \"9.95 EUR\"")
		}
		amount, code = a, strings.TrimSpace(c)
	default:
		return nil, invalid("needs an amount and a currency")
	}
	if amount == nil && code == nil {
		return nil, nil
	}
	c, _ := code.(string)
	if amount == nil || !currencyCode.MatchString(c) {
		return nil, invalid("needs an amount and a currency code of three capital letters")
	}
	d, err := f.coerceDecimal(amount)
	if err != nil {
		return nil, err
	}
	return expr.Money{Amount: d.(*expr.Decimal), Currency: c}, nil
}

func coerceDate(v any) (any, error) {
	switch v := v.(type) {
	case expr.Date:
		if v >= expr.MinDate && v <= expr.MaxDate {
			return v, nil
		}
	case string:
		if d, err := expr.ParseDate(strings.TrimSpace(v)); err == nil {
			return d, nil
		}
	}
	return nil, invalid("must be a date like 2026-01-31")
}

func coerceTime(v any) (any, error) {
	t, ok := v.(time.Time)
	if s, isText := v.(string); isText {
		var err error
		t, err = time.Parse(time.RFC3339Nano, strings.TrimSpace(s))
		ok = err == nil
	}
	if !ok {
		return nil, invalid("must be a date and time like 2026-01-31T09:30:00Z")
	}
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1 || t.Year() > 9999 {
		return nil, invalid("is out of range: years go from 1 to 9999")
	}
	return t, nil
}

func coerceID(v any) (any, error) {
	switch v := v.(type) {
	case trellis.ID:
		if v.IsZero() {
			return nil, nil
		}
		return v, nil
	case string:
		if id, err := trellis.ParseID(v); err == nil {
			return id, nil
		}
	}
	return nil, invalid("must be the id of a record")
}

func (f *Field) coerceOption(v any) (any, error) {
	s, ok := v.(string)
	if ok {
		for _, o := range f.Options {
			if o.Name == s {
				return s, nil
			}
		}
	}
	names := make([]string, len(f.Options))
	for i, o := range f.Options {
		names[i] = o.Name
	}
	return nil, invalid("must be one of %s", strings.Join(names, ", "))
}

var (
	emailShape = regexp.MustCompile(`^[^\s@<>(),;:\\"\[\]]+@[^\s@<>(),;:\\"\[\]]+\.[^\s@<>(),;:\\"\[\].]+$`)
	phoneShape = regexp.MustCompile(`^[+0-9(][0-9+()\-./ ]*(?:(?:x|ext\.?|转) ?[0-9]+)?$`)
)

// TextLength is the most characters the field takes, default applied.
func (f *Field) TextLength() int {
	if f.MaxLength == 0 {
		return DefaultLength
	}
	return f.MaxLength
}

func (f *Field) coerceText(v any) (any, error) {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case json.Number:
		s = string(v)
	case int64:
		s = strconv.FormatInt(v, 10)
	case trellis.ID:
		s = v.String()
	default:
		return nil, invalid("must be text")
	}
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return nil, invalid("must be valid UTF-8 text without zero bytes")
	}
	if n := utf8.RuneCountInString(s); n > f.TextLength() {
		return nil, invalid("has %d characters; at most %d fit", n, f.TextLength())
	}
	switch {
	case f.Kind == KindEmail && !emailShape.MatchString(s):
		return nil, invalid("must be an e-mail address")
	case f.Kind == KindPhone && !phoneShape.MatchString(s):
		return nil, invalid("must be a phone number")
	}
	return s, nil
}
