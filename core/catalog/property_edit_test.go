package catalog_test

import (
	"fmt"
	"slices"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// edit makes one change of a random kind and says which.
func (e *editor) edit(v *catalog.View) (string, *catalog.Applied, error) {
	o := pick(e.r, slices.DeleteFunc(slices.Clone(v.Definition().Objects), func(o *metadata.Object) bool { return o.Package == "system" }))
	if e.r.IntN(8) == 0 {
		if list := v.Definition().Removed; len(list) > 0 {
			r := pick(e.r, list)
			a, err := e.c.Restore(e.t.Context(), "main", r.Object, r.Field, catalog.Options{AllowLoss: true})
			return fmt.Sprintf("restore %s.%s", r.Object, r.Field), a, err
		}
	}
	what := ""
	draft := func(d *metadata.Definition) (*metadata.Definition, error) {
		own := d.Own(o.Name)
		if len(own.Fields) == 0 || e.r.IntN(4) == 0 {
			what = e.editObject(d, own)
		} else {
			what = e.editField(d, own, pick(e.r, own.Fields))
		}
		return d, nil
	}
	a, err := e.c.Apply(e.t.Context(), "main", draft, catalog.Options{AllowLoss: true})
	return what, a, err
}

func (e *editor) customs(d *metadata.Definition) []*metadata.Object {
	return slices.DeleteFunc(slices.Clone(d.Objects), func(o *metadata.Object) bool { return o.Package == "system" })
}

func (e *editor) editObject(d *metadata.Definition, o *metadata.Object) string {
	switch n := e.r.IntN(8); {
	case n < 3:
		f := e.field(e.customs(d))
		if gone := d.Removed; len(gone) > 0 && n == 0 && gone[0].Field != "" {
			f.Name = gone[0].Field // under the name of what was removed
		}
		o.Fields = append(o.Fields, f)
		return fmt.Sprintf("add field %s.%s %s", o.Name, f.Name, f.Kind)
	case n == 3 && len(e.customs(d)) < 4:
		name := e.name("thing")
		d.Objects = append(d.Objects, &metadata.Object{Name: name, Plural: name + "s", Package: metadata.CustomPackage, Fields: []*metadata.Field{e.field(e.customs(d)), e.field(nil)}})
		return "add object " + name
	case n == 4 && len(e.customs(d)) > 2:
		d.Objects = slices.DeleteFunc(d.Objects, func(x *metadata.Object) bool { return x.Name == o.Name })
		return "remove object " + o.Name
	case n == 5:
		was := o.Name
		o.Name = e.name("thing")
		o.Plural = o.Name + "s"
		if e.r.IntN(2) == 0 {
			o.Formerly = metadata.Renamed(o.Formerly, was, o.Name, "2999-01-01")
		}
		return fmt.Sprintf("rename object %s to %s", was, o.Name)
	}
	return e.editIndex(o)
}

func (e *editor) editIndex(o *metadata.Object) string {
	if len(o.Indexes) > 0 && e.r.IntN(2) == 0 {
		o.Indexes = o.Indexes[1:]
		return "remove index of " + o.Name
	}
	x := &metadata.Index{Fields: []string{"createdAt"}, Package: metadata.CustomPackage}
	for _, f := range o.Fields {
		if f.Kind == metadata.KindInteger || f.Kind == metadata.KindDate {
			x.Fields = append(x.Fields, f.Name)
			x.Where = fmt.Sprintf("record.%s != null", f.Name)
			if e.r.IntN(2) == 0 {
				x.Fields, x.Unique, x.Range = []string{"id"}, true, &metadata.IndexRange{From: f.Name, To: f.Name}
			}
			break
		}
	}
	x.Unique = x.Unique || e.r.IntN(3) == 0
	o.Indexes = append(o.Indexes, x)
	return fmt.Sprintf("add index of %s over %v where %s", o.Name, x.Fields, x.Where)
}

func (e *editor) editField(d *metadata.Definition, o *metadata.Object, f *metadata.Field) string {
	switch e.r.IntN(7) {
	case 0:
		o.Fields = slices.DeleteFunc(o.Fields, func(x *metadata.Field) bool { return x == f })
		o.Indexes = slices.DeleteFunc(o.Indexes, func(x *metadata.Index) bool { return uses(x, f.Name) })
		return fmt.Sprintf("remove field %s.%s", o.Name, f.Name)
	case 1:
		was := f.Name
		f.Name = e.name("f")
		if e.r.IntN(2) == 0 {
			f.Formerly = metadata.Renamed(f.Formerly, was, f.Name, "")
		} else {
			o.Indexes = slices.DeleteFunc(o.Indexes, func(x *metadata.Index) bool { return uses(x, was) })
		}
		return fmt.Sprintf("rename field %s.%s to %s", o.Name, was, f.Name)
	case 2, 3:
		was := f.Kind
		f.Kind = pick(e.r, editKinds)
		e.settle(f, e.customs(d))
		o.Indexes = slices.DeleteFunc(o.Indexes, func(x *metadata.Index) bool { return uses(x, f.Name) && e.r.IntN(2) == 0 })
		return fmt.Sprintf("make field %s.%s %s, was %s", o.Name, f.Name, f.Kind, was)
	case 4:
		f.Name = pick(e.r, o.Fields).Name // perhaps one that is taken
		return fmt.Sprintf("call a field of %s %s", o.Name, f.Name)
	case 5:
		f.Unique = !f.Unique
		f.Required = !f.Required
		return fmt.Sprintf("toggle unique of %s.%s", o.Name, f.Name)
	}
	f.Indexed = !f.Indexed
	f.Label = metadata.Label{"en": e.name("Label ")}
	return fmt.Sprintf("toggle indexed of %s.%s", o.Name, f.Name)
}

func uses(x *metadata.Index, field string) bool {
	return slices.Contains(x.Fields, field) || x.Where == fmt.Sprintf("record.%s != null", field) || x.Range != nil && x.Range.From == field
}
