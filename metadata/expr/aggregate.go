package expr

import (
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/decls"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Aggregated is an aggregate of values that are not null: what [Over] computes
// of a roll-up. A sum of nothing is 0 and any other aggregate of nothing nil, as
// is what does not fit its type. The mean is rounded half up to QuotientPlaces,
// that of durations cut to whole microseconds.
func Aggregated(fn Aggregate, of Type, values []any) any {
	if fn == Count {
		return int64(len(values))
	}
	if len(values) == 0 {
		if fn == Sum {
			return zeroOf(of)
		}
		return nil
	}
	if fn == Least || fn == Most {
		return extreme(fn, values)
	}
	sum := new(Decimal)
	for _, v := range values {
		d, ok := asDecimal(v)
		if !ok {
			return nil
		}
		if sum, ok = exactly(Add, sum, d); !ok {
			return nil
		}
	}
	n := new(Decimal).SetInt64(int64(len(values)))
	switch {
	case of == DurationType && fn == Mean:
		return durationOf(truncated(sum, n))
	case of == DurationType:
		return durationOf(sum, true)
	case fn == Mean:
		if d, ok := divide(sum, n); ok {
			return d
		}
		return nil
	case of == IntType:
		if i, err := sum.Int64(); err == nil {
			return i
		}
		return nil
	}
	return sum
}

func zeroOf(of Type) any {
	switch of {
	case IntType:
		return int64(0)
	case DurationType:
		return time.Duration(0)
	}
	return new(Decimal)
}

func extreme(fn Aggregate, values []any) any {
	best := values[0]
	for _, v := range values[1:] {
		order, ok := compareValues(v, best)
		if !ok {
			return nil
		}
		if fn == Least && order < 0 || fn == Most && order > 0 {
			best = v
		}
	}
	return best
}

// asDecimal reads a number, or a duration as its microseconds.
func asDecimal(v any) (*Decimal, bool) {
	switch v := v.(type) {
	case *Decimal:
		return v, true
	case int64:
		return new(Decimal).SetInt64(v), true
	case time.Duration:
		return new(Decimal).SetInt64(v.Microseconds()), true
	}
	return nil, false
}

func durationOf(micros *Decimal, ok bool) any {
	n, err := micros.Int64()
	if !ok || err != nil || n > maxMicros || n < -maxMicros {
		return nil
	}
	return time.Duration(n) * time.Microsecond
}

// listFunctions declares sum, avg, min and max of lists. Nulls do not count.
func listFunctions() []cel.EnvOption {
	var opts []cel.EnvOption
	for _, f := range []struct {
		name string
		fn   Aggregate
	}{{"sum", Sum}, {"avg", Mean}, {"min", Least}, {"max", Most}} {
		// The guards look at the first element alone, which may be null.
		over := []cel.FunctionOpt{decls.DisableTypeGuards(true)}
		for _, elem := range []Type{IntType, DecimalType, DateType, TimestampType, DurationType} {
			if fixed := elem == DateType || elem == TimestampType; fixed && (f.fn == Sum || f.fn == Mean) {
				continue
			}
			result := celType(elem)
			if f.fn == Mean && elem != DurationType {
				result = celDecimal
			}
			over = append(over, cel.MemberOverload(f.name+"_"+elem.String(), []*cel.Type{cel.ListType(celType(elem))}, result,
				cel.UnaryBinding(aggregateList(f.fn, elem))))
		}
		opts = append(opts, cel.Function(f.name, over...))
	}
	return opts
}

// aggregateList computes over a list. What its elements are decides, since a
// list of the checker may be of any type when it runs.
func aggregateList(fn Aggregate, of Type) func(ref.Val) ref.Val {
	return func(v ref.Val) ref.Val {
		l, ok := v.(traits.Lister)
		if !ok {
			return errOverload()
		}
		var values []any
		kind := of
		for it := l.Iterator(); it.HasNext() == types.True; {
			e := it.Next()
			if e == ref.Val(types.NullValue) {
				continue
			}
			x, err := fromExact(e)
			if err != nil {
				return types.NewErr("%s", err)
			}
			kind = goType(x)
			values = append(values, x)
		}
		out := Aggregated(fn, kind, values)
		if out == nil && len(values) > 0 {
			return types.NewErr("the %s cannot be computed", fn)
		}
		return adapter{}.NativeToValue(out)
	}
}

// goType is the type of a value in hand.
func goType(v any) Type {
	switch v.(type) {
	case int64:
		return IntType
	case Date:
		return DateType
	case time.Time:
		return TimestampType
	case time.Duration:
		return DurationType
	}
	return DecimalType
}
