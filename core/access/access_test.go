package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// view makes a revision in memory; Engine asks for no more.
func view(id trellis.ID, version int64, policies ...*metadata.Policy) *catalog.View {
	def := &metadata.Definition{Roles: []*metadata.Role{{Name: "rep"}}, Policies: policies}
	metadata.Normalize(def, nil)
	return &catalog.View{WorkspaceID: id, Slug: "main", Schema: "ws_main", Snapshot: metadata.New(def, version), Revision: version, PolicyVersion: version}
}

func readUsers(effect metadata.Effect) *metadata.Policy {
	return &metadata.Policy{Name: "users", Role: "rep", Object: "user", Actions: []metadata.Action{metadata.ActionRead}, Effect: effect}
}

func mustEngine(t *testing.T, a *Access, v *catalog.View) *policy.Engine {
	t.Helper()
	e, err := a.Engine(v)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEngineFollowsTheVersion(t *testing.T) {
	t.Parallel()
	a, id := New(nil), trellis.NewID()
	first, second, third := view(id, 1, readUsers(metadata.Allow)), view(id, 2), view(id, 3, readUsers(metadata.Allow))
	p := &policy.Principal{Kind: policy.KindUser, WorkspaceID: id, Roles: []string{"rep"}}
	reads := func(v *catalog.View) bool {
		g, err := mustEngine(t, a, v).Grant(t.Context(), p, "user", metadata.ActionRead)
		if err != nil {
			t.Fatal(err)
		}
		return !g.Never()
	}
	if !reads(first) || reads(second) || !reads(third) {
		t.Error("a revoked right must be gone with the next version, and come back with the one after")
	}
	e3 := mustEngine(t, a, third)
	if mustEngine(t, a, third) != e3 || mustEngine(t, a, second) != mustEngine(t, a, second) {
		t.Error("the newest and the one before must be kept")
	}
	if e1 := mustEngine(t, a, first); e1.Snapshot() != first.Snapshot || mustEngine(t, a, third) != e3 {
		t.Error("an old view must get its own engine and not replace the newest")
	}
}

func TestEngineFailsClosed(t *testing.T) {
	t.Parallel()
	a, id := New(nil), trellis.NewID()
	bad := view(id, 1, readUsers("Allow"))
	if e, err := a.Engine(bad); e != nil || trellis.CodeOf(err) != trellis.CodeUnavailable {
		t.Fatalf("%v, %v", e, err)
	}
	_, err := a.Engine(bad)
	if shown := trellis.Public(err).Error(); strings.Contains(shown, "users") {
		t.Errorf("the error tells the policy: %s", shown)
	}
	if err := a.Problems(bad); err == nil || !strings.Contains(err.Error(), "users") {
		t.Errorf("the admin is told %v", err)
	}
	broken := readUsers(metadata.Allow)
	broken.Rule = "record.nosuch"
	next := view(id, 2, broken)
	if _, err := a.Engine(next); err != nil {
		t.Errorf("a rule that does not compile takes its own policy alone: %v", err)
	}
	if err := a.Problems(next); err == nil || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("the admin is told %v", err)
	}
}

func TestWorkspacesAreBounded(t *testing.T) {
	t.Parallel()
	a := New(nil)
	for range MaxWorkspaces + 20 {
		mustEngine(t, a, view(trellis.NewID(), 1))
	}
	if n := len(a.workspaces); n > MaxWorkspaces {
		t.Errorf("%d workspaces are kept", n)
	}
}

// TestHammerEngine: requests of many versions at once all get their own.
func TestHammerEngine(t *testing.T) {
	t.Parallel()
	a, id := New(nil), trellis.NewID()
	var views []*catalog.View
	for i := range 6 {
		views = append(views, view(id, int64(i)))
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 60 {
				v := views[min(j/10+i%2, len(views)-1)]
				if e, err := a.Engine(v); err != nil || e.Snapshot() != v.Snapshot {
					t.Errorf("version %d: %v", v.Revision, err)
				}
			}
		})
	}
	wg.Wait()
}

