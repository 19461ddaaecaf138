package sync_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/connectors/sync"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// hook is a core.Hook that can be set while the lab stands.
type hook struct {
	mu gosync.Mutex
	do func(ctx context.Context, ev *core.BeforeEvent) error
}

var _ core.Hook = (*hook)(nil)

func (h *hook) set(do func(ctx context.Context, ev *core.BeforeEvent) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.do = do
}

// once sets what is done before the next write and no other.
func (h *hook) once(do func(ctx context.Context, ev *core.BeforeEvent) error) {
	h.set(func(ctx context.Context, ev *core.BeforeEvent) error {
		h.set(nil)
		return do(ctx, ev)
	})
}

// Before implements core.Hook.
func (h *hook) Before(ctx context.Context, ev *core.BeforeEvent) error {
	h.mu.Lock()
	do := h.do
	h.mu.Unlock()
	if do == nil {
		return nil
	}
	return do(ctx, ev)
}

// people maps contacts before the accounts they belong to, and accounts to
// their parents.
const people = `
streams:
  - from: people
    to: contact
    fields:
      name: source.name
    links:
      account: {from: customers, key: source.customer}
  - from: customers
    to: account
    fields:
      code: source.code
      name: source.name
    links:
      parent: {from: customers, key: source.parent}
`

func TestRecordsWaitForThoseTheyReferTo(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 100})
	c := l.connect(people, "integration")
	for i := range 3 {
		l.shop.put("people", fmt.Sprint("p", i), map[string]any{"name": fmt.Sprint("P", i), "customer": fmt.Sprint("c", i)})
	}
	// Each account comes before its parent, and the last but one's is missing.
	for i := range 6 {
		l.shop.put("customers", fmt.Sprint("c", i), map[string]any{"code": fmt.Sprint("C", i), "name": "x", "parent": fmt.Sprint("c", i+1)})
	}
	l.shop.put("customers", "alone", map[string]any{"code": "X", "name": "x", "parent": nil})
	if out := l.pull(c); !out.Done || out.Written != 1 || len(l.letters(c)) != 9 {
		t.Fatalf("%+v, %v", out, l.letters(c))
	}
	i := slices.IndexFunc(l.letters(c), func(d sync.DeadLetter) bool { return d.Key == "p2" })
	if letter := l.letters(c)[i]; letter.Attempts != 1 || letter.Code != "CONFLICT" || letter.Reason != `account: refers to customers "c2", which has not come yet` {
		t.Errorf("%+v", letter)
	}
	// The missing one comes, and the whole chain goes in the same pull, without
	// any wait.
	l.shop.put("customers", "c6", map[string]any{"code": "C6", "name": "x"})
	if out := l.pull(c); out.Written != 10 || len(l.letters(c)) != 0 {
		t.Fatalf("%+v, %v", out, l.letters(c))
	}
	got := l.rows(`SELECT c.name || ' ' || a.code || ' ' || p.code FROM ws_main.contact c JOIN ws_main.account a ON a.id = c.account_id JOIN ws_main.account p ON p.id = a.parent_id ORDER BY 1`)
	if !reflect.DeepEqual(got, []string{"P0 C0 C1", "P1 C1 C2", "P2 C2 C3"}) {
		t.Fatal(got)
	}
	// Null clears a link, what is absent leaves it.
	l.shop.put("people", "p0", map[string]any{"name": "P0", "customer": nil})
	l.shop.put("people", "p1", map[string]any{"name": "Q1"})
	l.shop.put("people", "p2", map[string]any{"name": "P2", "customer": "c5"})
	l.done(c, 3, 3)
	got = l.rows(`SELECT c.name || ' ' || coalesce(a.code, '-') FROM ws_main.contact c LEFT JOIN ws_main.account a ON a.id = c.account_id ORDER BY 1`)
	if !reflect.DeepEqual(got, []string{"P0 -", "P2 C5", "Q1 C1"}) {
		t.Fatal(got)
	}
}

func TestARecordThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{})
	c := l.connect(customers, "integration")
	l.shop.put("customers", "good", map[string]any{"code": "G", "name": "Good"})
	l.shop.put("customers", "bad", map[string]any{"code": "B", "name": nil})
	l.done(c, 2, 1)
	first := l.letter(c, "bad", trellis.CodeValidationFailed, "name: Name is required")
	if wait := time.Until(first.NextAt); first.Attempts != 1 || wait < 50*time.Second || wait > 61*time.Second {
		t.Errorf("%+v", first)
	}
	l.done(c, 0, 0) // not yet
	for attempt, want := range []time.Duration{2 * time.Minute, 4 * time.Minute, 8 * time.Minute} {
		if err := l.sync.Retry(t.Context(), c.ID); err != nil {
			t.Fatal(err)
		}
		l.done(c, 1, 0)
		letter := l.letters(c)[0]
		if wait := time.Until(letter.NextAt); letter.Attempts != attempt+2 || wait > want+time.Second || wait < want-30*time.Second {
			t.Errorf("attempt %d waits %v", letter.Attempts, wait)
		}
	}
	if _, err := l.db.Exec(t.Context(), `UPDATE trellis.sync_dead_letter SET attempts = 2000000, next_at = now()`); err != nil {
		t.Fatal(err)
	}
	l.done(c, 1, 0)
	if wait := time.Until(l.letters(c)[0].NextAt); wait > 24*time.Hour || wait < 23*time.Hour {
		t.Errorf("waits %v", wait)
	}
	// It changes and is bad again: it begins anew. Then it is mended.
	l.shop.put("customers", "bad", map[string]any{"code": "B", "name": nil, "phone": "+1"})
	l.done(c, 1, 0)
	if letter := l.letters(c)[0]; letter.Attempts != 1 {
		t.Errorf("%+v", letter)
	}
	l.shop.put("customers", "bad", map[string]any{"code": "B", "name": "Better"})
	l.done(c, 1, 1)
	if got := l.all("account", "code", "name"); len(l.letters(c)) != 0 || got[0] != `{"code":"B","name":"Better"}` {
		t.Fatal(got, l.letters(c))
	}
	// What failed and was undone at the source must not come back.
	l.shop.put("customers", "bad", map[string]any{"code": "B", "name": nil})
	l.done(c, 1, 0)
	l.shop.put("customers", "bad", map[string]any{"code": "B", "name": "Better"})
	l.done(c, 1, 0)
	if len(l.letters(c)) != 0 {
		t.Fatal(l.letters(c))
	}
}

func TestAPluginRefuses(t *testing.T) {
	t.Parallel()
	h := &hook{}
	h.set(func(_ context.Context, ev *core.BeforeEvent) error {
		for _, ch := range ev.Changes {
			if name, _ := ch.Get("name").(string); strings.Contains(name, "2") {
				ch.Refuse(trellis.Errorf(trellis.CodeVetoed, "say the country").At("country"))
			} else if err := ch.Set("region", "by plugin"); err != nil {
				return err
			}
		}
		return nil
	})
	l := newLab(t, labOptions{hooks: []core.Hook{h}})
	l.shop.fill(4)
	c := l.connect(customers, "integration")
	l.done(c, 4, 3)
	l.letter(c, "c2", trellis.CodeVetoed, "country: say the country")
	if got := l.rows(`SELECT DISTINCT region FROM ws_main.account`); !reflect.DeepEqual(got, []string{"by plugin"}) {
		t.Error(got)
	}
	l.shop.put("customers", "c2", map[string]any{"code": "A2", "name": "Three"})
	l.done(c, 1, 1)
	if len(l.letters(c)) != 0 {
		t.Fatal(l.letters(c))
	}
	// A plugin that fails as a whole stops the pull, which loses nothing.
	h.set(func(context.Context, *core.BeforeEvent) error {
		return trellis.Errorf(trellis.CodeUnavailable, "the plugin phone fails")
	})
	l.shop.put("customers", "c9", map[string]any{"code": "A9", "name": "Nine"})
	if _, err := l.sync.Pull(t.Context(), "main", "shop", time.Minute); trellis.CodeOf(err) != trellis.CodeUnavailable {
		t.Fatal(err)
	}
	l.status(c, sync.Waiting, "the plugin phone fails")
	h.set(nil)
	l.done(c, 1, 1)
}

