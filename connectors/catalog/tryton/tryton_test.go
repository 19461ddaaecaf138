package tryton_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/connectors/catalog/tryton"
	"github.com/trellishq/trellis/connectors/catalog/tryton/trytontest"
	"github.com/trellishq/trellis/connectors/connectortest"
	"github.com/trellishq/trellis/core/egress"
)

func settings(s *trytontest.Server, more map[string]any) map[string]any {
	out := map[string]any{"url": s.URL, "database": s.Database, "user": s.User, "password": s.Password}
	maps.Copy(out, more)
	return out
}

func open(t *testing.T, s *trytontest.Server, more map[string]any) connectors.Source {
	t.Helper()
	networks, err := egress.ParseNetworks([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	values, err := tryton.Connector{}.Spec().Resolve(settings(s, more))
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(nil).Client(egress.Rules{Private: networks, PerSecond: 10_000})
	conn, err := tryton.Connector{}.Open(t.Context(), connectors.Config{Values: values, HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Logf("close: %v", err)
		}
		client.CloseIdleConnections()
	})
	return conn.(connectors.Source)
}

// readAll reads to io.EOF and puts the records into seen.
func readAll(t *testing.T, src connectors.Source, stream string, cur connectors.Cursor, seen map[string]connectors.Record) connectors.Cursor {
	t.Helper()
	for {
		batch, next, err := src.Read(t.Context(), stream, cur)
		if err != nil && err != io.EOF {
			t.Fatalf("read %s: %v", stream, err)
		}
		for _, r := range batch.Records {
			seen[r.Key] = r
		}
		if cur = next; err != nil {
			return cur
		}
	}
}

// TestTryton runs all tests one after the other on one Tryton, which takes most
// of a processor to start.
func TestTryton(t *testing.T) {
	t.Parallel()
	s := trytontest.New(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *trytontest.Server)
	}{
		{"conformance", testConformance},
		{"every field agrees", testEveryFieldAgrees},
		{"late commit", testLateCommit},
		{"idle and full read", testIdleAndFullRead},
		{"further models", testFurtherModels},
		{"configuration errors", testConfigurationErrors},
		{"hammer", testHammer},
		{"Tryton goes away", testTrytonGoesAway},
		{"blocked login", testBlockedLogin}, // last: it stays blocked
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, s) })
	}
}

func testConformance(t *testing.T, s *trytontest.Server) {
	made := 0
	connectortest.Run(t, connectortest.Harness{
		Connector: tryton.Connector{},
		Values:    settings(s, map[string]any{"pageSize": 7}),
		Stream:    "party.party",
		Create: func(ctx context.Context, n int) error {
			_, err := s.CreateParties(ctx, trytontest.GenerateParties(made+1, n))
			made += n
			return err
		},
		Update: func(ctx context.Context, key string) error {
			id, _ := strconv.ParseInt(key, 10, 64)
			return s.RenameParty(ctx, id, "renamed "+key)
		},
		Keys: func(ctx context.Context) ([]string, error) {
			parties, err := s.Parties(ctx)
			var keys []string
			for _, p := range parties {
				keys = append(keys, strconv.FormatInt(p.ID, 10))
			}
			return keys, err
		},
		URL:      "url",
		BadLogin: map[string]any{"password": "wrong"},
	})
}

