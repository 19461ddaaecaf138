//go:build race

package wasm

// The race detector's shadow memory is beyond any limit on address space, and
// code under it is ten times as slow.
const (
	raceDetector = true
	slowness     = 10
)
