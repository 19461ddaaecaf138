package core_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata/expr"
)

const (
	good    = trellis.Code("")
	away    = trellis.CodeUnavailable
	invalid = trellis.CodeValidationFailed
)

// byHand are changes that somebody made behind the catalogue: what the drift
// report says of them, and what reads, filters, groups and writes answer then.
var byHand = []struct {
	name, sql                       string
	drift                           []string
	read, filter, groups, add, edit trellis.Code
}{
	{"integer to text", `ALTER TABLE ws_main.thing ALTER COLUMN count TYPE text`,
		[]string{"different column thing.count (the field thing.count): expected bigint, found text"}, away, away, away, good, away},
	{"integer to int", `ALTER TABLE ws_main.thing ALTER COLUMN count TYPE int`,
		[]string{"different column thing.count (the field thing.count): expected bigint, found integer"}, away, good, away, good, away},
	{"integer to an instant", `ALTER TABLE ws_main.thing ALTER COLUMN count TYPE timestamptz USING to_timestamp(count)`,
		[]string{"different column thing.count (the field thing.count): expected bigint, found timestamp with time zone"}, away, away, away, away, away},
	{"text to number", `ALTER TABLE ws_main.thing ALTER COLUMN name TYPE bigint USING 7`,
		[]string{"different column thing.name (the field thing.name): expected text COLLATE \"C\", found bigint"}, away, good, good, away, away},
	{"boolean to integer", `ALTER TABLE ws_main.thing ALTER COLUMN done TYPE bigint USING done::int`,
		[]string{"different column thing.done (the field thing.done): expected boolean, found bigint"}, away, good, good, away, away},
	{"decimal to double", `ALTER TABLE ws_main.thing ALTER COLUMN price TYPE double precision`,
		[]string{"different column thing.price (the field thing.price): expected numeric(18,2), found double precision"}, away, good, good, good, away},
	{"fewer digits", `ALTER TABLE ws_main.thing ALTER COLUMN price TYPE numeric(3,2)`,
		[]string{"different column thing.price (the field thing.price): expected numeric(18,2), found numeric(3,2)"}, good, good, good, invalid, good},
	{"a column dropped", `ALTER TABLE ws_main.thing DROP COLUMN count`,
		[]string{"missing column thing.count (the field thing.count)"}, away, away, away, away, away},
	{"a column renamed", `ALTER TABLE ws_main.thing RENAME COLUMN count TO counted`,
		[]string{"missing column thing.count (the field thing.count)", "extra column thing.counted"}, away, away, away, away, away},
	{"a column that must be set", `ALTER TABLE ws_main.thing ADD COLUMN more text NOT NULL DEFAULT 'x', ALTER COLUMN count SET NOT NULL`,
		[]string{"different column thing.count (the field thing.count): expected bigint, found bigint NOT NULL", "extra column thing.more"}, good, good, good, good, invalid},
	{"the id to text", `ALTER TABLE ws_main.part DROP CONSTRAINT part__thing_id__fk; ALTER TABLE ws_main.thing ALTER COLUMN id TYPE text`,
		[]string{"missing foreignKey part__thing_id__fk (the field part.thing)", "different column thing.id (the field thing.id): expected uuid NOT NULL, found text NOT NULL"}, away, away, good, away, away},
	{"a table renamed", `ALTER TABLE ws_main.thing RENAME TO things`,
		[]string{"different foreignKey part__thing_id__fk (the field part.thing): expected thing_id → thing, found thing_id → things", "missing table thing (the object thing)", "extra table things"}, away, away, away, away, away},
	{"a table dropped", `DROP TABLE ws_main.thing CASCADE`,
		[]string{"missing foreignKey part__thing_id__fk (the field part.thing)", "missing table thing (the object thing)"}, away, away, away, away, away},
	{"an index dropped", `DROP INDEX ws_main.thing__count__idx`,
		[]string{"missing index thing__count__idx (the field thing.count)"}, good, good, good, good, good},
	{"a unique index dropped", `DROP INDEX ws_main.thing__code__key`,
		[]string{"missing index thing__code__key (the field thing.code)"}, good, good, good, good, good},
	{"another unique index", `CREATE UNIQUE INDEX mine ON ws_main.thing (count)`,
		[]string{"extra index mine"}, good, good, good, trellis.CodeConflict, good},
	{"a foreign key removed", `ALTER TABLE ws_main.part DROP CONSTRAINT part__thing_id__fk`,
		[]string{"missing foreignKey part__thing_id__fk (the field part.thing)"}, good, good, good, good, good},
	{"a check", `ALTER TABLE ws_main.thing ADD CONSTRAINT low CHECK (count < 4)`, nil, good, good, good, good, invalid},
}

