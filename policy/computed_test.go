package policy_test

import (
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// computedWorld has a formula of each sort: over the record, over another
// formula, over lookups, and roll-ups of children.
func computedWorld(t *testing.T, policies ...*metadata.Policy) (*policy.Engine, *policy.Principal) {
	t.Helper()
	formula := func(name, text string) *metadata.Field {
		return &metadata.Field{Name: name, Kind: metadata.KindFormula, Result: metadata.KindDecimal, Formula: text}
	}
	rollUp := func(name string, r metadata.RollUp) *metadata.Field {
		return &metadata.Field{Name: name, Kind: metadata.KindRollUp, RollUp: &r}
	}
	def := &metadata.Definition{
		Roles:    []*metadata.Role{{Name: "clerk"}},
		Policies: policies,
		Objects: []*metadata.Object{
			{Name: "account", Plural: "accounts", Fields: []*metadata.Field{
				{Name: "name", Kind: metadata.KindText}, {Name: "limit", Kind: metadata.KindDecimal},
				rollUp("spent", metadata.RollUp{Relation: "deals", Function: expr.Sum, Field: "price"}),
				rollUp("margin", metadata.RollUp{Relation: "deals", Function: expr.Sum, Field: "profit"}),
				rollUp("count", metadata.RollUp{Relation: "deals", Function: expr.Count}),
				rollUp("cheap", metadata.RollUp{Relation: "deals", Function: expr.Count, Where: "record.cost < 5"}),
			}},
			{Name: "deal", Plural: "deals", Fields: []*metadata.Field{
				{Name: "price", Kind: metadata.KindDecimal}, {Name: "cost", Kind: metadata.KindDecimal}, {Name: "tax", Kind: metadata.KindDecimal},
				{Name: "hot", Kind: metadata.KindBoolean},
				{Name: "account", Kind: metadata.KindLookup, Target: "account", Inverse: "deals"},
				formula("profit", "record.price - record.cost"),
				formula("double", "record.profit * 2"),
				formula("gross", "record.price + record.tax"),
				formula("limit", "record.account.limit"),
				formula("share", "record.price / record.account.spent"),
			}},
		},
	}
	for _, p := range policies {
		p.Role = "clerk"
	}
	metadata.Normalize(def, nil)
	if errs := metadata.Validate(def); errs != nil {
		t.Fatal(errs)
	}
	ws := trellis.NewID()
	e, err := policy.NewEngine(ws, metadata.New(def, 1))
	if err != nil {
		t.Fatal(err)
	}
	return e, &policy.Principal{ID: trellis.NewID(), WorkspaceID: ws, Roles: []string{"clerk"}}
}

func read(object, rule string, fields ...string) *metadata.Policy {
	name := object + "All"
	switch {
	case rule != "":
		name = object + "Some"
	case len(fields) > 0:
		name = object + "Listed"
	}
	return &metadata.Policy{Name: name, Object: object, Rule: rule, ReadFields: fields,
		Actions: []metadata.Action{metadata.ActionRead, metadata.ActionUpdate, metadata.ActionCreate}}
}

func TestComputedFieldsInheritTheStrictestRule(t *testing.T) {
	t.Parallel()
	all := []string{"profit", "double", "gross", "limit", "share"}
	dealFields := append([]string{"price", "tax", "hot", "account"}, all...) // cost is hidden
	for name, c := range map[string]struct {
		policies []*metadata.Policy
		object   string
		want     map[string]policy.Mode
	}{
		"everything is seen": {[]*metadata.Policy{read("deal", ""), read("account", "")}, "deal",
			map[string]policy.Mode{"profit": policy.Plain, "double": policy.Plain, "gross": policy.Plain, "limit": policy.Plain, "share": policy.Plain}},
		"an input is never seen": {[]*metadata.Policy{read("deal", "", dealFields...), read("account", "")}, "deal",
			map[string]policy.Mode{"profit": policy.Never, "double": policy.Never, "gross": policy.Plain, "limit": policy.Plain}},
		"an input is seen in some rows": {[]*metadata.Policy{read("deal", "", dealFields...), read("deal", "record.hot"), read("account", "")}, "deal",
			map[string]policy.Mode{"profit": policy.When, "double": policy.When, "gross": policy.Plain, "cost": policy.When}},
		"the object of a lookup cannot be read": {[]*metadata.Policy{read("deal", "")}, "deal",
			map[string]policy.Mode{"profit": policy.Plain, "limit": policy.Never, "share": policy.Never}},
		"the field over a lookup is never seen": {[]*metadata.Policy{read("deal", ""), read("account", "", "name", "spent")}, "deal",
			map[string]policy.Mode{"limit": policy.Never, "share": policy.Plain}},
		"the record over a lookup is seen at times": {[]*metadata.Policy{read("deal", ""), read("account", `record.name == "a"`)}, "deal",
			map[string]policy.Mode{"limit": policy.When, "share": policy.When, "profit": policy.Plain}},
		"children with everything": {[]*metadata.Policy{read("deal", "record.hot"), read("account", "")}, "account",
			map[string]policy.Mode{"spent": policy.Plain, "margin": policy.Plain, "count": policy.Plain, "cheap": policy.Plain}},
		"a field of the children is never seen": {[]*metadata.Policy{read("deal", "", dealFields...), read("account", "")}, "account",
			map[string]policy.Mode{"spent": policy.Plain, "margin": policy.Never, "count": policy.Plain, "cheap": policy.Never}},
		"the children cannot be read": {[]*metadata.Policy{read("account", "")}, "account",
			map[string]policy.Mode{"spent": policy.Never, "count": policy.Never, "name": policy.Plain}},
	} {
		e, p := computedWorld(t, c.policies...)
		g, err := e.Grant(t.Context(), p, c.object, metadata.ActionRead)
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.Visible(p, c.object)
		if err != nil {
			t.Fatal(err)
		}
		for field, mode := range c.want {
			if got := g.Field(field).Mode; got != mode {
				t.Errorf("%s: %s is %s, want %s", name, field, got, mode)
			}
			if shown := v.Readable(g.Object().Position(field)); shown != (mode != policy.Never) {
				t.Errorf("%s: %s in the schema is %v", name, field, shown)
			}
		}
		for _, a := range []metadata.Action{metadata.ActionCreate, metadata.ActionUpdate} {
			if g, err = e.Grant(t.Context(), p, c.object, a); err != nil {
				t.Fatal(err)
			}
			for _, field := range []string{"profit", "double", "gross", "share", "spent", "count"} {
				if g.Writable(field).Mode != policy.Never {
					t.Errorf("%s: %s may be written by %s", name, field, a)
				}
			}
		}
	}
}

func TestWhereComputedFieldsAreSeen(t *testing.T) {
	t.Parallel()
	e, p := computedWorld(t, read("deal", "", "price", "tax", "hot", "account", "profit", "limit"), read("deal", "record.hot"), read("account", `record.name == "a"`))
	g, err := e.Grant(t.Context(), p, "deal", metadata.ActionRead)
	if err != nil {
		t.Fatal(err)
	}
	vars := p.Vars(time.Now())
	for name, c := range map[string]struct {
		rec  expr.MapRecord
		want map[string]bool
	}{
		"hot, own account":     {expr.MapRecord{"hot": true, "account": expr.MapRecord{"id": trellis.NewID(), "name": "a"}}, map[string]bool{"profit": true, "limit": true, "price": true}},
		"cold, other account":  {expr.MapRecord{"hot": false, "account": expr.MapRecord{"id": trellis.NewID(), "name": "b"}}, map[string]bool{"profit": false, "limit": false, "price": true}},
		"unknown, no account":  {expr.MapRecord{}, map[string]bool{"profit": false, "limit": true, "price": true}},
		"hot, trashed account": {expr.MapRecord{"hot": true, "account": trellis.NewID()}, map[string]bool{"profit": true, "limit": false}},
	} {
		for field, want := range c.want {
			if got := g.Field(field).Holds(c.rec, vars); got != want {
				t.Errorf("%s: %s is shown %v", name, field, got)
			}
		}
	}
}

// Grants are shared between role sets that may do the same with an object. What
// a formula reads elsewhere tells them apart.
func TestGrantsDifferByWhatFormulasReadElsewhere(t *testing.T) {
	t.Parallel()
	e, clerk := computedWorld(t, read("deal", ""), read("account", ""))
	def := e.Snapshot().Definition().Clone()
	def.Roles = append(def.Roles, &metadata.Role{Name: "guest", Package: "custom"})
	guest := *def.Policies[0]
	for _, p := range def.Policies {
		if p.Object == "deal" {
			guest = *p
		}
	}
	guest.Name, guest.Role = "guestDeals", "guest"
	def.Policies = append(def.Policies, &guest)
	metadata.Normalize(def, nil)
	both, err := policy.NewEngine(clerk.WorkspaceID, metadata.New(def, 2))
	if err != nil {
		t.Fatal(err)
	}
	for role, mode := range map[string]policy.Mode{"clerk": policy.Plain, "guest": policy.Never} {
		p := *clerk
		p.Roles = []string{role}
		g, err := both.Grant(t.Context(), &p, "deal", metadata.ActionRead)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Field("limit").Mode; got != mode {
			t.Errorf("%s sees limit %s", role, got)
		}
	}
}
