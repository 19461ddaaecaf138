// Package sdk carries the guest SDKs and templates inside the binary, so that
// a plugin can be started and built with no network and no copy of Trellis.
//
// The Go SDK is sdk/go, a package of its own without dependencies; plugins.Init
// copies it into the new plugin's folder.
package sdk

import "embed"

// Files holds go/ (the Go SDK) and templates/<language>/.
//
//go:embed go/sdk.go go/codec.go go/bridge_wasip1.go go/bridge_native.go
//go:embed all:templates
var Files embed.FS
