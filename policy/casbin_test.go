package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	defaultrolemanager "github.com/casbin/casbin/v2/rbac/default-role-manager"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// The traps of casbin, each reproduced on casbin itself, then shown to be
// closed here. When a casbin update changes one, its test says so.

var workspace = trellis.MustParseID("01890000-0000-7000-8000-000000000001")

// raw is casbin with our model and no guard of ours; every rule holds.
func raw(t *testing.T, policies [][]string, edges [][]string) *casbin.Enforcer {
	t.Helper()
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		t.Fatal(err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		t.Fatal(err)
	}
	e.AddFunction("rowRule", func(...any) (any, error) { return true, nil })
	e.AddFunction("collect", collect)
	e.SetNamedRoleManager("g", defaultrolemanager.NewRoleManager(10))
	for _, p := range policies {
		if err := e.GetModel().AddPolicy("p", "p", p); err != nil {
			t.Fatal(err)
		}
	}
	for _, g := range edges {
		if err := e.GetModel().AddPolicy("g", "g", g); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.BuildRoleLinks(); err != nil {
		t.Fatal(err)
	}
	return e
}

func definition(roles []*metadata.Role, policies ...*metadata.Policy) *metadata.Definition {
	def := &metadata.Definition{Roles: roles, Policies: policies, Objects: []*metadata.Object{{
		Name: "thing", Plural: "things", Fields: []*metadata.Field{
			{Name: "code", Kind: metadata.KindText}, {Name: "size", Kind: metadata.KindInteger},
			{Name: "secret", Kind: metadata.KindText}, {Name: "next", Kind: metadata.KindLookup, Target: "thing"},
		},
	}}}
	metadata.Normalize(def, nil)
	return def
}

func engine(t testing.TB, roles []*metadata.Role, policies ...*metadata.Policy) *Engine {
	t.Helper()
	e, err := NewEngine(workspace, metadata.New(definition(roles, policies...), 1))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func allow(role string) *metadata.Policy {
	return &metadata.Policy{Name: "allow " + role, Role: role, Object: "thing", Actions: []metadata.Action{metadata.ActionRead}}
}

func deny(role string) *metadata.Policy {
	p := allow(role)
	p.Name, p.Effect = "deny "+role, metadata.Deny
	return p
}

func who(roles ...string) *Principal {
	p := &Principal{Kind: KindUser, ID: trellis.NewID(), WorkspaceID: workspace, Name: "Who"}
	p.User = &UserFacts{ID: p.ID, Name: "Who"}
	p.SetRoles(roles)
	return p
}

// decide asks the specification and the compiled form; they must agree.
func decide(t *testing.T, e *Engine, p *Principal) bool {
	t.Helper()
	rec := expr.MapRecord{"code": "x"}
	got, err := e.Enforce(p, "thing", metadata.ActionRead, rec, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	g, err := e.Grant(t.Context(), p, "thing", metadata.ActionRead)
	if err != nil {
		t.Fatal(err)
	}
	if compiled := g.Allows(rec, p.Vars(time.Now())); compiled != got {
		t.Fatalf("Enforce says %v, the grant %v", got, compiled)
	}
	return got
}

func TestTrapJoinedValuesCollide(t *testing.T) {
	t.Parallel()
	e := raw(t, nil, nil)
	a := []any{"r:x", "w", "thing", "read", "a,b", "allow", "1"}
	b := []any{"r:x", "w", "thing", "read", "a", "b,allow", "1"}
	if ok, err := e.AddPolicy(a...); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, _ := e.AddPolicy(b...); ok {
		t.Fatal("casbin tells the rows apart now: the trap is gone")
	}
	// Here nothing that people write reaches casbin but checked names and ids.
	loaded := engine(t, []*metadata.Role{{Name: "x"}}, &metadata.Policy{
		Name: "a,b", Role: "x", Object: "thing", Actions: []metadata.Action{metadata.ActionRead}, Rule: "record.code == 'a,b'", ReadFields: []string{"code"},
	})
	enforcer, err := loaded.enforcer()
	if err != nil {
		t.Fatal(err)
	}
	policies, err := enforcer.GetPolicy()
	if err != nil || len(policies) != 1 {
		t.Fatal(policies, err)
	}
	if strings.Contains(strings.Join(policies[0], ""), ",") {
		t.Errorf("a text of a person is in casbin: %q", policies[0])
	}
}

func TestTrapEmptyRequestOnEmptySet(t *testing.T) {
	t.Parallel()
	if ok, err := raw(t, nil, nil).Enforce("", "", "", "", &question{}); !ok || err != nil {
		t.Fatalf("casbin answers %v, %v now: the trap is gone", ok, err)
	}
	e := engine(t, nil)
	for _, q := range []question{{}, {object: "thing"}, {action: metadata.ActionRead}} {
		q.vars = &expr.Vars{}
		for _, p := range []*Principal{who(), who("x"), {Kind: KindSystem, WorkspaceID: workspace}} {
			if ok, err := e.ask(p, q); ok || err != nil {
				t.Errorf("%+v: %v, %v", q, ok, err)
			}
		}
	}
	if decide(t, e, who()) {
		t.Error("nobody reads from an empty set")
	}
}

func TestTrapCaseOfEffect(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"r:x", "w", "thing", "read", "all", "allow", "0"}, {"r:x", "w", "thing", "read", "all", "Deny", "1"}}
	if ok, err := raw(t, rows, nil).Enforce("r:x", "w", "thing", "read", &question{}); !ok || err != nil {
		t.Fatalf("casbin answers %v, %v now: the trap is gone", ok, err)
	}
	p := deny("x")
	p.Effect = "Deny"
	if _, err := NewEngine(workspace, metadata.New(definition([]*metadata.Role{{Name: "x"}}, p), 1)); err == nil {
		t.Error("the effect Deny was loaded")
	}
}

func TestTrapSharedNamespace(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"boss", "w", "thing", "read", "all", "allow", "0"}}
	if ok, _ := raw(t, rows, nil).Enforce("boss", "w", "thing", "read", &question{}); !ok {
		t.Fatal("casbin tells users and roles apart now: the trap is gone")
	}
	p := who()
	e := engine(t, []*metadata.Role{{Name: "x"}}, allow("x"))
	p.Name = "x"
	if decide(t, e, p) {
		t.Error("a user called like a role has its rights")
	}
	named := engine(t, nil, allow("u:"+p.ID.String()))
	if !decide(t, named, p) || decide(t, named, who()) {
		t.Error("a policy for one user must reach that user alone")
	}
	if decide(t, named, who("u:"+p.ID.String())) {
		t.Error("a role called like a user has its rights")
	}
}