// Every field agrees with what the database says, whatever was changed: the
// record, what it embeds, what it is computed from, or whether it is archived.
func testEveryFieldAgrees(t *testing.T, s *trytontest.Server) {
	ctx := t.Context()
	ids, err := s.CreateParties(ctx, trytontest.GenerateParties(1001, 80))
	if err != nil {
		t.Fatal(err)
	}
	products, err := s.CreateProducts(ctx, trytontest.GenerateProducts(1001, 30))
	if err != nil {
		t.Fatal(err)
	}
	src := open(t, s, map[string]any{"pageSize": 20, "lookBackSeconds": 1})
	parties, items := map[string]connectors.Record{}, map[string]connectors.Record{}
	var partyCursor, itemCursor connectors.Cursor
	check := func(step string) {
		t.Helper()
		partyCursor = readAll(t, src, "party.party", partyCursor, parties)
		itemCursor = readAll(t, src, "product.product", itemCursor, items)
		compareParties(t, s, step, parties)
		compareProducts(t, s, step, items)
	}
	check("first read")
	for step, change := range map[string]func() error{
		"rename":        func() error { return s.RenameParty(ctx, ids[3], "新名称") },
		"phone":         func() error { return s.SetPartyPhone(ctx, ids[4], "+86 (21) 9999-0000") },
		"city":          func() error { return s.SetPartyCity(ctx, ids[5], "Genève", "FR") },
		"no country":    func() error { return s.SetPartyCity(ctx, ids[6], "Nowhere", "") },
		"archive":       func() error { return s.ArchiveParty(ctx, ids[7], true) },
		"price":         func() error { return s.SetProductPrice(ctx, products[1], "12345678901.0100") },
		"product name":  func() error { return s.RenameProduct(ctx, products[2], "轴承 Ω") },
		"archived item": func() error { return s.ArchiveProduct(ctx, products[3], true) },
		"new party":     func() error { _, err := s.CreateParties(ctx, trytontest.GenerateParties(1900, 1)); return err },
		"archived phone": func() error {
			_, err := exec(ctx, s, `UPDATE party_contact_mechanism SET active = false, write_date = now() WHERE party = $1 AND type = 'phone'`, ids[8])
			return err
		},
	} {
		if err := change(); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		check(step)
	}
}

func exec(ctx context.Context, s *trytontest.Server, sql string, args ...any) (int64, error) {
	conn, err := s.SQL(ctx)
	if err != nil {
		return 0, err
	}
	tag, err := conn.Exec(ctx, sql, args...)
	return tag.RowsAffected(), errors.Join(err, conn.Close(ctx))
}

func compareParties(t *testing.T, s *trytontest.Server, step string, got map[string]connectors.Record) {
	t.Helper()
	want, err := s.Parties(t.Context())
	if err != nil || len(want) != len(got) {
		t.Fatalf("%s: %d parties, want %d, %v", step, len(got), len(want), err)
	}
	for _, w := range want {
		r := got[strconv.FormatInt(w.ID, 10)]
		text := func(name string) string { v, _ := r.Data[name].(string); return v }
		g := trytontest.Party{
			ID: w.ID, Code: text("code"), Name: text("name"), Street: text("street"), City: text("city"), PostalCode: text("postal_code"),
			Country: text("country"), Phone: text("phone"), Email: text("email"), Active: r.Data["active"] == true,
		}
		if g != w {
			t.Errorf("%s: party\n %+v, want\n %+v", step, g, w)
		}
	}
}

func compareProducts(t *testing.T, s *trytontest.Server, step string, got map[string]connectors.Record) {
	t.Helper()
	want, err := s.Products(t.Context())
	if err != nil || len(want) != len(got) {
		t.Fatalf("%s: %d products, want %d, %v", step, len(got), len(want), err)
	}
	for _, w := range want {
		r := got[strconv.FormatInt(w.ID, 10)]
		unit, _ := r.Data["default_uom"].(map[string]any)
		g := trytontest.Product{
			ID: w.ID, Code: r.Data["code"].(string), Name: r.Data["name"].(string), Active: r.Data["active"] == true,
			ListPrice: string(r.Data["list_price"].(connectors.Decimal)), Unit: unit["symbol"].(string),
		}
		g.TemplateID, _ = strconv.ParseInt(r.Data["template"].(string), 10, 64)
		if g != w {
			t.Errorf("%s: product\n %+v, want\n %+v", step, g, w)
		}
	}
}

// A transaction that is committed late shows the date at which it began. It is
// found, though newer records have been read in between.
func testLateCommit(t *testing.T, s *trytontest.Server) {
	ctx := t.Context()
	ids, err := s.CreateParties(ctx, trytontest.GenerateParties(2001, 3))
	if err != nil {
		t.Fatal(err)
	}
	src, seen := open(t, s, nil), map[string]connectors.Record{}
	cur := readAll(t, src, "party.party", "", seen)

	conn, err := s.SQL(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `UPDATE party_party SET name = 'late', write_date = current_timestamp WHERE id = $1`, ids[0]); err != nil {
		t.Fatal(err)
	}
	if err := s.RenameParty(ctx, ids[1], "early"); err != nil {
		t.Fatal(err)
	}
	cur = readAll(t, src, "party.party", cur, seen)
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	readAll(t, src, "party.party", cur, seen)
	for i, want := range []string{"late", "early"} {
		if got := seen[strconv.FormatInt(ids[i], 10)].Data["name"]; got != want {
			t.Errorf("party %d is named %v, want %s", i, got, want)
		}
	}
}

