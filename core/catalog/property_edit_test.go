package catalog_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// options lose what is to be lost, and convert small tables as large ones now
// and then.
func (e *editor) options() catalog.Options {
	return catalog.Options{AllowLoss: true, SmallTable: pick(e.r, []int{0, 0, 3})}
}

// edit makes one change of a random kind and says which.
func (e *editor) edit(v *catalog.View) (string, *catalog.Applied, error) {
	ctx := e.t.Context()
	switch e.r.IntN(24) {
	case 0, 1, 2:
		if list := v.Definition().Removed; len(list) > 0 {
			r := pick(e.r, list)
			a, err := e.c.Restore(ctx, "main", r.Object, r.Field, e.options())
			return fmt.Sprintf("restore %s.%s", r.Object, r.Field), a, err
		}
	case 3:
		revision := 1 + e.r.Int64N(v.Revision)
		a, err := e.c.Undo(ctx, "main", revision, e.options())
		return fmt.Sprintf("undo revision %d", revision), a, err
	case 4, 5: // a routine has filled a column
		for _, o := range v.Definition().Objects {
			for _, f := range o.Fields {
				if f.Filling {
					err := e.c.Filled(ctx, "main", o.Name, f)
					return fmt.Sprintf("filled %s.%s", o.Name, f.Name), &catalog.Applied{View: v}, err
				}
			}
		}
	case 6:
		if e.r.IntN(3) == 0 {
			err := e.c.Purge(ctx, time.Now().Add(31*24*time.Hour))
			return "purge", &catalog.Applied{View: e.current()}, err
		}
	}
	o, what := &metadata.Object{}, ""
	if all := customs(v.Definition()); len(all) > 0 {
		o = pick(e.r, all)
	}
	draft := func(d *metadata.Definition) (*metadata.Definition, error) {
		own := d.Own(o.Name)
		if own == nil {
			what = e.addObject(d)
		} else if len(own.Fields) == 0 || e.r.IntN(3) == 0 {
			what = e.editObject(d, own)
		} else {
			what = e.editField(d, own, pick(e.r, own.Fields))
		}
		return d, nil
	}
	a, err := e.c.Apply(ctx, "main", draft, e.options())
	return what, a, err
}

// customs are the objects that somebody defined.
func customs(d *metadata.Definition) []*metadata.Object {
	return slices.DeleteFunc(slices.Clone(d.Objects), func(o *metadata.Object) bool { return o.Package == "system" || o.Implied })
}

func (e *editor) editObject(d *metadata.Definition, o *metadata.Object) string {
	all := customs(d)
	switch n := e.r.IntN(10); {
	case n < 4:
		f := e.field(o, all)
		if gone := d.Removed; len(gone) > 0 && n == 0 {
			if r := pick(e.r, gone); r.FieldWas != nil { // under the name of what was removed, perhaps of its kind
				if f.Name = r.Field; e.r.IntN(2) == 0 {
					f.Kind = r.FieldWas.Kind
					e.settle(f, o, all)
				}
			}
		}
		o.Fields = append(o.Fields, f)
		return fmt.Sprintf("add field %s.%s %s", o.Name, f.Name, f.Kind)
	case n == 4 && len(all) < 4:
		return e.addObject(d)
	case n == 5 && len(all) > 2:
		d.Objects = slices.DeleteFunc(d.Objects, func(x *metadata.Object) bool { return x.Name == o.Name })
		return "remove object " + o.Name
	case n == 6:
		was := o.Name
		if o.Name = e.name("thing"); e.r.IntN(6) == 0 {
			o.Name = pick(e.r, all).Name // perhaps one that is taken
		}
		o.Plural = o.Name + "s"
		if e.r.IntN(4) > 0 {
			o.Formerly = metadata.Renamed(o.Formerly, was, o.Name, "2999-01-01")
		}
		return fmt.Sprintf("rename object %s to %s", was, o.Name)
	}
	return e.editIndex(o)
}

// addObject adds an object, perhaps under the name of one that was removed.
func (e *editor) addObject(d *metadata.Definition) string {
	name, all := e.name("thing"), customs(d)
	if gone := d.Removed; len(gone) > 0 && e.r.IntN(2) == 0 && gone[0].ObjectWas != nil {
		name = gone[0].Object
	}
	made := &metadata.Object{Name: name, Plural: name + "s", Package: metadata.CustomPackage}
	d.Objects = append(d.Objects, made)
	for range 3 {
		made.Fields = append(made.Fields, e.field(made, all))
	}
	return "add object " + name
}

