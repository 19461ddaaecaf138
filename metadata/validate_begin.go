package metadata

import "slices"

// begins refuses required lookups that go round in a circle: of the objects in
// it none could have a first record, since each needs another's before. A circle
// is told once, at the first of its fields.
func (v *validator) begins(o *Object) {
	for _, f := range o.Fields {
		if f.needed() && slices.Equal(f.points(), []string{o.Name}) {
			v.problem(f, "required", []any{"objects", o.Name, "fields", f.Name}, "no first record could be made: %s.%s → %s", o.Name, f.Name, o.Name)
		}
	}
	if v.told[o] {
		return
	}
	needs := map[*Object][]*Field{}
	v.needed(o, needs)
	can := map[*Object]bool{}
	for grown := true; grown; {
		grown = false
		for x, fields := range needs {
			stuck := func(f *Field) bool { return v.stuckAt(f, needs, can) }
			if !can[x] && !slices.ContainsFunc(fields, stuck) {
				can[x], grown = true, true
			}
		}
	}
	if can[o] {
		return
	}
	var way []*Object
	words, first := "", (*Field)(nil)
	for x := o; !slices.Contains(way, x); {
		way = append(way, x)
		f := needs[x][slices.IndexFunc(needs[x], func(f *Field) bool { return v.stuckAt(f, needs, can) })]
		if first == nil {
			first = f
		}
		words += x.Name + "." + f.Name + " → "
		x = v.now.object(f.points()[0])
		if x == o {
			for _, w := range way {
				if v.told == nil {
					v.told = map[*Object]bool{}
				}
				v.told[w] = true
			}
			v.problem(first, "required", []any{"objects", o.Name, "fields", first.Name}, "no first record could be made: %s%s", words, x.Name)
			return
		}
	}
	// It leads to a circle of others, which is told there.
}

// needed says that a record cannot be made without one that the field refers to.
func (f *Field) needed() bool {
	return f.Required && (f.Kind.IsLookup() || f.Kind == KindPolymorphic)
}

// needed collects what an object's records need before they can be made, and
// what those need.
func (v *validator) needed(o *Object, needs map[*Object][]*Field) {
	if _, done := needs[o]; done {
		return
	}
	needs[o] = nil
	for _, f := range o.Fields {
		if !f.needed() || slices.Equal(f.points(), []string{o.Name}) { // told by itself
			continue
		}
		needs[o] = append(needs[o], f)
		for _, target := range f.points() {
			if t := v.now.object(target); t != nil {
				v.needed(t, needs)
			}
		}
	}
}

// stuckAt says that no target of a required field can have a record so far. One
// that is not there is told at the field.
func (v *validator) stuckAt(f *Field, needs map[*Object][]*Field, can map[*Object]bool) bool {
	targets := f.points()
	return len(targets) > 0 && !slices.ContainsFunc(targets, func(name string) bool {
		t := v.now.object(name)
		return t == nil || can[t] || needs[t] == nil
	})
}
