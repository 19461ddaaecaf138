package catalog_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
)

var (
	editSeeds = flag.Int("edits.seeds", 4, "how many sequences of edits TestRandomEdits makes")
	editSteps = flag.Int("edits.steps", 14, "how many edits are in one")
	editFirst = flag.Uint64("edits.first", 1, "the first seed")
)

// Whatever is done to a workspace with records in it, in whatever order: the
// tables are as the metadata says, what is kept keeps its values, and undoing
// gives back what was.
func TestRandomEdits(t *testing.T) {
	t.Parallel()
	for i := range *editSeeds {
		seed := *editFirst + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			e := newEditor(t, seed)
			for n := range *editSteps {
				e.step(n)
				if t.Failed() {
					t.Fatalf("after:\n%s", strings.Join(e.log, "\n"))
				}
			}
		})
	}
}

type editor struct {
	t     *testing.T
	r     *rand.Rand
	c     *catalog.Catalog
	db    *pg.DB
	log   []string
	names int
}

func newEditor(t *testing.T, seed uint64) *editor {
	c, db := start(t)
	e := &editor{t: t, r: rand.New(rand.NewPCG(seed, 7)), c: c, db: db}
	def := &metadata.Definition{}
	for i := range 2 {
		o := &metadata.Object{Name: fmt.Sprintf("thing%d", i), Plural: fmt.Sprintf("things%d", i), Unowned: i == 1}
		for range 4 {
			o.Fields = append(o.Fields, e.field(nil))
		}
		def.Objects = append(def.Objects, o)
	}
	apply(t, c, catalog.Packages(withPackage(def)), catalog.Options{})
	e.fill()
	return e
}

func (e *editor) name(prefix string) string {
	e.names++
	return fmt.Sprintf("%s%d", prefix, e.names)
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

var editKinds = []metadata.Kind{
	metadata.KindText, metadata.KindEmail, metadata.KindInteger, metadata.KindDecimal, metadata.KindCurrency, metadata.KindBoolean,
	metadata.KindDate, metadata.KindDateTime, metadata.KindSelect, metadata.KindLookup, metadata.KindLongText, metadata.KindPercent,
	metadata.KindMultiSelect, metadata.KindRating, metadata.KindURL, metadata.KindRichText,
}

// field makes a field; objects are what a lookup may refer to.
func (e *editor) field(objects []*metadata.Object) *metadata.Field {
	f := &metadata.Field{Name: e.name("f"), Kind: pick(e.r, editKinds), Package: metadata.CustomPackage}
	e.settle(f, objects)
	return f
}

// settle gives a field the settings its kind needs.
func (e *editor) settle(f *metadata.Field, objects []*metadata.Object) {
	f.MaxLength, f.Precision, f.Scale, f.Options, f.Target, f.Inverse, f.OnDelete, f.MaxRating, f.Default = 0, 0, 0, nil, "", "", "", 0, ""
	f.Unique, f.Indexed, f.Searchable = false, false, false
	switch f.Kind {
	case metadata.KindText:
		f.Unique, f.Indexed = e.r.IntN(4) == 0, e.r.IntN(3) == 0
		if !f.Unique && e.r.IntN(2) == 0 {
			f.Default = `it's \ 7`
		}
	case metadata.KindInteger:
		f.Indexed = e.r.IntN(2) == 0
	case metadata.KindDecimal, metadata.KindCurrency:
		f.Precision = 4 + e.r.IntN(15)
		f.Scale = e.r.IntN(min(f.Precision, 5))
	case metadata.KindSelect, metadata.KindMultiSelect:
		for _, n := range []string{"a", "b", "c", "d"}[:1+e.r.IntN(4)] {
			f.Options = append(f.Options, &metadata.Option{Name: n})
		}
		f.Indexed = e.r.IntN(3) == 0
	case metadata.KindLookup:
		f.Target = "user"
		if len(objects) > 0 {
			f.Target = pick(e.r, objects).Name
		}
	}
}

// step makes one edit, looks at everything, and perhaps takes it back.
func (e *editor) step(n int) {
	e.t.Helper()
	v, err := e.c.Current(e.t.Context(), "main")
	if err != nil {
		fatal(e.t, err)
	}
	before, sums := written(v), e.sums(v)
	what, a, err := e.edit(v)
	e.log = append(e.log, fmt.Sprintf("%d: %s: %v", n, what, err))
	if err != nil {
		switch trellis.CodeOf(err) {
		case trellis.CodeValidationFailed, trellis.CodeInvalidInput, trellis.CodeConflict, trellis.CodeNotFound:
		default:
			fatal(e.t, err)
		}
		e.same(before, sums, "refused")
		return
	}
	e.noDrift()
	e.kept(v, a.View, sums)
	if a.View != v && e.r.IntN(2) == 0 {
		_, err := e.c.Undo(e.t.Context(), "main", a.View.Revision, catalog.Options{AllowLoss: true})
		e.log = append(e.log, fmt.Sprintf("%d: undo: %v", n, err))
		if err != nil {
			fatal(e.t, fmt.Errorf("%s: %w", strings.Join(e.log, "\n"), err))
		}
		e.same(before, sums, "undone")
		return
	}
	e.fill()
}

// written is a definition without the names of columns and indexes: what was
// widened in its column goes back into another, since a column never narrows.
func written(v *catalog.View) string {
	d := v.Definition().Clone()
	for _, o := range d.Objects {
		for _, f := range o.Fields {
			f.Column = ""
		}
		for _, x := range o.Indexes {
			x.Name = ""
		}
	}
	b, _ := json.MarshalIndent([]any{d.Objects, d.Roles, d.Policies}, "", " ")
	return string(b)
}

// same says that everything is as it was, in this process and in a new one.
func (e *editor) same(before string, sums map[string]string, how string) {
	e.t.Helper()
	for _, c := range []*catalog.Catalog{e.c, catalog.New(e.db, nil)} {
		v, err := c.Current(e.t.Context(), "main")
		if err != nil {
			fatal(e.t, err)
		}
		if got := written(v); got != before {
			e.t.Errorf("%s, the metadata is not what it was: %s", how, firstDifference(before, got))
		}
		if got := e.sums(v); !maps.Equal(got, sums) {
			e.t.Errorf("%s, the values are not what they were: %v, %v", how, sums, got)
		}
	}
	e.noDrift()
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d: %q became %q", i, x[max(0, i-3):i+1], y[max(0, i-3):i+1])
		}
	}
	return fmt.Sprintf("%d lines became %d", len(x), len(y))
}

