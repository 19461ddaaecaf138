package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata/ddl"
)

// The ways in which a live table differs from the metadata.
const (
	Missing   = "missing"   // the metadata has it, the database does not
	Extra     = "extra"     // the database has it, the metadata does not
	Different = "different" // both have it, not alike
	Invalid   = "invalid"   // an index whose building failed
)

// Finding is one difference between the database and the metadata.
type Finding struct {
	What   string `json:"what"`             // missing, extra, different, invalid
	Kind   string `json:"kind"`             // table, column, index, foreignKey, exclusion
	Object string `json:"object,omitempty"` // "" for tables of no object
	Field  string `json:"field,omitempty"`
	Name   string `json:"name"` // physical, as table or table.column
	// Expected and Found say what is different.
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
}

// String is the finding as a sentence.
func (f Finding) String() string {
	s := fmt.Sprintf("%s %s %s", f.What, f.Kind, f.Name)
	switch {
	case f.Field != "":
		s += fmt.Sprintf(" (the field %s.%s)", f.Object, f.Field)
	case f.Object != "":
		s += fmt.Sprintf(" (the object %s)", f.Object)
	}
	if f.What == Different {
		s += fmt.Sprintf(": expected %s, found %s", f.Expected, f.Found)
	}
	return s
}

// Drift compares the tables of a workspace with its metadata, in one snapshot of
// the database. Hidden columns and tables, and indexes that are still to be
// built, are no findings. Nothing is changed.
func (c *Catalog) Drift(ctx context.Context, workspace string) ([]Finding, error) {
	v, err := c.Refresh(ctx, workspace)
	if err != nil {
		return nil, err
	}
	want, err := ddl.Expected(v.Definition(), v.Schema)
	if err != nil {
		return nil, err
	}
	var d drift
	err = c.db.TxWith(ctx, pg.TxOptions{Direct: true, Isolation: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		d = drift{view: v, hidden: map[string]bool{}, pending: map[string]bool{}}
		if err := d.read(ctx, tx); err != nil {
			return err
		}
		for _, t := range append(want, ddl.FixedTables()...) {
			if err := d.table(ctx, tx, t); err != nil {
				return err
			}
		}
		d.rest()
		return errRollback // what was made to compare goes
	})
	if err != nil && !errors.Is(err, errRollback) {
		return nil, err
	}
	slices.SortStableFunc(d.found, func(a, b Finding) int { return strings.Compare(a.Name, b.Name) })
	return d.found, nil
}

// drift compares one workspace.
type drift struct {
	view    *View
	hidden  map[string]bool // tables, and table.column
	pending map[string]bool // indexes to be built, qualified and quoted
	live    map[string]*liveTable
	found   []Finding
}

type liveTable struct {
	columns map[string]liveColumn
	indexes map[string]liveIndex
	keys    map[string]string // definitions of foreign keys
	known   map[string]bool   // what the metadata asked for
}

type liveColumn struct {
	typ, collation string
	notNull        bool
}

type liveIndex struct {
	method, predicate, definition string
	unique, valid                 bool
	columns                       []string
}

