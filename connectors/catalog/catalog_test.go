package catalog_test

import (
	"testing"

	"github.com/trellishq/trellis/connectors/catalog"
)

func TestAll(t *testing.T) {
	t.Parallel()
	last := ""
	for _, c := range catalog.All() {
		name := c.Spec().Name
		if name <= last {
			t.Errorf("%s comes after %s", name, last)
		}
		last = name
		if got, ok := catalog.Get(name); !ok || got.Spec().Name != name {
			t.Errorf("%s is not found by its name", name)
		}
	}
	if _, ok := catalog.Get("nosuch"); ok || last == "" {
		t.Error("the list is empty, or holds what it should not")
	}
}
