package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// lab is an engine over a workspace with the CRM.
type lab struct {
	*testing.T
	engine  *core.Engine
	db      *pg.DB
	catalog *catalog.Catalog
	view    *catalog.View
	root    *core.Request
}

func newLab(t *testing.T, hooks ...core.Hook) *lab {
	t.Helper()
	w := coretest.New(t, coretest.Options{Hooks: hooks})
	return &lab{T: t, engine: w.Engine, db: w.DB, catalog: w.Catalog, view: w.View, root: w.System(t)}
}

func (l *lab) request(p *policy.Principal) *core.Request {
	l.Helper()
	r, err := l.engine.Begin(l.Context(), "main", p)
	if err != nil {
		l.Fatal(err)
	}
	return r
}

// person makes a user record and a request as that person.
func (l *lab) person(name string, roles ...string) *core.Request {
	l.Helper()
	id := l.must(l.root, core.Op{Verb: core.Create, Object: "user", Values: map[string]any{"name": name, "email": name + "@example.com"}})[0].ID
	p := &policy.Principal{Kind: policy.KindUser, ID: id, WorkspaceID: l.view.WorkspaceID, User: &policy.UserFacts{ID: id, Name: name}}
	p.SetRoles(roles)
	return l.request(p)
}

func (l *lab) write(r *core.Request, ops ...core.Op) ([]core.Result, error) {
	return l.engine.Write(l.Context(), r, &core.Write{Ops: ops})
}

func (l *lab) must(r *core.Request, ops ...core.Op) []core.Result {
	l.Helper()
	res, err := l.write(r, ops...)
	if err != nil {
		l.Fatalf("%+v: %v", ops, err)
	}
	return res
}

func (l *lab) get(r *core.Request, object string, id trellis.ID, fields ...string) map[string]any {
	l.Helper()
	var sel query.Selection
	for _, f := range fields {
		sel = append(sel, query.Item{Key: f, Field: f})
	}
	buf, err := l.engine.Query(l.Context(), r, &query.Query{Get: &query.Get{Object: object, ID: id, Select: sel}}, nil)
	if err != nil {
		l.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(buf, &m); err != nil {
		l.Fatalf("%s: %v", buf, err)
	}
	return m
}

func (l *lab) outbox() []string {
	l.Helper()
	rows, err := l.db.Query(l.Context(), `SELECT object || ' ' || actor || ' ' || changes FROM trellis.outbox ORDER BY xid, id`)
	if err != nil {
		l.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		l.Fatal(err)
	}
	return all
}

func account(name string) core.Op {
	return core.Op{Verb: core.Create, Object: "account", Values: map[string]any{"name": name}}
}

func wantCode(t *testing.T, err error, code trellis.Code, path string) {
	t.Helper()
	if trellis.CodeOf(err) != code {
		t.Fatalf("want %s, got %v", code, err)
	}
	for _, e := range trellis.Public(err) {
		if trellis.PathString(e.Path) == path {
			return
		}
	}
	t.Fatalf("want the path %q, got %v", path, err)
}

func TestCreateUpdateDeleteRestore(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	id := l.must(l.root, core.Op{Verb: core.Create, Object: "account", Values: map[string]any{
		"name": "Müller 有限公司", "creditLimit": map[string]any{"amount": json.Number("1000"), "currency": "EUR"}, "annualRevenue": "12.5"}})[0].ID
	if got := l.get(l.root, "account", id, "name", "lifecycle", "annualRevenue", "version"); fmt.Sprint(got) != "map[annualRevenue:12.50 lifecycle:prospect name:Müller 有限公司 version:1]" {
		t.Fatal(got)
	}
	res := l.must(l.root, core.Op{Verb: core.Update, Object: "account", ID: id, IfVersion: 1, Values: map[string]any{"name": "M", "annualRevenue": nil}})
	if res[0].Version != 2 || res[0].Verb != core.Update {
		t.Fatal(res)
	}
	if res := l.must(l.root, core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"name": "M"}}); res[0].Version != 2 || res[0].Verb != "" {
		t.Fatalf("a write that changes nothing: %+v", res)
	}
	_, err := l.write(l.root, core.Op{Verb: core.Update, Object: "account", ID: id, IfVersion: 1, Values: map[string]any{"name": "X"}, Path: []any{"input"}})
	wantCode(t, err, trellis.CodeVersionConflict, "input")
	l.must(l.root, core.Op{Verb: core.Delete, Object: "account", ID: id})
	if got := l.get(l.root, "account", id, "name"); got != nil {
		t.Fatalf("a trashed record was read: %v", got)
	}
	if _, err := l.write(l.root, core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"name": "X"}}); trellis.CodeOf(err) != trellis.CodeNotFound {
		t.Fatal(err)
	}
	l.must(l.root, core.Op{Verb: core.Restore, Object: "account", ID: id})
	if got := l.get(l.root, "account", id, "name", "version"); fmt.Sprint(got) != "map[name:M version:4]" {
		t.Fatal(got)
	}
	out := l.outbox()
	last := out[len(out)-4:]
	for i, want := range []string{
		`"op":"create","version":1,"changed":{"name":[null,"Müller 有限公司"],"lifecycle":[null,"prospect"],"creditLimit":[null,{"amount":"1000.00","currency":"EUR"}],"annualRevenue":[null,"12.50"]}`,
		`"op":"update","version":2,"changed":{"name":["Müller 有限公司","M"],"annualRevenue":["12.50",null]}`,
		`"op":"delete","version":3,"changed":{}`, `"op":"restore","version":4,"changed":{}`,
	} {
		if !strings.HasPrefix(last[i], "account system ") || !strings.Contains(last[i], want) {
			t.Errorf("outbox entry %d: %s\nwant %s", i, last[i], want)
		}
	}
}

