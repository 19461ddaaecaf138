package graphql

import (
	"slices"
	"sync"

	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// sight is what a role set may see and do: the shape of its schema. An object is
// looked at when it is first asked for, and what is seen of it is shared with
// all who see the same, in this revision and others (store).
type sight struct {
	snapshot *metadata.Snapshot
	names    names
	rights   policy.Rights
	store    *store

	mu      sync.RWMutex
	objects looked
	err     error // of looking at any of them
}

// batchVerb is what a key of BatchOperation does.
type batchVerb struct {
	object *objectSight
	verb   core.Verb
}

// objectSight is an object as a role set sees it.
type objectSight struct {
	*metadata.ObjectView
	names                        *objectNames
	read, create, update, remove bool
	aggregate                    bool
	sees                         *policy.Visibility
	keys                         [][]string // unique keys all of whose fields may be read and filtered by
}

func (o *objectSight) readable(field string) bool   { return o.sees.Readable(o.Position(field)) }
func (o *objectSight) filterable(field string) bool { return o.sees.Filterable(o.Position(field)) }
func (o *objectSight) aggregable(field string) bool { return o.sees.Aggregable(o.Position(field)) }
func (o *objectSight) creatable(field string) bool  { return o.sees.Creatable(o.Position(field)) }
func (o *objectSight) updatable(field string) bool  { return o.sees.Updatable(o.Position(field)) }

func newSight(snap *metadata.Snapshot, rights policy.Rights, shared *store) *sight {
	return &sight{snapshot: snap, names: names{snap}, rights: rights, store: shared}
}

// object is an object as it is seen, nil when it is not or does not exist.
func (s *sight) object(name string) *objectSight {
	view := s.snapshot.Lookup(name)
	if view == nil {
		return nil
	}
	at, _ := slices.BinarySearch(s.snapshot.Names(), view.Name)
	s.mu.RLock()
	o := s.objects.at(at)
	s.mu.RUnlock()
	if o == nil {
		var err error
		if o, err = s.look(view); o == nil {
			o = unseen
		}
		s.mu.Lock()
		s.objects.put(at, o)
		if err != nil {
			s.err = err
		}
		s.mu.Unlock()
	}
	if o == unseen {
		return nil
	}
	return o
}

// looked are the objects that a role set has looked at, by their places among the
// names of the snapshot, in pages that are made when they are needed: there are
// many role sets, and most look at few objects.
type looked struct {
	pages [][]*objectSight
	len   int
}

// lookedPage is how many objects a page has. A schema remembers maxLooked of
// them; beyond, it forgets them all, since the store has those in use.
const (
	lookedPage = 32
	maxLooked  = 1_000
)

// unseen stands for an object of which nothing is seen.
var unseen = &objectSight{}

func (l *looked) at(i int) *objectSight {
	if page := i / lookedPage; page < len(l.pages) && l.pages[page] != nil {
		return l.pages[page][i%lookedPage]
	}
	return nil
}

func (l *looked) put(i int, o *objectSight) {
	if l.len >= maxLooked {
		*l = looked{}
	}
	page := i / lookedPage
	if page >= len(l.pages) {
		l.pages = slices.Concat(l.pages, make([][]*objectSight, page+1-len(l.pages)))
	}
	if l.pages[page] == nil {
		l.pages[page] = make([]*objectSight, lookedPage)
	}
	if l.pages[page][i%lookedPage] == nil {
		l.len++
	}
	l.pages[page][i%lookedPage] = o
}

// problem is why an object could not be looked at.
func (s *sight) problem() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.err
}

