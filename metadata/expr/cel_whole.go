package expr

import (
	"encoding/json"
	"reflect"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Types whose values expressions can only compare with null and with each other
// as a whole; their parts are types of their own.
var celWhole = map[Type]*types.Type{
	GeoPointType: types.NewOpaqueType("geo point"), AddressType: types.NewOpaqueType("address"), RefType: types.NewOpaqueType("reference"),
	JSONType: types.NewOpaqueType("JSON"), FilesType: types.NewOpaqueType("files"),
}

var runtimeWhole = func() map[Type]*opaque {
	all := map[Type]*opaque{}
	for t, c := range celWhole {
		all[t] = &opaque{name: c.TypeName()}
	}
	all[MoneyType] = &opaque{name: moneyName} // made by money()
	return all
}()

// IsWhole says that a value of the type is seen as a whole alone: a predicate
// may ask whether it is null, nothing else.
func (t Type) IsWhole() bool { return celWhole[t] != nil }

// wholeVal is a composite value in CEL.
type wholeVal struct {
	typ Type
	v   any
}

func (v wholeVal) Type() ref.Type { return runtimeWhole[v.typ] }
func (v wholeVal) Value() any     { return v.v }

// Equal compares the parts.
func (v wholeVal) Equal(o ref.Val) ref.Val {
	w, ok := o.(wholeVal)
	return types.Bool(ok && v.typ == w.typ && sameWhole(v.typ, v.v, w.v))
}

func (v wholeVal) ConvertToNative(t reflect.Type) (any, error) { return noNative(v, t) }
func (v wholeVal) ConvertToType(t ref.Type) ref.Val            { return noConversion(v, t.TypeName()) }

// AggregateSize implements types.AggregateSizeVisitor.
func (v wholeVal) AggregateSize(types.AggregateSizer) uint32 { return 2 }

func sameWhole(t Type, a, b any) bool {
	for _, p := range t.Parts() {
		x, y := PartValue(a, p.Part), PartValue(b, p.Part)
		if x == nil || y == nil {
			if x != y {
				return false
			}
			continue
		}
		if order, ok := compareValues(x, y); !ok || order != 0 {
			return false
		}
	}
	switch a := a.(type) {
	case json.RawMessage:
		b, ok := b.(json.RawMessage)
		return ok && string(a) == string(b)
	case []File:
		b, ok := b.([]File)
		return ok && slices.Equal(a, b)
	}
	return true
}

// isComposite says that a value is of the Go type that a type asks for.
func isComposite(t Type, v any) bool {
	switch v.(type) {
	case Money:
		return t == MoneyType
	case GeoPoint:
		return t == GeoPointType
	case Address:
		return t == AddressType
	case PersonName:
		return t == PersonNameType
	case Ref:
		return t == RefType
	case json.RawMessage:
		return t == JSONType
	case []File:
		return t == FilesType
	}
	return false
}