// office is a workspace in a database, with its people.
type office struct {
	t    *testing.T
	db   *pg.DB
	view *catalog.View
	a    *Access
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, err := pg.Open(t.Context(), pgtest.URL(t), pg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := pg.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	v, err := catalog.New(db, nil).CreateWorkspace(t.Context(), "main", "Main")
	if err != nil {
		t.Fatal(err)
	}
	return &office{t, db, v, New(db)}
}

func (o *office) exec(sql string, args ...any) {
	o.t.Helper()
	if _, err := o.db.Exec(context.Background(), sql, args...); err != nil {
		o.t.Fatalf("%s: %v", sql, err)
	}
}

func (o *office) user(name string, manager trellis.ID) trellis.ID {
	id := trellis.NewID()
	var above any
	if !manager.IsZero() {
		above = manager
	}
	o.exec(`INSERT INTO ws_main."user" (id, created_at, created_by, updated_at, updated_by, version, name, email, active, manager_id)
		VALUES ($1, now(), 'system', now(), 'system', 1, $2, $3, true, $4)`, id, name, name+"@example.com", above)
	return id
}

func (o *office) team(name string, members ...trellis.ID) trellis.ID {
	id := trellis.NewID()
	o.exec(`INSERT INTO ws_main.team (id, created_at, created_by, updated_at, updated_by, version, name)
		VALUES ($1, now(), 'system', now(), 'system', 1, $2)`, id, name)
	for _, m := range members {
		o.exec("INSERT INTO ws_main.team_member (team_id, user_id) VALUES ($1, $2)", id, m)
	}
	return id
}

func (o *office) facts(user trellis.ID) *policy.UserFacts {
	o.t.Helper()
	f, err := o.a.Facts(o.t.Context(), o.view, user)
	if err != nil {
		o.t.Fatal(err)
	}
	return f
}

func TestFacts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := []trellis.ID{o.user("u0", trellis.ID{})}
	for i := range 10 { // a line of ten below the first
		ids = append(ids, o.user(fmt.Sprintf("u%d", i+1), ids[i]))
	}
	north := o.team("north", ids[0], ids[1])
	south := o.team("south", ids[0])
	f := o.facts(ids[0])
	if f.ID != ids[0] || f.Name != "u0" || f.Email != "u0@example.com" || !slices.Equal(f.Teams, []trellis.ID{north, south}) {
		t.Errorf("%+v", f)
	}
	if want := ids[1 : maxLevels+1]; !slices.Equal(f.Subordinates, want) {
		t.Errorf("%d people are below, want %d", len(f.Subordinates), len(want))
	}
	if f := o.facts(ids[10]); len(f.Teams) != 0 || len(f.Subordinates) != 0 {
		t.Errorf("the last in line: %+v", f)
	}
	// A circle of managers ends.
	o.exec(`UPDATE ws_main."user" SET manager_id = $1 WHERE id = $2`, ids[2], ids[0])
	o.a.Forget(o.view.WorkspaceID)
	if f := o.facts(ids[0]); !slices.Contains(f.Subordinates, ids[1]) || !slices.Contains(f.Subordinates, ids[0]) {
		t.Errorf("in a circle: %+v", f)
	}
}

func TestFactsAreFresh(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ann := o.user("ann", trellis.ID{})
	team := o.team("north", ann)
	if f := o.facts(ann); len(f.Teams) != 1 {
		t.Fatalf("%+v", f)
	}
	o.exec("DELETE FROM ws_main.team_member WHERE team_id = $1", team)
	if f := o.facts(ann); len(f.Teams) != 1 {
		t.Errorf("facts are not kept: %+v", f)
	}
	e := o.a.facts.entry(factsKey{o.view.WorkspaceID, ann})
	e.at = e.at.Add(-FactsTTL) // as if it had passed
	if f := o.facts(ann); len(f.Teams) != 0 {
		t.Errorf("facts are believed for too long: %+v", f)
	}
	if FactsTTL > time.Second {
		t.Errorf("FactsTTL is %s: a revoked right must be gone for reads within a second", FactsTTL)
	}
}

func TestFactsOfNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	left, gone := o.user("left", trellis.ID{}), o.user("gone", trellis.ID{})
	o.exec(`UPDATE ws_main."user" SET active = false WHERE id = $1`, left)
	o.exec(`UPDATE ws_main."user" SET deleted_at = now() WHERE id = $1`, gone)
	for name, c := range map[string]struct {
		id   trellis.ID
		code trellis.Code
	}{
		"unknown": {trellis.NewID(), trellis.CodeNotFound}, "inactive": {left, trellis.CodeForbidden}, "in the trash": {gone, trellis.CodeNotFound},
	} {
		if f, err := o.a.Facts(t.Context(), o.view, c.id); f != nil || trellis.CodeOf(err) != c.code {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.a.Facts(ended, o.view, left); trellis.CodeOf(err) != trellis.CodeTimeout && trellis.CodeOf(err) != trellis.CodeForbidden {
		t.Errorf("a request that ended: %v", err)
	}
}

// TestRevocation goes the whole way: apply a policy, take it away.
func TestRevocation(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	cat := catalog.New(o.db, nil)
	p := &policy.Principal{Kind: policy.KindUser, ID: trellis.NewID(), WorkspaceID: o.view.WorkspaceID, Roles: []string{"rep"}}
	apply := func(policies ...*metadata.Policy) *catalog.View {
		v, err := cat.Refresh(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		def := v.Definition().Clone()
		def.Roles, def.Policies = []*metadata.Role{{Name: "rep"}}, policies
		if _, err := cat.Apply(t.Context(), "main", catalog.Whole(def), catalog.Options{}); err != nil {
			t.Fatal(err)
		}
		if v, err = cat.Current(t.Context(), "main"); err != nil {
			t.Fatal(err)
		}
		return v
	}
	can := func(v *catalog.View) bool {
		g, err := mustEngine(t, o.a, v).Grant(t.Context(), p, "user", metadata.ActionRead)
		if err != nil {
			t.Fatal(err)
		}
		return !g.Never()
	}
	given := apply(readUsers(metadata.Allow))
	taken := apply()
	if !can(given) || can(taken) {
		t.Error("what was given must be there, what was taken must be gone")
	}
	if taken.PolicyVersion <= given.PolicyVersion {
		t.Errorf("the policy version went from %d to %d", given.PolicyVersion, taken.PolicyVersion)
	}
}
