package bench

import (
	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// role is who asks: some rows of each object, and not every field. The rules
// are written once more, by hand, in package floor.
const role = "bench"

// draft is the starter CRM with what the cases need besides: fields of the kinds it
// does not use on opportunities, an index for the order they are listed in, and
// the role.
func draft(current *metadata.Definition) (*metadata.Definition, error) {
	crm, problems := metadata.Read(apps.Starter())
	if len(problems) > 0 {
		return nil, problems
	}
	def := metadata.Merge(current, crm)
	o := def.Own("opportunity")
	field := func(name string, kind metadata.Kind) *metadata.Field {
		return &metadata.Field{Name: name, Kind: kind, Package: metadata.CustomPackage, Label: metadata.Texts{"en": name}.Label()}
	}
	o.Fields = append(o.Fields, field("score", metadata.KindInteger), field("renewal", metadata.KindBoolean), field("reviewedAt", metadata.KindDateTime))
	rollUp := func(name string, of *metadata.RollUp) *metadata.Field {
		f := field(name, metadata.KindRollUp)
		f.RollUp = of
		return f
	}
	order := def.Own("order")
	order.Fields = append(order.Fields, rollUp("net", &metadata.RollUp{Relation: "lines", Function: expr.Sum, Field: "amount"}),
		rollUp("lineCount", &metadata.RollUp{Relation: "lines", Function: expr.Count}))
	o.Indexes = append(o.Indexes, &metadata.Index{Fields: []string{"stage", "closeDate", "id"}, Package: metadata.CustomPackage})
	def.Roles = append(def.Roles, &metadata.Role{Name: role, Package: metadata.CustomPackage, Label: metadata.Texts{"en": "Bench"}.Label()})
	def.Policies = append(def.Policies, policies()...)
	return def, nil
}

func policies() []*metadata.Policy {
	reads := []metadata.Action{metadata.ActionRead}
	writes := []metadata.Action{metadata.ActionRead, metadata.ActionCreate, metadata.ActionUpdate, metadata.ActionAggregate}
	list := []*metadata.Policy{
		{Name: "benchAccounts", Object: "account", Actions: writes, Rule: `record.region != "Texas"`},
		{Name: "benchContacts", Object: "contact", Actions: writes, Rule: `record.status != "left"`},
		{Name: "benchOpportunities", Object: "opportunity", Actions: writes, Rule: `record.source != "partner"`},
		{Name: "benchOrders", Object: "order", Actions: writes},
		{Name: "benchOrderLines", Object: "orderLine", Actions: writes},
		{Name: "benchProducts", Object: "product", Actions: reads},
		{Name: "benchNoCreditLimit", Object: "account", Actions: writes, Effect: metadata.Deny, ReadFields: []string{"creditLimit"}, WriteFields: []string{"creditLimit"}},
		{Name: "benchNoLostReason", Object: "opportunity", Actions: writes, Effect: metadata.Deny, ReadFields: []string{"lostReason"}, WriteFields: []string{"lostReason"}},
	}
	for _, p := range list {
		p.Role, p.Package = role, metadata.CustomPackage
	}
	return list
}
