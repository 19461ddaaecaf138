package expr

import (
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/decls"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// scalarFunc is a function that CEL and SQL compute alike: eval is what CEL runs
// and what [ValueOf] says, the comment at its Func is what SQL must do. eval
// gets values that are not null, of the types of one overload; ok is false where
// the function fails.
type scalarFunc struct {
	fn     Func
	name   string
	args   [][]Type // one list per overload
	result Type     // InvalidType for that of the first argument
	eval   func(args []any) (v any, ok bool)
}

var scalarFuncs = []scalarFunc{
	{fn: Round, name: "round", args: [][]Type{{DecimalType}, {DecimalType, IntType}}, result: DecimalType, eval: func(a []any) (any, bool) {
		places := int64(0)
		if len(a) > 1 {
			places = a[1].(int64)
		}
		return orFail(roundTo(a[0].(*Decimal), places))
	}},
	{fn: Floor, name: "floor", args: [][]Type{{DecimalType}}, result: DecimalType, eval: func(a []any) (any, bool) { return orFail(floorOf(a[0].(*Decimal))) }},
	{fn: Ceil, name: "ceil", args: [][]Type{{DecimalType}}, result: DecimalType, eval: func(a []any) (any, bool) { return orFail(ceilOf(a[0].(*Decimal))) }},
	{fn: Abs, name: "abs", args: [][]Type{{IntType}, {DecimalType}}, eval: absOf},
	{fn: LeastOf, name: "min", args: several(2, 4), eval: extremeOf(Least)},
	{fn: MostOf, name: "max", args: several(2, 4), eval: extremeOf(Most)},
	{fn: TextOf, name: "text", args: [][]Type{{TextType}, {IntType}, {DecimalType}, {DateType}, {BoolType}, {IDType}}, result: TextType, eval: textOf},
	{fn: YearOf, name: "year", args: [][]Type{{DateType}}, result: IntType, eval: func(a []any) (any, bool) { return int64(a[0].(Date).Time().Year()), true }},
	{fn: QuarterOf, name: "quarter", args: [][]Type{{DateType}}, result: IntType, eval: func(a []any) (any, bool) { return int64(a[0].(Date).Time().Month()-1)/3 + 1, true }},
	{fn: MonthOf, name: "month", args: [][]Type{{DateType}}, result: IntType, eval: func(a []any) (any, bool) { return int64(a[0].(Date).Time().Month()), true }},
	{fn: WeekOf, name: "week", args: [][]Type{{DateType}}, result: IntType, eval: func(a []any) (any, bool) {
		_, week := a[0].(Date).Time().ISOWeek()
		return int64(week), true
	}},
	{fn: DayOf, name: "day", args: [][]Type{{DateType}}, result: IntType, eval: func(a []any) (any, bool) { return int64(a[0].(Date).Time().Day()), true }},
	{fn: WeekdayOf, name: "weekday", args: [][]Type{{DateType}}, result: IntType, eval: func(a []any) (any, bool) { return int64(a[0].(Date)-MinDate)%7 + 1, true }},
	{fn: DayOfYear, name: "dayOfYear", args: [][]Type{{DateType}}, result: IntType, eval: func(a []any) (any, bool) { return int64(a[0].(Date).Time().YearDay()), true }},
	{fn: AddMonths, name: "addMonths", args: [][]Type{{DateType, IntType}}, result: DateType, eval: func(a []any) (any, bool) { return addMonths(a[0].(Date), a[1].(int64)) }},
	{fn: Workdays, name: "workdays", args: [][]Type{{DateType, DateType}}, result: IntType, eval: func(a []any) (any, bool) { return workdaysTo(a[1].(Date)) - workdaysTo(a[0].(Date)), true }},
	{fn: DaysOf, name: "days", args: [][]Type{{DurationType}}, result: IntType, eval: unitsOf(24 * time.Hour)},
	{fn: HoursOf, name: "hours", args: [][]Type{{DurationType}}, result: IntType, eval: unitsOf(time.Hour)},
	{fn: MinutesOf, name: "minutes", args: [][]Type{{DurationType}}, result: IntType, eval: unitsOf(time.Minute)},
	{fn: SecondsOf, name: "seconds", args: [][]Type{{DurationType}}, result: IntType, eval: unitsOf(time.Second)},
	{fn: HourOf, name: "hour", args: [][]Type{{TimestampType, TextType}}, result: IntType, eval: clockPart(time.Time.Hour)},
	{fn: MinuteOf, name: "minute", args: [][]Type{{TimestampType, TextType}}, result: IntType, eval: clockPart(time.Time.Minute)},

	// Operators and functions that CEL has itself; the names are not callable.
	{fn: DateIn, name: "date", args: [][]Type{{TimestampType, TextType}}, result: DateType, eval: dateIn},
	{fn: SubstringOf, eval: substringOf}, {fn: Whole64, eval: whole64},
	{fn: AddDays, eval: addDays}, {fn: DaysBetween, eval: func(a []any) (any, bool) { return int64(a[0].(Date)) - int64(a[1].(Date)), true }},
	{fn: AddTime, eval: addTime}, {fn: TimeBetween, eval: timeBetween},
	{fn: Negated, eval: func(a []any) (any, bool) { return -a[0].(time.Duration), true }},
	{fn: Within, eval: within}, {fn: Fits, eval: fits},
}

func several(least, most int) [][]Type {
	var out [][]Type
	for n := least; n <= most; n++ {
		for _, t := range []Type{IntType, DecimalType, DateType, TimestampType, DurationType} {
			args := make([]Type, n)
			for i := range args {
				args[i] = t
			}
			out = append(out, args)
		}
	}
	return out
}

var scalarByFn = func() map[Func]*scalarFunc {
	m := map[Func]*scalarFunc{}
	for i := range scalarFuncs {
		m[scalarFuncs[i].fn] = &scalarFuncs[i]
	}
	return m
}()

var scalarByName = func() map[string]*scalarFunc {
	m := map[string]*scalarFunc{}
	for i := range scalarFuncs {
		if f := &scalarFuncs[i]; f.name != "" {
			m[f.name] = f
		}
	}
	return m
}()

// zoned are the functions of a day that take an instant too, seen in the zone of
// the request; the rewriter adds the zone as their last argument.
var zoned = map[string]bool{
	"year": true, "quarter": true, "month": true, "week": true, "day": true, "weekday": true, "dayOfYear": true, "hour": true, "minute": true, "date": true,
}

// zoneName is the variable with the zone of the request, which nobody can write.
const zoneName = "zone@"

// scalarFunctions declares the table to CEL. Functions that take a list too are
// declared with it.
func scalarFunctions() []cel.EnvOption {
	var opts []cel.EnvOption
	for i := range scalarFuncs {
		f := &scalarFuncs[i]
		if f.name == "" {
			continue
		}
		var over []cel.FunctionOpt
		if f.fn == LeastOf || f.fn == MostOf { // declared for lists too, without guards
			over = append(over, decls.DisableTypeGuards(true))
		}
		for _, args := range f.args {
			result := f.result
			if result == InvalidType {
				result = args[0]
			}
			over = append(over, f.overload(args, result))
			if zoned[f.name] && args[0] == DateType {
				over = append(over, f.overload([]Type{DateType, TextType}, result), f.overload([]Type{TimestampType, TextType}, result))
			}
		}
		if f.fn == DateIn {
			over = append(over, f.overload([]Type{DateType, TextType}, DateType))
		}
		opts = append(opts, cel.Function(f.name, over...))
	}
	return opts
}

func (f *scalarFunc) overload(args []Type, result Type) cel.FunctionOpt {
	id := f.name
	params := make([]*cel.Type, len(args))
	for i, t := range args {
		id += "_" + t.String()
		params[i] = celParam(t)
	}
	return cel.Overload(id, params, celParam(result), cel.FunctionBinding(func(vals ...ref.Val) ref.Val { return f.call(vals) }))
}

// celParam is the checker's type of an argument, which may not be null.
func celParam(t Type) *cel.Type {
	switch t {
	case BoolType:
		return cel.BoolType
	case IntType:
		return cel.IntType
	case TextType:
		return cel.StringType
	}
	return celType(t)
}

// call runs the function on CEL's values.
func (f *scalarFunc) call(vals []ref.Val) ref.Val {
	args := make([]any, len(vals))
	for i, v := range vals {
		x, err := fromExact(v)
		if err != nil || x == nil {
			return errOverload()
		}
		args[i] = x
	}
	if zoned[f.name] && f.fn != HourOf && f.fn != MinuteOf {
		if args = dayArgs(f, args); args == nil {
			return types.NewErr("the date is outside the years 1 to 9999")
		}
	}
	out, ok := f.eval(args)
	if !ok {
		return types.NewErr("%s() has no result for these values", f.name)
	}
	return adapter{}.NativeToValue(out)
}

// dayArgs turns an instant with its zone into a day, nil outside of the years.
func dayArgs(f *scalarFunc, args []any) []any {
	switch d := args[0].(type) {
	case Date:
		if f.fn == DateIn {
			return []any{d}
		}
		return args[:1]
	case time.Time:
		if f.fn == DateIn {
			return args
		}
		if day, ok := dateIn(args); ok {
			return []any{day}
		}
	}
	return nil
}