func (s *sight) look(view *metadata.ObjectView) (*objectSight, error) {
	v, err := s.rights.Visible(view.Name)
	if err != nil {
		return nil, err
	}
	if !(v.Can(metadata.ActionRead) || v.Can(metadata.ActionCreate) || v.Can(metadata.ActionUpdate) || v.Can(metadata.ActionDelete)) {
		return nil, nil
	}
	n := s.names.of(view)
	n = s.store.names.put(nameKey{view, n.bent}, n, n.size())
	key := sightKey{view, v.Key, n.bent}
	if o, ok := s.store.sights.get(key); ok {
		return o, nil
	}
	o := &objectSight{
		ObjectView: view, names: n, sees: v,
		read: v.Can(metadata.ActionRead), create: v.Can(metadata.ActionCreate),
		update: v.Can(metadata.ActionUpdate), remove: v.Can(metadata.ActionDelete),
		aggregate: v.Can(metadata.ActionRead) && v.Can(metadata.ActionAggregate),
	}
	o.findKeys()
	return s.store.sights.put(key, o, o.size()), nil
}

// size is the memory of a sight, roughly.
func (o *objectSight) size() int {
	return 600 + 64*len(o.keys)
}

// size is the memory of an object's names, roughly.
func (n *objectNames) size() int { return 1600 + 160*len(n.enums) }

// all lists the objects that are seen, by name.
func (s *sight) all() []*objectSight {
	var out []*objectSight
	for _, name := range s.snapshot.Names() {
		if o := s.object(name); o != nil {
			out = append(out, o)
		}
	}
	return out
}

// any says that one of the objects seen is as wanted.
func (s *sight) any(is func(*objectSight) bool) bool {
	for _, name := range s.snapshot.Names() {
		if o := s.object(name); o != nil && is(o) {
			return true
		}
	}
	return false
}

// findKeys lists the unique keys by which the caller may name a record.
func (o *objectSight) findKeys() {
	add := func(fields []string) {
		for _, name := range fields {
			if f := o.Field(name); f == nil || !o.filterable(name) {
				return
			}
		}
		o.keys = append(o.keys, fields)
	}
	for _, f := range o.Fields {
		if f.Unique {
			add([]string{f.Name})
		}
	}
	for _, ix := range o.Indexes {
		if ix.Unique && ix.Where == "" && ix.Range == nil {
			add(ix.Fields)
		}
	}
}

// keyFields lists the fields of unique keys, in the object's order.
func (o *objectSight) keyFields() []*metadata.Field {
	in := map[string]bool{}
	for _, k := range o.keys {
		for _, name := range k {
			in[name] = true
		}
	}
	var fields []*metadata.Field
	for _, f := range o.All {
		if in[f.Name] {
			fields = append(fields, f)
		}
	}
	return fields
}

// target is the object a lookup refers to, nil when the caller may not read it.
func (s *sight) target(f *metadata.Field) *objectSight {
	t := s.object(f.Target)
	if t == nil || !t.read {
		return nil
	}
	return t
}

// listed is the object whose records a relation lists, nil when the caller may
// not read it or may not see the lookup that makes the relation.
func (s *sight) listed(r *metadata.Relation) *objectSight {
	t := s.object(r.Object)
	if t == nil || !t.read || !t.readable(r.Field.Name) {
		return nil
	}
	return t
}

// linked is the object whose records a list over a link shows, nil when the
// caller may not read it, see the field, or see the links.
func (s *sight) linked(r *metadata.Relation) *objectSight {
	t, of := s.object(r.Object), s.object(r.Of)
	if t == nil || !t.read || of == nil || !of.filterable(r.Field.Name) {
		return nil
	}
	link, near, far := s.snapshot.Sides(r)
	if link.Implied {
		return t
	}
	if l := s.object(link.Name); l == nil || !l.read || !l.filterable(near.Name) || !l.filterable(far.Name) {
		return nil
	}
	return t
}

// child is the object of a relation whose records may be created inside their
// parent: the lookup cascades and the caller may create them.
func (s *sight) child(r *metadata.Relation) *objectSight {
	t := s.object(r.Object)
	if t == nil || !t.create || !t.creatable(r.Field.Name) || r.Field.OnDelete != metadata.Cascade {
		return nil
	}
	return t
}
