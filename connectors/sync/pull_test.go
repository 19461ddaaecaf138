package sync_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/connectors/sync"
	"github.com/trellishq/trellis/core"
)

func TestPullTakesOverWhatIsNewAndChanged(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 10})
	l.shop.fill(25)
	c := l.connect(customers, "integration")
	l.done(c, 25, 25)
	if got := l.all("account", "code", "name", "phone", "annualRevenue", "version"); len(got) != 25 || got[3] != `{"code":"A00003","name":"Customer 3","phone":null,"annualRevenue":"3.50","version":1}` {
		t.Fatal(len(got), got[3])
	}
	origin := "connection:" + c.ID.String()
	if got := l.rows(`SELECT DISTINCT origin || ' ' || actor FROM trellis.outbox WHERE object = 'account'`); !reflect.DeepEqual(got, []string{origin + " " + origin}) {
		t.Errorf("changes are marked %q", got)
	}

	before := l.outbox()
	l.done(c, 0, 0) // nothing new
	if _, err := l.db.Exec(t.Context(), `UPDATE trellis.sync_checkpoint SET cursor = ''`); err != nil {
		t.Fatal(err)
	}
	l.done(c, 25, 0) // everything again
	if now := l.outbox(); now != before {
		t.Fatalf("reading the same again wrote: %s, then %s", before, now)
	}

	l.shop.put("customers", "c3", map[string]any{"code": "A00003", "name": "Renamed", "phone": "+49 1", "revenue": nil})
	l.shop.put("customers", "new", map[string]any{"code": "N", "name": "New"})
	l.shop.put("customers", "c4", map[string]any{"code": "A00004", "name": "one"})
	l.shop.put("customers", "c4", map[string]any{"code": "A00004", "name": "two"}) // the later counts
	l.done(c, 3, 3)
	got := l.all("account", "code", "name", "phone", "annualRevenue", "version")
	if got[3] != `{"code":"A00003","name":"Renamed","phone":"+49 1","annualRevenue":null,"version":2}` {
		t.Error(got[3])
	}
	if got[4] != `{"code":"A00004","name":"two","phone":null,"annualRevenue":"4.50","version":2}` { // revenue was not mentioned
		t.Error(got[4])
	}
	progress, err := l.sync.Progress(t.Context(), c.ID)
	if err != nil || len(progress) != 1 || progress[0].Records != 53 || progress[0].Written != 28 {
		t.Errorf("%+v, %v", progress, err)
	}
}

func TestPullTakesOverWhatMatches(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{})
	l.write(core.Op{Verb: core.Create, Object: "account", Values: map[string]any{"code": "A00001", "name": "Typed by hand", "region": "North"}})
	l.shop.fill(3)
	c := l.connect(customers, "integration")
	l.done(c, 3, 3)
	if got := l.all("account", "code", "name", "region"); len(got) != 3 || got[1] != `{"code":"A00001","name":"Customer 1","region":"North"}` {
		t.Fatal(got)
	}
	// Two records of the source with one code must not write one record in turns.
	l.shop.put("customers", "double", map[string]any{"code": "A00001", "name": "Another"})
	l.shop.put("customers", "good", map[string]any{"code": "G", "name": "Good"})
	l.done(c, 2, 1)
	l.letter(c, "double", trellis.CodeConflict, `code: the record with this value belongs to customers "c1" already`)
	l.shop.put("customers", "double", map[string]any{"code": "D", "name": "Another"})
	l.done(c, 1, 1)
	if got := l.all("account", "code", "name"); len(got) != 5 || len(l.letters(c)) != 0 {
		t.Fatal(got, l.letters(c))
	}
}

