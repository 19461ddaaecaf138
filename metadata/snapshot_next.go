package metadata

import (
	"maps"
	"slices"
	"strings"
)

// Next indexes a definition made from the snapshot's own, in the time of what
// changed: objects that both share keep their views. The definition must be
// valid and must not be changed afterwards.
func (s *Snapshot) Next(def *Definition, revision int64) *Snapshot {
	n := &Snapshot{Revision: revision, def: def, objects: maps.Clone(s.objects), plurals: s.plurals, roles: s.roles, names: s.names}
	changed := n.replace(s, def)
	if len(changed) > 0 {
		n.plurals = make(map[string]*ObjectView, len(n.objects))
		for _, v := range n.objects {
			n.plurals[v.Plural] = v
		}
		n.names = slices.Sorted(maps.Keys(n.objects))
	}
	if !slices.Equal(s.def.Roles, def.Roles) {
		n.roles = make(map[string]*Role, len(def.Roles))
		for _, r := range def.Roles {
			n.roles[r.Name] = r
		}
	}
	return n
}

// replace makes new views for what changed and for whatever it points at.
func (s *Snapshot) replace(old *Snapshot, def *Definition) map[string]bool {
	now := make(map[string]*Object, len(def.Objects))
	stale := map[string]bool{}
	targets := func(o *Object) {
		stale[o.Name] = true
		for _, f := range append(SystemFields(o), o.Fields...) {
			if f.Target != "" && f.Inverse != "" {
				stale[f.Target] = true
			}
		}
	}
	for _, o := range def.Objects {
		now[o.Name] = o
		if v := old.objects[o.Name]; v == nil || v.Object != o {
			targets(o)
		}
	}
	for name, v := range old.objects {
		if now[name] != v.Object {
			targets(v.Object)
		}
	}
	for name := range stale {
		if o := now[name]; o != nil {
			s.objects[name] = newObjectView(o)
		} else {
			delete(s.objects, name)
		}
	}
	if len(stale) > 0 {
		s.relate(stale)
	}
	return stale
}

// relate fills the relations of the named objects.
func (s *Snapshot) relate(targets map[string]bool) {
	for _, v := range s.objects {
		for _, f := range v.All {
			if f.Inverse == "" || !targets[f.Target] {
				continue
			}
			if t := s.objects[f.Target]; t != nil {
				r := &Relation{Name: f.Inverse, Object: v.Name, Field: f}
				t.Relations, t.relations[r.Name] = append(t.Relations, r), r
			}
		}
	}
	for name := range targets {
		if t := s.objects[name]; t != nil {
			slices.SortFunc(t.Relations, func(a, b *Relation) int { return strings.Compare(a.Name, b.Name) })
		}
	}
}
