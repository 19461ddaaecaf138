package metadata

import (
	"maps"
	"slices"
)

// Merge gives current with the packages of folder in place of what they held
// before: components of other packages stay, also the fields they added to the
// objects of these. Neither argument is changed; the result shares with both
// what it does not change. Normalize it with current.
func Merge(current, folder *Definition) *Definition {
	if current == nil {
		current = &Definition{}
	}
	owned := map[string]bool{}
	for _, p := range folder.Packages {
		owned[p.Name] = true
	}
	out := &Definition{Removed: slices.Clone(current.Removed), origin: maps.Clone(folder.origin)}
	out.Packages = append(other(current.Packages, owned, func(p *Package) string { return p.Name }), folder.Packages...)
	out.Roles = append(other(current.Roles, owned, func(r *Role) string { return r.Package }), folder.Roles...)
	out.Policies = append(other(current.Policies, owned, func(p *Policy) string { return p.Package }), folder.Policies...)
	out.Objects = mergeObjects(current, folder, owned, out.origin)
	return out
}

func other[T any](list []*T, owned map[string]bool, owner func(*T) string) []*T {
	return slices.DeleteFunc(slices.Clone(list), func(x *T) bool { return owned[owner(x)] })
}

func mergeObjects(current, folder *Definition, owned map[string]bool, at origins) []*Object {
	var out []*Object
	base := map[string]*Object{}
	for _, o := range folder.Objects {
		if o.Extends {
			out = append(out, o)
			continue
		}
		c := *o
		c.Fields, c.Indexes, c.Rules = slices.Clone(o.Fields), slices.Clone(o.Indexes), slices.Clone(o.Rules)
		at.alias(&c, o)
		base[o.Name] = &c
		out = append(out, &c)
	}
	renamed := renamedIn(folder)
	for _, o := range current.Objects {
		foreign := strip(o, owned)
		if now := renamed[o.Name]; base[o.Name] == nil && now != "" && owned[o.Package] {
			// The folder has it under another name: what others added stays.
			base[now].add(foreign)
			continue
		}
		switch {
		case base[o.Name] != nil && !owned[o.Package]: // a collision, for Validate to tell
			out = append(out, o)
		case base[o.Name] != nil: // the folder has it: keep what others added
			base[o.Name].add(foreign)
		case owned[o.Package]: // the folder had it and has it no more
		case foreign.holdsAllOf(o) && !extended(folder, o.Name):
			out = append(out, o)
		default:
			out = append(out, foreign)
		}
	}
	return out
}

// renamedIn maps former names of the folder's objects to those they have.
func renamedIn(folder *Definition) map[string]string {
	names := map[string]string{}
	for _, o := range folder.Objects {
		for _, a := range o.Formerly {
			if !o.Extends {
				names[a.Name] = o.Name
			}
		}
	}
	return names
}

// add takes over what another holds.
func (o *Object) add(more *Object) {
	o.Fields = append(o.Fields, more.Fields...)
	o.Indexes = append(o.Indexes, more.Indexes...)
	o.Rules = append(o.Rules, more.Rules...)
}

func extended(d *Definition, object string) bool {
	return slices.ContainsFunc(d.Objects, func(o *Object) bool { return o.Extends && o.Name == object })
}

// strip copies an object without what the owned packages put into it.
func strip(o *Object, owned map[string]bool) *Object {
	c := *o
	c.Fields = each(other(o.Fields, owned, func(f *Field) string { return f.Package }), (*Field).Clone)
	c.Indexes = other(o.Indexes, owned, func(x *Index) string { return x.Package })
	c.Rules = other(o.Rules, owned, func(r *ValidationRule) string { return r.Package })
	return &c
}

func (o *Object) holdsAllOf(p *Object) bool {
	return len(o.Fields) == len(p.Fields) && len(o.Indexes) == len(p.Indexes) && len(o.Rules) == len(p.Rules)
}
