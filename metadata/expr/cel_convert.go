package expr

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/trellishq/trellis"
)

// celType is the checker's type of a field or attribute. Every one may be
// compared with null.
func celType(t Type) *types.Type {
	switch t {
	case BoolType:
		return nullableBool
	case IntType:
		return nullableInt
	case TextType, SelectType:
		return nullableText
	case DecimalType, MoneyType:
		return celDecimal
	case DateType:
		return celDate
	case TimestampType:
		return types.TimestampType
	case DurationType:
		return types.DurationType
	case TimeOfDayType:
		return celTime
	case IDType:
		return celID
	case TextListType:
		return nullableTexts
	case IDListType:
		return nullableIDs
	}
	if c := celWhole[t]; c != nil {
		return c
	}
	return types.DynType
}

var (
	nullableBool  = types.NewNullableType(types.BoolType)
	nullableInt   = types.NewNullableType(types.IntType)
	nullableText  = types.NewNullableType(types.StringType)
	nullableTexts = types.NewNullableType(types.NewListType(types.StringType))
	nullableIDs   = types.NewNullableType(types.NewListType(celID))
)

// typeOf is our type for one of the checker's.
func typeOf(t *types.Type) Type {
	switch t.Kind() {
	case types.BoolKind:
		return BoolType
	case types.IntKind:
		return IntType
	case types.StringKind:
		return TextType
	case types.TimestampKind:
		return TimestampType
	case types.DurationKind:
		return DurationType
	case types.DynKind, types.NullTypeKind:
		return DynType
	case types.OpaqueKind:
		switch t.TypeName() {
		case "decimal":
			return DecimalType
		case "date":
			return DateType
		case "id":
			return IDType
		case moneyName:
			return MoneyType
		}
		if t.TypeName() == celTime.TypeName() {
			return TimeOfDayType
		}
		for whole, c := range celWhole {
			if c.TypeName() == t.TypeName() {
				return whole
			}
		}
	case types.ListKind:
		return listOf(typeOf(t.Parameters()[0]))
	}
	return InvalidType
}

// listOf is the list type with the given elements.
func listOf(elem Type) Type {
	for _, t := range []Type{TextListType, IDListType, IntListType, DecimalListType, DateListType, TimeListType, BoolListType} {
		if t.Elem() == elem {
			return t
		}
	}
	if elem == DynType {
		return DynType
	}
	return InvalidType
}

// adapter turns Go values into CEL's.
type adapter struct{}

// NativeToValue implements types.Adapter.
func (a adapter) NativeToValue(v any) ref.Val {
	switch v := v.(type) {
	case ref.Val:
		return v
	case nil:
		return types.NullValue
	case trellis.ID:
		return idVal(v)
	case *Decimal:
		if v == nil {
			return types.NullValue
		}
		return decimalVal{v}
	case Date:
		return dateVal(v)
	case TimeOfDay:
		return timeVal(v)
	case time.Time:
		return types.Timestamp{Time: v}
	case json.Number:
		return numberVal(v)
	case Money:
		return types.NewStringInterfaceMap(a, map[string]any{"amount": v.Amount, "currency": v.Currency})
	case GeoPoint, Address, PersonName, Ref:
		return types.NewStringInterfaceMap(a, partMap(v))
	case []string:
		return types.NewStringList(a, v)
	case []trellis.ID:
		return types.NewDynamicList(a, v)
	case []any:
		return types.NewDynamicList(a, v)
	case map[string]any:
		return types.NewStringInterfaceMap(a, v)
	case MapRecord:
		return types.NewStringInterfaceMap(a, v)
	}
	return types.DefaultTypeAdapter.NativeToValue(v)
}

// numberVal reads a JSON number exactly: an integer where it is one, else a
// decimal.
func numberVal(n json.Number) ref.Val {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return types.Int(i)
	}
	d, err := ParseDecimal(n.String())
	if err != nil {
		return types.NewErr("%s", err)
	}
	return decimalVal{d}
}

