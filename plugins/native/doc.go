// Package native will run connectors as processes of their own, on
// hashicorp/go-plugin over gRPC: for systems that can only be reached through
// a vendor's library. It will implement plugins.Runtime, start what an
// administrator installed by its checksum alone (SecureConfig, AutoMTLS), under
// a user and limits of its own, and restart it with back-off: go-plugin neither
// restarts nor confines what it starts. There is nothing here yet.
package native
