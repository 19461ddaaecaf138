// Package apps holds the applications that come with Trellis: metadata in
// YAML, in the format of metadata.Read, and nothing else. If an application
// needs Go, the platform lacks something.
package apps

import (
	"embed"
	"io/fs"
)

//go:embed crm starter
var files embed.FS

// CRM is the package folder of the CRM: parties, leads and pools, products and
// prices, documents from the opportunity to the payment, activities, and the
// roles that go with them. docs/crm.md describes it.
func CRM() fs.FS { return folder("crm") }

// Starter is a CRM of six objects under the same package name: a workspace has
// one or the other. It stays as it is, so that tests and figures have ground to
// stand on that does not move with the product.
func Starter() fs.FS { return folder("starter") }

func folder(name string) fs.FS {
	dir, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the names are constants
	}
	return dir
}
