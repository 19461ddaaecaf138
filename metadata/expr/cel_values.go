package expr

import (
	"errors"
	"fmt"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/cockroachdb/apd/v3"

	"github.com/trellishq/trellis"
)

// The CEL types that are not CEL's own. They are opaque, so that the checker
// knows them, and null may be compared with them.
var (
	celDecimal = types.NewOpaqueType("decimal")
	celDate    = types.NewOpaqueType("date")
	celID      = types.NewOpaqueType("id")
)

// opaque is the runtime type of our own values: a name and what operators may
// be used.
type opaque struct {
	name   string
	traits int
}

func (o *opaque) HasTrait(t int) bool { return o.traits&t == t }
func (o *opaque) TypeName() string    { return o.name }

var (
	runtimeDecimal = &opaque{"decimal", traits.ComparerType | traits.AdderType | traits.SubtractorType |
		traits.MultiplierType | traits.DividerType | traits.NegatorType}
	runtimeDate = &opaque{"date", traits.ComparerType | traits.AdderType | traits.SubtractorType}
	runtimeID   = &opaque{"id", 0}
)

// CEL writes the position into an error value, so each failure is a new one.
func errOverload() ref.Val { return types.NewErr("no such overload") }

func noConversion(v ref.Val, to string) ref.Val {
	return types.NewErr("a value of type %s cannot become %s", v.Type().TypeName(), to)
}

func noNative(v ref.Val, to reflect.Type) (any, error) {
	return nil, fmt.Errorf("a value of type %s cannot become %v", v.Type().TypeName(), to)
}

// idVal is a trellis.ID in CEL.
type idVal trellis.ID

func (v idVal) Type() ref.Type { return runtimeID }
func (v idVal) Value() any     { return trellis.ID(v) }
func (v idVal) Equal(o ref.Val) ref.Val {
	w, ok := o.(idVal)
	return types.Bool(ok && v == w)
}
func (v idVal) ConvertToNative(t reflect.Type) (any, error) { return noNative(v, t) }

// ConvertToType allows string(id).
func (v idVal) ConvertToType(t ref.Type) ref.Val {
	if t == types.StringType {
		return types.String(trellis.ID(v).String())
	}
	return noConversion(v, t.TypeName())
}

// dateVal is a Date in CEL. A date plus or minus an integer moves it by days;
// the difference of two dates is the days between them.
type dateVal Date

func (v dateVal) Type() ref.Type { return runtimeDate }
func (v dateVal) Value() any     { return Date(v) }
func (v dateVal) Equal(o ref.Val) ref.Val {
	w, ok := o.(dateVal)
	return types.Bool(ok && v == w)
}
func (v dateVal) ConvertToNative(t reflect.Type) (any, error) { return noNative(v, t) }

// ConvertToType allows string(date).
func (v dateVal) ConvertToType(t ref.Type) ref.Val {
	if t == types.StringType {
		return types.String(Date(v).String())
	}
	return noConversion(v, t.TypeName())
}

// Compare implements traits.Comparer.
func (v dateVal) Compare(o ref.Val) ref.Val {
	w, ok := o.(dateVal)
	if !ok {
		return errOverload()
	}
	return sign(int(v) - int(w))
}

// Add implements traits.Adder.
func (v dateVal) Add(o ref.Val) ref.Val {
	n, ok := o.(types.Int)
	if !ok {
		return errOverload()
	}
	return v.move(int64(n))
}

// Subtract implements traits.Subtractor.
func (v dateVal) Subtract(o ref.Val) ref.Val {
	switch o := o.(type) {
	case types.Int:
		if o < -1<<40 {
			return errDateRange()
		}
		return v.move(-int64(o))
	case dateVal:
		return types.Int(int64(v) - int64(o))
	}
	return errOverload()
}

func errDateRange() ref.Val { return types.NewErr("the date is outside the years 1 to 9999") }

func (v dateVal) move(days int64) ref.Val {
	if days > 1<<40 || days < -1<<40 {
		return errDateRange()
	}
	d := int64(v) + days
	if d < int64(MinDate) || d > int64(MaxDate) {
		return errDateRange()
	}
	return dateVal(d)
}

// AggregateSize implements types.AggregateSizeVisitor.
func (v dateVal) AggregateSize(types.AggregateSizer) uint32 { return 1 }

// AggregateSize implements types.AggregateSizeVisitor.
func (v idVal) AggregateSize(types.AggregateSizer) uint32 { return 2 }

