// Package catalog is the list of the connectors that we ship, one folder each.
package catalog

import (
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/connectors/catalog/file"
	"github.com/trellishq/trellis/connectors/catalog/tryton"
)

// All gives the connectors, sorted by name.
func All() []connectors.Connector {
	return []connectors.Connector{
		file.Connector{},
		tryton.Connector{},
	}
}

// Get finds a connector by the name in its Spec.
func Get(name string) (connectors.Connector, bool) {
	for _, c := range All() {
		if c.Spec().Name == name {
			return c, true
		}
	}
	return nil, false
}
