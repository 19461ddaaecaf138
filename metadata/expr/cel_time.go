package expr

import (
	"cmp"
	"reflect"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

var (
	celTime     = types.NewOpaqueType("time")
	runtimeTime = &opaque{"time", traits.ComparerType}
)

// timeVal is a TimeOfDay in CEL. It compares, and that is all.
type timeVal TimeOfDay

func (v timeVal) Type() ref.Type { return runtimeTime }
func (v timeVal) Value() any     { return TimeOfDay(v) }
func (v timeVal) Equal(o ref.Val) ref.Val {
	w, ok := o.(timeVal)
	return types.Bool(ok && v == w)
}
func (v timeVal) ConvertToNative(t reflect.Type) (any, error) { return noNative(v, t) }

// ConvertToType allows string(time).
func (v timeVal) ConvertToType(t ref.Type) ref.Val {
	if t == types.StringType {
		return types.String(TimeOfDay(v).String())
	}
	return noConversion(v, t.TypeName())
}

// Compare implements traits.Comparer.
func (v timeVal) Compare(o ref.Val) ref.Val {
	w, ok := o.(timeVal)
	if !ok {
		return errOverload()
	}
	return sign(cmp.Compare(v, w))
}

// AggregateSize implements types.AggregateSizeVisitor.
func (v timeVal) AggregateSize(types.AggregateSizer) uint32 { return 1 }

// timesOfDay declares time("09:30"), string() of one, and the comparisons.
func timesOfDay() []cel.EnvOption {
	opts := []cel.EnvOption{
		cel.Function("time", cel.Overload("time_text", []*cel.Type{cel.StringType}, celTime, cel.UnaryBinding(timeFromText))),
		cel.Function("string", cel.Overload("string_time", []*cel.Type{celTime}, cel.StringType, cel.UnaryBinding(convert(types.StringType)))),
	}
	for op, name := range map[string]string{operators.Less: "lt", operators.LessEquals: "le", operators.Greater: "gt", operators.GreaterEquals: "ge"} {
		opts = append(opts, cel.Function(op, cel.Overload(name+"_time", []*cel.Type{celTime, celTime}, cel.BoolType)))
	}
	return opts
}

func timeFromText(v ref.Val) ref.Val {
	s, ok := v.(types.String)
	if !ok {
		return errOverload()
	}
	t, err := ParseTimeOfDay(string(s))
	if err != nil {
		return types.NewErr("%s", err)
	}
	return timeVal(t)
}

// wholeDuration compares a column, which holds whole microseconds, with a
// duration that may be finer.
func wholeDuration(op Op, t Term, d time.Duration) Pred {
	cut := d.Truncate(time.Microsecond)
	if cut > d { // Truncate goes toward zero
		cut -= time.Microsecond
	}
	lit := Literal{Of: DurationType, Value: cut}
	if cut == d {
		return Compare{Op: op, L: t, R: lit}
	}
	switch op {
	case Eq:
		return Never
	case Ne:
		return Always
	case Lt, Le:
		return Compare{Op: Le, L: t, R: lit}
	}
	return Compare{Op: Gt, L: t, R: lit}
}

// isFine says that a value is a duration that no column holds.
func isFine(v any) bool {
	d, ok := v.(time.Duration)
	return ok && d%time.Microsecond != 0
}
