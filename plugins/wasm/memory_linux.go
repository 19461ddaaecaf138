package wasm

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapping is the linear memory of one instance: address space for the maximum
// reserved at once, so that growing never copies.
type mapping struct {
	all  []byte
	size uint64
	// image is how much of the start is mapped from the snapshot.
	image uint64
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

// image is a snapshot in a memory file, shared by all instances.
type image struct {
	fd   int
	size uint64
}

func newImage(memory []byte) (*image, error) {
	fd, err := unix.MemfdCreate("trellis-plugin", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create a snapshot: %w", err)
	}
	im := &image{fd, uint64(len(memory))}
	for at := 0; at < len(memory); {
		n, err := unix.Pwrite(fd, memory[at:], int64(at))
		if err != nil || n == 0 {
			im.close()
			return nil, fmt.Errorf("write a snapshot: %w", err)
		}
		at += n
	}
	return im, nil
}

func (im *image) close() { _ = unix.Close(im.fd) }

// adopt makes the start of memory a private view of the snapshot.
func (m *mapping) adopt(im *image) error {
	_, err := unix.MmapPtr(im.fd, 0, unsafe.Pointer(&m.all[0]), uintptr(im.size),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_NORESERVE)
	if err != nil {
		return fmt.Errorf("map a snapshot: %w", err)
	}
	m.image = im.size
	return nil
}

// reset drops every page written since adopt; the snapshot shows again.
func (m *mapping) reset() error {
	return unix.Madvise(m.all[:m.image], unix.MADV_DONTNEED)
}
