package expr

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// ByName is a table that never changes, in order of the names. A workspace has
// some for each of its objects, and a map of a few dozen values takes several
// times the room.
type ByName[V any] []Named[V]

// Named is an entry of a table.
type Named[V any] struct {
	Name  string
	Value V
}

// Table makes a table of what a map has.
func Table[V any](m map[string]V) ByName[V] {
	t := make(ByName[V], 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		t = append(t, Named[V]{name, m[name]})
	}
	return t
}

// Get finds a value.
func (t ByName[V]) Get(name string) (v V, ok bool) {
	i, ok := slices.BinarySearchFunc(t, name, func(e Named[V], name string) int { return strings.Compare(e.Name, name) })
	if ok {
		v = t[i].Value
	}
	return v, ok
}

// Names lists the names in order.
func (t ByName[V]) Names() []string {
	names := make([]string, len(t))
	for i, e := range t {
		names[i] = e.Name
	}
	return names
}

// All goes through the table in order.
func (t ByName[V]) All() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, e := range t {
			if !yield(e.Name, e.Value) {
				return
			}
		}
	}
}
