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
	n := &Snapshot{Revision: revision, def: def.unplaced(), objects: s.objects, plurals: s.plurals, tables: s.tables, roles: s.roles, names: s.names, formerly: s.formerly}
	n.replace(s, def)
	if !slices.Equal(s.def.Roles, def.Roles) {
		n.roles = make(map[string]*Role, len(def.Roles))
		for _, r := range def.Roles {
			n.roles[r.Name] = r
		}
	}
	n.def.snapshot = n
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
	changed := make(map[string]bool, len(come))
	for _, o := range gone {
		changed[o.Name] = true
	}
	for _, o := range come {
		now[o.Name], changed[o.Name] = o, true
	}
	views := s.build(old, now, changed)
	var lost, plurals, tables []string
	put, byPlural, byTable := map[string]*ObjectView{}, map[string]*ObjectView{}, map[string]*ObjectView{}
	for name, v := range views {
		if was := old.objects.get(name); was != nil {
			plurals, tables = append(plurals, was.Plural), append(tables, was.Table)
		}
		if v == nil {
			lost = append(lost, name)
			continue
		}
		put[name], byPlural[v.Plural], byTable[v.Table] = v, v, v
	}
	s.objects, s.plurals, s.tables = s.objects.with(lost, put), s.plurals.with(plurals, byPlural), s.tables.with(tables, byTable)
	s.formerly = old.formerNow(gone, come, s.objects)
	s.rename(lost, put, old)
}

// rename brings the list of names up to date.
func (s *Snapshot) rename(lost []string, put map[string]*ObjectView, old *Snapshot) {
	var fresh []string
	for name := range put {
		if old.objects.get(name) == nil {
			fresh = append(fresh, name)
		}
	}
	if len(lost)+len(fresh) == 0 {
		return
	}
	s.names = slices.DeleteFunc(slices.Concat(s.names, fresh), func(name string) bool { return slices.Contains(lost, name) })
	slices.Sort(s.names)
}

// formerNow is the former names of objects after some were replaced.
func (s *Snapshot) formerNow(gone, come []*Object, live shards[*ObjectView]) map[string]string {
	kept := s.formerly
	for _, o := range gone {
		for _, a := range o.Formerly {
			if kept[a.Name] == o.Name {
				kept = maps.Clone(kept)
				delete(kept, a.Name)
			}
		}
	}
	for _, o := range come {
		if kept[o.Name] != "" {
			kept = maps.Clone(kept)
			delete(kept, o.Name)
		}
	}
	return formerObjects(come, live, kept)
}

// build makes the views that differ from the old snapshot's, nil for those that
// are gone.
func (s *Snapshot) build(old *Snapshot, now map[string]*Object, changed map[string]bool) map[string]*ObjectView {
	stale := maps.Clone(changed)
	for name := range changed {
		var was, is *Object
		if v := old.objects.get(name); v != nil {
			was = v.Object
		}
		is = now[name]
		touches(was, is, stale)
		touches(is, was, stale)
	}
	views := make(map[string]*ObjectView, len(stale))
	for name := range stale {
		switch v := old.objects.get(name); {
		case now[name] != nil:
			views[name] = newObjectView(now[name])
		case changed[name]:
			views[name] = nil
		case v != nil:
			views[name] = newObjectView(v.Object)
		}
	}
	for name, v := range views {
		if v != nil {
			v.relate(old.objects.get(name), views, changed)
		}
	}
	return views
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
func (v *ObjectView) relate(old *ObjectView, views map[string]*ObjectView, changed map[string]bool) {
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
		if from := views[name]; from != nil {
			for _, f := range from.Fields {
				if slices.Contains(f.points(), v.Name) {
					v.refer(from, f)
				}
			}
		}
	}
	v.settle()
}
