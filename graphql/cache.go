package graphql

import (
	"container/list"
	"sync"
)

// cache keeps the entries used last, up to a size in bytes as the entries tell
// it. It is safe for concurrent use.
type cache[K comparable, V any] struct {
	mu    sync.Mutex
	most  int
	each  int // an entry is at most this long
	size  int
	order *list.List // of *cached, the last used in front
	byKey map[K]*list.Element
}

type cached[K comparable, V any] struct {
	key   K
	value V
	size  int
}

func newCache[K comparable, V any](most, each int) *cache[K, V] {
	return &cache[K, V]{most: most, each: each, order: list.New(), byKey: map[K]*list.Element{}}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[key]
	if e == nil {
		return value, false
	}
	c.order.MoveToFront(e)
	return as[*cached[K, V]](e.Value).value, true
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
	c.add(key, value, size)
	return value
}

// set keeps an entry in the place of the one there.
func (c *cache[K, V]) set(key K, value V, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		c.remove(e)
	}
	if size <= c.each {
		c.add(key, value, size)
	}
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

func (c *cache[K, V]) add(key K, value V, size int) {
	c.byKey[key] = c.order.PushFront(&cached[K, V]{key, value, size})
	for c.size += size; c.size > c.most; {
		c.remove(c.order.Back())
	}
}

func (c *cache[K, V]) remove(e *list.Element) {
	gone := as[*cached[K, V]](c.order.Remove(e))
	delete(c.byKey, gone.key)
	c.size -= gone.size
}

func (c *cache[K, V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}
