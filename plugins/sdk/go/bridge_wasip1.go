package sdk

import (
	"encoding/json"
	"runtime"
	"unsafe"
)

// The bridge is ABI trellis/1: see docs/plugin-abi.md of Trellis.

//go:wasmimport trellis call
func hostCall(op, ptr, n uint32) uint64

//go:wasmimport trellis log
func hostLog(ptr, n uint32)

var (
	// kept holds the buffers the host writes to, by address.
	kept = map[uint32][]byte{}
	// output stays reachable until the host has read it.
	output []byte
)

// headroom is heap that is claimed and given back to the allocator at start: a
// call that needs no more than that does not grow the memory, and the host can
// use the instance again.
const headroom = 2 << 20

var claimed []byte

func init() {
	claimed = make([]byte, headroom)
	claimed = nil
	runtime.GC()
}

//go:wasmexport trellis_abi_1
func abi() {}

//go:wasmexport trellis_alloc
func alloc(n uint32) uint32 {
	b := make([]byte, max(n, 1))
	kept[address(b)] = b
	return address(b)
}

//go:wasmexport trellis_handle
func handle(entry, ptr, n uint32) uint64 {
	output = run(entry, kept[ptr][:n])
	return uint64(address(output))<<32 | uint64(len(output))
}

func address(b []byte) uint32 {
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
}

// call runs a host operation: the host keeps the result until op 0 takes it.
func call(op uint32, input []byte) ([]byte, error) {
	const opTake = 0
	answer := hostCall(op, address(input), uint32(len(input)))
	runtime.KeepAlive(input)
	out := make([]byte, uint32(answer))
	hostCall(opTake, address(out), uint32(len(out)))
	if answer>>32 == 0 {
		return out, nil
	}
	refused := &HostError{}
	if err := json.Unmarshal(out, refused); err != nil {
		return nil, err
	}
	return nil, refused
}

// Log writes a line to the log of the server.
func Log(text string) {
	b := []byte(text + "\n")
	hostLog(address(b), uint32(len(b)))
	runtime.KeepAlive(b)
}
