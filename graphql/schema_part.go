package graphql

// part names the types of an object that are made by one function.
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
	for _, e := range n.enums.All() {
		if name == e.values || name == e.filter {
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
