// Package trellis is the root of the module. It holds the few things every
// other package may use: the one error type with its codes, and record ids.
// It imports the standard library alone, so importing it costs nothing.
//
// The program itself is cmd/trellis; docs/architecture.md shows the folders
// and the rule by which they import each other.
package trellis