func order(number string, account trellis.ID, lines ...core.Op) []core.Op {
	return append([]core.Op{{Verb: core.Create, Object: "order", Path: []any{"input"}, Values: map[string]any{"number": number, "account": account, "orderDate": "2026-02-01"}}}, lines...)
}

func line(no int, product trellis.ID, quantity string) core.Op {
	return core.Op{Verb: core.Create, Object: "orderLine", Path: []any{"input", "lines", no - 1}, Values: map[string]any{"order": core.Ref(0), "lineNo": int64(no), "product": product, "quantity": quantity}}
}

func TestAnOrderAndItsLinesAreOneWrite(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	acc := l.must(l.root, account("A"))[0].ID
	prod := l.must(l.root, core.Op{Verb: core.Create, Object: "product", Values: map[string]any{"code": "P1", "name": "Pump"}})[0].ID
	res := l.must(l.root, order("O1", acc, line(1, prod, "2"), line(2, prod, "3"))...)
	lines := func() int {
		var m struct{ N int }
		buf, err := l.engine.Query(t.Context(), l.root, &query.Query{List: &query.List{Object: "orderLine", Shape: []query.ListItem{{Key: "n", Kind: query.TotalCount}}}}, nil)
		if err != nil || json.Unmarshal(buf, &m) != nil {
			t.Fatal(err)
		}
		return m.N
	}
	if lines() != 2 {
		t.Fatal("want two lines")
	}
	before := len(l.outbox())
	_, err := l.write(l.root, order("O2", acc, line(1, prod, "2"), line(2, trellis.NewID(), "3"))...)
	wantCode(t, err, trellis.CodeInvalidInput, "input.lines[1].product")
	if lines() != 2 || len(l.outbox()) != before {
		t.Fatal("a refused order left something behind")
	}
	l.must(l.root, core.Op{Verb: core.Delete, Object: "orderLine", ID: res[2].ID})
	l.must(l.root, core.Op{Verb: core.Delete, Object: "order", ID: res[0].ID})
	if lines() != 0 {
		t.Fatal("lines stay when their order goes")
	}
	l.must(l.root, core.Op{Verb: core.Restore, Object: "order", ID: res[0].ID})
	if lines() != 1 {
		t.Fatal("a restore brings back what went in the same delete, and no more")
	}
}

