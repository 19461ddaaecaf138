package metadata

import (
	"hash/maphash"
	"maps"
)

// shards is a map by name that never changes: with gives another one, which
// shares with it all but the parts that differ. So what follows on a snapshot of
// thousands of objects costs what changed.
type shards[V any] struct {
	parts *[shardCount]map[string]V // nil when empty
	len   int
}

// shardCount keeps both small: a part of the most objects there may be, and the
// list of parts.
const shardCount = 64

var shardSeed = maphash.MakeSeed()

func shardOf(name string) uint64 { return maphash.String(shardSeed, name) % shardCount }

// get finds a value, the zero one for none.
func (s shards[V]) get(name string) V {
	if s.parts == nil {
		var none V
		return none
	}
	return s.parts[shardOf(name)][name]
}

// with is the map without some names, and then with what put has.
func (s shards[V]) with(gone []string, put map[string]V) shards[V] {
	if len(gone)+len(put) == 0 {
		return s
	}
	n := shards[V]{parts: new([shardCount]map[string]V), len: s.len}
	if s.parts != nil {
		*n.parts = *s.parts
	}
	var own [shardCount]bool
	part := func(name string) map[string]V {
		i := shardOf(name)
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