// chain makes roles r0 … rn, each inheriting the next.
func chain(n int) (roles []*metadata.Role) {
	for i := range n + 1 {
		r := &metadata.Role{Name: fmt.Sprintf("r%d", i)}
		if i < n {
			r.Inherits = []string{fmt.Sprintf("r%d", i+1)}
		}
		roles = append(roles, r)
	}
	return roles
}

func TestTrapDepth(t *testing.T) {
	t.Parallel()
	var edges [][]string
	for i := range 12 {
		edges = append(edges, []string{fmt.Sprintf("r:r%d", i), fmt.Sprintf("r:r%d", i+1), "w"})
	}
	rows := [][]string{{"r:r0", "w", "thing", "read", "all", "allow", "0"}, {"r:r12", "w", "thing", "read", "all", "deny", "1"}}
	if ok, _ := raw(t, rows, edges).Enforce("r:r0", "w", "thing", "read", &question{}); !ok {
		t.Fatal("casbin follows 12 levels now: the trap is gone")
	}
	deep := engine(t, chain(maxDepth), allow("r0"), deny(fmt.Sprintf("r%d", maxDepth)))
	if decide(t, deep, who("r0")) {
		t.Error("a denial at the deepest level allowed is not seen")
	}
	circle := chain(3)
	circle[3].Inherits = []string{"r1"}
	for name, roles := range map[string][]*metadata.Role{"too deep": chain(maxDepth + 1), "a circle": circle, "itself": {{Name: "r0", Inherits: []string{"r0"}}}} {
		if _, err := NewEngine(workspace, metadata.New(definition(roles, allow("r0")), 1)); err == nil {
			t.Errorf("%s was loaded", name)
		}
	}
}

