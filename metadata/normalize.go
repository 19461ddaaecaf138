package metadata

import (
	"cmp"
	"slices"
)

// Normalize makes def complete in place: it adds the system objects, dissolves
// extensions, sorts components by name, and fills owners, defaults and physical
// names. Names that current has already are kept, so pass the workspace's
// definition, or nil for a new one. Components that def shares with current are
// not touched. A definition with problems is normalised as far as it goes;
// Validate tells them.
func Normalize(def, current *Definition) {
	if current == nil {
		current = &Definition{}
	}
	if def.Removed == nil {
		def.Removed = slices.Clone(current.Removed)
	}
	addSystemObjects(def)
	dissolve(def, current)
	if former := formerNames(def); former != nil { // first, so that all that follows finds names as they are
		objects := unshared(def.Objects, current.Objects)
		former.follow(def, objects, unshared(def.Policies, current.Policies), freshNames(objects, current))
	}
	nameLinks(unshared(def.Objects, current.Objects), current)
	implyLinks(def, current)
	Sort(def)
	objects := unshared(def.Objects, current.Objects)
	roles := unshared(def.Roles, current.Roles)
	policies := unshared(def.Policies, current.Policies)
	for _, o := range objects {
		normalizeObject(o)
	}
	for _, r := range roles {
		r.Package = cmp.Or(r.Package, CustomPackage)
	}
	for _, p := range policies {
		p.Package, p.Effect = cmp.Or(p.Package, CustomPackage), cmp.Or(p.Effect, Allow)
	}
	settleComputed(def, current)
	namePhysical(def, current)
	addPackages(def, objects, roles, policies)
}

// unshared lists the components that current does not have, by pointer.
func unshared[T any](list, current []*T) []*T {
	old, now := Differing(current, list)
	shared := make(map[*T]bool, len(old))
	for _, x := range old {
		shared[x] = true
	}
	var out []*T
	for _, x := range now {
		if !shared[x] {
			out = append(out, x)
		}
	}
	return out
}

func addSystemObjects(def *Definition) {
	for _, system := range SystemObjects() {
		has := slices.ContainsFunc(def.Objects, func(o *Object) bool { return o.Name == system.Name && !o.Extends })
		if !has {
			def.Objects = append(def.Objects, system)
		}
	}
}

// dissolve puts what extensions add into the objects they extend. Extensions
// of objects that are not there stay, for Validate to tell.
func dissolve(def, current *Definition) {
	if !slices.ContainsFunc(def.Objects, func(o *Object) bool { return o.Extends }) {
		return
	}
	base := map[string]*Object{}
	for i, o := range def.Objects {
		if o.Extends {
			continue
		}
		if slices.Contains(current.Objects, o) {
			o = o.Clone()
			def.Objects[i] = o
		}
		base[o.Name] = o
	}
	for _, o := range base {
		for _, a := range o.Formerly {
			if base[a.Name] == nil {
				base[a.Name] = o // extends may name it as it was
			}
		}
	}
	def.Objects = slices.DeleteFunc(def.Objects, func(o *Object) bool {
		b := base[o.Name]
		if !o.Extends || b == nil {
			return false
		}
		b.Fields = append(b.Fields, o.Fields...)
		b.Indexes = append(b.Indexes, o.Indexes...)
		b.Rules = append(b.Rules, o.Rules...)
		return true
	})
}

func normalizeObject(o *Object) {
	o.Package = cmp.Or(o.Package, CustomPackage)
	for _, f := range o.Fields {
		f.Package = cmp.Or(f.Package, o.Package)
		normalizeField(f)
	}
	for _, x := range o.Indexes {
		x.Package = cmp.Or(x.Package, o.Package)
	}
	for _, r := range o.Rules {
		r.Package = cmp.Or(r.Package, o.Package)
	}
}

func normalizeField(f *Field) {
	complete := f.spec().complete
	if f.Kind == KindFormula && f.Result != "" { // what the kind of its values has
		complete = specOf(f.Result).complete
	}
	if complete != nil {
		complete(f)
	}
}

func defaultOnDelete(f *Field) OnDelete {
	if f.Required {
		return Restrict
	}
	return SetNull
}

// Sort puts the components in the order in which they are kept and written.
func Sort(def *Definition) {
	if byName := func(a, b *Object) int { return cmp.Compare(a.Name, b.Name) }; !slices.IsSortedFunc(def.Objects, byName) {
		slices.SortStableFunc(def.Objects, byName)
	}
	slices.SortStableFunc(def.Roles, func(a, b *Role) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(def.Policies, func(a, b *Policy) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name))
	})
	slices.SortStableFunc(def.Packages, func(a, b *Package) int { return cmp.Compare(a.Name, b.Name) })
}

// addPackages lists the owners that nobody listed.
func addPackages(def *Definition, objects []*Object, roles []*Role, policies []*Policy) {
	listed := map[string]bool{systemPackage: true}
	for _, p := range def.Packages {
		listed[p.Name] = true
	}
	add := func(name string) {
		if !listed[name] {
			listed[name] = true
			def.Packages = append(def.Packages, &Package{Name: name})
		}
	}
	for _, o := range objects {
		add(o.Package)
		for _, f := range o.Fields {
			add(f.Package)
		}
	}
	for _, r := range roles {
		add(r.Package)
	}
	for _, p := range policies {
		add(p.Package)
	}
	slices.SortStableFunc(def.Packages, func(a, b *Package) int { return cmp.Compare(a.Name, b.Name) })
}

// systemPackage owns what every workspace has.
const systemPackage = "system"
