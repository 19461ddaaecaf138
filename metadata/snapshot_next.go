package metadata

import (
	"maps"
	"reflect"
	"slices"
)

// Next indexes a definition made from the snapshot's own, in the time of what
// changed: objects that both share keep their views. The definition must be
// valid and must not be changed afterwards.
func (s *Snapshot) Next(def *Definition, revision int64) *Snapshot {
	n := &Snapshot{Revision: revision, def: def.unplaced(), objects: maps.Clone(s.objects), plurals: s.plurals, roles: s.roles, names: s.names, formerly: s.formerly}
	n.replace(s, def)
	if !slices.Equal(s.def.Roles, def.Roles) {
		n.roles = make(map[string]*Role, len(def.Roles))
		for _, r := range def.Roles {
			n.roles[r.Name] = r
		}
	}
	return n
}

// replace makes new views for the objects that changed, and for those that
// their lookups point at, or did, where these lookups are not as they were.
func (s *Snapshot) replace(old *Snapshot, def *Definition) {
	gone, come := Differing(old.def.Objects, def.Objects)
	if len(gone)+len(come) == 0 {
		return
	}
	now := make(map[string]*Object, len(come))
	for _, o := range come {
		now[o.Name] = o
	}
	changed := map[string]bool{}
	for _, o := range gone {
		if now[o.Name] != o {
			changed[o.Name] = true
		}
	}
	for _, o := range come {
		if v := old.objects[o.Name]; v == nil || v.Object != o {
			changed[o.Name] = true
		}
	}
	s.build(old, now, changed)
	s.formerly = old.formerNow(gone, come, s.objects)
	s.plurals = maps.Clone(old.plurals)
	for name, v := range old.objects {
		if s.objects[name] != v {
			delete(s.plurals, v.Plural)
		}
	}
	for name, v := range s.objects {
		if old.objects[name] != v {
			s.plurals[v.Plural] = v
		}
	}
	if len(s.objects) != len(old.objects) || slices.ContainsFunc(come, func(o *Object) bool { return old.objects[o.Name] == nil }) {
		s.names = slices.Sorted(maps.Keys(s.objects))
	}
}

// formerNow is the former names of objects after some were replaced.
func (s *Snapshot) formerNow(gone, come []*Object, live map[string]*ObjectView) map[string]string {
	kept := s.formerly
	for _, o := range gone {
		for _, a := range o.Formerly {
			if kept[a.Name] == o.Name {
				kept = maps.Clone(kept)
				delete(kept, a.Name)
			}
		}
	}
	for name := range kept {
		if live[name] != nil {
			kept = maps.Clone(kept)
			delete(kept, name)
		}
	}
	return formerObjects(come, live, kept)
}

func (s *Snapshot) build(old *Snapshot, now map[string]*Object, changed map[string]bool) {
	stale := maps.Clone(changed)
	for name := range changed {
		var was, is *Object
		if v := old.objects[name]; v != nil {
			was = v.Object
		}
		is = now[name]
		touches(was, is, stale)
		touches(is, was, stale)
	}
	for name := range stale {
		switch v := old.objects[name]; {
		case now[name] != nil:
			s.objects[name] = newObjectView(now[name])
		case changed[name]:
			delete(s.objects, name)
		case v != nil:
			s.objects[name] = newObjectView(v.Object)
		}
	}
	for name := range stale {
		if v := s.objects[name]; v != nil {
			s.relate(v, old.objects[name], changed)
		}
	}
}

// touches marks the objects whose view changes by what o refers to. A field
// that the other has as well changes nothing.
func touches(o, other *Object, stale map[string]bool) {
	if o == nil {
		return
	}
	for _, f := range o.Fields {
		points := f.points()
		if len(points) == 0 {
			continue
		}
		if other != nil && other.Implied == o.Implied {
			if x := other.Field(f.Name); x != nil && reflect.DeepEqual(x, f) {
				continue
			}
		}
		for _, target := range points {
			stale[target] = true
		}
	}
}

// relate gives a new view its relations: those of the old one from objects that
// did not change, and those from objects that did.
func (s *Snapshot) relate(v, old *ObjectView, changed map[string]bool) {
	if old != nil {
		keep := func(to *[]*Relation, from []*Relation) {
			for _, r := range from {
				if !changed[r.Of] && (r.Of != v.Name || !r.Linked() || r.Back()) {
					*to = append(*to, r)
				}
			}
		}
		keep(&v.Relations, old.Relations)
		keep(&v.Links, old.Links)
		keep(&v.Referrers, old.Referrers)
	}
	for name := range changed {
		if from := s.objects[name]; from != nil {
			for _, f := range from.Fields {
				if slices.Contains(f.points(), v.Name) {
					v.refer(from, f)
				}
			}
		}
	}
	v.settle()
}