func (e *editor) noDrift() {
	e.t.Helper()
	found, err := e.c.Drift(e.t.Context(), "main")
	if err != nil {
		fatal(e.t, err)
	}
	for _, f := range found {
		e.t.Errorf("drift: %s", f)
	}
}

// sums are checksums of the columns of all fields, by object, field and part.
func (e *editor) sums(v *catalog.View) map[string]string {
	e.t.Helper()
	out := map[string]string{}
	for _, o := range v.Definition().Objects {
		for _, f := range o.Fields {
			for i, c := range f.Columns() {
				col := pgx.Identifier{c}.Sanitize()
				var sum *string
				err := e.db.QueryRow(e.t.Context(), fmt.Sprintf("SELECT md5(string_agg(coalesce(%s::text, '∅'), ',' ORDER BY id)) FROM %s", col, pgx.Identifier{v.Schema, o.Table}.Sanitize())).Scan(&sum)
				if err != nil {
					fatal(e.t, err)
				}
				if sum != nil {
					out[fmt.Sprintf("%s.%s.%d", o.Name, f.Name, i)] = *sum
				}
			}
		}
	}
	return out
}

// kept says that columns that are in both revisions have the values they had,
// whatever their fields are called now.
func (e *editor) kept(old, now *catalog.View, sums map[string]string) {
	e.t.Helper()
	column := func(v *catalog.View, part string) string {
		names := strings.Split(part, ".")
		o := v.Snapshot.Lookup(names[0])
		return o.Table + "." + o.Field(names[1]).Column + "." + names[2]
	}
	byColumn := map[string]string{}
	for part, sum := range sums {
		byColumn[column(old, part)] = sum
	}
	for part, sum := range e.sums(now) {
		if was, there := byColumn[column(now, part)]; there && was != sum {
			e.t.Errorf("the values of %s changed", part)
		}
	}
}

// fill writes some records past the engine, with values of every shape.
func (e *editor) fill() {
	e.t.Helper()
	v, err := e.c.Current(e.t.Context(), "main")
	if err != nil {
		fatal(e.t, err)
	}
	for _, o := range v.Definition().Objects {
		if o.Package == "system" {
			continue
		}
		for range 1 + e.r.IntN(4) {
			columns, values := []string{"id", "created_at", "created_by", "updated_at", "updated_by", "version"}, []string{"'" + trellis.NewID().String() + "'", "now()", "'system'", "now()", "'system'", "1"}
			for _, f := range o.Fields {
				for i, c := range f.Columns() {
					columns, values = append(columns, pgx.Identifier{c}.Sanitize()), append(values, e.value(v, f, i))
				}
			}
			sql := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT DO NOTHING", pgx.Identifier{v.Schema, o.Table}.Sanitize(), strings.Join(columns, ", "), strings.Join(values, ", "))
			if _, err := e.db.Exec(e.t.Context(), sql); err != nil {
				fatal(e.t, fmt.Errorf("%s: %w", sql, err))
			}
		}
	}
}

func (e *editor) value(v *catalog.View, f *metadata.Field, part int) string {
	if e.r.IntN(5) == 0 && f.Width() == 1 {
		return "NULL"
	}
	switch f.Part(part).Storage {
	case metadata.StoredInt8:
		return fmt.Sprint(1 + e.r.IntN(max(f.MaxRating, 1)))
	case metadata.StoredNumeric:
		return fmt.Sprintf("trunc(%d / 7.0, %d)", e.r.IntN(60), f.Part(part).Scale)
	case metadata.StoredBool:
		return "TRUE"
	case metadata.StoredDate:
		return fmt.Sprintf("date '2026-01-01' + %d", e.r.IntN(400))
	case metadata.StoredTimestamp:
		return fmt.Sprintf("timestamptz '2026-01-01' + interval '%d minutes'", e.r.IntN(400000))
	case metadata.StoredUUID:
		return fmt.Sprintf("(SELECT id FROM %s LIMIT 1)", pgx.Identifier{v.Schema, v.Snapshot.Lookup(f.Target).Table}.Sanitize())
	case metadata.StoredTexts:
		return "ARRAY['" + pick(e.r, f.Options).Name + "']"
	}
	if f.Kind == metadata.KindSelect {
		return "'" + pick(e.r, f.Options).Name + "'"
	}
	if part > 0 {
		return "'CNY'"
	}
	if f.Kind == metadata.KindURL { // the engine lets nothing else in, and an undo reads it as one again
		return "'" + pick(e.r, []string{"https://a.example/", "HTTP://b.example/?q=%20", "https://例子.example/页"}) + "'"
	}
	return "'" + pick(e.r, []string{"x", " 12 ", "-3.50", "2026-02-31", "2026-02-28", "2026-02-28T10:00:00Z", "true", "a", "客户", "<b>&", "https://a.example/", "9999999999999999"}) + "'"
}