// toVal turns a stored value of a known type into CEL's. A value of another Go
// type is an error, never a guess.
func toVal(t Type, v any) (ref.Val, error) {
	if v == nil {
		return types.NullValue, nil
	}
	switch t {
	case BoolType:
		if b, ok := v.(bool); ok {
			return types.Bool(b), nil
		}
	case IntType:
		switch n := v.(type) {
		case int64:
			return types.Int(n), nil
		case int:
			return types.Int(n), nil
		}
	case TextType, SelectType:
		if s, ok := v.(string); ok && storableText(s) {
			return types.String(s), nil
		}
	case DecimalType:
		if d, ok := v.(*Decimal); ok && d != nil && checkDecimal(d) == nil {
			return decimalVal{d}, nil
		}
	case DateType:
		if d, ok := v.(Date); ok && d >= MinDate && d <= MaxDate {
			return dateVal(d), nil
		}
	case TimestampType:
		if ts, ok := v.(time.Time); ok && storableTime(ts) {
			return types.Timestamp{Time: ts.Truncate(time.Microsecond)}, nil
		}
	case IDType:
		if id, ok := v.(trellis.ID); ok {
			return idVal(id), nil
		}
	case TextListType:
		if ss, ok := v.([]string); ok {
			return types.NewStringList(adapter{}, ss), nil
		}
	case IDListType:
		if ids, ok := v.([]trellis.ID); ok {
			return types.NewDynamicList(adapter{}, ids), nil
		}
	}
	switch d := v.(type) {
	case TimeOfDay:
		if t == TimeOfDayType && d >= 0 && d <= MaxTimeOfDay {
			return timeVal(d), nil
		}
	case time.Duration:
		if t == DurationType {
			return types.Duration{Duration: d.Truncate(time.Microsecond)}, nil
		}
	}
	if celWhole[t] != nil && isComposite(t, v) {
		return wholeVal{t, v}, nil
	}
	return nil, fmt.Errorf("a %T is not a valid value of type %s", v, t)
}

// storableText says whether PostgreSQL can hold the text.
func storableText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

func storableTime(t time.Time) bool {
	y := t.UTC().Year()
	return y >= 1 && y <= 9999
}

// fromVal turns a CEL result into a Go value of the kinds listed at Type; other
// lists become []any, maps map[string]any, doubles decimals. Nesting is limited.
func fromVal(v ref.Val, depth int) (any, error) {
	const deepest = 16
	if depth > deepest {
		return nil, fmt.Errorf("the result is nested more than %d levels", deepest)
	}
	switch v := v.(type) {
	case types.Null:
		return nil, nil
	case types.Bool:
		return bool(v), nil
	case types.Int:
		return int64(v), nil
	case types.Uint:
		return uintValue(v)
	case types.Double:
		return doubleValue(float64(v))
	case types.String:
		return string(v), nil
	case types.Timestamp:
		return v.Time.Truncate(time.Microsecond), nil
	case types.Duration:
		return v.Duration, nil
	case idVal, dateVal, decimalVal, timeVal, wholeVal:
		return v.Value(), nil
	case *types.Optional:
		if !v.HasValue() {
			return nil, nil
		}
		return fromVal(v.GetValue(), depth+1)
	case traits.Lister:
		return listValue(v, depth)
	case traits.Mapper:
		return mapValue(v, depth)
	}
	return nil, fmt.Errorf("a result of type %s cannot be stored", v.Type().TypeName())
}

func uintValue(v types.Uint) (any, error) {
	if v <= math.MaxInt64 {
		return int64(v), nil
	}
	return ParseDecimal(strconv.FormatUint(uint64(v), 10))
}

func doubleValue(f float64) (any, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("the result is not a finite number")
	}
	return ParseDecimal(strconv.FormatFloat(f, 'g', -1, 64))
}

func mapValue(m traits.Mapper, depth int) (any, error) {
	out := map[string]any{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		k := it.Next()
		name, ok := k.(types.String)
		if !ok {
			return nil, fmt.Errorf("the keys of a map must be texts")
		}
		v, err := fromVal(m.Get(k), depth+1)
		if err != nil {
			return nil, err
		}
		out[string(name)] = v
	}
	return out, nil
}

func listValue(l traits.Lister, depth int) (any, error) {
	n, _ := l.Size().(types.Int)
	out := make([]any, 0, n)
	for it := l.Iterator(); it.HasNext() == types.True; {
		v, err := fromVal(it.Next(), depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	if ss, ok := allOf[string](out); ok {
		return ss, nil
	}
	if ids, ok := allOf[trellis.ID](out); ok {
		return ids, nil
	}
	return out, nil
}

// allOf narrows a list whose elements all have one type.
func allOf[T any](in []any) ([]T, bool) {
	if len(in) == 0 {
		return nil, false
	}
	out := make([]T, len(in))
	for i, v := range in {
		t, ok := v.(T)
		if !ok {
			return nil, false
		}
		out[i] = t
	}
	return out, true
}

// fromExact is fromVal for one value, with date-times as fine as CEL has them.
func fromExact(v ref.Val) (any, error) {
	if ts, ok := v.(types.Timestamp); ok {
		return ts.Time, nil
	}
	return fromVal(v, 0)
}

// elements are the values of a CEL list.
func elements(v ref.Val) ([]any, error) {
	l, ok := v.(traits.Lister)
	if !ok {
		return nil, fmt.Errorf("a value of type %s is not a list", v.Type().TypeName())
	}
	n, _ := l.Size().(types.Int)
	if n > maxListed {
		return nil, errTooLong
	}
	out := make([]any, 0, n)
	if ids, ok := l.Value().([]trellis.ID); ok {
		for _, id := range ids {
			out = append(out, id)
		}
		return out, nil
	}
	for it := l.Iterator(); it.HasNext() == types.True; {
		e, err := fromExact(it.Next())
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}