// Nothing that is known comes again while nothing changes, and a full read
// brings back in step what changed without a date.
func testIdleAndFullRead(t *testing.T, s *trytontest.Server) {
	ctx := t.Context()
	ids, err := s.CreateParties(ctx, trytontest.GenerateParties(3001, 30))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]connectors.Record{}
	cur := readAll(t, open(t, s, nil), "party.party", "", seen)
	again := map[string]connectors.Record{}
	cur = readAll(t, open(t, s, nil), "party.party", cur, again)
	if len(again) != 0 {
		t.Errorf("%d records came again", len(again))
	}
	at := func(later time.Duration) connectors.Source {
		return tryton.WithClock(open(t, s, nil), func() time.Time { return time.Now().Add(later) })
	}
	cur = readAll(t, at(10*time.Minute), "party.party", cur, again) // settles what there is
	if _, err := exec(ctx, s, `DELETE FROM party_contact_mechanism WHERE party = $1`, ids[0]); err != nil {
		t.Fatal(err)
	}
	cur = readAll(t, at(11*time.Minute), "party.party", cur, again)
	if len(again) != 0 {
		t.Fatalf("a deletion without a trace was seen: this test proves nothing")
	}
	readAll(t, at(25*time.Hour), "party.party", cur, again)
	maps.Copy(seen, again)
	if len(again) == 0 {
		t.Error("no full read after a day")
	}
	compareParties(t, s, "after the full read", seen)
}

