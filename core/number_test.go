package core_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

func TestNumbersAndDefaults(t *testing.T) {
	t.Parallel()
	l := documents(t, nil)
	c := l.must(l.root, create("customer", map[string]any{"name": "Ada"}))[0].ID
	year := l.root.Now.Format("2006")
	res := l.must(l.root,
		create("document", map[string]any{"customer": c}),
		create("document", nil),
		create("document", map[string]any{"kind": "b", "no": "D0040", "note": nil}))
	got := make([]string, len(res))
	for i, r := range res {
		m := l.get(l.root, "document", r.ID, "no", "gapless", "scoped", "note", "remark", "due")
		got[i] = fmt.Sprint(m["no"], " ", m["gapless"], " ", m["scoped"], " ", m["note"], " ", m["remark"], " ", m["due"] == l.root.Now.Format("2006-01-02"))
	}
	want := []string{"D0001 G" + year + "-01 a/05 a! a!Ada true", "D0002 G" + year + "-02 a/06 a! <nil> true", "D0040 G" + year + "-03 b/05 <nil> <nil> true"}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	next := l.must(l.root, create("document", nil))[0].ID
	if m := l.get(l.root, "document", next, "no"); m["no"] != "D0041" {
		t.Fatalf("after a number that was given: %v", m)
	}
	// A number that somebody took by hand is passed over.
	if _, err := l.db.Exec(t.Context(), `UPDATE trellis.counter SET value = 39 WHERE field = 'no'`); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"D0042", "D0043"} {
		id := l.must(l.root, create("document", nil))[0].ID
		if m := l.get(l.root, "document", id, "no"); m["no"] != want {
			t.Fatalf("got %v, want %s", m, want)
		}
	}
	rep := l.person("rep")
	if _, err := l.write(rep, core.Op{Verb: core.Update, Object: "document", ID: next, Values: map[string]any{"no": "D1"}}); trellis.CodeOf(err) != trellis.CodeForbidden && trellis.CodeOf(err) != trellis.CodeNotFound {
		t.Fatal(err)
	}
}

// Eight writers, a third of whose writes are rolled back: numbers without gaps
// have none, the others are all different.
func TestNumbersUnderConcurrency(t *testing.T) {
	t.Parallel()
	l := documents(t, nil)
	const writers, each = 8, 25
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for n := range writers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(n), 1))
			r := l.request(l.root.Principal)
			undo := errors.New("undo")
			for range each {
				w := &core.Write{Ops: []core.Op{create("document", nil), create("document", nil)}, PerRow: rnd.IntN(3) == 0}
				if rnd.IntN(3) == 0 {
					w.Also = func(_ context.Context, _ pgx.Tx, _ []core.Result) error { return undo }
				}
				if _, err := l.engine.Write(t.Context(), r, w); err != nil && !errors.Is(err, undo) {
					errs[n] = err
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	rows, err := l.db.Query(t.Context(), `SELECT gapless, no FROM `+l.view.Schema+`.document ORDER BY length(gapless), gapless`)
	if err != nil {
		t.Fatal(err)
	}
	type pair struct{ Gapless, No string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pair])
	if err != nil || len(all) < 100 {
		t.Fatal(len(all), err)
	}
	seen := map[string]bool{}
	for i, p := range all {
		if want := fmt.Sprintf("%02d", i+1); !strings.HasSuffix(p.Gapless, "-"+want) {
			t.Fatalf("number %d is %s", i+1, p.Gapless)
		}
		if seen[p.No] {
			t.Fatalf("%s twice", p.No)
		}
		seen[p.No] = true
	}
}
