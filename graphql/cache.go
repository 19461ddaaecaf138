package graphql

import (
	"container/list"
	"hash/maphash"
	"sync"
)

// cache keeps the entries used last, up to a size in bytes as the entries tell
// it. An entry is on trial until it is asked for: those on trial have little
// room, so that what is needed once (a text with its values inside, an object
// that somebody looked at) leaves again soon and puts nothing out that is in use.
// One that is put again soon after it left is kept at once. It is safe for
// concurrent use.
type cache[K comparable, V any] struct {
	mu          sync.Mutex
	each        int // an entry is at most this long
	kept, trial queue
	byKey       map[K]*list.Element
	seed        maphash.Seed
	left        []uint32 // digests of keys that left the trial, by place; newer ones take the place
}

// queue is entries in order of use, the last used in front.
type queue struct {
	list.List
	size, most int
}

type cached[K comparable, V any] struct {
	key  K
	size int
	in   *queue

	value V
}

// maxLeft is how many keys are remembered that left the trial.
const maxLeft = 4096

// newCache makes a cache of so many bytes, of which those on trial have a part.
func newCache[K comparable, V any](most, each, trial int) *cache[K, V] {
	return &cache[K, V]{each: each, kept: queue{most: most - trial}, trial: queue{most: trial}, byKey: map[K]*list.Element{}, seed: maphash.MakeSeed()}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[key]
	if e == nil {
		return value, false
	}
	entry := as[*cached[K, V]](e.Value)
	if entry.in == &c.kept {
		c.kept.MoveToFront(e)
	} else {
		c.remove(e)
		c.add(entry, &c.kept)
	}
	return entry.value, true
}

// put keeps an entry that is not too long, and gives what is kept: the entry
// that was there first.
func (c *cache[K, V]) put(key K, value V, size int) V {
	if size > c.each {
		return value
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		return as[*cached[K, V]](e.Value).value
	}
	in := &c.trial
	if c.returned(key) {
		in = &c.kept
	}
	c.add(&cached[K, V]{key: key, value: value, size: size}, in)
	return value
}

// set keeps an entry in the place of the one there.
func (c *cache[K, V]) set(key K, value V, size int) {
	c.mu.Lock()
	if e := c.byKey[key]; e != nil {
		in := as[*cached[K, V]](e.Value).in
		c.remove(e)
		if size <= c.each {
			c.add(&cached[K, V]{key: key, value: value, size: size}, in)
		}
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	c.put(key, value, size)
}

// drop lets go of entries.
func (c *cache[K, V]) drop(which func(K) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, e := range c.byKey {
		if which(key) {
			c.remove(e)
		}
	}
}

func (c *cache[K, V]) add(entry *cached[K, V], in *queue) {
	entry.in = in
	c.byKey[entry.key] = in.PushFront(entry)
	for in.size += entry.size; in.size > in.most && in.Len() > 0; {
		last := in.Back()
		if in == &c.trial {
			c.leave(as[*cached[K, V]](last.Value).key)
		}
		c.remove(last)
	}
}

func (c *cache[K, V]) remove(e *list.Element) {
	gone := as[*cached[K, V]](e.Value)
	gone.in.Remove(e)
	gone.in.size -= gone.size
	delete(c.byKey, gone.key)
}

// leave remembers that a key was on trial.
func (c *cache[K, V]) leave(key K) {
	if c.left == nil {
		c.left = make([]uint32, maxLeft)
	}
	place, digest := c.digest(key)
	c.left[place] = digest
}

// returned says that a key was on trial not long ago.
func (c *cache[K, V]) returned(key K) bool {
	if c.left == nil {
		return false
	}
	place, digest := c.digest(key)
	return c.left[place] == digest
}

func (c *cache[K, V]) digest(key K) (place, digest uint32) {
	h := maphash.Comparable(c.seed, key)
	return uint32(h % maxLeft), uint32(h>>32) | 1
}

func (c *cache[K, V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.byKey)
}