func (d *drift) read(ctx context.Context, tx pgx.Tx) error {
	for _, r := range d.view.Definition().Removed {
		if len(r.Columns) == 0 {
			d.hidden[r.Table] = true
		}
		for _, c := range r.Columns {
			d.hidden[r.Table+"."+c] = true
		}
	}
	rows, err := tx.Query(ctx, "SELECT index_name FROM trellis.pending_step WHERE workspace_id = $1", d.view.WorkspaceID)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, n := range names {
		d.pending[n] = true
	}
	d.live = map[string]*liveTable{}
	for _, read := range []func(context.Context, pgx.Tx) error{d.readColumns, d.readIndexes, d.readKeys} {
		if err := read(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

func (d *drift) readColumns(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(l.collname, ''), a.attnotnull
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_collation l ON l.oid = a.attcollation AND l.collname <> 'default'
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')`, d.view.Schema)
	if err != nil {
		return err
	}
	var table, collation string
	var name, typ *string
	var notNull *bool
	_, err = pgx.ForEachRow(rows, []any{&table, &name, &typ, &collation, &notNull}, func() error {
		t := d.live[table]
		if t == nil {
			t = &liveTable{map[string]liveColumn{}, map[string]liveIndex{}, map[string]string{}, map[string]bool{}}
			d.live[table] = t
		}
		if name != nil {
			t.columns[*name] = liveColumn{*typ, collation, *notNull}
		}
		return nil
	})
	return err
}

// indexSQL reads indexes: key columns with direction, an expression as "".
const indexSQL = `SELECT t.relname, i.relname, m.amname, x.indisunique, x.indisvalid, coalesce(pg_get_expr(x.indpred, x.indrelid), ''), pg_get_indexdef(x.indexrelid),
	ARRAY(SELECT coalesce(a.attname, '') || CASE WHEN x.indoption[k.n - 1] & 1 = 1 THEN ' DESC' ELSE '' END
		FROM unnest(x.indkey) WITH ORDINALITY AS k(attnum, n) LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum AND k.attnum > 0 ORDER BY k.n)
	FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_am m ON m.oid = i.relam`

func (d *drift) readIndexes(ctx context.Context, tx pgx.Tx) error {
	return scanIndexes(ctx, tx, func(table, name string, x liveIndex) {
		if t := d.live[table]; t != nil {
			t.indexes[name] = x
		}
	}, indexSQL+" WHERE n.nspname = $1", d.view.Schema)
}

func scanIndexes(ctx context.Context, tx pgx.Tx, each func(table, name string, x liveIndex), sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var table, name string
	var x liveIndex
	_, err = pgx.ForEachRow(rows, []any{&table, &name, &x.method, &x.unique, &x.valid, &x.predicate, &x.definition, &x.columns}, func() error {
		each(table, name, x)
		x.columns = nil
		return nil
	})
	return err
}

func (d *drift) readKeys(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT t.relname, k.conname, (SELECT attname FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = k.conkey[1]), r.relname, cardinality(k.conkey) = 1 AND k.convalidated
		FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_class r ON r.oid = k.confrelid
		WHERE n.nspname = $1 AND k.contype = 'f'`, d.view.Schema)
	if err != nil {
		return err
	}
	var table, name, column, target string
	var whole bool
	_, err = pgx.ForEachRow(rows, []any{&table, &name, &column, &target, &whole}, func() error {
		if t := d.live[table]; t != nil {
			if t.keys[name] = column + " → " + target; !whole {
				t.keys[name] += ", not checked"
			}
		}
		return nil
	})
	return err
}

func (d *drift) tell(t ddl.Table, what, kind, field, name string) *Finding {
	d.found = append(d.found, Finding{What: what, Kind: kind, Object: t.Object, Field: field, Name: name})
	return &d.found[len(d.found)-1]
}

func (d *drift) differ(t ddl.Table, kind, field, name, expected, found string) {
	f := d.tell(t, Different, kind, field, name)
	f.Expected, f.Found = expected, found
}

// table compares one table and all that is on it.
func (d *drift) table(ctx context.Context, tx pgx.Tx, t ddl.Table) error {
	live := d.live[t.Name]
	if live == nil {
		d.tell(t, Missing, "table", "", t.Name)
		return nil
	}
	delete(d.live, t.Name)
	complete := true
	for _, c := range t.Columns {
		got, there := live.columns[c.Name]
		delete(live.columns, c.Name)
		name := t.Name + "." + c.Name
		switch is, want := describeColumn(got.typ, got.collation, got.notNull), describeColumn(c.Type, c.Collation, c.NotNull); {
		case !there:
			complete = false
			d.tell(t, Missing, "column", c.Field, name)
		case is != want:
			complete = complete && got.typ == c.Type
			d.differ(t, "column", c.Field, name, want, is)
		}
	}
	for name := range live.columns {
		if !d.hidden[t.Name+"."+name] {
			d.tell(t, Extra, "column", "", t.Name+"."+name)
		}
	}
	for _, k := range t.ForeignKeys {
		got, want := live.keys[k.Name], k.Column+" → "+k.Target
		delete(live.keys, k.Name)
		switch {
		case got == "":
			d.tell(t, Missing, "foreignKey", k.Field, k.Name)
		case got != want:
			d.differ(t, "foreignKey", k.Field, k.Name, want, got)
		}
	}
	for name := range live.keys {
		d.tell(t, Extra, "foreignKey", "", name)
	}
	return d.indexes(ctx, tx, t, live, complete)
}

func describeColumn(typ, collation string, notNull bool) string {
	if collation != "" {
		typ += ` COLLATE "` + collation + `"`
	}
	if notNull {
		typ += " NOT NULL"
	}
	return typ
}

func (d *drift) indexes(ctx context.Context, tx pgx.Tx, t ddl.Table, live *liveTable, complete bool) error {
	for _, x := range t.Indexes {
		kind := "index"
		if x.Exclusion {
			kind = "exclusion"
		}
		got, there := live.indexes[x.Name]
		delete(live.indexes, x.Name)
		if d.pending[pgx.Identifier{d.view.Schema, x.Name}.Sanitize()] {
			continue
		}
		if !there {
			d.tell(t, Missing, kind, x.Field, x.Name)
			continue
		}
		if !got.valid {
			d.tell(t, Invalid, kind, x.Field, x.Name)
			continue
		}
		if !x.Condition {
			if want, is := describeIndex(x.Method, x.Unique, x.Columns, liveOnly(x.Live)), describeIndex(got.method, got.unique, got.columns, got.predicate); want != is {
				d.differ(t, kind, x.Field, x.Name, want, is)
			}
			continue
		}
		if !complete { // nothing to compare it on
			continue
		}
		want, err := d.asPostgres(ctx, tx, t, x)
		if err != nil {
			return err
		}
		if is := got.comparable(); is != want {
			d.differ(t, kind, x.Field, x.Name, want, is)
		}
	}
	for name := range live.indexes {
		if !d.pending[pgx.Identifier{d.view.Schema, name}.Sanitize()] {
			d.tell(t, Extra, "index", "", name)
		}
	}
	return nil
}

func liveOnly(live bool) string {
	if live {
		return "(deleted_at IS NULL)"
	}
	return ""
}

func describeIndex(method string, unique bool, columns []string, where string) string {
	s := method + " (" + strings.Join(columns, ", ") + ")"
	if unique {
		s = "unique " + s
	}
	if where != "" && columns[0] != "id" {
		s += " WHERE " + where
	}
	return s
}

// comparable is the definition without the names of index and table.
func (x liveIndex) comparable() string {
	_, rest, _ := strings.Cut(x.definition, " USING ")
	if x.unique {
		rest = "unique " + rest
	}
	return rest
}

// asPostgres has PostgreSQL make the index on an empty copy of the table, and
// tells what it made of it: it writes conditions in a way of its own.
func (d *drift) asPostgres(ctx context.Context, tx pgx.Tx, t ddl.Table, x ddl.TableIndex) (string, error) {
	like := pgx.Identifier{d.view.Schema, t.Name}.Sanitize()
	if _, err := tx.Exec(ctx, "DROP TABLE IF EXISTS pg_temp.trellis_drift"); err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE trellis_drift (LIKE "+like+")"); err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, x.SQL("pg_temp.trellis_drift")); err != nil {
		return "", err
	}
	var made liveIndex
	err := scanIndexes(ctx, tx, func(_, _ string, got liveIndex) { made = got }, indexSQL+" WHERE x.indrelid = 'pg_temp.trellis_drift'::regclass")
	return made.comparable(), err
}

// rest tells the tables that nobody asked for.
func (d *drift) rest() {
	for name := range d.live {
		if !d.hidden[name] {
			d.found = append(d.found, Finding{What: Extra, Kind: "table", Name: name})
		}
	}
}

// errRollback ends a transaction that has told what it was asked for.
var errRollback = errors.New("catalog: nothing is kept")