func TestDecimalsAreExact(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{})
	c := l.connect(`
streams:
  - from: items
    to: product
    fields:
      code: source.code
      name: source.name
      price: '{"amount": source.price, "currency": "EUR"}'
`, "integration")
	for _, p := range []string{"0.1", "12345678901234.123456", "0.000001", "-0", "99.90"} {
		l.shop.put("items", p, map[string]any{"code": p, "name": p, "price": connectors.Decimal(p)})
	}
	l.shop.put("items", "fine", map[string]any{"code": "z1", "name": "x", "price": connectors.Decimal("0.0000001")})
	l.shop.put("items", "long", map[string]any{"code": "z2", "name": "x", "price": connectors.Decimal(strings.Repeat("9", 900))})
	l.done(c, 7, 5)
	want := []string{`-0 0.000000`, `0.000001 0.000001`, `0.1 0.100000`, `12345678901234.123456 12345678901234.123456`, `99.90 99.900000`}
	if got := l.rows(`SELECT code || ' ' || price FROM ws_main.product ORDER BY code`); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	for _, letter := range l.letters(c) {
		if letter.Code != string(trellis.CodeInvalidInput) || !strings.HasPrefix(letter.Reason, "price: ") {
			t.Errorf("%+v", letter)
		}
	}
}

func TestDeletionsAndTheTrash(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{})
	l.shop.fill(3)
	keep := l.connect(customers, "admin")
	l.done(keep, 3, 3)
	l.shop.delete("customers", "c0")
	l.done(keep, 1, 0)
	if n := len(l.all("account", "code")); n != 3 {
		t.Fatalf("a mapping without trash deleted: %d", n)
	}
	if err := l.sync.SetMapping(t.Context(), l.root, keep, strings.Replace(customers, "match: code", "trash: true", 1)); err != nil {
		t.Fatal(err)
	}
	l.done(keep, 3, 1) // all again, for the mapping has changed; c0 goes
	if got := l.all("account", "code"); len(got) != 2 {
		t.Fatal(got)
	}
	l.shop.delete("customers", "c0")
	l.shop.delete("customers", "never seen")
	l.done(keep, 2, 0)
	l.shop.put("customers", "c0", map[string]any{"code": "A00000", "name": "Back"})
	l.done(keep, 1, 1)
	if got := l.all("account", "code", "name"); len(got) != 3 || got[0] != `{"code":"A00000","name":"Back"}` {
		t.Fatal(got)
	}

	// What a person put into the trash stays there, and is no error when it is
	// deleted at the source too.
	one, two := l.idOf("A00001"), l.idOf("A00002")
	l.write(core.Op{Verb: core.Delete, Object: "account", ID: one}, core.Op{Verb: core.Delete, Object: "account", ID: two})
	l.shop.put("customers", "c1", map[string]any{"code": "A00001", "name": "Changed"})
	l.shop.delete("customers", "c2")
	l.done(keep, 2, 0)
	l.letter(keep, "c1", trellis.CodeNotFound, "the record it belongs to is in the trash, or the connection's role does not see it")
	l.write(core.Op{Verb: core.Restore, Object: "account", ID: one})
	if err := l.sync.Retry(t.Context(), keep.ID); err != nil {
		t.Fatal(err)
	}
	l.done(keep, 1, 1)
	if got := l.all("account", "code", "name"); len(l.letters(keep)) != 0 || got[1] != `{"code":"A00001","name":"Changed"}` {
		t.Fatal(got, l.letters(keep))
	}
}

func TestARefusedDeletionIsADeadLetter(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{})
	l.shop.fill(1)
	c := l.connect(strings.Replace(customers, "match: code", "trash: true", 1), "integration") // may not delete
	l.done(c, 1, 1)
	l.shop.delete("customers", "c0")
	l.done(c, 1, 0)
	if list := l.letters(c); len(list) != 1 || list[0].Code != string(trellis.CodeForbidden) || len(l.all("account", "code")) != 1 {
		t.Fatal(list)
	}
}

