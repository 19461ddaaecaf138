package metadata

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/trellishq/trellis/metadata/expr"
)

// Limits of a JSON value: bytes in canonical form, and arrays and objects inside
// each other.
const (
	MaxJSON      = 64 << 10
	MaxJSONDepth = 32
)

var jsonSpec = spec{of: expr.JSONType, columns: single(expr.JSONType, StoredJSON), settings: setDefault,
	coerce: func(_ *Field, v any) (any, error) { return coerceJSON(v) }}

// coerceJSON brings a value to the form that PostgreSQL's jsonb has it in, but
// compact: keys by length, then by bytes; numbers without exponent. Text is read
// as JSON, any other value is taken as it is; JSON's null is null.
func coerceJSON(v any) (any, error) {
	var err error
	switch text := v.(type) {
	case string:
		v, err = parseJSON([]byte(text))
	case json.RawMessage:
		v, err = parseJSON(text)
	}
	if err != nil || v == nil {
		return nil, err
	}
	buf, err := appendJSONB(nil, v, 0)
	if err != nil {
		return nil, err
	}
	return json.RawMessage(buf), nil
}

// appendJSONB appends a decoded value in canonical form.
func appendJSONB(buf []byte, v any, depth int) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case nil:
		buf = append(buf, "null"...)
	case bool:
		buf = strconv.AppendBool(buf, v)
	case string:
		if err = storable(v); err == nil {
			buf = appendJSONBText(buf, v)
		}
	case []any:
		if depth >= MaxJSONDepth {
			return nil, errDeepJSON()
		}
		buf = append(buf, '[')
		for i, e := range v {
			if i > 0 {
				buf = append(buf, ',')
			}
			if buf, err = appendJSONB(buf, e, depth+1); err != nil {
				return nil, err
			}
		}
		buf = append(buf, ']')
	case map[string]any:
		buf, err = appendJSONBObject(buf, v, depth)
	default:
		buf, err = appendJSONBNumber(buf, v)
	}
	if err == nil && len(buf) > MaxJSON {
		err = invalid("is larger than %d bytes", MaxJSON)
	}
	return buf, err
}

func appendJSONBObject(buf []byte, v map[string]any, depth int) ([]byte, error) {
	if depth >= MaxJSONDepth {
		return nil, errDeepJSON()
	}
	keys := slices.SortedFunc(maps.Keys(v), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
	buf = append(buf, '{')
	for i, k := range keys {
		if err := storable(k); err != nil {
			return nil, err
		}
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(appendJSONBText(buf, k), ':')
		var err error
		if buf, err = appendJSONB(buf, v[k], depth+1); err != nil {
			return nil, err
		}
	}
	return append(buf, '}'), nil
}

// appendJSONBNumber appends a number as numeric has it, and what else a
// canonical value may be as in every API.
func appendJSONBNumber(buf []byte, v any) ([]byte, error) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = string(v)
	case int:
		return strconv.AppendInt(buf, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(buf, v, 10), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, invalid("holds a number that is not finite")
		}
		text = strconv.FormatFloat(v, 'g', -1, 64)
	case *expr.Decimal:
		text = v.Text('f')
	default:
		if out := AppendJSON(buf, v); string(out[len(buf):]) != "null" {
			return out, nil
		}
		return nil, invalid("holds a value that JSON does not have")
	}
	d, err := expr.ParseDecimal(text)
	if err != nil {
		return nil, invalid("holds a number that is too long")
	}
	if d.IsZero() {
		d = new(expr.Decimal).Set(d)
		d.Negative, d.Exponent = false, min(d.Exponent, 0)
	}
	return append(buf, d.Text('f')...), nil
}

// appendJSONBText writes a string with the escapes of PostgreSQL's escape_json.
func appendJSONBText(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	for i := range len(s) {
		c := s[i]
		switch at := strings.IndexByte("\b\f\n\r\t\"\\", c); {
		case at >= 0:
			buf = append(buf, '\\', `bfnrt"\`[at])
		case c < ' ':
			buf = append(buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			buf = append(buf, c)
		}
	}
	return append(buf, '"')
}

func errDeepJSON() error {
	return invalid("has more than %d arrays and objects inside each other", MaxJSONDepth)
}

// parseJSON decodes JSON text: nil, bool, json.Number, string, []any and
// map[string]any. Unlike encoding/json it refuses a key that stands twice, a
// zero byte, half a surrogate pair, and what is too deep or too long to keep.
func parseJSON(text []byte) (any, error) {
	if len(text) > 4*MaxJSON {
		return nil, invalid("is larger than %d bytes", MaxJSON)
	}
	if !utf8.Valid(text) {
		return nil, invalid("must be valid UTF-8 text without zero bytes")
	}
	if !json.Valid(text) { // so that the parser needs to know no grammar
		return nil, invalid("must be JSON, like {\"size\": 3}")
	}
	p := jsonParser{text: text}
	return p.value(0)
}

// jsonParser reads text that is known to be JSON.
type jsonParser struct {
	text []byte
	at   int
}

// next skips white space, commas and colons, and gives the byte after them.
func (p *jsonParser) next() byte {
	for strings.IndexByte(" \t\r\n,:", p.text[p.at]) >= 0 {
		p.at++
	}
	return p.text[p.at]
}

func (p *jsonParser) value(depth int) (any, error) {
	c := p.next()
	if depth >= MaxJSONDepth && (c == '{' || c == '[') {
		return nil, errDeepJSON()
	}
	switch c {
	case '{':
		return p.object(depth)
	case '[':
		p.at++
		list := []any{}
		for p.next() != ']' {
			e, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		}
		p.at++
		return list, nil
	case '"':
		return p.string()
	case 't':
		p.at += len("true")
		return true, nil
	case 'f':
		p.at += len("false")
		return false, nil
	case 'n':
		p.at += len("null")
		return nil, nil
	}
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("+-.eE0123456789", p.text[p.at]) >= 0 {
		p.at++
	}
	return json.Number(p.text[start:p.at]), nil
}

func (p *jsonParser) object(depth int) (any, error) {
	p.at++
	out := map[string]any{}
	for p.next() != '}' {
		key, err := p.string()
		if err != nil {
			return nil, err
		}
		if _, twice := out[key]; twice {
			return nil, invalid("has the key %q twice", short(key))
		}
		if out[key], err = p.value(depth + 1); err != nil {
			return nil, err
		}
	}
	p.at++
	return out, nil
}

// string reads a string. encoding/json decodes it; what that repairs is refused.
func (p *jsonParser) string() (string, error) {
	start := p.at
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
		}
	}
	p.at++
	raw := p.text[start:p.at]
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", invalid("must be JSON, like {\"size\": 3}")
	}
	if strings.IndexByte(s, 0) >= 0 {
		return "", invalid("must be valid UTF-8 text without zero bytes")
	}
	if strings.Count(s, "\ufffd") != strings.Count(string(raw), "\ufffd")+strings.Count(strings.ToLower(string(raw)), `\ufffd`) {
		return "", invalid("holds half of a surrogate pair")
	}
	return s, nil
}
