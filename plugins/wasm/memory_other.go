//go:build !linux

package wasm

// mapping is the linear memory of one instance.
type mapping struct {
	all  []byte
	size uint64
	from *image
}

func newMapping(most uint64) (*mapping, error) { return &mapping{all: make([]byte, most)}, nil }

// Reallocate gives the first size bytes, which never move.
func (m *mapping) Reallocate(size uint64) []byte {
	if size > uint64(len(m.all)) {
		return nil
	}
	m.size = size
	return m.all[:size:size]
}

// Free gives the memory back; a second call does nothing.
func (m *mapping) Free() { m.all, m.size = nil, 0 }

// image is a snapshot, shared by all instances.
type image struct {
	bytes []byte
	size  uint64
}

func newImage(memory []byte) (*image, error) {
	return &image{append([]byte(nil), memory...), uint64(len(memory))}, nil
}

func (im *image) close() {}

func (m *mapping) adopt(im *image) error {
	m.from = im
	return m.reset()
}

// reset copies the snapshot back.
func (m *mapping) reset() error {
	copy(m.all, m.from.bytes)
	return nil
}
