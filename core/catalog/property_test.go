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
			t.Log(strings.Join(e.log, "\n"))
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
		for range 5 {
			f := e.field(o, def.Objects)
			f.Indexed = f.Indexed && f.Kind != metadata.KindFormula && f.Kind != metadata.KindRollUp // it may have no column
			o.Fields = append(o.Fields, f)
		}
		def.Objects = append(def.Objects, o)
	}
	apply(t, c, catalog.Packages(withPackage(def)), catalog.Options{})
	e.fill()
	return e
}

func (e *editor) current() *catalog.View {
	e.t.Helper()
	v, err := e.c.Current(e.t.Context(), "main")
	if err != nil {
		fatal(e.t, err)
	}
	return v
}

func (e *editor) name(prefix string) string {
	e.names++
	return fmt.Sprintf("%s%d", prefix, e.names)
}

// step makes one edit, looks at everything, and perhaps takes it back.
func (e *editor) step(n int) {
	e.t.Helper()
	v := e.current()
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
	if a.View.Revision != v.Revision && what != "purge" && e.r.IntN(2) == 0 {
		_, err := e.c.Undo(e.t.Context(), "main", a.View.Revision, e.options())
		e.log = append(e.log, fmt.Sprintf("%d: undo: %v", n, err))
		switch {
		case err == nil:
			e.same(before, sums, "undone")
		case strings.Contains(err.Error(), "wait until the column is filled"): // a key over a computed field comes back after the field
			e.noDrift()
		default:
			fatal(e.t, fmt.Errorf("%s: %w", strings.Join(e.log, "\n"), err))
		}
		return
	}
	e.fill()
}

// written is a definition without the names of columns and indexes, and without
// what is to be computed anew: what was widened in its column goes back into
// another, since a column never narrows.
func written(v *catalog.View) string {
	d := v.Definition().Clone()
	for _, o := range d.Objects {
		for _, f := range o.Fields {
			f.Column, f.Filling = "", false
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
		got := e.sums(v)
		for part := range sums {
			name := strings.Split(part, ".")
			if o := v.Definition().Object(name[0]); o != nil && o.Field(name[1]) != nil && o.Field(name[1]).Filling {
				delete(sums, part) // its values are computed anew
			}
		}
		if !maps.Equal(got, sums) {
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

// sums are checksums of the columns of all fields, by object, field and part. A
// column that is still to be filled holds nothing that counts.
func (e *editor) sums(v *catalog.View) map[string]string {
	e.t.Helper()
	out := map[string]string{}
	for _, o := range v.Definition().Objects {
		for _, f := range o.Fields {
			for i, c := range f.Columns() {
				if f.Filling {
					continue
				}
				col := pgx.Identifier{c}.Sanitize()
				var sum *string
				err := e.db.QueryRow(e.t.Context(), fmt.Sprintf("SELECT md5(string_agg(coalesce(%s::text, '∅'), ',' ORDER BY id)) FROM %s", col, table(v, o)), pgx.QueryExecModeSimpleProtocol).Scan(&sum)
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
	e.filled(old, now)
}

// filled says that a computed column that counts as filled was so before, by
// the same computation.
func (e *editor) filled(old, now *catalog.View) {
	e.t.Helper()
	was := map[string]*metadata.Field{}
	tables := map[string]bool{}
	for _, o := range old.Definition().Objects {
		tables[o.Table] = true
		for _, f := range o.Fields {
			was[o.Table+"."+f.Column] = f
		}
	}
	for _, o := range now.Definition().Objects {
		for _, f := range o.Fields {
			if f.Computed != metadata.Stored || f.Filling || !tables[o.Table] {
				continue
			}
			if w := was[o.Table+"."+f.Column]; w == nil || w.Computed != metadata.Stored || w.Filling || w.Result != f.Result || w.Formula != f.Formula {
				e.t.Errorf("%s.%s counts as filled", o.Name, f.Name)
			}
		}
	}
}
