package metadata

import (
	"slices"
	"strings"
)

// The functions here say whether what differs from a snapshot takes a name that
// something else has. They are asked when nothing was narrowed, so the objects
// that were there have the names that they had.

// takesRootName says that a new object has a name or plural that is taken.
func (v *validator) takesRootName() bool {
	seen := map[string]bool{}
	taken := func(name string) bool {
		was := seen[name]
		seen[name] = true
		return was || v.now.base.objects.get(name) != nil || v.now.base.plurals.get(name) != nil
	}
	return slices.ContainsFunc(v.fresh, func(o *Object) bool { return taken(o.Name) || taken(o.Plural) })
}

// takesFormerName says that former names of objects may not be free, since they
// are new, or a name is that was free.
func (v *validator) takesFormerName() bool {
	return slices.ContainsFunc(v.open, func(o *Object) bool {
		was := v.was.objects[o.Name]
		if was == nil {
			former := v.now.base.formerly
			return len(o.Formerly) > 0 || former[o.Name] != "" || former[o.Plural] != ""
		}
		return !slices.EqualFunc(o.Formerly, was.Formerly, func(a, b *Alias) bool { return *a == *b })
	})
}

// takesListName says that two lists on an object, or a list and a field, may
// have one name.
func (v *validator) takesListName() bool {
	type list struct{ target, name string }
	seen := map[list]bool{}
	// other says that an object which did not change makes a list of that name.
	other := func(target, name string) bool {
		t := v.now.base.objects.get(target)
		if t == nil {
			return false
		}
		r := t.Relation(name)
		return r != nil && v.now.known(r.Of) != nil && (!r.Linked() || r.Back())
	}
	for _, o := range v.open {
		for _, f := range o.Fields {
			if other(o.Name, f.Name) {
				return true
			}
			if f.Inverse == "" {
				continue
			}
			for _, target := range f.points() {
				l := list{target, f.Inverse}
				t := v.now.object(target)
				if seen[l] || other(target, f.Inverse) || t != nil && t.Field(f.Inverse) != nil {
					return true
				}
				seen[l] = true
			}
		}
	}
	return false
}

// takesTypeName says that one of the types that the API makes for an object may
// have the name of another object.
func (v *validator) takesTypeName() bool {
	derived := func(name string) bool {
		return slices.ContainsFunc(derivedSuffixes, func(suffix string) bool {
			base, ok := strings.CutSuffix(name, suffix)
			return ok && v.now.object(base) != nil
		})
	}
	for _, o := range v.fresh {
		if derived(o.Name) || v.isOptionsOf(o.Name) {
			return true
		}
		for _, suffix := range derivedSuffixes {
			if v.now.object(o.Name+suffix) != nil {
				return true
			}
		}
	}
	return slices.ContainsFunc(v.open, func(o *Object) bool {
		return derived(o.Name) || slices.ContainsFunc(o.Fields, func(f *Field) bool { return isEnum(f) && v.now.object(o.Name+pascal(f.Name)) != nil })
	})
}

// isOptionsOf says that a name is that of a type for the options of a field.
func (v *validator) isOptionsOf(name string) bool {
	for i := 1; i < len(name); i++ {
		if o := v.now.object(name[:i]); o != nil {
			if f := o.Field(strings.ToLower(name[i:i+1]) + name[i+1:]); f != nil && isEnum(f) {
				return true
			}
		}
	}
	return false
}
