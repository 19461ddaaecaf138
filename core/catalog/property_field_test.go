package catalog_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// field makes a field for an object; objects are what it may refer to.
func (e *editor) field(o *metadata.Object, objects []*metadata.Object) *metadata.Field {
	f := &metadata.Field{Name: e.name("f"), Kind: pick(e.r, metadata.Kinds), Package: metadata.CustomPackage}
	if e.r.IntN(4) == 0 { // the kinds that stand on others
		f.Kind = pick(e.r, []metadata.Kind{metadata.KindFormula, metadata.KindFormula, metadata.KindRollUp, metadata.KindAutoNumber, metadata.KindManyToMany, metadata.KindLookup})
	}
	e.settle(f, o, objects)
	return f
}

// settle gives a field the settings its kind needs. A kind that needs what is
// not there becomes an integer.
func (e *editor) settle(f *metadata.Field, o *metadata.Object, objects []*metadata.Object) {
	*f = metadata.Field{Name: f.Name, Kind: f.Kind, Package: f.Package, Label: f.Label, Formerly: f.Formerly, Column: f.Column}
	target := func() string {
		if len(objects) == 0 {
			return "user"
		}
		return pick(e.r, objects).Name
	}
	switch f.Kind {
	case metadata.KindText, metadata.KindPhone, metadata.KindURL:
		f.Unique, f.Indexed, f.Searchable = e.r.IntN(4) == 0, e.r.IntN(3) == 0, e.r.IntN(4) == 0
		if f.Unique || f.Indexed {
			f.MaxLength = 100
		} else if f.Kind == metadata.KindText && e.r.IntN(2) == 0 {
			f.Default = `it's \ 7`
		}
	case metadata.KindLongText, metadata.KindPersonName:
		f.Searchable = e.r.IntN(2) == 0
	case metadata.KindInteger, metadata.KindTime, metadata.KindGeoPoint, metadata.KindDuration:
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
		f.Target, f.Inverse = target(), e.name("list")
	case metadata.KindManyToMany:
		if f.Target = target(); e.r.IntN(2) == 0 {
			f.Inverse = e.name("list")
		}
	case metadata.KindPolymorphic:
		for range 1 + e.r.IntN(2) {
			if t := target(); !slices.Contains(f.Targets, t) {
				f.Targets = append(f.Targets, t)
			}
		}
	case metadata.KindExpression:
		f.Expression = &metadata.Expression{Over: target()}
	case metadata.KindAutoNumber:
		e.number(f, o)
	case metadata.KindFormula:
		e.formula(f, o)
	case metadata.KindRollUp:
		e.rollUp(f, o, objects)
	}
}

func (e *editor) number(f *metadata.Field, o *metadata.Object) {
	f.Number = &metadata.AutoNumber{Pattern: pick(e.r, []string{"{####}", "N{yy}{###}", "A-{#}"}), Gapless: e.r.IntN(2) == 0}
	for _, s := range o.Fields {
		switch s.Kind {
		case metadata.KindText, metadata.KindInteger, metadata.KindLookup, metadata.KindSelect:
			if s.Name != f.Name && e.r.IntN(3) == 0 {
				f.Number.Scope = []string{s.Name}
			}
		}
	}
}

// named lists the fields of an object whose values are of some kinds.
func named(o *metadata.Object, kinds ...metadata.Kind) []string {
	var out []string
	for _, f := range o.Fields {
		if slices.Contains(kinds, f.ValueKind()) {
			out = append(out, f.Name)
		}
	}
	return out
}

// formula computes from what there is: of the record alone, of the moment, over
// a lookup.
func (e *editor) formula(f *metadata.Field, o *metadata.Object) {
	type choice struct {
		result metadata.Kind
		text   string
	}
	choices := []choice{{metadata.KindBoolean, `record.createdAt < now`}, {metadata.KindText, `"x"`}}
	for _, n := range named(o, metadata.KindInteger, metadata.KindRating) {
		choices = append(choices, choice{metadata.KindInteger, "record." + n + " * 2"}, choice{metadata.KindBoolean, "record." + n + " > 2"},
			choice{metadata.KindText, `record.` + n + ` > 2 ? "more" : "less"`})
	}
	for _, n := range named(o, metadata.KindDate) {
		choices = append(choices, choice{metadata.KindBoolean, "record." + n + " < today"}, choice{metadata.KindDate, "record." + n + " + 7"})
	}
	for _, n := range named(o, metadata.KindDecimal) {
		choices = append(choices, choice{metadata.KindDecimal, "record." + n + ` + dec("1")`})
	}
	for _, n := range named(o, metadata.KindCurrency) {
		choices = append(choices, choice{metadata.KindCurrency, "record." + n})
	}
	for _, n := range named(o, metadata.KindLookup) {
		choices = append(choices, choice{metadata.KindDateTime, "record." + n + ".createdAt"})
	}
	c := pick(e.r, choices)
	f.Result, f.Formula = c.result, c.text
	if f.Result == metadata.KindText {
		f.MaxLength = 20
	}
	f.Indexed = e.r.IntN(3) == 0
}