func (e *editor) editIndex(o *metadata.Object) string {
	if len(o.Indexes) > 0 && e.r.IntN(2) == 0 {
		i := e.r.IntN(len(o.Indexes))
		o.Indexes = slices.Delete(slices.Clone(o.Indexes), i, i+1)
		return "remove index of " + o.Name
	}
	x := &metadata.Index{Fields: []string{"createdAt"}, Package: metadata.CustomPackage}
	for _, f := range o.Fields {
		if f.Groupable() && f.Width() == 1 && e.r.IntN(3) == 0 {
			x.Fields = append(x.Fields, f.Name)
		}
		if f.Kind != metadata.KindJSON && f.Width() == 1 && e.r.IntN(3) == 0 {
			x.Where = fmt.Sprintf("record.%s %s null", f.Name, pick(e.r, []string{"!=", "=="}))
		}
	}
	x.Unique = e.r.IntN(3) == 0
	for _, kind := range []metadata.Kind{metadata.KindInteger, metadata.KindDate, metadata.KindDecimal, metadata.KindDateTime} {
		if ends := named(o, kind); len(ends) > 0 && e.r.IntN(3) == 0 {
			x.Fields, x.Unique, x.Range = []string{"id"}, true, &metadata.IndexRange{From: ends[0], To: ends[len(ends)-1]}
		}
	}
	if len(x.Fields) > 1 && x.Range == nil {
		x.Fields = x.Fields[e.r.IntN(2):]
	}
	o.Indexes = append(o.Indexes, x)
	return fmt.Sprintf("add index of %s over %v where %s, range %v", o.Name, x.Fields, x.Where, x.Range)
}

func (e *editor) editField(d *metadata.Definition, o *metadata.Object, f *metadata.Field) string {
	switch e.r.IntN(11) {
	case 0:
		o.Fields = slices.DeleteFunc(o.Fields, func(x *metadata.Field) bool { return x == f })
		o.Indexes = slices.DeleteFunc(o.Indexes, func(x *metadata.Index) bool { return uses(x, f.Name) })
		return fmt.Sprintf("remove field %s.%s", o.Name, f.Name)
	case 1, 2:
		was := f.Name
		f.Name = e.name("f")
		if e.r.IntN(4) > 0 {
			f.Formerly = metadata.Renamed(f.Formerly, was, f.Name, "")
		} else {
			o.Indexes = slices.DeleteFunc(o.Indexes, func(x *metadata.Index) bool { return uses(x, was) })
		}
		return fmt.Sprintf("rename field %s.%s to %s", o.Name, was, f.Name)
	case 3, 4, 5:
		was := f.Kind
		f.Kind = pick(e.r, metadata.Kinds)
		if near := convertible(was); len(near) > 0 && e.r.IntN(4) > 0 {
			f.Kind = pick(e.r, near)
		}
		e.settle(f, o, customs(d))
		o.Indexes = slices.DeleteFunc(o.Indexes, func(x *metadata.Index) bool { return uses(x, f.Name) && e.r.IntN(2) == 0 })
		return fmt.Sprintf("make field %s.%s %s, was %s", o.Name, f.Name, f.Kind, was)
	case 6:
		f.Name = pick(e.r, o.Fields).Name // perhaps one that is taken
		return fmt.Sprintf("call a field of %s %s", o.Name, f.Name)
	case 7:
		g := pick(e.r, o.Fields)
		f.Name, g.Name = g.Name, f.Name
		return fmt.Sprintf("swap the names of %s.%s and %s", o.Name, f.Name, g.Name)
	case 8:
		f.Unique = !f.Unique
		return fmt.Sprintf("toggle unique of %s.%s", o.Name, f.Name)
	case 9: // other settings of its kind
		e.settle(f, o, customs(d))
		return fmt.Sprintf("settle %s.%s anew", o.Name, f.Name)
	}
	f.Indexed = !f.Indexed
	f.Required = !f.Required
	f.Label = metadata.Texts{"en": e.name("Label ")}.Label()
	return fmt.Sprintf("toggle indexed of %s.%s", o.Name, f.Name)
}

// convertible lists the kinds that a kind may become.
func convertible(k metadata.Kind) []metadata.Kind {
	var out []metadata.Kind
	of := func(k metadata.Kind) *metadata.Field {
		return &metadata.Field{Kind: k, MaxRating: 5, Precision: 9, Options: []*metadata.Option{{Name: "a"}}}
	}
	for _, to := range metadata.Kinds {
		if metadata.Convert(of(k), of(to)).Way != metadata.Refused {
			out = append(out, to)
		}
	}
	return out
}

func uses(x *metadata.Index, field string) bool {
	in := func(where string) bool {
		return where == fmt.Sprintf("record.%s != null", field) || where == fmt.Sprintf("record.%s == null", field)
	}
	return slices.Contains(x.Fields, field) || in(x.Where) || x.Range != nil && (x.Range.From == field || x.Range.To == field)
}
