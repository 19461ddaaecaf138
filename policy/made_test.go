package policy

import (
	"testing"

	"github.com/trellishq/trellis/metadata"
)

func TestEqualPoliciesShareGrants(t *testing.T) {
	t.Parallel()
	every := func(name, role, rule string) *metadata.Policy {
		p := policyOn(name, role, "read", rule)
		p.Object = "*"
		return p
	}
	e := engine(t, []*metadata.Role{{Name: "a"}, {Name: "b"}, {Name: "c"}},
		every("one", "a", "record.owner == user.id"), every("two", "b", " record.owner == user.id "), every("three", "c", "record.version > 1"))
	a, b, c := grant(t, e, who("a"), "read"), grant(t, e, who("b"), "read"), grant(t, e, who("c"), "read")
	if a != b || a == c {
		t.Error("grants are shared by equal policies, and by no others")
	}
	// What reads system fields alone is compiled once for all objects that have
	// them; users have no owner.
	team, err := e.Grant(t.Context(), who("c"), "team", "read")
	if err != nil || team.allow[0] != c.allow[0] {
		t.Errorf("the rule was compiled again: %v", err)
	}
	if user, err := e.Grant(t.Context(), who("a"), "user", "read"); err != nil || !user.Never() {
		t.Errorf("a rule on the owner gives records without one: %v", err)
	}
}

func TestForgottenGrantsComeBack(t *testing.T) {
	t.Parallel()
	e := engine(t, []*metadata.Role{{Name: "a"}}, policyOn("one", "a", "read", "record.size > 1"))
	before := grant(t, e, who("a"), "read")
	e.note(maxMade)
	after := grant(t, e, who("a"), "read")
	if before == after || before.Key() != after.Key() {
		t.Error("the grant was not made again, or is another")
	}
	if e.made.size.Load() >= maxMade {
		t.Error("the count goes on")
	}
}

func TestNextSharesPolicies(t *testing.T) {
	t.Parallel()
	def := definition([]*metadata.Role{{Name: "a"}}, policyOn("one", "a", "read", "record.size > 1"))
	first := metadata.New(def, 1)
	e, err := NewEngine(workspace, first)
	if err != nil {
		t.Fatal(err)
	}
	draft := def.Fork()
	o := draft.Own("thing")
	o.Fields = append(o.Fields, &metadata.Field{Name: "more", Kind: metadata.KindText, Column: "more"})
	next, err := e.Next(first.Next(draft, 2))
	if err != nil || next.loaded != e.loaded {
		t.Fatalf("the policies were loaded again: %v", err)
	}
	if g := grant(t, next, who("a"), "read"); g.Field("more").Mode != Plain || g.Never() {
		t.Error("the new field is not seen")
	}
	draft = draft.Fork()
	draft.Policies = nil
	if last, err := next.Next(first.Next(draft, 3)); err != nil || !grant(t, last, who("a"), "read").Never() {
		t.Errorf("a revoked right is still there: %v", err)
	}
}
