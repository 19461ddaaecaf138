package sync_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors/sync"
)

const products = `
streams:
  - from: rows
    to: product
    match: code
    fields:
      code: source.sku
      name: source.name.trim()
      uom: source.unit
      active: source.active == null || source.active != "no"
      price: 'source.price == null ? null : dyn({"amount": dec(source.price), "currency": "EUR"})'
`

func (l *lab) files(pattern string, more map[string]any) *sync.Connection {
	l.Helper()
	settings := map[string]any{"pattern": pattern, "key": []any{"sku"}, "batchSize": float64(2)}
	for k, v := range more {
		settings[k] = v
	}
	c, err := l.sync.Create(l.Context(), l.root, sync.NewConnection{Name: "files", Connector: "file", Role: "integration", Settings: settings, Mapping: products})
	if err != nil {
		l.Fatal(err)
	}
	return c
}

// TestCSV is a real folder: read, read again, grown, mended.
func TestCSV(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "products.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := newLab(t, labOptions{files: os.DirFS(dir)})
	const head = "sku;name;unit;active;price\n"
	put(head + "P1; Pump ;pcs;;12.30\nP2;Ventil;;no;0.000001\nP3;Dear;pcs;yes;-1\nP4;;pcs;;1\nP5;Odd;pcs;;1,5\n")
	c := l.files("*.csv", nil)
	l.done(c, 5, 2)
	want := []string{"P1 Pump pcs t 12.300000", "P2 Ventil - f 0.000001"}
	look := func() []string {
		return l.rows(`SELECT concat_ws(' ', code, name, coalesce(uom, '-'), active, coalesce(price::text, '-')) FROM ws_main.product ORDER BY code`)
	}
	if got := look(); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q", got)
	}
	reasons := map[string]string{}
	for _, letter := range l.letters(c) {
		reasons[letter.Key] = letter.Reason
	}
	if len(reasons) != 3 || reasons["P3"] != "price: A price cannot be negative" || reasons["P4"] != "name: Name is required" || !strings.HasPrefix(reasons["P5"], "price: the expression fails on this record: ") {
		t.Fatalf("%q", reasons)
	}
	l.done(c, 0, 0)
	// An empty cell says nothing, so the unit stays. The bad lines are mended.
	put(head + "P1;Pump 2;;;12.30\nP2;Ventil;;no;0.000001\nP3;Dear;pcs;yes;1\nP4;Four;pcs;;1\nP5;Odd;pcs;;1.5\nP6;New;pcs;;\n")
	l.done(c, 6, 5)
	want = []string{"P1 Pump 2 pcs t 12.300000", "P2 Ventil - f 0.000001", "P3 Dear pcs t 1.000000", "P4 Four pcs t 1.000000", "P5 Odd pcs t 1.500000", "P6 New pcs t -"}
	if got := look(); !reflect.DeepEqual(got, want) || len(l.letters(c)) != 0 {
		t.Fatalf("%q %v", got, l.letters(c))
	}
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := `{"sku": "J1", "name": "客户", "active": true, "price": 12345678901234.123456}
{"sku": 2, "name": "Two", "unit": null, "active": null, "price": 1e-2}
{"sku": "J3", "name": "Three"
{"sku": "J4", "name": "Four", "price": "7"}
`
	if err := os.WriteFile(filepath.Join(dir, "p.jsonl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l := newLab(t, labOptions{files: os.DirFS(dir)})
	c := l.files("*.jsonl", nil)
	l.done(c, 4, 3)
	got := l.rows(`SELECT concat_ws(' ', code, name, active, coalesce(price::text, '-')) FROM ws_main.product ORDER BY code`)
	if !reflect.DeepEqual(got, []string{"2 Two t 0.010000", "J1 客户 t 12345678901234.123456", "J4 Four t 7.000000"}) {
		t.Errorf("%q", got)
	}
	if list := l.letters(c); len(list) != 1 || list[0].Key != "p.jsonl:3" || list[0].Code != string(trellis.CodeInvalidInput) {
		t.Error(list)
	}
}
