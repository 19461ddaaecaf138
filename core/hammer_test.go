package core_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
)

// hammerTime is short in the ordinary tests; make hammer gives it 30 seconds.
var hammerTime = flag.Duration("hammer", 3*time.Second, "how long TestHammer writes")

// told are the errors a write may have while others write and an admin changes
// the metadata.
var told = []trellis.Code{trellis.CodeVersionConflict, trellis.CodeConflict, trellis.CodeUnavailable}

// journal is the outside log of one writer: what it was told is written.
type journal struct {
	notes map[trellis.ID]string // of its own sales
	gone  map[trellis.ID]bool
	items map[trellis.ID]int // amounts, by sale of anybody
	added int                // to the shared counter
	done  int
	err   error
}

// Writers, readers and an admin who changes the metadata, all at once: no error
// but the ones documented, and no write is lost. The journals are replayed
// against the tables.
func TestHammer(t *testing.T) {
	t.Parallel()
	l := documents(t, rolledUp)
	shared := l.must(l.root, create("document", nil))[0].ID
	region := l.must(l.root, create("region", nil))[0].ID
	var common []trellis.ID
	for range 4 {
		common = append(common, l.must(l.root, create("sale", map[string]any{"region": region}))[0].ID)
	}
	ctx, stop := context.WithTimeout(t.Context(), *hammerTime)
	defer stop()
	var wg sync.WaitGroup
	journals := make([]*journal, 6)
	for n := range journals {
		journals[n] = &journal{notes: map[trellis.ID]string{}, gone: map[trellis.ID]bool{}, items: map[trellis.ID]int{}}
		wg.Go(func() { journals[n].write(ctx, l, rand.New(rand.NewPCG(uint64(n), 5)), shared, region, common) })
	}
	var reads, changes atomic.Int64
	errs := make([]error, 3)
	for n := range 2 {
		wg.Go(func() { errs[n] = readAll(ctx, l, &reads) })
	}
	wg.Go(func() { errs[2] = changeAll(ctx, l, &changes) })
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	l.replay(journals, shared, common)
	l.recount()
	done := 0
	for _, j := range journals {
		done += j.done
	}
	t.Logf("%d writes, %d reads, %d changes of the metadata", done, reads.Load(), changes.Load())
	if done < 20 || reads.Load() < 5 || changes.Load() < 2 {
		t.Errorf("little happened")
	}
}

func (j *journal) write(ctx context.Context, l *lab, rnd *rand.Rand, shared, region trellis.ID, common []trellis.ID) {
	r := l.request(l.root.Principal)
	var mine []trellis.ID
	for ctx.Err() == nil {
		sale, amount := common[rnd.IntN(len(common))], 1+rnd.IntN(50)
		note := fmt.Sprint(rnd.IntN(1_000_000))
		var op core.Op
		var after func(res core.Result)
		switch n := rnd.IntN(6); {
		case n == 0:
			op = core.Op{Verb: core.Update, Object: "document", ID: shared, Values: map[string]any{"held": core.Increment{By: amount}}}
			after = func(core.Result) { j.added += amount }
		case n == 1 || len(mine) == 0:
			op = create("sale", map[string]any{"note": note, "region": region})
			after = func(res core.Result) { mine, j.notes[res.ID] = append(mine, res.ID), note }
		case n == 2:
			id := mine[rnd.IntN(len(mine))]
			op = core.Op{Verb: core.Update, Object: "sale", ID: id, Values: map[string]any{"note": note}}
			after = func(core.Result) { j.notes[id] = note }
		case n == 3 && len(mine) > 5:
			id := mine[0]
			op = core.Op{Verb: core.Delete, Object: "sale", ID: id}
			after = func(core.Result) { mine, j.gone[id] = mine[1:], true }
		default:
			op = item(sale, 1, amount)
			after = func(core.Result) { j.items[sale] += amount }
		}
		// The write itself is not cut off: what is told must be what happened.
		res, err := l.engine.Write(l.Context(), r, &core.Write{Ops: []core.Op{op}})
		switch {
		case err == nil:
			j.done++
			after(res[0])
		case !slices.Contains(told, trellis.CodeOf(err)):
			j.err = fmt.Errorf("%+v: %w", op, err)
			return
		}
	}
}

func readAll(ctx context.Context, l *lab, n *atomic.Int64) error {
	var buf []byte
	for ctx.Err() == nil {
		r := l.request(l.root.Principal)
		item := func(name string) query.Item { return query.Item{Key: name, Field: name} }
		var err error
		buf, err = l.engine.Query(l.Context(), r, &query.Query{List: &query.List{Object: "sale", First: 50, Shape: []query.ListItem{
			{Key: "nodes", Kind: query.Nodes, Select: query.Selection{item("id"), item("net"), item("gross"),
				{Key: "items", Kind: query.ToMany, List: &query.List{Relation: "items", Shape: []query.ListItem{{Key: "nodes", Kind: query.Nodes, Select: query.Selection{item("amount")}}}}}}},
			{Key: "total", Kind: query.TotalCount}}}}, buf[:0])
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		n.Add(1)
	}
	return nil
}

// changeAll adds a field with a formula, fills it, changes it, takes it away.
func changeAll(ctx context.Context, l *lab, n *atomic.Int64) error {
	for turn := 0; ctx.Err() == nil; turn++ {
		_, err := l.catalog.Apply(l.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
			o := d.Own("item")
			at := slices.IndexFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == "twice" })
			switch {
			case at < 0:
				o.Fields = append(o.Fields, &metadata.Field{Name: "twice", Kind: metadata.KindFormula, Result: metadata.KindDecimal, Formula: "record.amount + record.amount"})
			case turn%3 == 1:
				o.Fields[at].Formula = "record.amount + record.price"
			default:
				o.Fields = slices.Delete(o.Fields, at, at+1)
			}
			return d, nil
		}, catalog.Options{AllowLoss: true})
		if err == nil {
			n.Add(1)
			err = l.engine.Fill(l.Context(), "main")
		}
		if err != nil && trellis.CodeOf(err) != trellis.CodeTimeout && trellis.CodeOf(err) != trellis.CodeConflict {
			return fmt.Errorf("changing: %w", err)
		}
	}
	return nil
}

func (l *lab) replay(journals []*journal, shared trellis.ID, common []trellis.ID) {
	l.Helper()
	added := 0
	items := map[trellis.ID]int{}
	r := l.request(l.root.Principal)
	for n, j := range journals {
		if j.err != nil {
			l.Errorf("writer %d: %v", n, j.err)
		}
		added += j.added
		for sale, amount := range j.items {
			items[sale] += amount
		}
		for id, note := range j.notes {
			got := l.get(r, "sale", id, "note")
			if j.gone[id] != (got == nil) || got != nil && got["note"] != note {
				l.Errorf("writer %d: the sale %s is %v; the journal says %q, gone %v", n, id, got, note, j.gone[id])
			}
		}
	}
	if got := l.get(r, "document", shared, "held"); got["held"] != float64(added) {
		l.Errorf("the counter is %v; %d were added", got, added)
	}
	for _, sale := range common {
		if got := l.get(r, "sale", sale, "net"); got["net"] != fmt.Sprintf("%d.00", items[sale]) {
			l.Errorf("the sale %s has %v; the journals say %d", sale, got, items[sale])
		}
	}
}
