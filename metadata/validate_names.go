package metadata

import "slices"

// names checks what components share: root fields and types of the API, and
// the lists on the targets of lookups.
func (v *validator) names() {
	v.rootNames()
	v.relations()
	v.generatedTypes()
}

func (v *validator) rootNames() {
	holder := make(map[string]*Object, 2*len(v.def.Objects))
	claim := func(o *Object, key, name string) {
		first := holder[name]
		switch {
		case first == nil:
			holder[name] = o
		case first != o && name != "" && !o.Extends:
			v.problem(o, key, []any{"objects", o.Name}, "%q is already the name or plural of %s", name, first.Name)
		case key == "name" && !o.Extends:
			v.problem(o, key, []any{"objects", o.Name}, "there are two objects of that name")
		}
	}
	for _, o := range v.def.Objects {
		claim(o, "name", o.Name)
	}
	for _, o := range v.def.Objects {
		claim(o, "plural", o.Plural)
	}
	for i, o := range v.def.Objects {
		if slices.Contains(v.def.Objects[:i], o) && !v.settled(o) {
			v.problem(o, "name", []any{"objects", o.Name}, "the object is listed twice")
		}
	}
}

// relations refuses two lists of one name on an object.
func (v *validator) relations() {
	type list struct{ target, name string }
	first := map[list]*Field{}
	for _, o := range v.def.Objects {
		for _, f := range o.Fields {
			if f.Inverse == "" || f.Target == "" {
				continue
			}
			l := list{f.Target, f.Inverse}
			if first[l] != nil {
				v.problem(f, "inverse", []any{"objects", o.Name, "fields", f.Name}, "%s has a list %q already, from another lookup", f.Target, f.Inverse)
			}
			first[l] = f
		}
	}
	for l := range first {
		// A field that came to the target after its list; one that came with
		// the lookup was told there.
		t := v.now.objects[l.target]
		if t == nil || v.settled(t) || !v.settledField(first[l]) {
			continue
		}
		if f := t.Field(l.name); f != nil {
			v.problem(f, "name", []any{"objects", t.Name, "fields", f.Name}, "%s has a list %q already, from a lookup", t.Name, l.name)
		}
	}
}

// settledField says that the field belongs to an object that was not checked.
func (v *validator) settledField(f *Field) bool {
	for _, o := range v.def.Objects {
		if v.settled(o) && slices.Contains(o.Fields, f) {
			return true
		}
	}
	return false
}

// generatedTypes refuses objects whose type another object's would hide:
// accountGroup beside account, opportunityStage beside opportunity.stage.
func (v *validator) generatedTypes() {
	for _, o := range v.def.Objects {
		for _, suffix := range derivedSuffixes {
			if other := v.now.objects[o.Name+suffix]; other != nil {
				v.problem(other, "name", []any{"objects", other.Name}, "the API makes a type of that name for %s: choose another", o.Name)
			}
		}
		if v.settled(o) {
			continue
		}
		for _, f := range o.Fields {
			if other := v.now.objects[o.Name+pascal(f.Name)]; f.Kind == KindSelect && other != nil {
				v.problem(f, "name", []any{"objects", o.Name, "fields", f.Name}, "its options need a type of the same name as the object %s: choose another name", other.Name)
			}
		}
	}
}
