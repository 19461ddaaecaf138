package metadata

import (
	"slices"
	"testing"

	"github.com/trellishq/trellis/metadata/expr"
)

func TestImpactNamesEveryUse(t *testing.T) {
	t.Parallel()
	def := &Definition{
		Objects: []*Object{
			{Name: "order", Plural: "orders", Title: "number", Fields: []*Field{
				{Name: "number", Kind: KindAutoNumber, Number: &AutoNumber{Pattern: "{state}-{##}"}},
				{Name: "state", Kind: KindText},
				{Name: "total", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: expr.Sum, Field: "amount", Where: `record.state == "x"`}},
				{Name: "double", Kind: KindFormula, Result: KindDecimal, Formula: `record.total * dec("2")`},
				{Name: "note", Kind: KindText, DefaultRule: `record.state`},
			}, Indexes: []*Index{{Fields: []string{"createdAt"}, Where: `record.state == "open"`}, {Fields: []string{"state", "createdAt"}}},
				Rules: []*ValidationRule{{Name: "some", Rule: `record.lines.all(l, l.amount > dec("0"))`, Message: Texts{"en": "x"}.Label()}, {Name: "at", Rule: "true", Field: "state", Message: Texts{"en": "x"}.Label()}}},
			{Name: "line", Plural: "lineItems", Fields: []*Field{
				{Name: "order", Kind: KindLookup, Target: "order", Inverse: "lines", OnDelete: Cascade},
				{Name: "amount", Kind: KindDecimal}, {Name: "state", Kind: KindText},
			}, Rules: []*ValidationRule{{Name: "open", Rule: `record.order.state != "closed"`, Message: Texts{"en": "x"}.Label()}}},
		},
		Roles:    []*Role{{Name: "clerk"}},
		Policies: []*Policy{{Name: "reads", Role: "clerk", Object: "line", Actions: []Action{ActionRead}, Rule: `record.order.state == "open"`}, {Name: "hides", Role: "clerk", Object: "order", Actions: []Action{ActionRead}, ReadFields: []string{"state"}}},
	}
	Normalize(def, nil)
	if errs := Validate(def); len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, c := range []struct {
		object, field string
		want          []string
	}{
		{"order", "state", []string{"objects.line.rules.open", "objects.order.fields.note.defaultRule", "objects.order.fields.number.number", "objects.order.indexes.createdAt.where", "objects.order.indexes.state,createdAt", "objects.order.rules.at", "policies.hides", "policies.reads.rule"}},
		{"line", "amount", []string{"objects.order.fields.total.rollUp", "objects.order.rules.some"}},
		{"line", "state", []string{"objects.order.fields.total.rollUp.where"}},
		{"line", "order", []string{"objects.line.rules.open", "objects.order.fields.total.rollUp", "objects.order.rules.some", "policies.reads.rule"}},
		{"order", "total", []string{"objects.order.fields.double.formula"}},
		{"order", "number", []string{"objects.order.title"}},
		{"order", "", []string{"objects.line.fields.order.target", "objects.line.rules.open", "policies.hides", "policies.reads.rule"}},
		{"order", "note", nil},
	} {
		var got []string
		for _, u := range Impact(def, c.object, c.field) {
			got = append(got, u.Path)
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s.%s is used by\n%q, want\n%q", c.object, c.field, got, c.want)
		}
	}
}
