package core_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

var bills = fstest.MapFS{
	"objects/bill.yaml": {Data: []byte(`name: bill
plural: bills
unowned: true
fields:
  - {name: no, kind: autoNumber, number: {pattern: "B{####}", gapless: true}}
  - {name: code, kind: text, unique: true}
  - {name: total, kind: rollUp, rollUp: {relation: rows, function: sum, field: amount}}
  - {name: count, kind: rollUp, rollUp: {relation: rows, function: count}}
  - {name: twice, kind: formula, result: decimal, formula: record.total * 2.0}
  - {name: asked, kind: decimal}
rules:
  - {name: right, rule: record.asked == null || record.asked == record.total, message: {en: The total is wrong}}
  - {name: few, rule: size(record.rows) <= 2, message: {en: Too many rows}}
`)},
	"objects/billRow.yaml": {Data: []byte(`name: billRow
plural: billRows
unowned: true
fields:
  - {name: bill, kind: lookup, target: bill, inverse: rows, onDelete: cascade}
  - {name: key, kind: text, unique: true}
  - {name: amount, kind: decimal, required: true}
rules:
  - {name: positive, rule: record.amount > 0.0, message: {en: An amount is more than 0}}
`)},
}

// Of records that are written row by row some are refused. What is created
// together with what it is computed or judged by goes with it.
func TestRowsThatAreLeftOut(t *testing.T) {
	t.Parallel()
	l := documents(t, bills)
	row := func(bill any, key, amount string) core.Op {
		return create("billRow", map[string]any{"bill": bill, "key": key, "amount": amount})
	}
	l.must(l.root, row(nil, "taken", "1"), create("bill", map[string]any{"code": "T"}))
	for _, c := range []struct {
		name, refused string // refused has an x for each operation that is
		ops           []core.Op
		bill          string
	}{
		{"by a rule", "xxx", []core.Op{create("bill", nil), row(core.Ref(0), "a1", "5"), row(core.Ref(0), "a2", "-3")}, ""},
		{"by the database", "xxx", []core.Op{create("bill", nil), row(core.Ref(0), "b1", "5"), row(core.Ref(0), "taken", "3")}, ""},
		{"by the database, first", "xxxx", []core.Op{create("bill", nil), row(core.Ref(0), "taken", "5"), row(core.Ref(0), "c2", "3"), row(core.Ref(0), "c3", "4")}, ""},
		{"the bill with its rows", "xxx", []core.Op{create("bill", map[string]any{"asked": "9"}), row(core.Ref(0), "d1", "5"), row(core.Ref(0), "d2", "3")}, ""},
		{"the bill is in the way", "xx", []core.Op{create("bill", map[string]any{"code": "T"}), row(core.Ref(0), "e1", "5")}, ""},
		{"right with a row that is refused", "xxx", []core.Op{create("bill", map[string]any{"asked": "8"}), row(core.Ref(0), "f1", "5"), row(core.Ref(0), "taken", "3")}, ""},
		{"too many", "xxxx", []core.Op{create("bill", nil), row(core.Ref(0), "g1", "5"), row(core.Ref(0), "g2", "3"), row(core.Ref(0), "g3", "3")}, ""},
		{"none is left out", "...", []core.Op{create("bill", map[string]any{"asked": "8"}), row(core.Ref(0), "h1", "5"), row(core.Ref(0), "h2", "3")}, "map[count:2 total:8.00 twice:16.00]"},
		{"another's row", "...x", []core.Op{create("bill", map[string]any{"asked": "8"}), row(core.Ref(0), "i1", "5"), row(core.Ref(0), "i2", "3"), row(nil, "taken", "3")}, "map[count:2 total:8.00 twice:16.00]"},
	} {
		r := l.request(l.root.Principal)
		res, err := l.engine.Write(t.Context(), r, &core.Write{PerRow: true, Ops: c.ops})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got string
		for _, one := range res {
			got += map[bool]string{false: ".", true: "x"}[one.Err != nil]
		}
		if got != c.refused {
			t.Errorf("%s: %s, want %s: %v", c.name, got, c.refused, res)
		}
		if c.bill == "" || res[0].Err != nil {
			continue
		}
		if m := l.get(r, "bill", res[0].ID, "total", "count", "twice"); fmt.Sprint(m) != c.bill {
			t.Errorf("%s: %v, want %s", c.name, m, c.bill)
		}
	}
	// A row of a bill that is there is refused alone.
	bill := l.must(l.root, create("bill", nil))[0].ID
	res, err := l.engine.Write(t.Context(), l.root, &core.Write{PerRow: true, Ops: []core.Op{row(bill, "j1", "5"), row(bill, "taken", "1"), row(bill, "j2", "-1"), row(bill, "j3", "2"), row(bill, "j4", "3")}})
	if err != nil {
		t.Fatal(err)
	}
	for i, refused := range []bool{false, true, true, false, true} { // the last is one too many
		if (res[i].Err != nil) != refused {
			t.Errorf("row %d: %v", i, res[i].Err)
		}
	}
	var gaps int
	if err := l.db.QueryRow(t.Context(), `SELECT max(substr(no, 2)::int) - count(*) FROM ws_main.bill`).Scan(&gaps); err != nil || gaps != 0 {
		t.Errorf("%d numbers are missing: %v", gaps, err)
	}
	l.recountBills()
}

// recountBills compares stored totals with the rows.
func (l *lab) recountBills() {
	l.Helper()
	var wrong []trellis.ID
	rows, err := l.db.Query(l.Context(), `SELECT b.id FROM ws_main.bill b WHERE b.deleted_at IS NULL AND (
		coalesce(b.total, 0) <> (SELECT coalesce(sum(r.amount), 0) FROM ws_main.bill_row r WHERE r.bill_id = b.id AND r.deleted_at IS NULL) OR
		b.count <> (SELECT count(*) FROM ws_main.bill_row r WHERE r.bill_id = b.id AND r.deleted_at IS NULL))`)
	if err != nil {
		l.Fatal(err)
	}
	for rows.Next() {
		var id trellis.ID
		if err := rows.Scan(&id); err != nil {
			l.Fatal(err)
		}
		wrong = append(wrong, id)
	}
	if rows.Err() != nil || len(wrong) > 0 {
		l.Errorf("%d totals are wrong: %v, %v", len(wrong), wrong, rows.Err())
	}
}
