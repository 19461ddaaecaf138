package metadata

import (
	"slices"
	"testing"
)

// A roll-up takes the digits of what it rolls up, in a copy: the definition that
// is in use stays as it is. What is computed from converted values is to be
// filled, and what is not stays shared.
func TestComputedFollowTheirInputs(t *testing.T) {
	t.Parallel()
	was := computedShop()
	Normalize(was, nil)
	for name, c := range map[string]struct {
		change  func(d *Definition)
		filling []string
	}{
		"fewer digits": {func(d *Definition) { d.Own("line").Field("price").Scale = 1 }, []string{"account.revenue", "line.net", "order.total", "order.gross"}},
		"more digits": {func(d *Definition) {
			f := d.Own("line").Field("price")
			f.Precision, f.Scale = f.Precision+2, f.Scale+1
		}, nil},
		"a label": {func(d *Definition) { d.Own("line").Field("price").Label = Texts{"en": "P"}.Label() }, nil},
	} {
		before := was.Clone()
		def := was.Fork()
		c.change(def)
		Normalize(def, was)
		if errs := ValidateChange(def, was); errs != nil {
			t.Errorf("%s: %v", name, errs)
		}
		if !equalJSON(was, before) {
			t.Errorf("%s: the definition in use has changed", name)
		}
		var filling []string
		for _, o := range def.Objects {
			for _, f := range o.Fields {
				if f.Filling {
					filling = append(filling, o.Name+"."+f.Name)
				}
			}
		}
		if !slices.Equal(filling, c.filling) {
			t.Errorf("%s: %v are to be filled, want %v", name, filling, c.filling)
		}
		if shared := def.Object("account") == was.Object("account"); shared == slices.Contains(c.filling, "account.revenue") {
			t.Errorf("%s: the account is shared: %v", name, shared)
		}
	}
	// A roll-up straight over a field that somebody writes takes its digits.
	def := was.Fork()
	least := &Field{Name: "cheapest", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: "min", Field: "price"}}
	order := def.Own("order")
	order.Fields = append(order.Fields, least)
	Normalize(def, was)
	next := def.Fork()
	next.Own("line").Field("price").Scale = 1
	Normalize(next, def)
	if is, will := def.Object("order").Field("cheapest").Scale, next.Object("order").Field("cheapest").Scale; is != 3 || will != 1 {
		t.Errorf("the roll-up has %d places, and %d after the change", is, will)
	}
}
