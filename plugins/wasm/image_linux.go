package wasm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// image is a snapshot of memory in a memory file. Instances map it privately:
// they share what they only read.
type image struct {
	fd   int
	size uint64
	view []byte
}

func newImage(memory []byte) (*image, error) {
	fd, err := unix.MemfdCreate("trellis-plugin", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create a snapshot: %w", err)
	}
	im := &image{fd: fd, size: uint64(len(memory))}
	if err := im.fill(memory); err != nil {
		im.close()
		return nil, fmt.Errorf("write a snapshot: %w", err)
	}
	im.view, err = unix.Mmap(fd, 0, len(memory), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		im.close()
		return nil, fmt.Errorf("map a snapshot: %w", err)
	}
	return im, nil
}

// fill writes the pages that are not zero: much of a fresh heap is.
func (im *image) fill(memory []byte) error {
	if err := unix.Ftruncate(im.fd, int64(len(memory))); err != nil {
		return err
	}
	zero := make([]byte, hostPage)
	for at := 0; at < len(memory); at += len(zero) {
		page := memory[at:][:len(zero)]
		if bytes.Equal(page, zero) {
			continue
		}
		if n, err := unix.Pwrite(im.fd, page, int64(at)); err != nil || n != len(page) {
			return fmt.Errorf("%d bytes at %d: %w", n, at, err)
		}
	}
	return nil
}

func (im *image) close() {
	if im.view != nil {
		_ = unix.Munmap(im.view)
	}
	_ = unix.Close(im.fd)
}

// adopt makes the start of memory a private view of the snapshot.
func (m *mapping) adopt(im *image) error {
	_, err := unix.MmapPtr(im.fd, 0, unsafe.Pointer(&m.all[0]), uintptr(im.size),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_NORESERVE)
	if err != nil {
		return fmt.Errorf("map a snapshot: %w", err)
	}
	m.from = im
	m.flags = make([]byte, im.size/hostPage*pagemapEntry)
	return nil
}

const (
	pagemapEntry = 8
	// A page that is present or swapped out, and is not the file's, is one
	// that the guest has written (Documentation/admin-guide/mm/pagemap.rst).
	pagePresent = 1<<63 | 1<<62
	pageOfFile  = 1 << 61
	// maxKept bounds the pages an instance keeps for itself between calls.
	maxKept = 4 << 20
)

var hostPage = uint64(unix.Getpagesize())

// pagemap is this process's, -1 where it cannot be read.
var pagemap = sync.OnceValue(func() int {
	fd, err := unix.Open("/proc/self/pagemap", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
})

// reset puts memory back to the snapshot. A page that a call has written stays
// the instance's own and is copied over, since the next call will write it
// again and a page fault costs more than a copy; the kernel says which pages
// those are. When it does not, or they are many, they are dropped and the
// snapshot shows again.
func (m *mapping) reset() error {
	if !m.copyBack() {
		return unix.Madvise(m.all[:m.from.size], unix.MADV_DONTNEED)
	}
	return nil
}

func (m *mapping) copyBack() bool {
	if pagemap() < 0 {
		return false
	}
	at := uint64(uintptr(unsafe.Pointer(&m.all[0]))) / hostPage * pagemapEntry
	if n, err := unix.Pread(pagemap(), m.flags, int64(at)); err != nil || n != len(m.flags) {
		return false
	}
	kept := uint64(0)
	for page := uint64(0); page*pagemapEntry < uint64(len(m.flags)); page++ {
		flags := binary.NativeEndian.Uint64(m.flags[page*pagemapEntry:])
		if flags&pagePresent != 0 && flags&pageOfFile == 0 {
			copy(m.all[page*hostPage:(page+1)*hostPage], m.from.view[page*hostPage:])
			kept += hostPage
		}
	}
	return kept <= maxKept
}
