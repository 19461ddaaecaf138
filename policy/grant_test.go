package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

func policyOn(name, role string, a metadata.Action, rule string) *metadata.Policy {
	return &metadata.Policy{Name: name, Role: role, Object: "thing", Actions: []metadata.Action{a}, Rule: rule}
}

func grant(t *testing.T, e *Engine, p *Principal, a metadata.Action) *Grant {
	t.Helper()
	g, err := e.Grant(t.Context(), p, "thing", a)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGrantOfSystem(t *testing.T) {
	t.Parallel()
	e := engine(t, nil, deny("x"))
	for _, a := range actions {
		g := grant(t, e, System(workspace), a)
		if !g.Unconditional() || g.Never() || g.Rows(&expr.Vars{}) != expr.Pred(expr.Always) || g.Field("secret").Mode != Plain {
			t.Errorf("the system may not %s everything", a)
		}
	}
	imposter := &Principal{Kind: KindSystem, WorkspaceID: workspace}
	if g := grant(t, e, imposter, metadata.ActionRead); !g.Never() || imposter.IsSystem() {
		t.Error("a literal with the kind system has rights")
	}
	if !e.IsAdmin(System(workspace)) || e.IsAdmin(imposter) {
		t.Error("the system alone is admin")
	}
}

func TestGrantRefuses(t *testing.T) {
	t.Parallel()
	e := engine(t, []*metadata.Role{{Name: "x"}}, allow("x"))
	stranger, late := who("x"), who("x")
	stranger.WorkspaceID = trellis.NewID()
	late.ValidUntil = time.Now().Add(-time.Second)
	for name, c := range map[string]struct {
		p      *Principal
		object string
		action metadata.Action
		code   trellis.Code
	}{
		"nobody":            {nil, "thing", "read", trellis.CodeUnauthenticated},
		"another workspace": {stranger, "thing", "read", trellis.CodeForbidden},
		"a role that ended": {late, "thing", "read", trellis.CodeForbidden},
		"an unknown object": {who("x"), "nosuch", "read", trellis.CodeInvalidInput},
		"every object":      {who("x"), "*", "read", trellis.CodeInvalidInput},
		"an unknown action": {who("x"), "thing", "*", trellis.CodeInvalidInput},
	} {
		if g, err := e.Grant(t.Context(), c.p, c.object, c.action); g != nil || trellis.CodeOf(err) != c.code {
			t.Errorf("%s: %v, %v", name, g, err)
		}
	}
	other := System(trellis.NewID())
	if _, err := e.Grant(t.Context(), other, "thing", "read"); trellis.CodeOf(err) != trellis.CodeForbidden {
		t.Errorf("the system of another workspace: %v", err)
	}
}

func TestGrantKey(t *testing.T) {
	t.Parallel()
	roles := []*metadata.Role{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
	e := engine(t, roles,
		policyOn("1", "a", "read", "record.code == 'x'"), policyOn("2", "a", "read", "record.size > 1"),
		policyOn("3", "b", "read", " record.size > 1 "), policyOn("4", "b", "read", "record.code == 'x'"),
		policyOn("5", "c", "read", "record.code == 'x'"),
		&metadata.Policy{Name: "6", Role: "d", Object: "thing", Actions: []metadata.Action{"read"}, Rule: "record.code == 'x'", ReadFields: []string{"code"}})
	key := func(roles ...string) string { return grant(t, e, who(roles...), "read").Key() }
	if key("a") != key("b") || key("a") != key("a", "b") {
		t.Error("equal grants have different keys")
	}
	seen := map[string]string{}
	for name, k := range map[string]string{"a": key("a"), "c": key("c"), "d": key("d"), "none": key(), "export": grant(t, e, who("a"), "export").Key()} {
		if other, double := seen[k]; double {
			t.Errorf("%s and %s have one key", name, other)
		}
		seen[k] = name
	}
	again := engine(t, roles, policyOn("other", "a", "read", "record.size > 1"), policyOn("names", "a", "read", "record.code == 'x'"))
	if grant(t, again, who("a"), "read").Key() != key("a") {
		t.Error("the key hangs on names or order")
	}
}

func TestGrantIsShared(t *testing.T) {
	t.Parallel()
	e := engine(t, []*metadata.Role{{Name: "a"}, {Name: "ab"}, {Name: "b"}}, allow("a"))
	if grant(t, e, who("a"), "read") != grant(t, e, who("a"), "read") {
		t.Error("two principals with one role set have two grants")
	}
	for i := range maxRoleSets + 10 {
		p := who("a", fmt.Sprintf("x%d", i))
		if grant(t, e, p, "read").Never() {
			t.Fatal("denied")
		}
	}
	if n := len(*e.sets.Load()); n > maxRoleSets {
		t.Errorf("%d role sets are kept", n)
	}
	// Names must not run together in the key.
	if string(e.appendKey(nil, who("a", "b"))) == string(e.appendKey(nil, who("ab"))) {
		t.Error("two role sets have one key")
	}
}

func TestGrantRuleLimit(t *testing.T) {
	t.Parallel()
	var policies []*metadata.Policy
	for i := range MaxRules + 1 {
		policies = append(policies, policyOn(fmt.Sprint(i), "x", "read", fmt.Sprintf("record.size == %d", i)))
	}
	full := engine(t, []*metadata.Role{{Name: "x"}}, policies[:MaxRules]...)
	if g := grant(t, full, who("x"), "read"); g.Field("code").Mode != Plain || !g.Allows(expr.MapRecord{"size": int64(63)}, &expr.Vars{}) {
		t.Error("the last of the rules allowed is lost")
	}
	if _, err := engine(t, []*metadata.Role{{Name: "x"}}, policies...).Grant(t.Context(), who("x"), "thing", "read"); err == nil {
		t.Error("a grant of too many rules was made")
	}
}

func TestArmsEqualRows(t *testing.T) {
	t.Parallel()
	no := policyOn("3", "x", "read", "record.size > 5")
	no.Effect = metadata.Deny
	e := engine(t, []*metadata.Role{{Name: "x"}}, policyOn("1", "x", "read", "record.code == 'x'"), policyOn("2", "x", "read", "record.size > 1"), no)
	g, vars := grant(t, e, who("x"), "read"), who("x").Vars(time.Now())
	arms, rest := g.Arms(vars)
	if len(arms) != 2 {
		t.Fatalf("%d arms", len(arms))
	}
	for _, code := range []any{nil, "x", "y"} {
		for _, size := range []any{nil, int64(1), int64(2), int64(6)} {
			rec, united := expr.MapRecord{"code": code, "size": size}, false
			for _, a := range arms {
				united = united || expr.Holds(a, rec) && expr.Holds(rest, rec)
			}
			if united != g.Allows(rec, vars) {
				t.Errorf("%v: the arms say %v, the rows otherwise", rec, united)
			}
		}
	}
}

func TestCheckWrite(t *testing.T) {
	t.Parallel()
	draft := policyOn("draft", "x", "update", "record.code == 'draft'")
	draft.WriteFields = []string{"code", "size"}
	done := policyOn("done", "x", "update", "record.code == 'done'")
	done.WriteFields = []string{"size"}
	e := engine(t, []*metadata.Role{{Name: "x"}}, draft, done, policyOn("new", "x", "create", "record.size < 5"), policyOn("del", "x", "delete", "record.size == 0"))
	p := who("x")
	vars := p.Vars(time.Now())
	rec := func(code string, size int64) expr.Record { return expr.MapRecord{"code": code, "size": size} }
	for name, c := range map[string]struct {
		action   metadata.Action
		old, now expr.Record
		changed  string
		path     string // "ok", "" for the row, else the field
	}{
		"update a draft":              {"update", rec("draft", 1), rec("draft", 2), "size", "ok"},
		"rows outside":                {"update", rec("other", 1), rec("other", 2), "size", ""},
		"moved out of reach":          {"update", rec("draft", 1), rec("other", 1), "code", ""},
		"moved into reach":            {"update", rec("other", 1), rec("draft", 1), "code", ""},
		"a field of the other rule":   {"update", rec("done", 1), rec("done", 2), "size", "ok"},
		"may not reopen":              {"update", rec("done", 1), rec("draft", 1), "code", "code"},
		"may not close":               {"update", rec("draft", 1), rec("done", 1), "code", "code"},
		"a field of no rule":          {"update", rec("draft", 1), rec("draft", 1), "secret", "secret"},
		"a field that does not exist": {"update", rec("draft", 1), rec("draft", 1), "nosuch", "nosuch"},
		"a field of the engine":       {"update", rec("draft", 1), rec("draft", 1), "version", "version"},
		"create":                      {"create", nil, rec("any", 4), "code,size,secret", "ok"},
		"create what is not allowed":  {"create", nil, rec("any", 5), "code,size", ""},
		"delete":                      {"delete", rec("any", 0), nil, "", "ok"},
		"delete what is not allowed":  {"delete", rec("any", 1), nil, "", ""},
		"nothing":                     {"update", nil, nil, "", ""},
	} {
		changed := strings.FieldsFunc(c.changed, func(r rune) bool { return r == ',' })
		g := grant(t, e, p, c.action)
		err := g.CheckWrite(c.old, c.now, changed, vars)
		checkRefusal(t, name, err, c.path)
		// The predicate for SQL says the same.
		pred, perr := g.Write(changed, vars)
		holds := perr == nil && (c.old != nil || c.now != nil)
		for _, image := range []expr.Record{c.old, c.now} {
			holds = holds && (image == nil || expr.Holds(pred, image))
		}
		if holds != (err == nil) {
			t.Errorf("%s: CheckWrite says %v, Write %v (%v)", name, err, holds, perr)
		}
	}
}

func checkRefusal(t *testing.T, name string, err error, path string) {
	t.Helper()
	if path == "ok" {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	if trellis.CodeOf(err) != trellis.CodeForbidden {
		t.Errorf("%s: %v", name, err)
		return
	}
	if got := trellis.PathString(trellis.Public(err)[0].Path); got != path {
		t.Errorf("%s: the path is %q, want %q", name, got, path)
	}
	for _, leak := range []string{"draft", "record.", "policy"} {
		if strings.Contains(err.Error(), leak) {
			t.Errorf("%s: the message tells %q: %v", name, leak, err)
		}
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	limited := allow("x")
	limited.ReadFields = []string{"code"}
	never := policyOn("never", "y", "read", "")
	never.Effect = metadata.Deny
	e := engine(t, []*metadata.Role{{Name: "x"}, {Name: "y", Inherits: []string{"x"}}, {Name: "z", Inherits: []string{"x"}}}, limited, never)
	v, err := e.Visible(who("x"), "thing")
	if err != nil || !v.Can("read") || v.Can("update") || len(shown(e, v.Updatable)) > 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	if got, want := shown(e, v.Readable), []string{"id", "createdAt", "updatedAt", "version", "code"}; !slices.Equal(got, want) || !slices.Equal(shown(e, v.Filterable), want) {
		t.Errorf("%v are visible, want %v", got, want)
	}
	if v, err := e.Visible(who("y"), "thing"); err != nil || v.Can("read") || len(shown(e, v.Readable)) > 0 {
		t.Errorf("a denied role sees %+v, %v", v, err)
	}
	key := func(roles ...string) string {
		r, err := e.Rights(who(roles...))
		if err != nil {
			t.Fatal(err)
		}
		return r.Key()
	}
	if key("x") != key("z") || key("x") == key("y") || key("x") == key() {
		t.Error("equal keys must mean equal sight")
	}
}

// shown lists the fields of thing that are in a set.
func shown(e *Engine, in func(int) bool) []string {
	var names []string
	for i, f := range e.snapshot.Lookup("thing").All {
		if in(i) {
			names = append(names, f.Name)
		}
	}
	return names
}

func TestPrincipalInContext(t *testing.T) {
	t.Parallel()
	if _, err := FromContext(context.Background()); trellis.CodeOf(err) != trellis.CodeUnauthenticated {
		t.Errorf("without a principal: %v", err)
	}
	p := who("b", "a", "b")
	if got, err := FromContext(WithPrincipal(t.Context(), p)); got != p || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if !slices.Equal(p.Roles, []string{"a", "b"}) || p.String() != "user:"+p.ID.String() || System(workspace).String() != "system" {
		t.Errorf("%v %s", p.Roles, p)
	}
	p.Attributes = map[string]any{"id": "forged", "branch": "north"}
	p.User.Subordinates = []trellis.ID{trellis.NewID()}
	vars := p.Vars(time.Now()).User
	if vars["id"] != p.ID || vars["branch"] != "north" || vars["email"] != nil {
		t.Errorf("%v", vars)
	}
	if below := vars["subordinates"].([]trellis.ID); len(below) != 2 || below[1] != p.ID || len(p.User.Subordinates) != 1 {
		t.Errorf("subordinates are %v", below)
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	e := engine(t, []*metadata.Role{{Name: "root", Admin: true}, {Name: "head", Inherits: []string{"root"}}, {Name: "x"}})
	if !e.IsAdmin(who("head")) || !e.IsAdmin(who("root")) || e.IsAdmin(who("x")) || e.IsAdmin(nil) {
		t.Error("admin is who holds an admin role")
	}
	if !grant(t, e, who("root"), "read").Never() {
		t.Error("an admin has rights to records")
	}
}
