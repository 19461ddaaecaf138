package query

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// A polymorphic lookup stores the table of the object it refers to, not its
// name: a table is never renamed. Whoever reads or writes the column sees names.

// column is a column of a field as people know it: of a polymorphic lookup's
// object its name, null for one that is a target no longer.
func (s *Space) column(alias string, f *metadata.Field, physical string) string {
	col := alias + "." + Ident(physical)
	if f.Kind != metadata.KindPolymorphic || physical != f.PartColumn(expr.ObjectPart) {
		return col
	}
	var b strings.Builder
	b.WriteString("(CASE " + col)
	for _, target := range f.Targets {
		if o := s.Snapshot.Lookup(target); o != nil {
			b.WriteString(" WHEN " + nameText(o.Table) + " THEN " + nameText(target))
		}
	}
	b.WriteString(" END)")
	return b.String()
}

// nameText is a name of metadata as a text constant: letters, digits and _. It
// is no parameter, since what is selected is remembered without its values.
func nameText(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }

// part is one column's value of a field's value, as it is stored.
func (s *Space) part(f *metadata.Field, v any, i int) any {
	part := f.SplitAt(v, i)
	if files, ok := part.([]expr.File); ok {
		return json.RawMessage(metadata.AppendFiles(nil, files))
	}
	if name, ok := part.(string); ok && f.Kind == metadata.KindPolymorphic {
		if o := s.Snapshot.Lookup(name); o != nil {
			return o.Table
		}
		return nil
	}
	return part
}

// reference writes that the lookup f of from refers to the record of to, as the
// scope's grant shows it.
func (r *renderer) reference(from scope, f *metadata.Field, to scope) error {
	r.text(to.alias + `."id" = `)
	if f.Kind != metadata.KindPolymorphic {
		return r.column(from, f, "")
	}
	if err := r.column(from, f, f.PartColumn(expr.IDPart)); err != nil {
		return err
	}
	r.text(" AND ")
	if err := r.column(from, f, f.PartColumn(expr.ObjectPart)); err != nil {
		return err
	}
	r.text(" = " + nameText(to.object.Name))
	return nil
}

// referred selects from the record that a polymorphic lookup refers to, when it
// is one of the target; null when not, or not allowed.
func (c *compiler) referred(l *level, r *rows, p place, f *metadata.Field, part PartItem, depth int, out *partOut) error {
	if f.Kind != metadata.KindPolymorphic || !f.Refers(part.Target) {
		return errNoField(p.object.Name, f.Name)
	}
	o, err := c.space.Object(part.Target)
	if err != nil {
		return err
	}
	to := scope{alias: r.b.alias(), object: o}
	if to.grant, err = c.grant(o.Name); err != nil {
		return err
	}
	rd := renderer{builder: r.b, c: c}
	from := make([]string, 2)
	for i := range from {
		if from[i], err = r.b.capture(func() error { return rd.column(p.scope, f, f.Part(i).Name) }); err != nil {
			return err
		}
		if p.own && !r.one {
			from[i] = "r.c" + strconv.Itoa(r.innerColumn(from[i]))
		}
	}
	join, err := r.b.capture(func() error {
		r.b.text(" LEFT JOIN " + c.space.TableName(o) + " " + to.alias + " ON " + to.alias + `."id" = ` + from[1] +
			" AND " + from[0] + " = " + nameText(o.Name) + " AND " + to.alias + `."deleted_at" IS NULL`)
		return rd.andRows(to)
	})
	if err != nil {
		return err
	}
	r.joins = append(r.joins, join)
	out.text = []byte("null")
	out.sub, err = c.selection(l, r, place{scope: to}, part.Select, depth+1)
	return err
}
