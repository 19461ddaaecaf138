package metadata

import (
	"cmp"
	"maps"
	"slices"
)

// tags lists the languages of a label in order, English first.
func (l Label) tags() []string {
	return slices.SortedFunc(maps.Keys(l), func(a, b string) int {
		if (a == "en") != (b == "en") {
			if a == "en" {
				return -1
			}
			return 1
		}
		return cmp.Compare(a, b)
	})
}
