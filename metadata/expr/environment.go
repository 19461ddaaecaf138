package expr

import (
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/trellishq/trellis"
)

// baseEnv is what every environment shares: CEL and our functions.
// It knows no schema.
var baseEnv = sync.OnceValues(func() (*cel.Env, error) {
	opts := []cel.EnvOption{
		cel.CustomTypeAdapter(adapter{}),
		cel.ParserRecursionLimit(maxNesting),
		cel.ParserExpressionSizeLimit(maxSource),
		cel.ParserErrorRecoveryLimit(maxProblems),
		cel.ExpressionNodeLimit(maxNodes),
		cel.RegexProgramSizeLimit(regexProgram),
		cel.DefaultUTCTimeZone(true),
		cel.Variable("now", cel.TimestampType),
		cel.Variable("today", celDate),
		cel.Variable(zoneName, cel.StringType),
	}
	opts = append(opts, conversions()...)
	opts = append(opts, textFunctions()...)
	opts = append(opts, listFunctions()...)
	opts = append(opts, choices()...)
	opts = append(opts, timesOfDay()...)
	opts = append(opts, scalarFunctions()...)
	opts = append(opts, moneyFunctions()...)
	opts = append(opts, businessFunctions()...)
	return cel.NewEnv(append(opts, arithmetic()...)...)
})

// conversions declares dec(), date(), id() and text().
func conversions() []cel.EnvOption {
	return []cel.EnvOption{
		cel.Function("dec",
			cel.Overload("dec_text", []*cel.Type{cel.StringType}, celDecimal, cel.UnaryBinding(decFromText)),
			cel.Overload("dec_int", []*cel.Type{cel.IntType}, celDecimal, cel.UnaryBinding(decFromInt)),
			cel.Overload("dec_double", []*cel.Type{cel.DoubleType}, celDecimal, cel.UnaryBinding(decFromDouble)),
			cel.Overload("dec_dec", []*cel.Type{celDecimal}, celDecimal, cel.UnaryBinding(same[decimalVal]))),
		cel.Function("date",
			cel.Overload("date_text", []*cel.Type{cel.StringType}, celDate, cel.UnaryBinding(dateFromText)),
			cel.Overload("date_time", []*cel.Type{cel.TimestampType}, celDate, cel.UnaryBinding(dateFromTime)), // of a type known at run time alone
			cel.Overload("date_date", []*cel.Type{celDate}, celDate, cel.UnaryBinding(same[dateVal]))),
		cel.Function("id",
			cel.Overload("id_text", []*cel.Type{cel.StringType}, celID, cel.UnaryBinding(idFromText))),
		cel.Function("string",
			cel.Overload("string_dec", []*cel.Type{celDecimal}, cel.StringType, cel.UnaryBinding(convert(types.StringType))),
			cel.Overload("string_date", []*cel.Type{celDate}, cel.StringType, cel.UnaryBinding(convert(types.StringType))),
			cel.Overload("string_id", []*cel.Type{celID}, cel.StringType, cel.UnaryBinding(convert(types.StringType)))),
		cel.Function("int",
			cel.Overload("int_dec", []*cel.Type{celDecimal}, cel.IntType, cel.UnaryBinding(convert(types.IntType)))),
	}
}

// arithmetic lets the checker accept CEL's operators on decimals and dates; the
// values themselves do the work.
func arithmetic() []cel.EnvOption {
	var opts []cel.EnvOption
	for op, name := range map[string]string{operators.Less: "lt", operators.LessEquals: "le", operators.Greater: "gt", operators.GreaterEquals: "ge"} {
		opts = append(opts, cel.Function(op,
			cel.Overload(name+"_dec", []*cel.Type{celDecimal, celDecimal}, cel.BoolType),
			cel.Overload(name+"_date", []*cel.Type{celDate, celDate}, cel.BoolType)))
	}
	for op, name := range map[string]string{operators.Add: "add", operators.Subtract: "sub", operators.Multiply: "mul", operators.Divide: "div"} {
		over := []cel.FunctionOpt{cel.Overload(name+"_dec", []*cel.Type{celDecimal, celDecimal}, celDecimal)}
		if op == operators.Add || op == operators.Subtract {
			over = append(over, cel.Overload(name+"_date_int", []*cel.Type{celDate, cel.IntType}, celDate))
		}
		if op == operators.Subtract {
			over = append(over, cel.Overload(name+"_date_date", []*cel.Type{celDate, celDate}, cel.IntType))
		}
		opts = append(opts, cel.Function(op, over...))
	}
	return append(opts, cel.Function(operators.Negate, cel.Overload("neg_dec", []*cel.Type{celDecimal}, celDecimal)))
}

func same[T ref.Val](v ref.Val) ref.Val {
	if _, ok := v.(T); !ok {
		return errOverload()
	}
	return v
}

func convert(to *types.Type) func(ref.Val) ref.Val {
	return func(v ref.Val) ref.Val { return v.ConvertToType(to) }
}

func decFromText(v ref.Val) ref.Val {
	s, ok := v.(types.String)
	if !ok {
		return errOverload()
	}
	d, err := ParseDecimal(string(s))
	if err != nil {
		return types.NewErr("%s", err)
	}
	return decimalVal{d}
}

func decFromInt(v ref.Val) ref.Val {
	n, ok := v.(types.Int)
	if !ok {
		return errOverload()
	}
	return decimalVal{new(Decimal).SetInt64(int64(n))}
}

func decFromDouble(v ref.Val) ref.Val {
	f, ok := v.(types.Double)
	if !ok {
		return errOverload()
	}
	d, err := doubleValue(float64(f))
	if err != nil {
		return types.NewErr("%s", err)
	}
	return decimalVal{d.(*Decimal)}
}

func dateFromText(v ref.Val) ref.Val {
	s, ok := v.(types.String)
	if !ok {
		return errOverload()
	}
	d, err := ParseDate(string(s))
	if err != nil {
		return types.NewErr("%s", err)
	}
	return dateVal(d)
}

// dateFromTime is the date in UTC: a stored date-time has no zone of its own.
func dateFromTime(v ref.Val) ref.Val {
	t, ok := v.(types.Timestamp)
	if !ok {
		return errOverload()
	}
	return dateVal(DateOf(t.UTC()))
}

func idFromText(v ref.Val) ref.Val {
	s, ok := v.(types.String)
	if !ok {
		return errOverload()
	}
	id, err := trellis.ParseID(string(s))
	if err != nil {
		return types.NewErr("%s", err)
	}
	return idVal(id)
}
