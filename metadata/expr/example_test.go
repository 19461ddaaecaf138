package expr_test

import (
	"fmt"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// A row rule is compiled once, and folded for each request.
func Example() {
	engine := expr.New(expr.MapSchema{
		"account": {Name: "account", Fields: expr.Table(map[string]*expr.Field{
			"owner":  {Name: "owner", Type: expr.IDType, Ref: "user", Nullable: true},
			"region": {Name: "region", Type: expr.TextType, Nullable: true},
		})},
		"user": {Name: "user", Fields: expr.Table(map[string]*expr.Field{
			"region": {Name: "region", Type: expr.TextType},
		})},
	})
	rule, err := engine.Compile("account", `"manager" in user.roles || record.owner.region == "North"`, expr.Row)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, role := range []string{"manager", "seller"} {
		p, err := rule.Predicate(expr.Vars{Now: time.Now(), User: map[string]any{"roles": []string{role}}})
		fmt.Printf("%s: %+v %v\n", role, p, err)
	}
	_, err = engine.Compile("account", `record.region = "North"`, expr.Row)
	fmt.Println(err)
	_, err = engine.Compile("account", `record.ower == user.id`, expr.Row)
	fmt.Println(trellis.CodeOf(err), err)
	// Output:
	// manager: true <nil>
	// seller: {Field:owner Target:user Up:0 Cond:{Op:1 L:{Field:region Part:0 Up:0 Of:text Nullable:false} R:{Of:text Value:North}} Not:false} <nil>
	// line 1, column 15: "=" is not expected here; values are compared with ==
	// line 1, column 17: "\"North\"" is not expected here
	// INVALID_INPUT line 1, column 8: the object account has no field "ower"; did you mean "owner"?
}
