// Package apps holds the applications that come with Trellis: metadata in
// YAML, in the format of metadata.Read, and nothing else. If an application
// needs Go, the platform lacks something.
package apps

import (
	"embed"
	"io/fs"
)

//go:embed crm
var files embed.FS

// CRM is the package folder of the CRM: accounts, contacts, opportunities,
// products, orders with lines, and the roles that go with them.
func CRM() fs.FS {
	dir, err := fs.Sub(files, "crm")
	if err != nil {
		panic(err) // the name is a constant
	}
	return dir
}
