package metadata

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// AppendJSON appends the JSON form of a canonical value, the same as in every
// API: decimals, dates, times and durations as strings, integers
// as numbers, several options as a list, what has parts as an object of them.
func AppendJSON(buf []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(buf, "null"...)
	case bool:
		return strconv.AppendBool(buf, v)
	case int64:
		return strconv.AppendInt(buf, v, 10)
	case string:
		return appendText(buf, v)
	case trellis.ID:
		return append(v.AppendText(append(buf, '"')), '"')
	case expr.Date:
		return append(append(append(buf, '"'), v.String()...), '"')
	case time.Time:
		return append(v.UTC().AppendFormat(append(buf, '"'), time.RFC3339Nano), '"')
	case *expr.Decimal:
		return append(append(append(buf, '"'), v.Text('f')...), '"')
	case expr.Money:
		return appendParts(buf, expr.MoneyType, v)
	case expr.GeoPoint:
		return appendParts(buf, expr.GeoPointType, v)
	case expr.Address:
		return appendParts(buf, expr.AddressType, v)
	case expr.PersonName:
		return appendParts(buf, expr.PersonNameType, v)
	case expr.Ref:
		return appendParts(buf, expr.RefType, v)
	case []expr.File:
		return AppendFiles(buf, v)
	case expr.TimeOfDay:
		return append(expr.AppendTimeOfDay(append(buf, '"'), v), '"')
	case time.Duration:
		return append(expr.AppendDuration(append(buf, '"'), v), '"')
	case json.RawMessage:
		return append(buf, v...)
	case []string:
		return appendTexts(buf, v)
	}
	// No other type is canonical; null keeps the document well-formed.
	return append(buf, "null"...)
}

func appendTexts(buf []byte, list []string) []byte {
	buf = append(buf, '[')
	for i, s := range list {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = appendText(buf, s)
	}
	return append(buf, ']')
}

// appendParts appends the parts of a composite value as an object.
func appendParts(buf []byte, t expr.Type, v any) []byte {
	for i, p := range t.Parts() {
		if i == 0 {
			buf = append(buf, '{', '"')
		} else {
			buf = append(buf, ',', '"')
		}
		buf = append(append(buf, p.Name...), '"', ':')
		buf = AppendJSON(buf, expr.PartValue(v, p.Part))
	}
	return append(buf, '}')
}

func sameParts(t expr.Type, a, b any) bool {
	for _, p := range t.Parts() {
		if !Equal(expr.PartValue(a, p.Part), expr.PartValue(b, p.Part)) {
			return false
		}
	}
	return true
}

// appendText appends a JSON string (RFC 8259) with as few escapes as there may
// be, as answers have it; bytes that are not UTF-8 become U+FFFD.
func appendText(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	buf = append(buf, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			buf = append(buf, '\\', c)
		case c == '\n':
			buf = append(buf, '\\', 'n')
		case c == '\r':
			buf = append(buf, '\\', 'r')
		case c == '\t':
			buf = append(buf, '\\', 't')
		case c < ' ':
			buf = append(buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			buf = append(buf, c)
		}
	}
	return append(buf, '"')
}

// Equal says whether two canonical values of one field are the same.
func Equal(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	switch a := a.(type) {
	case *expr.Decimal:
		b, ok := b.(*expr.Decimal)
		return ok && a.Cmp(b) == 0
	case expr.Money:
		b, ok := b.(expr.Money)
		return ok && sameParts(expr.MoneyType, a, b)
	case expr.GeoPoint:
		b, ok := b.(expr.GeoPoint)
		return ok && sameParts(expr.GeoPointType, a, b)
	case json.RawMessage:
		b, ok := b.(json.RawMessage)
		return ok && string(a) == string(b)
	case []string:
		b, ok := b.([]string)
		return ok && slices.Equal(a, b)
	case []expr.File:
		b, ok := b.([]expr.File)
		return ok && slices.EqualFunc(a, b, func(x, y expr.File) bool { return x.ID == y.ID && x.Name == y.Name })
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	}
	return a == b
}
