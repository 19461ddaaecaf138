package metadata

import "slices"

// keysWhileFilling refuses a computed field in a unique key while its column is
// not filled: the key would hold for what the column happens to have, and the
// filling would break against it halfway. That goes for a field that is new or
// becomes part of a key, and for one that is part of a key and is computed
// otherwise, by a change of something it stands on too. Once filled, or before
// there are records, it may be one.
func (v *validator) keysWhileFilling(current *Definition) {
	_, come := Differing(current.Objects, v.def.Objects)
	for _, o := range come {
		was := v.was.tables[o.Table]
		if was == nil || o.Table == "" {
			continue
		}
		for _, f := range o.Fields {
			if f.Computed != Stored || !f.Filling {
				continue
			}
			old := was.Field(f.Name)
			known := old != nil && was.keyed(f.Name)
			if known && old.Filling { // what is there already must not keep other changes
				continue
			}
			why := "records have no value of it yet, or another; take it out of unique keys, wait until the column is filled, then make it unique"
			if known {
				why = "its values are computed anew by this change, and two could be the same on the way; take it out of unique keys with the change, wait until the column is filled, then make it unique again"
			}
			if f.Unique {
				v.problem(f, "unique", []any{"objects", o.Name, "fields", f.Name}, "%s: %s", f.Name, why)
			}
			for i, x := range o.Indexes {
				if x.keys(f.Name) {
					v.problem(x, "fields", []any{"objects", o.Name, "indexes", i}, "%s: %s", f.Name, why)
				}
			}
		}
	}
}

// keyed says that a field is a unique key or part of one.
func (o *Object) keyed(field string) bool {
	if f := o.Field(field); f != nil && f.Unique {
		return true
	}
	return slices.ContainsFunc(o.Indexes, func(x *Index) bool { return x.keys(field) })
}

// keys says that an index keeps records apart by a field, among others.
func (x *Index) keys(field string) bool {
	return (x.Unique || x.Range != nil) && slices.Contains(x.Fields, field)
}
