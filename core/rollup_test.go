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
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// A hierarchy of three levels with formulas and roll-ups on each.
var rolledUp = fstest.MapFS{
	"objects/region.yaml": {Data: []byte(`name: region
plural: regions
unowned: true
fields:
  - {name: name, kind: text}
  - {name: revenue, kind: rollUp, rollUp: {relation: sales, function: sum, field: gross}}
  - {name: big, kind: rollUp, rollUp: {relation: sales, function: count, where: record.gross > 100}}
  - {name: best, kind: rollUp, rollUp: {relation: sales, function: max, field: gross}}
`)},
	"objects/sale.yaml": {Data: []byte(`name: sale
plural: sales
unowned: true
fields:
  - {name: region, kind: lookup, target: region, inverse: sales}
  - {name: discount, kind: decimal, default: "0"}
  - {name: note, kind: text}
  - {name: net, kind: rollUp, rollUp: {relation: items, function: sum, field: amount}}
  - {name: count, kind: rollUp, rollUp: {relation: items, function: count}}
  - {name: mean, kind: rollUp, rollUp: {relation: items, function: avg, field: amount}}
  - {name: least, kind: rollUp, rollUp: {relation: items, function: min, field: price}}
  - {name: gross, kind: formula, result: decimal, formula: record.net - record.discount}
  - {name: paid, kind: rollUp, rollUp: {relation: items, function: sum, field: fee}}
`)},
	"objects/item.yaml": {Data: []byte(`name: item
plural: items
unowned: true
fields:
  - {name: sale, kind: lookup, target: sale, inverse: items, onDelete: cascade}
  - {name: quantity, kind: decimal, default: "1"}
  - {name: price, kind: decimal, default: "0"}
  - {name: fee, kind: currency}
  - {name: amount, kind: formula, result: decimal, formula: record.quantity * record.price}
`)},
}

// recount compares every computed column with what SQL makes of the rows.
func (l *lab) recount() {
	l.Helper()
	s := l.view.Schema
	for what, sql := range map[string]string{
		"amount":  `SELECT count(*) FROM %[1]s.item WHERE amount IS DISTINCT FROM round(quantity * price, 2)`,
		"net":     `SELECT count(*) FROM %[1]s.sale s WHERE deleted_at IS NULL AND net IS DISTINCT FROM (SELECT coalesce(sum(amount), 0) FROM %[1]s.item i WHERE i.sale_id = s.id AND i.deleted_at IS NULL)`,
		"count":   `SELECT count(*) FROM %[1]s.sale s WHERE deleted_at IS NULL AND count IS DISTINCT FROM (SELECT count(*) FROM %[1]s.item i WHERE i.sale_id = s.id AND i.deleted_at IS NULL)`,
		"mean":    `SELECT count(*) FROM %[1]s.sale s WHERE deleted_at IS NULL AND mean IS DISTINCT FROM (SELECT round(avg(amount), 6) FROM %[1]s.item i WHERE i.sale_id = s.id AND i.deleted_at IS NULL)`,
		"least":   `SELECT count(*) FROM %[1]s.sale s WHERE deleted_at IS NULL AND least IS DISTINCT FROM (SELECT min(price) FROM %[1]s.item i WHERE i.sale_id = s.id AND i.deleted_at IS NULL)`,
		"paid":    `SELECT count(*) FROM %[1]s.sale s WHERE deleted_at IS NULL AND paid || paid_code IS DISTINCT FROM (SELECT CASE WHEN count(DISTINCT fee_code) = 1 THEN sum(fee) || min(fee_code) END FROM %[1]s.item i WHERE i.sale_id = s.id AND i.deleted_at IS NULL)`,
		"gross":   `SELECT count(*) FROM %[1]s.sale WHERE gross IS DISTINCT FROM net - discount`,
		"revenue": `SELECT count(*) FROM %[1]s.region r WHERE revenue IS DISTINCT FROM (SELECT coalesce(sum(gross), 0) FROM %[1]s.sale s WHERE s.region_id = r.id AND s.deleted_at IS NULL)`,
		"big":     `SELECT count(*) FROM %[1]s.region r WHERE big IS DISTINCT FROM (SELECT count(*) FROM %[1]s.sale s WHERE s.region_id = r.id AND s.deleted_at IS NULL AND gross > 100)`,
		"best":    `SELECT count(*) FROM %[1]s.region r WHERE best IS DISTINCT FROM (SELECT max(gross) FROM %[1]s.sale s WHERE s.region_id = r.id AND s.deleted_at IS NULL)`,
	} {
		var wrong int
		if err := l.db.QueryRow(l.Context(), fmt.Sprintf(sql, s)).Scan(&wrong); err != nil {
			l.Fatalf("%s: %v", what, err)
		}
		if wrong != 0 {
			l.Errorf("%s: %d records do not equal a recount", what, wrong)
		}
	}
}

