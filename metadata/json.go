package metadata

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// AppendJSON appends the JSON form of a canonical value, the same as in every
// API: decimals and dates as strings, integers as numbers, money as an object.
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
		buf = append(append(append(buf, `{"amount":"`...), v.Amount.Text('f')...), `","currency":`...)
		return append(appendText(buf, v.Currency), '}')
	}
	// No other type is canonical; null keeps the document well-formed.
	return append(buf, "null"...)
}

func appendText(buf []byte, s string) []byte {
	b, err := json.Marshal(s)
	if err != nil { // strings always marshal
		return append(buf, `""`...)
	}
	return append(buf, b...)
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
		return ok && a.Currency == b.Currency && a.Amount.Cmp(b.Amount) == 0
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	}
	return a == b
}
