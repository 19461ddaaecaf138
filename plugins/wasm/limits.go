package wasm

import "time"

// Bounds of admission. They hold for every module, whatever its manifest asks
// for. Figures of Go 1.26 guests are in brackets: the biggest program tried
// (HTTP, TLS, templates, regular expressions) has 6,299 functions, a largest
// body of 50 KB, 100,000 data segments (where Go's linker stops) and a table of
// 11,000 entries; a hook with JSON has 2,100 functions and 36,600 segments.
const (
	// MaxModuleBytes bounds the file [3.3 MB for a hook with JSON].
	MaxModuleBytes = 8 << 20
	// maxBodyBytes bounds one function: compilation is not interruptible and
	// takes memory far beyond the size of the body [50 KB].
	maxBodyBytes    = 256 << 10
	maxFunctions    = 50_000
	maxTypes        = 10_000
	maxSignature    = 255 // parameters, and results, of one type
	maxImports      = 256
	maxTables       = 16
	maxTableEntries = 64 << 10
	maxGlobals      = 1_000
	maxExports      = 1_000
	maxSegments     = 100_000
	// maxElements bounds the entries of all element segments together: each
	// costs wazero some fifty bytes while it lives.
	maxElements = 128 << 10
	// maxLocals bounds the locals of one function, maxAllLocals those of all:
	// the file says "a million locals" in four bytes.
	maxLocals    = 5_000
	maxAllLocals = 2_000_000
	maxNameBytes = 1_000

	pageBytes = 64 << 10
)

// Bounds of the admission process.
const (
	// childAddressSpace is on top of what Go reserves before main.
	childAddressSpace = 1 << 30
	childCPUSeconds   = 20 * slowness
	childWallClock    = 60 * slowness * time.Second
	childMemoryTarget = 700 << 20
)

// Bounds of a running instance, beside those of the manifest.
const (
	// initTime bounds _initialize, once per loaded plugin: it is not in the
	// way of a request.
	initTime = 5 * time.Second
	// callsPerInstance is the age at which an instance is replaced.
	callsPerInstance = 10_000
	// logBytes bounds what one call may write to its log.
	logBytes = 16 << 10
	// hostCalls bounds the operations one hook may ask of the host.
	hostCalls = 50
	// inputBuffer is the size of the buffer taken from the guest once; larger
	// input asks for one of its own.
	inputBuffer = 64 << 10
	// slotWait bounds how long a call waits for a free slot.
	slotWait = 5 * time.Second
)