func TestRowsAndFieldsOfTheCaller(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ann, bob := l.person("ann", "salesRep"), l.person("bob", "salesRep")
	id := l.must(ann, account("Ann's"))[0].ID
	if got := l.get(ann, "account", id, "owner"); got["owner"] != ann.Principal.ID.String() {
		t.Fatalf("a new record belongs to who made it: %v", got)
	}
	if got := l.get(bob, "account", id, "name"); got != nil {
		t.Fatalf("bob reads ann's account: %v", got)
	}
	_, err := l.write(bob, core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"name": "X"}})
	_, missing := l.write(bob, core.Op{Verb: core.Update, Object: "account", ID: trellis.NewID(), Values: map[string]any{"name": "X"}})
	if trellis.CodeOf(err) != trellis.CodeNotFound || err.Error() != missing.Error() {
		t.Fatalf("hidden: %v, missing: %v", err, missing)
	}
	_, err = l.write(ann, core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"creditLimit": "5 EUR"}})
	if trellis.CodeOf(err) != trellis.CodeForbidden && trellis.CodeOf(err) != trellis.CodeInvalidInput {
		t.Fatalf("ann sets a field she may not: %v", err)
	}
	// Giving the account away takes it out of ann's rows, which the rule on the
	// new image refuses.
	_, err = l.write(ann, core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"owner": bob.Principal.ID}})
	if trellis.CodeOf(err) != trellis.CodeForbidden {
		t.Fatalf("ann gives her account away: %v", err)
	}
	// A lookup to a record that is not hers is like one to nothing.
	other := l.must(bob, account("Bob's"))[0].ID
	_, err = l.write(ann, core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"parent": other}})
	wantCode(t, err, trellis.CodeInvalidInput, "parent")
}

func TestUpsertAndPerRow(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	up := func(code, name string) core.Op {
		return core.Op{Verb: core.Upsert, Object: "account", Key: []string{"code"}, Values: map[string]any{"code": code, "name": name}}
	}
	first := l.must(l.root, up("A", "one"), up("B", "two"))
	second := l.must(l.root, up("A", "uno"), up("C", "three"))
	if first[0].Verb != core.Create || second[0].Verb != core.Update || second[0].ID != first[0].ID || second[1].Verb != core.Create {
		t.Fatal(first, second)
	}
	ops := []core.Op{account("good"), account(""), {Verb: core.Create, Object: "account", Values: map[string]any{"name": "dup", "code": "A"}}, account("also good"),
		{Verb: core.Create, Object: "contact", Values: map[string]any{"name": "c", "email": "no address"}}}
	res, err := l.engine.Bulk(t.Context(), l.root, ops, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []trellis.Code
	for _, r := range res {
		codes = append(codes, "")
		if r.Err != nil {
			codes[len(codes)-1] = r.Err.Code
		}
	}
	if fmt.Sprint(codes) != "[ VALIDATION_FAILED CONFLICT  INVALID_INPUT]" {
		t.Fatalf("%v: %+v", codes, res)
	}
	if l.get(l.root, "account", res[3].ID, "name")["name"] != "also good" {
		t.Fatal("a good row was lost with the bad ones")
	}
}

func TestAlsoIsInTheTransaction(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	stop := errors.New("stop")
	before := len(l.outbox())
	_, err := l.engine.Write(t.Context(), l.root, &core.Write{PerRow: true, Ops: []core.Op{account("gone")}, Also: func(context.Context, pgx.Tx, []core.Result) error { return stop }})
	if !errors.Is(err, stop) && trellis.CodeOf(err) != trellis.CodeInternal {
		t.Fatal(err)
	}
	if len(l.outbox()) != before {
		t.Fatal("rows stayed although their transaction was refused")
	}
}

type hookFunc func(ctx context.Context, ev *core.BeforeEvent) error

func (f hookFunc) Before(ctx context.Context, ev *core.BeforeEvent) error { return f(ctx, ev) }

func TestHooksChangeAndRefuse(t *testing.T) {
	t.Parallel()
	l := newLab(t, hookFunc(func(_ context.Context, ev *core.BeforeEvent) error {
		if ev.Object.Name != "account" {
			return nil
		}
		for _, c := range ev.Changes {
			if c.Get("country") == nil {
				c.Refuse(trellis.Errorf(trellis.CodeVetoed, "an account needs a country").At("country"))
				continue
			}
			if err := c.Set("name", strings.ToUpper(c.Get("name").(string))); err != nil {
				return err
			}
		}
		return nil
	}))
	op := account("loud")
	op.Path = []any{"input"}
	_, err := l.write(l.root, op)
	wantCode(t, err, trellis.CodeVetoed, "input.country")
	op.Values["country"] = "DE"
	id := l.must(l.root, op)[0].ID
	if got := l.get(l.root, "account", id, "name")["name"]; got != "LOUD" {
		t.Fatal(got)
	}
}

// TestHammerOneRecord lets writers race: every success must have counted, and
// versions must have no gap.
func TestHammerOneRecord(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	id := l.must(l.root, account("A"))[0].ID
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for n := range 6 {
		wg.Go(func() {
			r, err := l.engine.Begin(t.Context(), "main", policy.System(l.view.WorkspaceID))
			if err != nil {
				t.Error(err)
				return
			}
			for k := range 10 {
				_, err := l.engine.Write(t.Context(), r, &core.Write{Ops: []core.Op{{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"name": fmt.Sprintf("%d-%d", n, k)}}}})
				switch trellis.CodeOf(err) {
				case "":
					mu.Lock()
					done++
					mu.Unlock()
				case trellis.CodeVersionConflict:
				default:
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := l.get(l.root, "account", id, "version")["version"]; got != float64(done+1) || done == 0 {
		t.Fatalf("%d writes succeeded, the version is %v", done, got)
	}
}

// TestAFieldAddedWhileWriting: writers never fail because the catalogue
// changed, and the first write after apply sees the new field.
func TestAFieldAddedWhileWriting(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	stop := make(chan struct{})
	started := make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			r, err := l.engine.Begin(t.Context(), "main", policy.System(l.view.WorkspaceID))
			if err != nil {
				t.Error(err)
				return
			}
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := l.engine.Write(t.Context(), r, &core.Write{Ops: []core.Op{account("w")}}); err != nil {
					t.Error(err)
					return
				}
				once.Do(func() { close(started) })
			}
		})
	}
	<-started
	for i := range 5 {
		name := fmt.Sprintf("extra%d", i)
		_, err := l.catalog.Apply(t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
			next := d.Fork()
			o := next.Own("account")
			o.Fields = append(o.Fields, &metadata.Field{Name: name, Kind: metadata.KindText})
			return next, nil
		}, catalog.Options{By: "system"})
		if err != nil {
			t.Fatal(err)
		}
		op := account("new")
		op.Values[name] = "there"
		r := l.request(policy.System(l.view.WorkspaceID))
		id := l.must(r, op)[0].ID
		if l.get(r, "account", id, name)[name] != "there" {
			t.Fatal("the new field was not read back")
		}
	}
	close(stop)
	wg.Wait()
}

