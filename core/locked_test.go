package core_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

func TestAllProblemsOfARow(t *testing.T) {
	t.Parallel()
	l := documents(t, nil)
	_, err := l.write(l.root,
		core.Op{Verb: core.Create, Object: "piece", Values: map[string]any{"sort": nil}, Path: []any{"inputs", 0}},
		core.Op{Verb: core.Create, Object: "customer", Path: []any{"inputs", 1}})
	want := []string{"inputs[0].amount", "inputs[0].sort", "inputs[0].amount", "inputs[1].name"}
	got := []string{}
	for _, e := range trellis.Public(err) {
		got = append(got, trellis.PathString(e.Path))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %v, want %v: %v", got, want, err)
	}
	res, err := l.engine.Write(t.Context(), l.root, &core.Write{PerRow: true, Ops: []core.Op{create("piece", map[string]any{"sort": nil}), create("piece", map[string]any{"amount": 1})}})
	if err != nil || len(res[0].More) != 2 || res[1].Err != nil {
		t.Fatal(res, err)
	}
}

func TestAppendOnly(t *testing.T) {
	t.Parallel()
	l := documents(t, nil)
	doc := l.must(l.root, create("document", nil))[0].ID
	entry := l.must(l.root, create("entry", map[string]any{"document": doc, "key": "a", "amount": 5}))[0].ID
	for name, op := range map[string]core.Op{
		"update":  {Verb: core.Update, Object: "entry", ID: entry, Values: map[string]any{"amount": 6}},
		"delete":  {Verb: core.Delete, Object: "entry", ID: entry},
		"upsert":  {Verb: core.Upsert, Object: "entry", Key: []string{"key"}, Values: map[string]any{"key": "a", "amount": 6}},
		"cascade": {Verb: core.Delete, Object: "document", ID: doc},
		"add":     {Verb: core.Update, Object: "entry", ID: entry, Values: map[string]any{"amount": core.Increment{By: 1}}},
	} {
		if _, err := l.write(l.root, op); trellis.CodeOf(err) != trellis.CodeConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	if res := l.must(l.root, core.Op{Verb: core.Upsert, Object: "entry", Key: []string{"key"}, Values: map[string]any{"key": "a", "amount": 5}}); res[0].Verb != "" {
		t.Errorf("saying the same again: %+v", res[0])
	}
	if m := l.get(l.root, "entry", entry, "amount", "version"); fmt.Sprint(m) != "map[amount:5.00 version:1]" {
		t.Error(m)
	}
}

// Rules over children judge the document as it will be, whoever is written.
func TestRulesOverChildren(t *testing.T) {
	t.Parallel()
	l := documents(t, nil)
	piece := func(doc any, amount int) core.Op {
		return core.Op{Verb: core.Create, Object: "piece", Values: map[string]any{"document": doc, "amount": amount}, Path: []any{"piece"}}
	}
	refused := func(what string, message string, ops ...core.Op) {
		t.Helper()
		_, err := l.write(l.root, ops...)
		if all := trellis.Public(err); len(all) != 1 || all[0].Code != trellis.CodeValidationFailed || all[0].Message != message {
			t.Errorf("%s: %v", what, err)
		}
	}
	const over, many = "A piece is over the limit", "Too many pieces"
	refused("created together", over, create("document", map[string]any{"limit": 10}), piece(core.Ref(0), 11))
	res := l.must(l.root, create("document", map[string]any{"limit": 10}), piece(core.Ref(0), 9), piece(core.Ref(0), 10))
	doc, first := res[0].ID, res[1].ID
	refused("a child that is created", over, piece(doc, 11))
	refused("a child that changes", over, core.Op{Verb: core.Update, Object: "piece", ID: first, Values: map[string]any{"amount": 12}})
	refused("the parent", over, core.Op{Verb: core.Update, Object: "document", ID: doc, Values: map[string]any{"limit": 9}})
	l.must(l.root, core.Op{Verb: core.Update, Object: "document", ID: doc, Values: map[string]any{"limit": 12}}, core.Op{Verb: core.Update, Object: "piece", ID: first, Values: map[string]any{"amount": 12}})
	l.must(l.root, core.Op{Verb: core.Delete, Object: "piece", ID: first}, core.Op{Verb: core.Update, Object: "document", ID: doc, Values: map[string]any{"limit": 10}})
	refused("a child that comes back", over, core.Op{Verb: core.Restore, Object: "piece", ID: first})
	refused("too many", many, piece(doc, 1), piece(doc, 1), piece(doc, 1), piece(doc, 1), piece(doc, 1))
	eve := l.must(l.root, create("customer", map[string]any{"name": "Eve"}))[0].ID
	ada := l.must(l.root, create("customer", map[string]any{"name": "Ada"}))[0].ID
	const watched = "Eve may not watch"
	refused("a link that is created", watched, create("document", map[string]any{"watchers": linkTo(ada, eve)}))
	l.must(l.root, create("document", map[string]any{"watchers": linkTo(ada)}))
	refused("a link that is added", watched, core.Op{Verb: core.Update, Object: "document", ID: doc, Values: map[string]any{"watchers": linkTo(eve)}})
	refused("a formula of the moment", "It is late", core.Op{Verb: core.Update, Object: "document", ID: doc, Values: map[string]any{"due": "2020-01-01"}})
	late := l.must(l.root, create("customer", map[string]any{"name": "Late"}))[0].ID
	refused("a formula over a lookup", "It is late", core.Op{Verb: core.Update, Object: "document", ID: doc, Values: map[string]any{"customer": late}})
	ofEve := l.must(l.root, create("document", map[string]any{"customer": eve}))[0].ID
	refused("a formula of another record", "Not for Eve", piece(ofEve, 1))
	alone := l.must(l.root, piece(nil, 99))[0].ID
	refused("a child that moves in", over, core.Op{Verb: core.Update, Object: "piece", ID: alone, Values: map[string]any{"document": doc}})
	results, err := l.engine.Write(t.Context(), l.root, &core.Write{PerRow: true, Ops: []core.Op{piece(doc, 3), piece(doc, 30), piece(doc, 4)}})
	if err != nil || results[0].Err != nil || results[2].Err != nil || results[1].Err == nil || trellis.PathString(results[1].Err.Path) != "piece" {
		t.Error(results, err)
	}
	if m := l.get(l.root, "document", doc, "version"); m["version"] != 3.0 {
		t.Errorf("judging is no change: %v", m)
	}
}

// Eight writers add to one record and to its list: the quota holds, nothing is
// lost, and a parent's own edits go through.
func TestQuotasUnderConcurrency(t *testing.T) {
	t.Parallel()
	l := documents(t, nil)
	doc := l.must(l.root, create("document", map[string]any{"max": 60}))[0].ID
	const writers, each = 8, 12
	var wg sync.WaitGroup
	var held, pieces [writers]int
	var errs [writers]error
	for n := range writers {
		wg.Go(func() {
			r := l.request(l.root.Principal)
			rnd := rand.New(rand.NewPCG(7, uint64(n)))
			for range each {
				by := 1 + rnd.IntN(3)
				_, err := l.write(r, core.Op{Verb: core.Update, Object: "document", ID: doc, Values: map[string]any{"held": core.Increment{By: by}}})
				switch {
				case err == nil:
					held[n] += by
				case trellis.CodeOf(err) != trellis.CodeValidationFailed:
					errs[n] = err
					return
				}
				_, err = l.write(r, create("piece", map[string]any{"document": doc, "amount": by}))
				switch {
				case err == nil:
					pieces[n]++
				case trellis.CodeOf(err) != trellis.CodeValidationFailed:
					errs[n] = err
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	all, count := 0, 0
	for n := range writers {
		all += held[n]
		count += pieces[n]
	}
	m := l.get(l.root, "document", doc, "held", "max")
	if m["held"] != float64(all) || all > 60 || all < 58 || count != 5 {
		t.Fatalf("held %v, %d were let through; %d pieces", m, all, count)
	}
}

func TestIncrement(t *testing.T) {
	t.Parallel()
	l := documents(t, nil)
	doc := l.must(l.root, create("document", map[string]any{"held": core.Increment{By: 3}, "limit": "1.5"}))[0].ID
	update := func(values map[string]any) error {
		_, err := l.write(l.root, core.Op{Verb: core.Update, Object: "document", ID: doc, Values: values, Path: []any{"input"}})
		return err
	}
	if err := update(map[string]any{"held": core.Increment{By: -1}, "limit": core.Increment{By: "0.25"}, "note": "n"}); err != nil {
		t.Fatal(err)
	}
	if m := l.get(l.root, "document", doc, "held", "limit", "note", "version"); fmt.Sprint(m) != "map[held:2 limit:1.75 note:n version:2]" {
		t.Fatal(m)
	}
	wantCode(t, update(map[string]any{"note": core.Increment{By: 1}}), trellis.CodeInvalidInput, "input.note")
	wantCode(t, update(map[string]any{"version": core.Increment{By: 1}}), trellis.CodeInvalidInput, "input.version")
	wantCode(t, update(map[string]any{"held": core.Increment{By: int64(1<<53 - 1)}}), trellis.CodeInvalidInput, "input.held")
	wantCode(t, update(map[string]any{"held": core.Increment{By: "x"}}), trellis.CodeInvalidInput, "input.held")
}
