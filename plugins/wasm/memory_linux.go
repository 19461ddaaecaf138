package wasm

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// mapping is the linear memory of one instance: address space for the maximum
// reserved at once, so that growing never copies.
type mapping struct {
	all  []byte
	size uint64
	// from is the snapshot that the start is mapped from.
	from *image
	// flags has room for a line of pagemap for each page of the snapshot.
	flags []byte
}

func newMapping(most uint64) (*mapping, error) {
	all, err := unix.Mmap(-1, 0, int(most), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("reserve %d bytes for a plugin: %w", most, err)
	}
	return &mapping{all: all}, nil
}

// Reallocate gives the first size bytes, which never move.
func (m *mapping) Reallocate(size uint64) []byte {
	if size > uint64(len(m.all)) {
		return nil
	}
	m.size = size
	return m.all[:size:size]
}

// Free unmaps; a second call does nothing.
func (m *mapping) Free() {
	if m.all != nil {
		_ = unix.Munmap(m.all)
		m.all, m.size = nil, 0
	}
}