func TestACursorThatExpired(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 10})
	l.shop.fill(25)
	c := l.connect(customers, "integration")
	l.done(c, 25, 25)
	if _, err := l.db.Exec(t.Context(), `UPDATE trellis.sync_checkpoint SET cursor = 'of another time'`); err != nil {
		t.Fatal(err)
	}
	l.shop.put("customers", "c1", map[string]any{"code": "A00001", "name": "Renamed"})
	l.done(c, 26, 1)
	if !strings.Contains(l.logged.String(), "read from the beginning again") {
		t.Error(l.logged)
	}
	// A source that knows no cursor at all is read from the beginning once, and
	// then left alone.
	l.shop.onRead(func(_ context.Context, _ string, cur connectors.Cursor) error {
		if cur != "" {
			return connectors.CursorError("expired")
		}
		return nil
	})
	l.shop.reads = 0
	_, err := l.sync.Pull(t.Context(), "main", c.ID.String(), time.Minute)
	if !errors.Is(err, connectors.ErrCursor) || l.shop.reads != 3 {
		t.Errorf("%v after %d reads", err, l.shop.reads)
	}
	l.status(c, sync.Waiting, "expired")
}

func TestAnotherMappingIsAppliedToAll(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 4})
	l.shop.fill(9)
	c := l.connect(customers, "integration")
	l.done(c, 9, 9)
	if err := l.sync.SetMapping(t.Context(), l.root, c, customers+"      region: '\"North\"'\n"); err != nil {
		t.Fatal(err)
	}
	l.done(c, 9, 9)
	if got := l.rows(`SELECT DISTINCT region || ' ' || version FROM ws_main.account`); !reflect.DeepEqual(got, []string{"North 2"}) {
		t.Fatal(got)
	}
	if err := l.sync.SetMapping(t.Context(), l.root, c, "# told otherwise\n"+customers+"      region: \"'North'\"\n"); err != nil {
		t.Fatal(err)
	}
	l.done(c, 9, 0) // the text differs, the values do not
	err := l.sync.SetMapping(t.Context(), l.root, c, customers+"      regio: source.x\n")
	if trellis.CodeOf(err) != trellis.CodeInvalidInput {
		t.Error(err)
	}
	l.done(c, 0, 0)
}

// TestTheWorkspaceChangesDuringAPull: a field is added, then a mapped one
// removed, while batches are read.
func TestTheWorkspaceChangesDuringAPull(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 2})
	l.shop.fill(8)
	c := l.connect(customers, "integration")
	l.shop.onRead(func(_ context.Context, _ string, cur connectors.Cursor) error {
		switch cur {
		case "2":
			return l.change("account", "note", true)
		case "6":
			return l.change("account", "phone", false)
		}
		return nil
	})
	if out := l.pull(c); !out.Done || out.Written < 4 {
		t.Fatalf("%+v", out)
	}
	now, err := l.sync.Get(t.Context(), "main", "shop")
	if err != nil || now.Status != sync.Paused || !strings.Contains(now.Problem, `account has no field "phone" to set (line 9)`) {
		t.Fatalf("%s %q", now.Status, now.Problem)
	}
	l.shop.onRead(nil)
	if err := l.change("account", "phone", true); err != nil {
		t.Fatal(err)
	}
	if err := l.sync.Retry(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	l.pull(c)
	if got := l.all("account", "code"); len(got) != 8 || len(l.letters(c)) != 0 {
		t.Fatal(got, l.letters(c))
	}
}

