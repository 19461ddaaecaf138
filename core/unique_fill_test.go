package core_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// A computed column that is part of unique keys is computed otherwise: not in
// one step, since the filling could break halfway, but without the keys first.
// They come back once it is filled, unless records are in the way.
func TestKeysOverComputedColumns(t *testing.T) {
	t.Parallel()
	l := documents(t, fstest.MapFS{
		"objects/seat.yaml": {Data: []byte(`name: seat
plural: seats
unowned: true
fields:
  - {name: row, kind: integer}
  - {name: place, kind: integer}
  - {name: code, kind: formula, result: integer, formula: record.row * 100 + record.place, unique: true}
  - {name: side, kind: formula, result: integer, formula: record.place - record.row}
  - {name: since, kind: date}
  - {name: until, kind: date}
indexes:
  - {fields: [side], unique: true, range: {from: since, to: until}}
`)}})
	for i := range 20 {
		l.must(l.root, create("seat", map[string]any{"row": i / 4, "place": i%4 + 10*(i/4), "since": "2026-01-01"}))
	}
	apply := func(draft func(o *metadata.Object)) error {
		_, err := l.catalog.Apply(t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
			draft(d.Own("seat"))
			return d, nil
		}, catalog.Options{})
		return err
	}
	must := func(draft func(o *metadata.Object)) {
		t.Helper()
		if err := apply(draft); err != nil {
			t.Fatal(err)
		}
	}
	const code, side = "record.place * 100 + record.row", "record.row - record.place"
	err := apply(func(o *metadata.Object) { o.Field("code").Formula, o.Field("side").Formula = code, side })
	if got := paths(err); got != "objects.seat.fields.code.unique objects.seat.indexes[0].fields" {
		t.Fatal(got, err)
	}
	var lost []*metadata.Index
	must(func(o *metadata.Object) {
		o.Field("code").Formula, o.Field("side").Formula, o.Field("code").Unique = code, side, false
		lost, o.Indexes = o.Indexes, nil
	})
	// Still to be filled: reads compute it, writes are right, keys have to wait.
	if err := apply(func(o *metadata.Object) { o.Field("code").Unique = true }); paths(err) != "objects.seat.fields.code.unique" {
		t.Fatal(err)
	}
	twin := l.must(l.request(l.root.Principal), create("seat", map[string]any{"row": 0, "place": 0, "since": "2030-01-01"}))[0].ID
	if got := l.get(l.request(l.root.Principal), "seat", twin, "code", "side"); fmt.Sprint(got) != "map[code:0 side:0]" {
		t.Error(got)
	}
	if err := l.engine.Fill(t.Context(), "main"); err != nil {
		t.Fatal(err)
	}
	err = apply(func(o *metadata.Object) { o.Field("code").Unique = true })
	if trellis.CodeOf(err) != trellis.CodeValidationFailed || !strings.Contains(err.Error(), "same value") {
		t.Fatal(err)
	}
	l.must(l.request(l.root.Principal), core.Op{Verb: core.Delete, Object: "seat", ID: twin})
	must(func(o *metadata.Object) { o.Field("code").Unique, o.Indexes = true, lost })
	found, err := l.catalog.Drift(t.Context(), "main")
	if err != nil || len(found) > 0 {
		t.Error(found, err)
	}
	_, err = l.write(l.request(l.root.Principal), create("seat", map[string]any{"row": 0, "place": 0}))
	wantCode(t, err, trellis.CodeConflict, "code")
}

// paths are those of all problems.
func paths(err error) string {
	var all []string
	for _, e := range trellis.Public(err) {
		all = append(all, trellis.PathString(e.Path))
	}
	return strings.Join(all, " ")
}