func TestHostileRecords(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 100})
	c := l.connect(people, "integration")
	deep := any("x")
	for range connectors.MaxDepth + 2 {
		deep = []any{deep}
	}
	cycle := map[string]any{}
	cycle["cycle"] = cycle
	good := map[string]any{"code": nil, "name": "Good"}
	bad := []connectors.Record{
		{Key: "", Data: good}, {Key: "", Data: map[string]any{"name": "other"}}, {Key: "", Problem: "line 3 is broken"}, {Key: "", Data: cycle},
		{Key: strings.Repeat("k", 501), Data: good}, {Key: "nul\x00", Data: good}, {Key: "utf\xff", Data: good},
		{Key: "float", Data: map[string]any{"name": 1.5}}, {Key: "func", Data: map[string]any{"name": func() {}}},
		{Key: "deep", Data: map[string]any{"name": deep}}, {Key: "cycle", Data: cycle},
		{Key: "text", Data: map[string]any{"name": "\xff"}}, {Key: "zero", Data: map[string]any{"name": "a\x00b"}},
		{Key: "field", Data: map[string]any{"name": "x", "\xff": 1}}, {Key: "year", Data: map[string]any{"name": "x", "at": time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{Key: "problem", Problem: "broken\x00", Data: good}, {Key: "both", Deleted: true, Data: good},
		{Key: "decimal", Data: map[string]any{"name": connectors.Decimal("1,5")}},
		{Key: "link", Data: map[string]any{"name": "x", "parent": "\x00"}}, {Key: "link2", Data: map[string]any{"name": "x", "parent": true}},
		{Key: "list", Data: map[string]any{"name": []any{"x"}}}, {Key: "long", Data: map[string]any{"name": strings.Repeat("x", 1<<20)}},
	}
	for _, r := range bad {
		r.Stream = "customers"
		l.shop.add(r)
	}
	l.shop.put("customers", "fine", map[string]any{"code": "F", "name": "Fine", "parent": ""})
	for range 3 { // also when they are tried again, and when they are read again
		if out := l.pull(c); !out.Done {
			t.Fatalf("%+v", out)
		}
		if got := l.letters(c); len(got) != len(bad) {
			t.Fatalf("%d of %d letters: %v", len(got), len(bad), got)
		}
		if got := l.all("account", "code"); len(got) != 1 {
			t.Fatal(got)
		}
		if _, err := l.db.Exec(t.Context(), `UPDATE trellis.sync_checkpoint SET cursor = ''`); err != nil {
			t.Fatal(err)
		}
		if err := l.sync.Retry(t.Context(), c.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.db.Exec(t.Context(), `UPDATE trellis.sync_dead_letter SET record = '{"Data": {"$odd": "1"}}' WHERE external_id = 'float'`); err != nil {
		t.Fatal(err)
	}
	l.pull(c)
	if got := l.letters(c); len(got) != len(bad) {
		t.Fatal(got)
	}
}

func TestWhatTheRoleMayWrite(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{})
	refuse := func(mapping, role, path string) {
		t.Helper()
		_, err := l.sync.Create(t.Context(), l.root, sync.NewConnection{Name: "x", Connector: "shop", Role: role, Settings: map[string]any{"user": "a"}, Mapping: mapping})
		all := trellis.Public(err)
		if len(all) != 1 || all[0].Code != trellis.CodeForbidden || trellis.PathString(all[0].Path) != path {
			t.Errorf("%s: %v", role, err)
		}
	}
	refuse(customers, "auditor", "mapping.streams[0].to")
	refuse(customers+"      creditLimit: null\n", "salesRep", "mapping.streams[0].fields.creditLimit")

	// A rule about the record is found out with the record.
	if _, err := l.catalog.Apply(t.Context(), "main", policies("salesRep", func(p *metadata.Policy) bool {
		p.Rule = `record.code != "A00001"`
		return p.Name == "repAccounts"
	}), catalogBySystem); err != nil {
		t.Fatal(err)
	}
	c := l.connect(customers, "salesRep")
	l.shop.fill(3)
	l.done(c, 3, 2)
	l.letter(c, "c1", trellis.CodeForbidden, "you may not write a record like this")
	// A role that lost its rights pauses the connection.
	if _, err := l.catalog.Apply(t.Context(), "main", policies("salesRep", func(*metadata.Policy) bool { return false }), catalogBySystem); err != nil {
		t.Fatal(err)
	}
	if out := l.pull(c); !out.Done {
		t.Fatalf("%+v", out)
	}
	l.status(c, sync.Paused, "streams[0].to: the connection's role may neither create nor update account")
}

var catalogBySystem = catalog.Options{By: "system", AllowLoss: true}

// policies keeps those of a role that keep says, which may change them.
func policies(role string, keep func(p *metadata.Policy) bool) catalog.Draft {
	return func(d *metadata.Definition) (*metadata.Definition, error) {
		var kept []*metadata.Policy
		for _, p := range d.Policies {
			if p.Role == role {
				if p = p.Clone(); !keep(p) {
					continue
				}
			}
			kept = append(kept, p)
		}
		d.Policies = kept
		return d, nil
	}
}

func TestAPersonChangesARecordDuringABatch(t *testing.T) {
	t.Parallel()
	h := &hook{}
	l := newLab(t, labOptions{hooks: []core.Hook{h}})
	l.shop.fill(3)
	c := l.connect(customers, "integration")
	l.done(c, 3, 3)
	id := l.idOf("A00001")
	for i := range 3 {
		l.shop.put("customers", fmt.Sprint("c", i), map[string]any{"code": fmt.Sprintf("A%05d", i), "name": "Changed there"})
	}
	h.once(func(ctx context.Context, _ *core.BeforeEvent) error {
		_, err := l.engine.Write(ctx, l.root, &core.Write{Ops: []core.Op{{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"region": "South"}}}})
		return err
	})
	l.done(c, 3, 3)
	if got := l.rows(`SELECT name || ' ' || region || ' ' || version FROM ws_main.account WHERE code = 'A00001'`); len(l.letters(c)) != 0 || got[0] != "Changed there South 3" {
		t.Fatal(got, l.letters(c))
	}
}