func TestDepthIsBoundedInTime(t *testing.T) {
	t.Parallel()
	var roles []*metadata.Role
	for level := range maxDepth + 1 {
		for i := range 20 {
			r := &metadata.Role{Name: fmt.Sprintf("l%d.%d", level, i)}
			for up := range 20 {
				if level < maxDepth {
					r.Inherits = append(r.Inherits, fmt.Sprintf("l%d.%d", level+1, up))
				}
			}
			roles = append(roles, r)
		}
	}
	e := engine(t, roles, allow(fmt.Sprintf("l%d.7", maxDepth)))
	if !decide(t, e, who("l0.0")) {
		t.Error("the deepest role is not inherited")
	}
}

func TestTrapArity(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"r:y", "w", "thing", "read", "all"}, {"r:x", "w", "thing", "read", "all", "allow", "0"}}
	if _, err := raw(t, rows, nil).Enforce("r:x", "w", "thing", "read", &question{}); err == nil {
		t.Fatal("casbin passes over a short row now: the trap is gone")
	}
	e := engine(t, []*metadata.Role{{Name: "x"}}, allow("x"), deny("y"))
	enforcer, err := e.enforcer()
	if err != nil {
		t.Fatal(err)
	}
	policies, _ := enforcer.GetPolicy()
	for _, p := range policies {
		if len(p) != 7 || slices.Contains(p, "") {
			t.Errorf("the row %q is short", p)
		}
	}
	for _, bad := range []*metadata.Policy{
		{Name: "no object", Role: "x", Actions: []metadata.Action{"read"}},
		{Name: "no action", Role: "x", Object: "thing"},
		{Name: "no role", Object: "thing", Actions: []metadata.Action{"read"}},
		{Name: "odd action", Role: "x", Object: "thing", Actions: []metadata.Action{"Read"}},
		{Name: "odd object", Role: "x", Object: "a,b", Actions: []metadata.Action{"read"}},
		{Name: "odd role", Role: "a|b", Object: "thing", Actions: []metadata.Action{"read"}},
	} {
		_, err := NewEngine(workspace, metadata.New(definition([]*metadata.Role{{Name: "x"}}, bad), 1))
		if trellis.CodeOf(trellis.Public(err)[0]) != trellis.CodeInvalidInput || !strings.Contains(err.Error(), bad.Name) {
			t.Errorf("%s: %v", bad.Name, err)
		}
	}
}

func TestTrapErrorInOneRule(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"r:x", "w", "thing", "read", "all", "allow", "0"}}
	e := raw(t, rows, nil)
	m := e.GetModel()
	failing, err := casbin.NewEnforcer(m)
	if err != nil {
		t.Fatal(err)
	}
	failing.AddFunction("rowRule", func(...any) (any, error) { return nil, fmt.Errorf("no") })
	failing.AddFunction("collect", collect)
	failing.SetNamedRoleManager("g", defaultrolemanager.NewRoleManager(10))
	if err := failing.BuildRoleLinks(); err != nil {
		t.Fatal(err)
	}
	if _, err := failing.Enforce("r:x", "w", "thing", "read", &question{}); err == nil {
		t.Fatal("casbin survives a failing function now: the trap is gone")
	}
	broken := allow("x")
	broken.Name, broken.Rule = "broken", "record.nosuch == 1"
	fails := allow("x")
	fails.Name, fails.Rule = "fails", "record.next.code == 'x'"
	if e := engine(t, []*metadata.Role{{Name: "x"}}, broken, fails, allow("x")); !decide(t, e, who("x")) {
		t.Error("a rule that fails spoils another")
	} else if err := e.Check(); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("the admin is told %v", err)
	}
	for _, args := range [][]any{nil, {1, 2, 3}, {"0", "no question", "allow"}, {"99", &question{}, "deny"}} {
		if _, err := engine(t, nil).rowRule(args...); err != nil {
			t.Errorf("rowRule(%v) returns the error %v", args, err)
		}
	}
}

