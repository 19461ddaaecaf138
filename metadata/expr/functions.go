package expr

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

const orElseName = "orElse"

// choices declares orElse(x, y): x where it has a value, else y; where neither
// has, it fails. It is the one function that sees that an argument failed.
func choices() []cel.EnvOption {
	param := cel.TypeParamType("T")
	return []cel.EnvOption{
		cel.Function(orElseName, cel.Overload("or_else", []*cel.Type{param, param}, param,
			cel.OverloadIsNonStrict(), cel.BinaryBinding(orElse))),
	}
}

func orElse(x, y ref.Val) ref.Val {
	if known(x) {
		return x
	}
	if known(y) {
		return y
	}
	return types.NewErr("nothing is left to take")
}

func known(v ref.Val) bool {
	return v != ref.Val(types.NullValue) && !types.IsUnknownOrError(v)
}