// TestRulesMayAskForSystemFields: the rule on the new image is decided on what
// will be stored, who made it and when included.
func TestRulesMayAskForSystemFields(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ann := l.person("ann", "maker")
	_, err := l.catalog.Apply(t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
		next := d.Fork()
		next.Roles = append(next.Roles, &metadata.Role{Name: "maker", Package: metadata.CustomPackage})
		next.Policies = append(next.Policies, &metadata.Policy{Name: "own", Package: metadata.CustomPackage, Role: "maker", Object: "account",
			Actions: []metadata.Action{metadata.ActionRead, metadata.ActionCreate, metadata.ActionUpdate},
			Rule:    fmt.Sprintf(`record.createdBy == %q && record.version < 3 && record.createdAt <= now`, ann.Principal.String())})
		return next, nil
	}, catalog.Options{By: "system"})
	if err != nil {
		t.Fatal(err)
	}
	ann = l.request(ann.Principal)
	id := l.must(ann, account("mine"))[0].ID
	update := core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"name": "still mine"}}
	l.must(ann, update)
	update.Values["name"] = "too often"
	if _, err := l.write(ann, update); trellis.CodeOf(err) != trellis.CodeForbidden {
		t.Fatalf("the new version breaks the rule: %v", err)
	}
	if l.get(l.root, "account", id, "name")["name"] != "still mine" {
		t.Fatal("a refused write was stored")
	}
}

// TestAKeyIsNobodysOwner: rules about the user fail for a principal without a
// person, so that records without an owner are not theirs.
func TestAKeyIsNobodysOwner(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	id := l.must(l.root, account("nobody's"))[0].ID
	key := &policy.Principal{Kind: policy.KindKey, ID: trellis.NewID(), WorkspaceID: l.view.WorkspaceID}
	key.SetRoles([]string{"salesRep"})
	r := l.request(key)
	if got := l.get(r, "account", id, "name"); got != nil {
		t.Fatalf("a key reads %v", got)
	}
	if _, err := l.write(r, account("new")); trellis.CodeOf(err) != trellis.CodeForbidden {
		t.Fatalf("a key owns what it makes: %v", err)
	}
}