// rollUp computes over the records of a lookup, perhaps those of a window.
func (e *editor) rollUp(f *metadata.Field, o *metadata.Object, objects []*metadata.Object) {
	type list struct {
		of   *metadata.Object
		name string
	}
	var lists []list
	for _, child := range objects {
		for _, l := range child.Fields {
			if l.Kind == metadata.KindLookup && l.Target == o.Name && l.Inverse != "" {
				lists = append(lists, list{child, l.Inverse})
			}
		}
	}
	if len(lists) == 0 {
		f.Kind = metadata.KindInteger
		return
	}
	l := pick(e.r, lists)
	f.RollUp = &metadata.RollUp{Relation: l.name, Function: expr.Count, Where: pick(e.r, []string{"", "", "record.createdAt != null", "record.createdAt < now"})}
	if of := named(l.of, metadata.KindInteger, metadata.KindDecimal, metadata.KindCurrency); len(of) > 0 && e.r.IntN(3) > 0 {
		f.RollUp.Function, f.RollUp.Field = pick(e.r, []expr.Aggregate{expr.Sum, expr.Least, expr.Most, expr.Mean}), pick(e.r, of)
	}
	f.Indexed = e.r.IntN(3) == 0
}

// fill writes some records past the engine, with values of every shape that the
// engine lets in, and lets PostgreSQL count the records now and then.
func (e *editor) fill() {
	e.t.Helper()
	v := e.current()
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
			e.exec("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT DO NOTHING", table(v, o), strings.Join(columns, ", "), strings.Join(values, ", "))
		}
		if e.r.IntN(6) == 0 {
			e.exec("ANALYZE %s", table(v, o))
		}
	}
}

func (e *editor) exec(format string, args ...any) {
	e.t.Helper()
	sql := fmt.Sprintf(format, args...)
	if _, err := e.db.Exec(e.t.Context(), sql); err != nil {
		fatal(e.t, fmt.Errorf("%s: %w", sql, err))
	}
}

func table(v *catalog.View, o *metadata.Object) string {
	return pgx.Identifier{v.Schema, o.Table}.Sanitize()
}

func (e *editor) value(v *catalog.View, f *metadata.Field, part int) string {
	if e.r.IntN(5) == 0 && f.Width() == 1 {
		return "NULL"
	}
	record := func(object string) string {
		return fmt.Sprintf("(SELECT id FROM %s ORDER BY id OFFSET %d LIMIT 1)", table(v, v.Snapshot.Lookup(object).Object), e.r.IntN(3))
	}
	switch f.ValueKind() {
	case metadata.KindPolymorphic:
		if f.Part(part).Storage == metadata.StoredUUID {
			return record(f.Targets[0])
		}
		return "'" + v.Snapshot.Lookup(f.Targets[0]).Table + "'"
	case metadata.KindAutoNumber:
		return "'" + e.name("N") + "'"
	case metadata.KindAddress:
		return "'CN'"
	case metadata.KindPhone:
		return fmt.Sprintf("'+86 10 %d'", e.r.IntN(1000))
	case metadata.KindSelect:
		return "'" + pick(e.r, f.Options).Name + "'"
	case metadata.KindURL: // the engine lets nothing else in, and an undo reads it as one again
		return "'" + pick(e.r, []string{"https://a.example/", "HTTP://b.example/?q=%20", "https://例子.example/页"}) + "'"
	case metadata.KindCurrency:
		if part > 0 {
			return "'CNY'"
		}
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
	case metadata.StoredTime:
		return fmt.Sprintf("time '00:00' + interval '%d minutes'", e.r.IntN(1440))
	case metadata.StoredUUID:
		return record(f.Target)
	case metadata.StoredTexts:
		return "ARRAY['" + pick(e.r, f.Options).Name + "']"
	case metadata.StoredJSON:
		return pick(e.r, []string{`'{"a": [1, null]}'`, `'[]'`})
	}
	return "'" + pick(e.r, []string{"x", " 12 ", "-3.50", "2026-02-31", "2026-02-28", "2026-02-28T10:00:00Z", "true", "a", "客户", "<b>&", "https://a.example/", "9999999999999999"}) + "'"
}