func sign(n int) ref.Val {
	switch {
	case n < 0:
		return types.IntNegOne
	case n > 0:
		return types.IntOne
	}
	return types.IntZero
}

// decimalVal is a *Decimal in CEL. + - * are exact; / rounds half up to
// QuotientPlaces, as SQL is made to.
type decimalVal struct{ d *Decimal }

func (v decimalVal) Type() ref.Type { return runtimeDecimal }
func (v decimalVal) Value() any     { return v.d }
func (v decimalVal) Equal(o ref.Val) ref.Val {
	w, ok := o.(decimalVal)
	return types.Bool(ok && v.d.Cmp(w.d) == 0)
}
func (v decimalVal) ConvertToNative(t reflect.Type) (any, error) { return noNative(v, t) }

// ConvertToType allows string(decimal), and int(decimal) toward zero.
func (v decimalVal) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case types.StringType:
		return types.String(v.d.Text('f'))
	case types.IntType:
		var whole, frac apd.Decimal
		v.d.Modf(&whole, &frac)
		n, err := whole.Int64()
		if err != nil {
			return types.NewErr("integer overflow")
		}
		return types.Int(n)
	}
	return noConversion(v, t.TypeName())
}

// Compare implements traits.Comparer.
func (v decimalVal) Compare(o ref.Val) ref.Val {
	w, ok := o.(decimalVal)
	if !ok {
		return errOverload()
	}
	return sign(v.d.Cmp(w.d))
}

func (v decimalVal) Add(o ref.Val) ref.Val      { return v.with(o, Add) }
func (v decimalVal) Subtract(o ref.Val) ref.Val { return v.with(o, Sub) }
func (v decimalVal) Multiply(o ref.Val) ref.Val { return v.with(o, Mul) }

// Divide implements traits.Divider.
func (v decimalVal) Divide(o ref.Val) ref.Val {
	if w, ok := o.(decimalVal); ok && w.d.IsZero() {
		return types.NewErr("division by zero")
	}
	return v.with(o, Div)
}

// Negate implements traits.Negater.
func (v decimalVal) Negate() ref.Val {
	return decimalVal{new(Decimal).Neg(v.d)}
}

// AggregateSize implements types.AggregateSizeVisitor.
func (v decimalVal) AggregateSize(types.AggregateSizer) uint32 {
	return 1 + uint32(v.d.Coeff.BitLen()/32)
}

func (v decimalVal) with(o ref.Val, op ArithOp) ref.Val {
	w, ok := o.(decimalVal)
	if !ok {
		return errOverload()
	}
	d, ok := decimalValue(op, v.d, w.d)
	if !ok {
		return types.NewErr("decimal overflow")
	}
	return decimalVal{d}
}

// recordVal is a record, or the absence of one (rec nil), in CEL. It is only
// ever selected from, or compared as a whole.
type recordVal struct {
	rec Record
	typ *recordType
}

func (v *recordVal) Type() ref.Type                              { return v.typ.cel }
func (v *recordVal) Value() any                                  { return v }
func (v *recordVal) ConvertToNative(t reflect.Type) (any, error) { return noNative(v, t) }
func (v *recordVal) ConvertToType(t ref.Type) ref.Val            { return noConversion(v, t.TypeName()) }

// Equal compares every field of the object.
func (v *recordVal) Equal(o ref.Val) ref.Val {
	w, ok := o.(*recordVal)
	if !ok || v.typ != w.typ {
		return types.False
	}
	for name := range v.typ.object.Fields.All() {
		if same, err := v.sameField(w, name); err != nil || !same {
			return types.Bool(false)
		}
	}
	return types.True
}

// sameField says whether a field has one value in both records.
func (v *recordVal) sameField(w *recordVal, name string) (bool, error) {
	f, ok := v.typ.object.Fields.Get(name)
	if !ok {
		return false, errors.New("no such field")
	}
	parts := f.Type.Parts()
	if len(parts) == 0 {
		parts = []PartOf{{Part: Whole}}
	}
	for _, of := range parts {
		p := of.Part
		a, err := v.typ.read(v.rec, f, p)
		if err != nil {
			return false, err
		}
		b, err := v.typ.read(w.rec, f, p)
		if err != nil {
			return false, err
		}
		if types.Equal(a, b) != types.True {
			return false, nil
		}
	}
	return true, nil
}

// AggregateSize counts a record as one: it is not the expression that holds it.
func (v *recordVal) AggregateSize(types.AggregateSizer) uint32 { return 1 }
