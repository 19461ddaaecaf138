package metadata

import (
	"slices"

	"github.com/trellishq/trellis"
)

// Revert takes one change back: def is a Fork of what there is now, before and
// after have the components that the change touched, as they were. What nothing
// changed since becomes what it was, part by part; where something did, that is
// a problem and def is of no use. Columns and tables that the change hid come
// back, those it made are hidden.
func Revert(def, before, after *Definition) trellis.Errors {
	r := &reverter{def: def}
	def.Packages = revertList(r, "packages", def.Packages, before.Packages, after.Packages, func(p *Package) string { return p.Name }, nil)
	def.Roles = revertList(r, "roles", def.Roles, before.Roles, after.Roles, func(x *Role) string { return x.Name }, nil)
	def.Policies = revertList(r, "policies", def.Policies, before.Policies, after.Policies, func(p *Policy) string { return p.Name }, nil)
	def.Objects = revertList(r, "objects", def.Objects, before.Objects, after.Objects, func(o *Object) string { return o.Table }, r.object)
	return r.errs
}

type reverter struct {
	def  *Definition
	errs trellis.Errors
}

func (r *reverter) collide(path ...any) {
	r.errs = append(r.errs, trellis.Errorf(trellis.CodeConflict, "it was changed again since: undo that first").At(path...))
}

// revertList puts what before has in the place of what after has. Components are
// told apart by key; merge takes back a part of one, when it may be in parts.
func revertList[T any](r *reverter, kind string, now, before, after []*T, key func(*T) string, merge func(now, before, after *T) *T) []*T {
	find := func(list []*T, k string) *T {
		if i := slices.IndexFunc(list, func(x *T) bool { return key(x) == k }); i >= 0 {
			return list[i]
		}
		return nil
	}
	out := slices.Clone(now)
	for _, made := range after {
		k := key(made)
		at := slices.IndexFunc(out, func(x *T) bool { return key(x) == k })
		was := find(before, k)
		switch {
		case at < 0:
			if was != nil {
				r.collide(kind, k)
			}
		case unchanged(out[at], made):
			if was == nil {
				out = slices.Delete(out, at, at+1)
			} else {
				out[at] = was
			}
		case was != nil && merge != nil:
			if m := merge(out[at], was, made); m != nil {
				out[at] = m
			}
		case was == nil || !unchanged(out[at], was):
			r.collide(kind, k)
		}
	}
	for i, was := range before {
		k := key(was)
		if find(after, k) != nil {
			continue
		}
		if there := find(out, k); there != nil {
			if !unchanged(there, was) {
				r.collide(kind, k)
			}
			continue
		}
		out = slices.Insert(out, min(i, len(out)), was)
	}
	return out
}

// unchanged says that two states of a component are the same, but for columns
// that the engine has filled meanwhile: that is no change that anybody made.
func unchanged(a, b any) bool { return equalJSON(filled(a), filled(b)) }

func filled(component any) any {
	switch x := component.(type) {
	case *Field:
		if x.Filling {
			c := x.Clone()
			c.Filling = false
			return c
		}
	case *Object:
		if slices.ContainsFunc(x.Fields, func(f *Field) bool { return f.Filling }) {
			c := x.Clone()
			for _, f := range c.Fields {
				f.Filling = false
			}
			return c
		}
	}
	return component
}

// object takes back what a change did to an object that was changed again.
func (r *reverter) object(now, before, after *Object) *Object {
	o := now.Clone()
	if head(now, before) != head(after, before) && !sameHead(before, after) {
		r.collide("objects", now.Name)
		return nil
	}
	if !sameHead(before, after) {
		c := before.Clone()
		c.Fields, c.Indexes, c.Rules = o.Fields, o.Indexes, o.Rules
		o = c
	}
	path := "objects." + now.Name
	o.Fields = revertList(r, path+".fields", o.Fields, before.Fields, after.Fields, func(f *Field) string { return f.Column }, nil)
	o.Indexes = revertList(r, path+".indexes", o.Indexes, before.Indexes, after.Indexes, indexName, nil)
	o.Rules = revertList(r, path+".rules", o.Rules, before.Rules, after.Rules, func(x *ValidationRule) string { return x.Name }, nil)
	return o
}

func sameHead(a, b *Object) bool { return head(a, b) == "" }

// head says in which settings of their own two objects differ.
func head(a, b *Object) string {
	s := ""
	if a.Name != b.Name {
		s = "name " + a.Name
	}
	for _, key := range attributes(a, b) {
		s += " " + key
	}
	return s
}
