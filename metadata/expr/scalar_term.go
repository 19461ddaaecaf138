package expr

import (
	"regexp"
	"time"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"
)

func (t *translator) typeOf(e celast.Expr) Type { return typeOf(t.ast.GetType(e.ID())) }

// scalarCall is a term made by a function of the table scalarFuncs, or by an
// operator on days and instants; ok is false for any other call.
func (l *leaf) scalarCall(e celast.Expr, c celast.CallExpr, args []celast.Expr) (out Term, ok bool) {
	fn := c.FunctionName()
	first := l.t.typeOf(args[0])
	switch {
	case fn == maybeName:
		return l.term(args[0]), true
	case fn == moneyName:
		return l.compose(args), true
	case fn == "int" && first == IntType:
		return l.term(args[0]), true
	case fn == "int" && first == DecimalType:
		return l.apply(Whole64, args), true
	case fn == "substring":
		return l.apply(SubstringOf, args), true
	case fn == operators.Add || fn == operators.Subtract:
		return l.moved(e, fn, args)
	}
	f := scalarByName[fn]
	if f == nil || c.IsMemberFunction() {
		return nil, false
	}
	switch {
	case f.fn == Workdays && len(args) > 2:
		l.t.no(e, "workdays() with holidays is not available in a row rule, since it has no exact counterpart in SQL")
		return Literal{Of: IntType}, true
	case f.fn == DateIn && first == TextType:
		l.t.no(e, "a text field cannot become a date in a row rule")
		return Literal{Of: DateType}, true
	case f.fn == Round && len(args) == 2 && !l.constantPlaces(args[1]):
		return Literal{Of: DecimalType}, true
	case zoned[fn] && first == DateType && f.fn == DateIn:
		return l.term(args[0]), true
	case zoned[fn] && first == DateType:
		return l.apply(f.fn, args[:1]), true
	case zoned[fn] && f.fn != DateIn && f.fn != HourOf && f.fn != MinuteOf:
		return Call{Fn: f.fn, Arg: l.apply(DateIn, args)}, true
	}
	return l.apply(f.fn, args), true
}

func (l *leaf) apply(fn Func, args []celast.Expr) Term {
	call := Call{Fn: fn, Arg: l.term(args[0])}
	for _, a := range args[1:] {
		call.More = append(call.More, l.term(a))
	}
	return call
}

// constantPlaces refuses places for round() that are not a number.
func (l *leaf) constantPlaces(e celast.Expr) bool {
	lit, ok := l.t.slots.literal(e)
	if n, isInt := lit.Value.(int64); !ok || !isInt || n > maxPlaces || n < -maxPlaces {
		l.t.no(e, "the places of round() are a number from -%d to %d", maxPlaces, maxPlaces)
		return false
	}
	return true
}

// moved is + or - on a day or an instant; ok is false for other types.
func (l *leaf) moved(e celast.Expr, op string, args []celast.Expr) (out Term, ok bool) {
	if len(args) != 2 {
		return nil, false
	}
	a, b := l.t.typeOf(args[0]), l.t.typeOf(args[1])
	sub := op == operators.Subtract
	switch {
	case a == DateType && b == DateType:
		return l.apply(DaysBetween, args), true
	case a == DateType && sub:
		return Call{Fn: AddDays, Arg: l.term(args[0]), More: []Term{Arith{Op: Sub, L: zero(IntType), R: l.term(args[1])}}}, true
	case a == DateType:
		return l.apply(AddDays, args), true
	}
	if a != TimestampType && b != TimestampType {
		return nil, false
	}
	if l.t.rw.fine {
		l.t.no(e, "an instant of the record is whole microseconds: a finer date-time or duration cannot be computed with in a row rule")
		return Literal{Of: TimestampType}, true
	}
	switch {
	case a == TimestampType && b == TimestampType:
		return l.apply(TimeBetween, args), true
	case a != TimestampType: // duration + instant
		args = []celast.Expr{args[1], args[0]}
	}
	t, d := l.term(args[0]), l.term(args[1])
	if sub {
		d = negated(d)
	}
	return Call{Fn: AddTime, Arg: t, More: []Term{d}}, true
}

// negated is a duration turned round: from nothing on, since a Duration is the
// difference of instants.
func negated(d Term) Term {
	if lit, ok := d.(Literal); ok {
		if v, ok := lit.Value.(time.Duration); ok {
			return Literal{Of: DurationType, Value: -v}
		}
	}
	return Call{Fn: Negated, Arg: d}
}

const moneyName = "money"

// maybeName is the function around what stands beside null in a conditional: the
// checker wants to know that it may be null. Nobody can write its name.
const maybeName = "maybe@"

var celMoney = types.NewOpaqueType(moneyName)

var codeShape = regexp.MustCompile(`^[A-Z]{3}$`)

// moneyFunctions declares money(amount, code), which gives the value of a formula
// whose result is a currency.
func moneyFunctions() []cel.EnvOption {
	var maybe []cel.FunctionOpt
	for _, t := range []*types.Type{nullableBool, nullableInt, nullableText} {
		maybe = append(maybe, cel.Overload("maybe_"+t.TypeName(), []*cel.Type{t}, t, cel.UnaryBinding(func(v ref.Val) ref.Val { return v })))
	}
	return []cel.EnvOption{
		cel.Function(maybeName, maybe...),
		cel.Function(moneyName, cel.Overload("money", []*cel.Type{celDecimal, cel.StringType}, celMoney, cel.BinaryBinding(func(a, c ref.Val) ref.Val {
			d, ok := a.(decimalVal)
			code, ok2 := c.(types.String)
			if !ok || !ok2 || !codeShape.MatchString(string(code)) {
				return types.NewErr("money() takes an amount and a currency code of three capital letters")
			}
			return wholeVal{MoneyType, Money{Amount: d.d, Currency: string(code)}}
		}))),
	}
}

// compose is money() as a term. Its code comes from a currency or is written: no
// other text is sure to be a code.
func (l *leaf) compose(args []celast.Expr) Term {
	code := l.term(args[1])
	sure := false
	switch c := code.(type) {
	case Column:
		sure = c.Part == CurrencyPart
	case Through:
		of := c.Of
		for {
			next, more := of.(Through)
			if !more {
				break
			}
			of = next.Of
		}
		col, _ := of.(Column)
		sure = col.Part == CurrencyPart
	case Literal:
		s, _ := c.Value.(string)
		sure = codeShape.MatchString(s)
	}
	if !sure {
		l.t.no(args[1], "the code of money() is the currency of a field, as in record.price.currency, or written, as \"EUR\"")
	}
	return Compose{Amount: l.term(args[0]), Code: code}
}
