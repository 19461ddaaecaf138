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
	was := find(current, current)
	addSystemObjects(def, current, was)
	dissolve(def, current, was)
	followRenames(def, current, was) // first, so that all that follows finds names as they are
	_, objects := Differing(current.Objects, def.Objects)
	nameLinks(objects, current)
	implyLinks(def, current, was)
	sortLike(def, current)
	_, objects = Differing(current.Objects, def.Objects)
	_, roles := Differing(current.Roles, def.Roles)
	_, policies := Differing(current.Policies, def.Policies)
	for _, o := range objects {
		normalizeObject(o)
	}
	for _, r := range roles {
		r.Package = cmp.Or(r.Package, CustomPackage)
	}
	for _, p := range policies {
		p.Package, p.Effect = cmp.Or(p.Package, CustomPackage), cmp.Or(p.Effect, Allow)
	}
	settleComputed(def, current, was)
	namePhysical(def, current, was)
	if gone, _ := Differing(current.Packages, def.Packages); len(gone) > 0 {
		objects, roles, policies = def.Objects, def.Roles, def.Policies
	}
	addPackages(def, objects, roles, policies)
}

func addSystemObjects(def, current *Definition, was *finder) {
	gone, come := Differing(current.Objects, def.Objects)
	for _, system := range SystemObjects() {
		named := func(o *Object) bool { return o.Name == system.Name && !o.Extends }
		stays := was.object(system.Name) != nil && !slices.ContainsFunc(gone, named)
		if !stays && !slices.ContainsFunc(come, named) {
			def.Objects = append(def.Objects, system)
		}
	}
}

// dissolve puts what extensions add into the objects they extend. Extensions
// of objects that are not there stay, for Validate to tell.
func dissolve(def, current *Definition, was *finder) {
	_, come := Differing(current.Objects, def.Objects)
	if !slices.ContainsFunc(come, func(o *Object) bool { return o.Extends }) {
		return
	}
	base := map[string]*Object{}
	for i, o := range def.Objects {
		if o.Extends {
			continue
		}
		if was.has(o) {
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
func Sort(def *Definition) { sortLike(def, &Definition{}) }

// sortLike is Sort for a definition made from one that is sorted.
func sortLike(def, current *Definition) {
	sortList(def.Objects, current.Objects, func(a, b *Object) int { return cmp.Compare(a.Name, b.Name) })
	sortList(def.Roles, current.Roles, func(a, b *Role) int { return cmp.Compare(a.Name, b.Name) })
	sortList(def.Policies, current.Policies, func(a, b *Policy) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name))
	})
	sortList(def.Packages, current.Packages, func(a, b *Package) int { return cmp.Compare(a.Name, b.Name) })
}

// sortList looks only at the neighbours of what differs to find out whether
// there is anything to sort.
func sortList[T any](list, sorted []*T, by func(a, b *T) int) {
	_, strangers := outOfStep(sorted, list)
	for _, i := range strangers {
		if i > 0 && by(list[i-1], list[i]) > 0 || i+1 < len(list) && by(list[i], list[i+1]) > 0 {
			slices.SortStableFunc(list, by)
			return
		}
	}
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
