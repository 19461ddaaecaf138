package metadata

import "strings"

// names checks what components share: root fields and types of the API, and
// the lists on the targets of lookups. That costs as much as there are objects,
// so it is only done when what differs gives reason to.
func (v *validator) names() {
	all := v.now.base == nil || v.narrowed
	if all || v.takesRootName() {
		v.rootNames()
	}
	v.namesAlike()
	if all || v.takesFormerName() {
		v.formerObjects()
	}
	if all || v.takesListName() {
		v.relations()
	}
	if all || v.takesTypeName() {
		v.generatedTypes()
	}
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
}

// relations refuses two lists of one name on an object, and a list and a field.
// Only targets that somebody changed, or a changed lookup points at, are looked
// at.
func (v *validator) relations() {
	touched := map[string]bool{}
	for _, o := range v.def.Objects {
		if v.settled(o) {
			continue
		}
		touched[o.Name] = true
		for _, f := range o.Fields {
			if f.Inverse != "" {
				for _, target := range f.points() {
					touched[target] = true
				}
			}
		}
	}
	type list struct{ target, name string }
	first := map[list]bool{}
	for _, o := range v.def.Objects {
		settled := v.settled(o)
		for _, f := range o.Fields {
			if f.Inverse == "" {
				continue
			}
			for _, target := range f.points() {
				l := list{target, f.Inverse}
				if !touched[target] {
					continue
				}
				if first[l] {
					v.problem(f, "inverse", []any{"objects", o.Name, "fields", f.Name}, "%s has a list %q already, from another lookup", target, f.Inverse)
				}
				first[l] = true
				if t := v.now.object(target); settled && t != nil { // else it was told at the lookup
					if own := t.Field(f.Inverse); own != nil {
						v.problem(own, "name", []any{"objects", t.Name, "fields", own.Name}, "%s has a list %q already, from a lookup", t.Name, f.Inverse)
					}
				}
			}
		}
	}
}

// generatedTypes refuses objects whose type another object's would hide:
// accountGroup beside account, opportunityStage beside opportunity.stage.
func (v *validator) generatedTypes() {
	for _, o := range v.def.Objects {
		if len(v.fresh) == 0 && v.settled(o) || o.Implied {
			continue
		}
		for _, suffix := range derivedSuffixes {
			if base, ok := strings.CutSuffix(o.Name, suffix); ok && v.now.object(base) != nil {
				v.problem(o, "name", []any{"objects", o.Name}, "the API makes a type of that name for %s: choose another", base)
			}
		}
		if v.settled(o) {
			v.enumOf(o)
			continue
		}
		for _, f := range o.Fields {
			if other := v.now.object(o.Name + pascal(f.Name)); isEnum(f) && other != nil {
				v.problem(f, "name", []any{"objects", o.Name, "fields", f.Name}, "its options need a type of the same name as the object %s: choose another name", other.Name)
			}
		}
	}
}

// enumOf looks for new objects that hide the enum of a settled one's select.
func (v *validator) enumOf(o *Object) {
	for _, other := range v.fresh {
		rest, ok := strings.CutPrefix(other.Name, o.Name)
		if !ok || rest == "" {
			continue
		}
		if f := o.Field(strings.ToLower(rest[:1]) + rest[1:]); f != nil && isEnum(f) {
			v.problem(other, "name", []any{"objects", other.Name}, "the options of %s.%s need a type of that name: choose another", o.Name, f.Name)
		}
	}
}

// isEnum says that the field's options need a type of their own.
func isEnum(f *Field) bool { return f.Kind == KindSelect || f.Kind == KindMultiSelect }
