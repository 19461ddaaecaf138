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

// put keeps an entry that is not too long.
func (c *cache[K, V]) put(key K, value V, size int) {
	if size > c.each {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[key] != nil {
		return
	}
	c.byKey[key] = c.order.PushFront(&cached[K, V]{key, value, size})
	for c.size += size; c.size > c.most; {
		last := as[*cached[K, V]](c.order.Remove(c.order.Back()))
		delete(c.byKey, last.key)
		c.size -= last.size
	}
}

func (c *cache[K, V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}