func TestTrapCachedEnforcer(t *testing.T) {
	t.Parallel()
	m, err := model.NewModelFromString("[request_definition]\nr = sub, obj, act\n[policy_definition]\np = sub, obj, act\n[role_definition]\ng = _, _\n[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act")
	if err != nil {
		t.Fatal(err)
	}
	cached, err := casbin.NewCachedEnforcer(m)
	if err != nil {
		t.Fatal(err)
	}
	mustDo(t)(cached.AddPolicy("role", "thing", "read"))
	mustDo(t)(cached.AddGroupingPolicy("user", "role"))
	if ok, _ := cached.Enforce("user", "thing", "read"); !ok {
		t.Fatal("the role does not work")
	}
	mustDo(t)(cached.RemoveGroupingPolicy("user", "role"))
	if ok, _ := cached.Enforce("user", "thing", "read"); !ok {
		t.Fatal("casbin's cache sees the revocation now: the trap is gone")
	}
	// Here what is cached hangs on the role set asked with.
	e, p := engine(t, []*metadata.Role{{Name: "x"}}, allow("x")), who("x")
	if !decide(t, e, p) {
		t.Fatal("the role does not work")
	}
	revoked := *p
	revoked.SetRoles(nil)
	if decide(t, e, &revoked) {
		t.Error("a revoked role still works")
	}
}

func mustDo(t *testing.T) func(bool, error) {
	return func(ok bool, err error) {
		t.Helper()
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
}

// TestTrapConcurrentReads is for the race detector: casbin is never written
// after load, so any number may read.
func TestTrapConcurrentReads(t *testing.T) {
	t.Parallel()
	e := engine(t, chain(4), allow("r4"), deny("r9"))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				p := who(fmt.Sprintf("r%d", (i+j)%5))
				if ok, err := e.Enforce(p, "thing", metadata.ActionRead, expr.MapRecord{}, time.Now()); !ok || err != nil {
					t.Errorf("%v: %v, %v", p.Roles, ok, err)
				}
				if _, err := e.Grant(t.Context(), p, "thing", metadata.ActionRead); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestIndexEqualsCasbin: what the compiler takes from its own index is what
// casbin says applies, with hierarchy, "*" and denials.
func TestIndexEqualsCasbin(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 7))
	some := 0
	for range 200 {
		roles := make([]*metadata.Role, 6)
		for i := range roles {
			roles[i] = &metadata.Role{Name: fmt.Sprintf("r%d", i)}
			for up := i + 1; up < len(roles); up++ {
				if rnd.IntN(3) == 0 {
					roles[i].Inherits = append(roles[i].Inherits, fmt.Sprintf("r%d", up))
				}
			}
		}
		var policies []*metadata.Policy
		for i := range 1 + rnd.IntN(12) {
			p := &metadata.Policy{
				Name: fmt.Sprintf("p%d", i), Role: fmt.Sprintf("r%d", rnd.IntN(8)), Object: []string{"thing", "user", "*"}[rnd.IntN(3)],
				Effect: []metadata.Effect{metadata.Allow, metadata.Deny}[rnd.IntN(2)],
			}
			for _, a := range append(actions[:], metadata.ActionAny) {
				if rnd.IntN(4) == 0 || p.Actions == nil {
					p.Actions = append(p.Actions, a)
				}
			}
			if rnd.IntN(3) == 0 {
				p.ReadFields = []string{"code"}
			}
			policies = append(policies, p)
		}
		e := engine(t, roles, policies...)
		p := who("r0", fmt.Sprintf("r%d", rnd.IntN(7)))
		set, err := e.roleSet(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range []string{"thing", "user", "team"} {
			for _, a := range actions {
				var index []*entry
				for _, en := range set.entries {
					if en.speaks(object, a) {
						index = append(index, en)
					}
				}
				collected, err := e.applying(p, object, a)
				if err != nil || !slices.Equal(index, collected) {
					t.Fatalf("%s %s: the index has %v, casbin %v, %v", a, object, index, collected, err)
				}
				some += len(index)
			}
		}
	}
	if some < 2000 {
		t.Errorf("only %d policies applied: the test is too thin", some)
	}
}