// Restarts of Tryton end all work in it; the session lives on in its database,
// or is renewed when it does not.
func testTrytonGoesAway(t *testing.T, s *trytontest.Server) {
	ctx := t.Context()
	if _, err := s.CreateParties(ctx, trytontest.GenerateParties(4001, 30)); err != nil {
		t.Fatal(err)
	}
	src, seen := open(t, s, map[string]any{"pageSize": 7}), map[string]connectors.Record{}
	batch, cur, err := src.Read(ctx, "party.party", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range batch.Records {
		seen[r.Key] = r
	}
	s.StopTryton()
	_, _, err = src.Read(ctx, "party.party", cur)
	for _, kind := range []error{nil, io.EOF, connectors.ErrAuth, connectors.ErrConfig, connectors.ErrCursor, connectors.ErrBackOff} {
		if errors.Is(err, kind) {
			t.Errorf("while Tryton is stopped: %v", err)
		}
	}
	if err := s.StartTryton(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := exec(ctx, s, `DELETE FROM ir_session`); err != nil || n == 0 {
		t.Fatalf("%d sessions deleted, %v", n, err)
	}
	readAll(t, src, "party.party", cur, seen)
	compareParties(t, s, "after the restart", seen)
}

func testConfigurationErrors(t *testing.T, s *trytontest.Server) {
	ctx := t.Context()
	for name, c := range map[string]struct {
		more    map[string]any
		stream  string
		setting string
	}{
		"database":      {map[string]any{"database": "nosuch"}, "party.party", "database"},
		"model":         {map[string]any{"models": []string{"sale.sale: number"}}, "sale.sale", "models"},
		"field":         {map[string]any{"models": []string{"party.party: shoe_size"}}, "party.party", "models"},
		"nested field":  {map[string]any{"models": []string{"party.party: addresses.shoe_size"}}, "party.party", "models"},
		"not relation":  {map[string]any{"models": []string{"party.party: name.length"}}, "party.party", "models"},
		"not for users": {map[string]any{"models": []string{"ir.session: key"}}, "ir.session", "models"},
	} {
		_, _, err := open(t, s, c.more).Read(ctx, c.stream, "")
		var fault *connectors.Fault
		if !errors.As(err, &fault) || !errors.Is(err, connectors.ErrConfig) || fault.Setting != c.setting {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, line := range []string{"party", "party.party", "party.party:", "party.party: a b", "Party: x", "a.b: c.d.e.f.g"} {
		values, _ := tryton.Connector{}.Spec().Resolve(settings(s, map[string]any{"models": []string{line}}))
		if _, err := (tryton.Connector{}).Open(ctx, connectors.Config{Values: values, HTTP: http.DefaultClient}); !errors.Is(err, connectors.ErrConfig) {
			t.Errorf("models %q: %v", line, err)
		}
	}
}

// Tryton counts wrong passwords and then refuses the right one too. That is a
// refused login like any other, and nothing to try again.
func testBlockedLogin(t *testing.T, s *trytontest.Server) {
	// Wrong passwords of somebody else; made by hand, since Tryton waits longer
	// after each.
	if _, err := exec(t.Context(), s, `INSERT INTO res_user_login_attempt (login, create_date) SELECT 'admin', now() FROM generate_series(1, 6)`); err != nil {
		t.Fatal(err)
	}
	_, _, err := open(t, s, nil).Read(t.Context(), "party.party", "")
	if !errors.Is(err, connectors.ErrAuth) || !strings.Contains(err.Error(), "too many") {
		t.Errorf("the right password after many wrong ones: %v", err)
	}
}

// Any model can be read, and more fields of those that are built in.
func testFurtherModels(t *testing.T, s *trytontest.Server) {
	if _, err := s.CreateParties(t.Context(), trytontest.GenerateParties(5001, 3)); err != nil {
		t.Fatal(err)
	}
	src := open(t, s, map[string]any{"models": []string{"product.uom: name, factor, rounding, category.name", "party.party: full_name, create_uid.login"}})
	units, parties := map[string]connectors.Record{}, map[string]connectors.Record{}
	readAll(t, src, "product.uom", "", units)
	readAll(t, src, "party.party", "", parties)
	for _, u := range units {
		if u.Data["name"] == "Gram" && (u.Data["factor"] != connectors.Decimal("0.001") || u.Data["category"].(map[string]any)["name"] != "Weight") {
			t.Errorf("gram: %v", u.Data)
		}
		if err := u.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, p := range parties {
		if code, _ := p.Data["code"].(string); !strings.HasPrefix(code, "P05") {
			continue // of another test
		}
		user, _ := p.Data["create_uid"].(map[string]any)
		if p.Data["full_name"] != p.Data["name"] || user["login"] != "admin" || p.Data["phone"] == nil {
			t.Errorf("party: %v", p.Data)
		}
	}
	streams, err := src.(connectors.Discoverer).Streams(t.Context())
	names := func() (out []string) {
		for _, st := range streams {
			out = append(out, st.Name)
		}
		return
	}()
	want := []string{"party.address", "party.contact_mechanism", "party.party", "product.product", "product.uom"}
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("streams %v, %v", names, err)
	}
}

// Writers change records of a party's three tables while it is read again and
// again; when they are done, one more read makes everything agree.
func testHammer(t *testing.T, s *trytontest.Server) {
	ctx := t.Context()
	ids, err := s.CreateParties(ctx, trytontest.GenerateParties(6001, 60))
	if err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	var done atomic.Bool
	for w := range 3 {
		writers.Go(func() {
			for i := range 40 {
				id, text := ids[(i*7+w*13)%len(ids)], fmt.Sprintf("%d-%d", w, i)
				change := []func() error{
					func() error { return s.RenameParty(ctx, id, text) },
					func() error { return s.SetPartyPhone(ctx, id, text) },
					func() error { return s.SetPartyCity(ctx, id, text, "DE") },
				}[w]
				if err := change(); err != nil {
					t.Errorf("write: %v", err)
				}
			}
		})
	}
	go func() { writers.Wait(); done.Store(true) }()
	src, seen := open(t, s, map[string]any{"pageSize": 13}), map[string]connectors.Record{}
	var cur connectors.Cursor
	passes := 0
	for !done.Load() {
		cur = readAll(t, src, "party.party", cur, seen)
		passes++
	}
	readAll(t, src, "party.party", cur, seen)
	compareParties(t, s, fmt.Sprintf("after %d passes", passes), seen)
}
