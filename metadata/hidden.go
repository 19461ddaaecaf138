package metadata

import "slices"

// hiddenTable is the removed object whose table that is, nil for none that can
// come back.
func (d *Definition) hiddenTable(table string) *Removed {
	for _, r := range d.Removed {
		if r.Table == table && r.ObjectWas != nil {
			return r
		}
	}
	return nil
}

// hiddenField is the removed field whose columns begin with that name, nil for
// none that can come back.
func (d *Definition) hiddenField(table, column string) *Removed {
	for _, r := range d.Removed {
		if r.Table == table && r.FieldWas != nil && r.FieldWas.Column == column {
			return r
		}
	}
	return nil
}

// takeBack finds what a draft brings back: objects and fields that carry the
// physical name of something hidden. They are taken off the list of what is
// hidden. A field comes back only where its column can hold it.
func takeBack(def *Definition, changed []*Object, live *finder) (tables map[string]*Object, columns map[*Field]bool) {
	tables, columns = map[string]*Object{}, map[*Field]bool{}
	if len(def.Removed) == 0 {
		return tables, columns
	}
	gone := map[*Removed]bool{}
	for _, o := range changed {
		if o.Table == "" {
			continue
		}
		was := live.table(o.Table)
		if r := def.hiddenTable(o.Table); r != nil && was == nil && !gone[r] {
			gone[r], tables[o.Table] = true, r.ObjectWas
		}
		for _, f := range o.Fields {
			if f.Column == "" || was != nil && slices.ContainsFunc(was.Fields, func(w *Field) bool { return w.Column == f.Column }) {
				continue
			}
			if r := def.hiddenField(o.Table, f.Column); r != nil && !gone[r] && Convert(r.FieldWas, f).Way == InPlace {
				gone[r], columns[f] = true, true
			}
		}
	}
	if len(gone) > 0 {
		def.Removed = slices.DeleteFunc(slices.Clone(def.Removed), func(r *Removed) bool { return gone[r] })
	}
	return tables, columns
}
