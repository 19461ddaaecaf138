package metadata

import "slices"

// Clone copies the definition and everything in it.
func (d *Definition) Clone() *Definition {
	return &Definition{
		Packages: each(d.Packages, (*Package).Clone),
		Objects:  each(d.Objects, (*Object).Clone),
		Roles:    each(d.Roles, (*Role).Clone),
		Policies: each(d.Policies, (*Policy).Clone),
		Removed:  each(d.Removed, (*Removed).clone),
	}
}

// Fork copies the lists and shares what is in them. Components may be added
// to and taken from the copy; to change one, take it with Own. It costs the
// same whatever the components hold, and what is shared needs no check again.
func (d *Definition) Fork() *Definition {
	return &Definition{
		Packages: slices.Clone(d.Packages),
		Objects:  slices.Clone(d.Objects),
		Roles:    slices.Clone(d.Roles),
		Policies: slices.Clone(d.Policies),
		Removed:  slices.Clone(d.Removed),
		origin:   d.origin,
	}
}

// Own replaces the object of that name by a copy that may be changed, and
// gives the copy; nil when there is none.
func (d *Definition) Own(object string) *Object {
	i := d.at(object)
	if i < 0 {
		return nil
	}
	d.Objects[i] = d.Objects[i].Clone()
	return d.Objects[i]
}

// Object finds an object by name, nil for none.
func (d *Definition) Object(name string) *Object {
	if i := d.at(name); i >= 0 {
		return d.Objects[i]
	}
	return nil
}

// at finds an object in the list, -1 for none. The list of a draft is sorted but
// for what was added or renamed, so it is walked when searching finds nothing.
func (d *Definition) at(name string) int {
	if i, found := named(d.Objects, name); found {
		return i
	}
	return slices.IndexFunc(d.Objects, func(o *Object) bool { return o.Name == name })
}

// Field finds one of the object's own fields by name, nil for none.
func (o *Object) Field(name string) *Field {
	for _, f := range o.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Clone copies the object and everything in it.
func (o *Object) Clone() *Object {
	c := *o
	c.Fields = each(o.Fields, (*Field).Clone)
	c.Indexes = each(o.Indexes, func(x *Index) *Index {
		n := *x
		n.Fields, n.Range = slices.Clone(x.Fields), copied(x.Range)
		return &n
	})
	c.Formerly = each(o.Formerly, copied)
	c.Rules = each(o.Rules, copied)
	return &c
}

// Clone copies the field.
func (f *Field) Clone() *Field {
	c := *f
	c.Targets, c.Formerly = slices.Clone(f.Targets), each(f.Formerly, copied)
	c.RollUp, c.Expression = copied(f.RollUp), copied(f.Expression)
	if c.Number = copied(f.Number); c.Number != nil {
		c.Number.Scope = slices.Clone(f.Number.Scope)
	}
	if c.Files = copied(f.Files); c.Files != nil {
		c.Files.Types = slices.Clone(f.Files.Types)
	}
	c.Options = each(f.Options, copied)
	return &c
}

// Clone copies the package's entry.
func (p *Package) Clone() *Package {
	c := *p
	return &c
}

// Clone copies the role.
func (r *Role) Clone() *Role {
	c := *r
	c.Inherits = slices.Clone(r.Inherits)
	return &c
}

// Clone copies the policy.
func (p *Policy) Clone() *Policy {
	c := *p
	c.Actions, c.ReadFields, c.WriteFields = slices.Clone(p.Actions), slices.Clone(p.ReadFields), slices.Clone(p.WriteFields)
	return &c
}

func (r *Removed) clone() *Removed {
	c := *r
	c.Columns = slices.Clone(r.Columns)
	return &c
}

func each[T any](list []T, copied func(T) T) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(list))
	for i, x := range list {
		out[i] = copied(x)
	}
	return out
}

// copied is a copy of what p points at, nil for nil.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}
