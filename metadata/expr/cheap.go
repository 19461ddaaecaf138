package expr

import (
	"slices"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// cheapCalls are the operations that look at each of their operands once and
// make nothing that is larger than they are.
var cheapCalls = []string{
	operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.Conditional,
	operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals, operators.In,
}

// numberCalls are cheap when a number comes out: of texts and lists they could
// make long ones.
var numberCalls = []string{operators.Add, operators.Subtract, operators.Multiply, operators.Negate}

// cheap says that an expression costs what its text is long, whatever the
// record holds: there is no loop in it, and no call that could make much of
// little. Counting the cost of such a rule takes longer than the rule.
func cheap(e celast.Expr, of func(id int64) Type) bool {
	all := func(list []celast.Expr) bool {
		return !slices.ContainsFunc(list, func(e celast.Expr) bool { return !cheap(e, of) })
	}
	switch e.Kind() {
	case celast.LiteralKind, celast.IdentKind:
		return true
	case celast.SelectKind:
		return cheap(e.AsSelect().Operand(), of)
	case celast.ListKind:
		return all(e.AsList().Elements())
	case celast.CallKind:
		c := e.AsCall()
		switch name := c.FunctionName(); {
		case c.IsMemberFunction():
			return false
		case slices.Contains(cheapCalls, name):
			return all(c.Args())
		case slices.Contains(numberCalls, name):
			t := of(e.ID())
			return (t == IntType || t == DecimalType) && all(c.Args())
		case name == "dec" || name == "date":
			return len(c.Args()) == 1 && c.Args()[0].Kind() == celast.LiteralKind
		}
	}
	return false
}