func item(sale any, quantity, price int) core.Op {
	return create("item", map[string]any{"sale": sale, "quantity": quantity, "price": price})
}

func TestRollUps(t *testing.T) {
	t.Parallel()
	l := documents(t, rolledUp)
	region := l.must(l.root, create("region", map[string]any{"name": "N"}))[0].ID
	res := l.must(l.root, create("sale", map[string]any{"region": region, "discount": 5}), item(core.Ref(0), 2, 50), item(core.Ref(0), 1, 10))
	sale, first := res[0].ID, res[1].ID
	sees := func(want string) {
		t.Helper()
		m := l.get(l.root, "sale", sale, "net", "count", "mean", "least", "gross", "version")
		r := l.get(l.root, "region", region, "revenue", "big", "best", "version")
		if got := strings.Trim(fmt.Sprintln(m["net"], m["count"], m["mean"], m["least"], m["gross"], m["version"], r["revenue"], r["big"], r["best"], r["version"]), "\n"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		l.recount()
	}
	sees("110.00 2 55.000000 10.00 105.00 1 105.00 1 105.00 2")
	l.must(l.root, item(sale, 1, 1))
	sees("111.00 3 37.000000 1.00 106.00 2 106.00 1 106.00 3")
	l.must(l.root, core.Op{Verb: core.Update, Object: "item", ID: first, Values: map[string]any{"quantity": 1}})
	sees("61.00 3 20.333333 1.00 56.00 3 56.00 0 56.00 4")
	l.must(l.root, core.Op{Verb: core.Update, Object: "sale", ID: sale, Values: map[string]any{"discount": 6}}, item(sale, 1, 9))
	sees("70.00 4 17.500000 1.00 64.00 4 64.00 0 64.00 5")
	l.must(l.root, core.Op{Verb: core.Delete, Object: "item", ID: first})
	sees("20.00 3 6.666667 1.00 14.00 5 14.00 0 14.00 6")
	l.must(l.root, core.Op{Verb: core.Restore, Object: "item", ID: first})
	sees("70.00 4 17.500000 1.00 64.00 6 64.00 0 64.00 7")
	l.must(l.root, core.Op{Verb: core.Delete, Object: "sale", ID: sale})
	if r := l.get(l.root, "region", region, "revenue", "best"); r["revenue"] != "0.00" || r["best"] != nil {
		t.Error(r)
	}
	l.recount()
	l.must(l.root, core.Op{Verb: core.Restore, Object: "sale", ID: sale})
	sees("70.00 4 17.500000 1.00 64.00 8 64.00 0 64.00 9")
	other := l.must(l.root, create("sale", nil))[0].ID
	l.must(l.root, core.Op{Verb: core.Update, Object: "item", ID: first, Values: map[string]any{"sale": other, "fee": "3 EUR"}})
	sees("20.00 3 6.666667 1.00 14.00 9 14.00 0 14.00 10")
	if m := l.get(l.root, "sale", other, "net", "version"); fmt.Sprint(m) != "map[net:50.00 version:2]" {
		t.Error(m)
	}
	if _, err := l.write(l.root, core.Op{Verb: core.Update, Object: "sale", ID: sale, Values: map[string]any{"net": 1}}); trellis.CodeOf(err) != trellis.CodeInvalidInput {
		t.Error(err)
	}
	last := l.outbox()
	if want := `{"id":"` + other.String() + `","op":"update","version":2,"changed":{"net":["0.00","50.00"]`; !slices.ContainsFunc(last[len(last)-4:], func(s string) bool { return strings.Contains(s, want) }) {
		t.Errorf("the outbox has no %s: %s", want, last[len(last)-4:])
	}
}

// Eight writers create, change, move, delete and restore at random, on three
// levels; what is computed equals a recount, and edits of the parents go through.
func TestRollUpsUnderConcurrency(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			l := documents(t, rolledUp)
			var regions, sales []trellis.ID
			for range 2 {
				regions = append(regions, l.must(l.root, create("region", nil))[0].ID)
			}
			for i := range 5 {
				sales = append(sales, l.must(l.root, create("sale", map[string]any{"region": regions[i%2]}))[0].ID)
			}
			var wg sync.WaitGroup
			var errs [8]error
			for n := range errs {
				wg.Go(func() {
					errs[n] = (&hand{l, rand.New(rand.NewPCG(seed, uint64(n))), regions, sales, nil, nil}).work(30)
				})
			}
			wg.Wait()
			if err := errors.Join(errs[:]...); err != nil {
				t.Fatal(err)
			}
			l.recount()
			var rows int
			if err := l.db.QueryRow(t.Context(), "SELECT count(*) FROM "+l.view.Schema+".item WHERE deleted_at IS NULL").Scan(&rows); err != nil || rows < 20 {
				t.Error(rows, err)
			}
		})
	}
}

