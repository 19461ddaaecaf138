package metadata

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Next indexes a definition made from the snapshot's own, in the time of what
// changed: objects that both share keep their views. The definition must be
// valid and must not be changed afterwards.
func (s *Snapshot) Next(def *Definition, revision int64) *Snapshot {
	n := &Snapshot{Revision: revision, def: def, objects: maps.Clone(s.objects), plurals: s.plurals, roles: s.roles, names: s.names}
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
	s.plurals = make(map[string]*ObjectView, len(s.objects))
	for _, v := range s.objects {
		s.plurals[v.Plural] = v
	}
	if len(s.objects) != len(old.objects) || slices.ContainsFunc(come, func(o *Object) bool { return old.objects[o.Name] == nil }) {
		s.names = slices.Sorted(maps.Keys(s.objects))
	}
}

func (s *Snapshot) build(old *Snapshot, now map[string]*Object, changed map[string]bool) {
	stale := maps.Clone(changed)
	for name := range changed {
		var was *Object
		if v := old.objects[name]; v != nil {
			was = v.Object
		}
		before, after := inverses(was), inverses(now[name])
		for target := range before {
			if !reflect.DeepEqual(before[target], after[target]) {
				stale[target] = true
			}
		}
		for target := range after {
			if before[target] == nil {
				stale[target] = true
			}
		}
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

// inverses lists the lookups of an object that their targets know of, by target.
func inverses(o *Object) map[string][]*Field {
	m := map[string][]*Field{}
	if o == nil {
		return m
	}
	for _, f := range o.Fields {
		if f.Inverse != "" {
			m[f.Target] = append(m[f.Target], f)
		}
	}
	return m
}

// relate gives a new view its relations: those of the old one from objects that
// did not change, and those from objects that did.
func (s *Snapshot) relate(v, old *ObjectView, changed map[string]bool) {
	if old != nil {
		for _, r := range old.Relations {
			if !changed[r.Object] {
				v.relate(r)
			}
		}
	}
	for name := range changed {
		if from := s.objects[name]; from != nil {
			for _, f := range from.Fields {
				if f.Inverse != "" && f.Target == v.Name {
					v.relate(&Relation{Name: f.Inverse, Object: name, Field: f})
				}
			}
		}
	}
	slices.SortFunc(v.Relations, func(a, b *Relation) int { return strings.Compare(a.Name, b.Name) })
}
