package core_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// What is computed and stored is right again after its inputs were converted,
// and after it was away while they changed.
func TestComputedAfterChangesOfInputs(t *testing.T) {
	t.Parallel()
	l := documents(t, fstest.MapFS{
		"objects/bill.yaml": {Data: []byte(`name: bill
plural: bills
unowned: true
fields:
  - {name: code, kind: text}
  - {name: total, kind: rollUp, rollUp: {relation: rows, function: sum, field: amount}}
`)},
		"objects/billRow.yaml": {Data: []byte(`name: billRow
plural: billRows
unowned: true
fields:
  - {name: bill, kind: lookup, target: bill, inverse: rows}
  - {name: amount, kind: decimal, precision: 10, scale: 2}
  - {name: twice, kind: formula, result: decimal, scale: 2, precision: 12, formula: record.amount * 2.0}
`)},
	})
	res := l.must(l.root, create("bill", nil), create("billRow", map[string]any{"bill": core.Ref(0), "amount": "1.26"}), create("billRow", map[string]any{"bill": core.Ref(0), "amount": "2.26"}))
	bill, row := res[0].ID, res[1].ID
	apply := func(draft func(d *metadata.Definition)) int64 {
		t.Helper()
		a, err := l.catalog.Apply(t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) { draft(d); return d, nil }, catalog.Options{AllowLoss: true})
		if err != nil {
			t.Fatal(err)
		}
		return a.View.Revision
	}
	sees := func(what, want string) {
		t.Helper()
		r := l.request(l.root.Principal)
		if got := fmt.Sprint(l.get(r, "bill", bill, "total")["total"], " ", l.get(r, "billRow", row, "amount", "twice")); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	both := func(what, want string) {
		t.Helper()
		sees(what, want)
		if err := l.engine.Fill(t.Context(), "main"); err != nil {
			t.Fatal(err)
		}
		sees(what+", filled", want)
	}
	sees("at first", "3.52 map[amount:1.26 twice:2.52]")
	apply(func(d *metadata.Definition) { d.Own("billRow").Field("amount").Scale = 1 })
	both("with fewer digits", "3.6 map[amount:1.3 twice:2.60]")
	gone := apply(func(d *metadata.Definition) {
		d.Objects = slices.DeleteFunc(d.Objects, func(o *metadata.Object) bool { return o.Name == "bill" })
		o := d.Own("billRow")
		o.Fields = slices.DeleteFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == "bill" })
	})
	l.must(l.request(l.root.Principal), core.Op{Verb: core.Update, Object: "billRow", ID: row, Values: map[string]any{"amount": "5"}})
	if _, err := l.catalog.Undo(t.Context(), "main", gone, catalog.Options{}); err != nil {
		t.Fatal(err)
	}
	both("back again", "7.3 map[amount:5.0 twice:10.00]")
}