// hand is one of the writers; the items and the trash are its own.
type hand struct {
	l              *lab
	rnd            *rand.Rand
	regions, sales []trellis.ID
	mine, trash    []trellis.ID
}

func (h *hand) pick(ids []trellis.ID) trellis.ID { return ids[h.rnd.IntN(len(ids))] }

func (h *hand) work(turns int) error {
	r := h.l.request(h.l.root.Principal)
	for range turns {
		ops := []core.Op{h.op()}
		if h.rnd.IntN(4) == 0 {
			ops = append(ops, item(h.pick(h.sales), 1, h.rnd.IntN(50)))
		}
		w := &core.Write{Ops: ops, PerRow: h.rnd.IntN(4) == 0}
		undo := h.rnd.IntN(8) == 0
		if undo {
			w.Also = func(context.Context, pgx.Tx, []core.Result) error { return errUndo }
		}
		res, err := h.l.engine.Write(h.l.Context(), r, w)
		if undo && errors.Is(err, errUndo) {
			continue
		}
		if err != nil {
			// Two may delete or change one sale at once; they are told.
			if c := trellis.CodeOf(err); c == trellis.CodeNotFound || c == trellis.CodeVersionConflict || c == trellis.CodeConflict || strings.Contains(err.Error(), "refers to a record that is not there") {
				continue
			}
			return fmt.Errorf("%+v: %w", ops, err)
		}
		for i, op := range ops {
			if res[i].Err != nil || op.Object != "item" {
				continue
			}
			switch op.Verb {
			case core.Create:
				h.mine = append(h.mine, res[i].ID)
			case core.Delete:
				h.mine, h.trash = without(h.mine, op.ID), append(h.trash, op.ID)
			case core.Restore:
				h.trash, h.mine = without(h.trash, op.ID), append(h.mine, op.ID)
			}
		}
	}
	return nil
}

var errUndo = errors.New("undo")

func without(ids []trellis.ID, id trellis.ID) []trellis.ID {
	var out []trellis.ID
	for _, x := range ids {
		if x != id {
			out = append(out, x)
		}
	}
	return out
}

func (h *hand) op() core.Op {
	switch n := h.rnd.IntN(12); {
	case n < 4 || len(h.mine) == 0:
		return item(h.pick(h.sales), 1+h.rnd.IntN(3), h.rnd.IntN(100))
	case n < 6:
		return core.Op{Verb: core.Update, Object: "item", ID: h.pick(h.mine), Values: map[string]any{"quantity": h.rnd.IntN(5), "fee": fmt.Sprint(h.rnd.IntN(9), " ", []string{"EUR", "CNY"}[h.rnd.IntN(2)])}}
	case n == 6:
		return core.Op{Verb: core.Update, Object: "item", ID: h.pick(h.mine), Values: map[string]any{"sale": h.pick(h.sales)}}
	case n == 7:
		return core.Op{Verb: core.Delete, Object: "item", ID: h.pick(h.mine)}
	case n == 8 && len(h.trash) > 0:
		return core.Op{Verb: core.Restore, Object: "item", ID: h.pick(h.trash)}
	case n == 9:
		return core.Op{Verb: core.Update, Object: "sale", ID: h.pick(h.sales), Values: map[string]any{"discount": h.rnd.IntN(20)}}
	case n == 10:
		return core.Op{Verb: core.Update, Object: "sale", ID: h.pick(h.sales), Values: map[string]any{"region": h.pick(h.regions)}}
	case n == 11 && h.rnd.IntN(3) == 0:
		return core.Op{Verb: []core.Verb{core.Delete, core.Restore}[h.rnd.IntN(2)], Object: "sale", ID: h.pick(h.sales)}
	}
	return core.Op{Verb: core.Update, Object: "sale", ID: h.pick(h.sales), Values: map[string]any{"note": fmt.Sprint(h.rnd.IntN(1000))}}
}