func TestPullFails(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, x := range map[string]struct {
		err    error
		status sync.Status
		says   string
		after  time.Duration
		failed bool
	}{
		"login":         {connectors.AuthError("the password is wrong"), sync.Paused, "the password is wrong", 0, false},
		"login, bare":   {fmt.Errorf("read: %w", connectors.ErrAuth), sync.Paused, connectors.ErrAuth.Error(), 0, false},
		"setting":       {connectors.ConfigError("user", "there is no such user"), sync.Paused, "there is no such user", 0, false},
		"patience":      {connectors.BackOff(7*time.Second, "too fast"), sync.Waiting, "too fast", 7 * time.Second, false},
		"patience, any": {connectors.BackOff(0, "too fast"), sync.Waiting, "too fast", 30 * time.Second, false},
		"patience, odd": {&connectors.Fault{Kind: connectors.ErrBackOff, After: -1, Message: "x\x00\xff"}, sync.Waiting, "x\ufffd\ufffd", 30 * time.Second, false},
		"other":         {boom, sync.Waiting, "the remote system does not answer as it should", 0, true},
		"public":        {trellis.Errorf(trellis.CodeForbidden, "10.0.0.1 is private"), sync.Waiting, "10.0.0.1 is private", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, labOptions{page: 2})
			l.shop.fill(5)
			c := l.connect(customers, "integration")
			l.shop.onRead(func(_ context.Context, _ string, cur connectors.Cursor) error {
				if cur == "2" {
					return x.err
				}
				return nil
			})
			out, err := l.sync.Pull(t.Context(), "main", c.ID.String(), time.Minute)
			if (err != nil) != x.failed || out.Read != 2 || out.Written != 2 || out.After != x.after || out.Done != (x.status == sync.Paused) {
				t.Fatalf("%+v, %v", out, err)
			}
			l.status(c, x.status, x.says)
			l.shop.onRead(nil)
			if x.status == sync.Paused {
				l.shop.reads = 0
				if out := l.pull(c); !out.Done || l.shop.reads != 0 {
					t.Fatal("a paused connection was read")
				}
				if err := l.sync.Retry(t.Context(), c.ID); err != nil {
					t.Fatal(err)
				}
			}
			l.done(c, 3, 3)
		})
	}
}

func TestAConnectorBreaksItsContract(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 2000})
	l.shop.fill(1500)
	c := l.connect(customers, "integration")
	answer := func(change func(b connectors.Batch, next connectors.Cursor) (connectors.Batch, connectors.Cursor)) {
		l.shop.page, l.shop.answer = 2, change
	}
	for _, x := range []struct {
		set  func()
		says string
	}{
		{func() {}, "a batch of 1500 records; the most is 1000"},
		{func() {
			answer(func(b connectors.Batch, _ connectors.Cursor) (connectors.Batch, connectors.Cursor) {
				return b, connectors.Cursor(strings.Repeat("x", connectors.MaxCursor+1))
			})
		}, "a cursor of 262145 bytes; the most is 262144"},
		{func() {
			answer(func(b connectors.Batch, _ connectors.Cursor) (connectors.Batch, connectors.Cursor) { return b, "\xff" })
		}, "a cursor that is no text"},
		{func() {
			answer(func(b connectors.Batch, _ connectors.Cursor) (connectors.Batch, connectors.Cursor) { return b, "" })
		}, "a batch after which the cursor is where it was"},
		{func() { l.shop.onRead(func(context.Context, string, connectors.Cursor) error { panic("nil map") }) }, "it panics"},
	} {
		x.set()
		if _, err := l.sync.Pull(t.Context(), "main", c.ID.String(), time.Minute); trellis.CodeOf(err) != trellis.CodeUnavailable {
			t.Fatal(err)
		}
		l.status(c, sync.Waiting, "the connector breaks its contract: "+x.says)
	}
	// The largest that is allowed.
	l.shop.onRead(nil)
	l.shop.page = 1000
	long := connectors.Cursor(strings.Repeat("x", connectors.MaxCursor))
	l.shop.answer = func(b connectors.Batch, _ connectors.Cursor) (connectors.Batch, connectors.Cursor) { return b, long }
	l.shop.onRead(func(_ context.Context, _ string, cur connectors.Cursor) error {
		if cur == long {
			return connectors.BackOff(time.Second, "enough")
		}
		return nil
	})
	if out := l.pull(c); out.Written != 1000 {
		t.Fatalf("%+v", out)
	}
}
func TestAStepEndsWithItsBudget(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 5})
	l.shop.fill(12)
	c := l.connect(customers, "integration")
	out, err := l.sync.Pull(t.Context(), "main", c.ID.String(), 0)
	if err != nil || out.Done || out.Read != 0 || out.After != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	l.status(c, sync.Running, "")
	l.done(c, 12, 12)
}
