package metadata

import (
	"hash/maphash"
	"maps"
	"slices"
)

// shards is a map by name that never changes: with gives another one, which
// shares with it all but the parts that differ. So what follows on a snapshot of
// thousands of objects costs what changed. A small one has one part.
type shards[V any] struct {
	parts []map[string]V // none when empty
	len   int
}

// shardCount keeps both small: a part of the most objects there may be, and the
// list of parts. Up to wholeSize values are in one part.
const shardCount, wholeSize = 64, 128

var shardSeed = maphash.MakeSeed()

// shardOf is the part that has a name.
func (s shards[V]) shardOf(name string) uint64 {
	return maphash.String(shardSeed, name) % uint64(len(s.parts))
}

// get finds a value, the zero one for none.
func (s shards[V]) get(name string) V {
	if s.parts == nil {
		var none V
		return none
	}
	return s.parts[s.shardOf(name)][name]
}

// with is the map without some names, and then with what put has.
func (s shards[V]) with(gone []string, put map[string]V) shards[V] {
	if len(gone)+len(put) == 0 {
		return s
	}
	n, own := s.parted(len(put))
	part := func(name string) map[string]V {
		i := n.shardOf(name)
		if !own[i] {
			own[i] = true
			if n.parts[i] = maps.Clone(n.parts[i]); n.parts[i] == nil {
				n.parts[i] = map[string]V{}
			}
		}
		return n.parts[i]
	}
	for _, name := range gone {
		p := part(name)
		n.len -= len(p)
		delete(p, name)
		n.len += len(p)
	}
	for name, v := range put {
		p := part(name)
		n.len -= len(p)
		p[name] = v
		n.len += len(p)
	}
	return n
}

// parted is the same map with its own list of parts, as many as it needs with so
// many more values; own says which parts it does not share.
func (s shards[V]) parted(more int) (n shards[V], own [shardCount]bool) {
	n.len = s.len
	switch {
	case len(s.parts) == shardCount || len(s.parts) == 1 && s.len+more <= wholeSize:
		n.parts = slices.Clone(s.parts)
	case s.len+more <= wholeSize:
		n.parts = make([]map[string]V, 1)
	default:
		n.parts = make([]map[string]V, shardCount)
		for _, p := range s.parts {
			for name, v := range p {
				i := n.shardOf(name)
				if own[i] = true; n.parts[i] == nil {
					n.parts[i] = map[string]V{}
				}
				n.parts[i][name] = v
			}
		}
	}
	return n, own
}
