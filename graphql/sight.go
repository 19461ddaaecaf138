package graphql

import (
	"context"

	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// sight is what a role set may see and do: the shape of its schema.
type sight struct {
	snapshot *metadata.Snapshot
	objects  map[string]*objectSight
	order    []*objectSight // by name
	// batch has the operations of BatchOperation by key.
	batch map[string]batchVerb
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
	readable, filterable         map[string]bool
	aggregable                   map[string]bool // filterable, and shown to the right to aggregate
	creatable, updatable         map[string]bool
	keys                         [][]string // unique keys all of whose fields may be read and filtered by
}

func look(engine *policy.Engine, snap *metadata.Snapshot, p *policy.Principal) (*sight, error) {
	s := &sight{snapshot: snap, objects: map[string]*objectSight{}, batch: map[string]batchVerb{}}
	all := newNames(snap)
	for _, name := range snap.Names() {
		v, err := engine.Visible(p, name)
		if err != nil {
			return nil, err
		}
		o := &objectSight{
			ObjectView: snap.Lookup(name), names: all[name],
			read: v.Can[metadata.ActionRead], create: v.Can[metadata.ActionCreate],
			update: v.Can[metadata.ActionUpdate], remove: v.Can[metadata.ActionDelete],
			readable: set(v.Read), creatable: set(v.Create), updatable: set(v.Update),
			filterable: map[string]bool{}, aggregable: map[string]bool{},
			aggregate: v.Can[metadata.ActionRead] && v.Can[metadata.ActionAggregate],
		}
		if !o.read && !o.create && !o.update && !o.remove {
			continue
		}
		if err := o.markFilterable(engine, p); err != nil {
			return nil, err
		}
		o.findKeys()
		s.objects[name] = o
		s.order = append(s.order, o)
	}
	return s, nil
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

// markFilterable finds the fields that may decide which records are listed: a
// masked one may not.
func (o *objectSight) markFilterable(engine *policy.Engine, p *policy.Principal) error {
	if !o.read {
		return nil
	}
	grant, err := engine.Grant(context.Background(), p, o.Name, metadata.ActionRead)
	if err != nil {
		return err
	}
	for name := range o.readable {
		if m := grant.Field(name).Mode; m == policy.Plain || m == policy.When {
			o.filterable[name] = true
		}
	}
	if !o.aggregate {
		return nil
	}
	if grant, err = engine.Grant(context.Background(), p, o.Name, metadata.ActionAggregate); err != nil {
		return err
	}
	for name := range o.filterable {
		if m := grant.Field(name).Mode; m == policy.Plain || m == policy.When {
			o.aggregable[name] = true
		}
	}
	return nil
}

// findKeys lists the unique keys by which the caller may name a record.
func (o *objectSight) findKeys() {
	add := func(fields []string) {
		for _, name := range fields {
			if f := o.Field(name); f == nil || !o.filterable[name] {
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
		if ix.Unique {
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
	t := s.objects[f.Target]
	if t == nil || !t.read {
		return nil
	}
	return t
}

// listed is the object whose records a relation lists, nil when the caller may
// not read it or may not see the lookup that makes the relation.
func (s *sight) listed(r *metadata.Relation) *objectSight {
	t := s.objects[r.Object]
	if t == nil || !t.read || !t.readable[r.Field.Name] {
		return nil
	}
	return t
}

// child is the object of a relation whose records may be created inside their
// parent: the lookup cascades and the caller may create them.
func (s *sight) child(r *metadata.Relation) *objectSight {
	t := s.objects[r.Object]
	if t == nil || !t.create || !t.creatable[r.Field.Name] || r.Field.OnDelete != metadata.Cascade {
		return nil
	}
	return t
}
