//go:build race

package wasm

// raceDetector: its shadow memory alone is beyond any limit on address space.
const raceDetector = true