// Whatever somebody did to the tables, the answers are errors with a code that
// tell nothing of them, or right; and all of it is named by the drift report.
func TestTablesChangedByHand(t *testing.T) {
	t.Parallel()
	for _, c := range byHand {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := coretest.New(t, coretest.Options{MaxConns: 3, Package: fstest.MapFS{
				"package.yaml": {Data: []byte("name: custom\n")},
				"objects/thing.yaml": {Data: []byte(`name: thing
plural: things
unowned: true
fields:
  - {name: name, kind: text}
  - {name: code, kind: text, unique: true}
  - {name: count, kind: integer, indexed: true}
  - {name: price, kind: decimal, precision: 18, scale: 2}
  - {name: done, kind: boolean}
`)},
				"objects/part.yaml": {Data: []byte(`name: part
plural: parts
unowned: true
fields:
  - {name: thing, kind: lookup, target: thing, inverse: parts}
`)},
			}})
			l := &lab{T: t, engine: w.Engine, db: w.DB, catalog: w.Catalog, view: w.View, root: w.System(t)}
			values := map[string]any{"name": "Lamp", "code": "A", "count": 3, "price": "12.50", "done": true}
			if strings.Contains(c.name, "fewer") {
				values["price"] = "1.50"
			}
			id := l.must(l.root, create("thing", values))[0].ID
			l.byHandReads(id) // statements are prepared before
			if _, err := l.db.Exec(t.Context(), c.sql); err != nil {
				t.Fatal(err)
			}
			found, err := l.catalog.Drift(t.Context(), "main")
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range found {
				if len(found) < len(c.drift) || i < len(c.drift) && !strings.HasPrefix(f.String(), c.drift[i]) {
					t.Errorf("drift says %q", f)
				}
			}
			if len(found) < len(c.drift) || c.drift == nil && len(found) > 0 {
				t.Errorf("drift says %v", found)
			}
			got := l.byHandReads(id)
			for i, want := range []trellis.Code{c.read, c.filter, c.groups} {
				l.answered([]string{"read", "filter", "groups"}[i], got[i], want)
			}
			values["code"], values["price"] = "B", "12.50"
			_, err = l.write(l.request(l.root.Principal), create("thing", values))
			l.answered("add", err, c.add)
			_, err = l.write(l.request(l.root.Principal), core.Op{Verb: core.Update, Object: "thing", ID: id, Values: map[string]any{"count": nil, "done": false}})
			if c.name == "a check" {
				_, err = l.write(l.request(l.root.Principal), core.Op{Verb: core.Update, Object: "thing", ID: id, Values: map[string]any{"count": 4}})
			}
			l.answered("edit", err, c.edit)
		})
	}
}

// byHandReads reads a thing, lists by a filter, and groups.
func (l *lab) byHandReads(id trellis.ID) []error {
	l.Helper()
	var sel query.Selection
	for _, f := range []string{"id", "name", "code", "count", "price", "done"} {
		sel = append(sel, query.Item{Key: f, Field: f})
	}
	filter := expr.Compare{Op: expr.Eq, L: expr.Column{Field: "count"}, R: expr.Literal{Of: expr.IntType, Value: int64(3)}}
	asked := []*query.Query{
		{Get: &query.Get{Object: "thing", ID: id, Select: sel}},
		{List: &query.List{Object: "thing", Filter: filter, First: 5, Shape: []query.ListItem{{Key: "nodes", Kind: query.Nodes, Select: sel[:1]}}}},
		{List: &query.List{Object: "thing", Shape: []query.ListItem{{Key: "groups", Kind: query.InGroups, Groups: &query.Groups{
			Shape: []query.GroupItem{{Name: "sum", Kind: query.GroupMeasure, Measure: query.Measure{Fn: expr.Sum, Field: "count"}}},
		}}}}},
	}
	errs := make([]error, len(asked))
	for i, q := range asked {
		var buf []byte
		buf, errs[i] = l.engine.Query(context.WithoutCancel(l.Context()), l.request(l.root.Principal), q, nil)
		if errs[i] == nil && !json.Valid(buf) {
			l.Errorf("the answer is no JSON: %q", buf)
		}
	}
	return errs
}

func (l *lab) answered(what string, err error, want trellis.Code) {
	l.Helper()
	if trellis.CodeOf(err) != want {
		l.Errorf("%s: %s, want %s: %v", what, trellis.CodeOf(err), want, err)
	}
	for _, e := range trellis.Public(err) {
		for _, secret := range []string{"ws_", "thing", "bigint", "SQL", "pg", "ERROR"} {
			if strings.Contains(e.Message, secret) {
				l.Errorf("%s tells %q", what, e.Message)
			}
		}
		if want == away && !strings.Contains(e.Message, "drift") {
			l.Errorf("%s does not name the drift report: %q", what, e.Message)
		}
	}
}
