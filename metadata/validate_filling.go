package metadata

import "slices"

// keysWhileFilling refuses to make a computed field part of a unique key while
// its column is not filled: the key would hold for what the column happens to
// have, and the filling would break against it. Once filled, or before there are
// records, it may be one; one that is a key already stays it when it is computed
// otherwise.
func (v *validator) keysWhileFilling(current *Definition) {
	if current == nil {
		return
	}
	tables := make(map[string]*Object, len(current.Objects))
	for _, o := range current.Objects {
		tables[o.Table] = o
	}
	for _, o := range v.def.Objects {
		was := tables[o.Table]
		if was == nil || was == o || o.Table == "" {
			continue
		}
		for _, f := range o.Fields {
			if f.Computed != Stored || !f.Filling || !o.keyed(f.Name) {
				continue
			}
			if old := was.Field(f.Name); old != nil && was.keyed(f.Name) {
				continue
			}
			v.problem(f, "unique", []any{"objects", o.Name, "fields", f.Name}, "records have no value of it yet, or another; take it out of unique keys, wait until the column is filled, then make it unique")
		}
	}
}

// keyed says that a field is a unique key or part of one.
func (o *Object) keyed(field string) bool {
	if f := o.Field(field); f != nil && f.Unique {
		return true
	}
	return slices.ContainsFunc(o.Indexes, func(x *Index) bool {
		return (x.Unique || x.Range != nil) && slices.Contains(x.Fields, field)
	})
}
