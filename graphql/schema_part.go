package graphql

import (
	"github.com/trellishq/trellis/core"
)

// part names the types of an object that are made and kept together. A text
// speaks of few of an object's types, and each part costs memory for every role
// set that sees the object in its own way; so parts are small.
type part uint8

const (
	noPart part = iota
	enumPart
	recordPart
	connectionPart
	groupPart
	filterPart
	orderPart
	keyPart
	inputPart
	payloadPart
	queryPart    // of Query
	mutationPart // of Mutation
	batchPart    // of BatchOperation and BatchRecord, and the types of theirs
	allParts
)

// part finds where a type of the object belongs.
func (n *objectNames) part(name string) part {
	if name == n.typ {
		return recordPart
	}
	for _, d := range derivedTypes {
		if *d.name(n) == name {
			return d.part
		}
	}
	for field, enum := range n.enums {
		if name == enum || name == n.enumFilters[field] {
			return enumPart
		}
	}
	return noPart
}

// part adds the types of one part of an object.
func (b *builder) part(o *objectSight, p part) {
	switch p {
	case enumPart:
		b.enums(o)
		b.refs(o)
	case inputPart:
		b.inputs(o)
	case payloadPart:
		b.payloads(o)
	case mutationPart:
		b.mutationsOf(o)
	case batchPart:
		b.batchOperations(o)
	default:
		if o.read {
			b.readPart(o, p)
		}
	}
	b.formerFields(o)
}

// readPart adds what is there for those who may read the object.
func (b *builder) readPart(o *objectSight, p part) {
	switch p {
	case recordPart:
		b.record(o)
	case connectionPart:
		b.connection(o)
	case groupPart:
		b.groups(o)
	case filterPart:
		b.filters(o)
	case orderPart:
		b.orderBy(o)
	case keyPart:
		b.key(o)
	case queryPart:
		b.queriesOf(o)
	}
}

// objectTypes are the types of one part of an object, or its share of a wide
// one.
type objectTypes struct {
	types map[string]*typ
	batch map[string]core.Verb // its keys of BatchOperation
	// around are the other objects that were asked for while the types were
	// made: they are good wherever those look the same.
	around []neighbour
	size   int // bytes held, roughly
}

// neighbour is an object as it was seen, nil for one that was not.
type neighbour struct {
	name string
	as   *objectSight
}

// newObjectTypes makes a part of an object's types, as it is seen.
func newObjectTypes(s *sight, o *objectSight, p part) *objectTypes {
	around := map[string]*objectSight{}
	fixed()
	b := newBuilder(&sight{outlook: s.outlook, note: func(name string, o *objectSight) { around[name] = o }})
	b.part(o, p)
	t := &objectTypes{types: b.types, batch: b.batch, around: make([]neighbour, 0, len(around)), size: 512 + 32*len(around)}
	for name, o := range around {
		t.around = append(t.around, neighbour{name, o})
	}
	for _, d := range t.types {
		t.size += 400 + 72*len(d.binds) + 100*len(d.EnumValues)
		for _, f := range d.Fields {
			t.size += 240 + 120*len(f.Arguments)
		}
	}
	return t
}

// fits says that the objects around look as they did.
func (t *objectTypes) fits(s *sight) bool {
	for _, n := range t.around {
		if s.object(n.name) != n.as {
			return false
		}
	}
	return true
}

// partKey finds the types of a part in the store.
type partKey struct {
	object *objectSight
	part   part
}

// partOf are the types of a part of an object.
func (s *Schema) partOf(o *objectSight, p part) *objectTypes {
	if p == noPart {
		return &objectTypes{}
	}
	key := partKey{o, p}
	known, _ := s.sight.store.types.get(key)
	for _, t := range known {
		if t.fits(s.sight) {
			return t
		}
	}
	t := newObjectTypes(s.sight, o, p)
	// The newest first; others see other things around the object.
	known = append([]*objectTypes{t}, known[:min(len(known), maxVariants-1)]...)
	size := 0
	for _, t := range known {
		size += t.size
	}
	s.sight.store.types.set(key, known, size)
	return t
}

// store has what schemas share, over role sets and revisions: the sights of
// objects, and their types.
type store struct {
	sights *cache[sightKey, *objectSight]
	types  *cache[partKey, []*objectTypes]
}

// maxVariants is how many surroundings a part of an object is kept for.
const maxVariants = 4
