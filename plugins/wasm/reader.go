package wasm

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// errModule is the cause of every refusal of a module for its own form.
var errModule = errors.New("module refused")

// reader walks foreign bytes. The first fault sticks: every later read gives
// zero values, so callers check err once per loop.
type reader struct {
	b   []byte
	at  int
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w at byte %d: %s", errModule, r.at, fmt.Sprintf(format, args...))
	}
}

func (r *reader) left() int { return len(r.b) - r.at }

func (r *reader) byte() byte {
	if r.err != nil {
		return 0
	}
	if r.left() < 1 {
		r.fail("the file ends early")
		return 0
	}
	r.at++
	return r.b[r.at-1]
}

// u32 reads an unsigned LEB128 number of at most 5 bytes.
func (r *reader) u32() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if v > 0xffff_ffff {
				r.fail("a number does not fit 32 bits")
				return 0
			}
			return uint32(v)
		}
	}
	r.fail("a number is longer than 5 bytes")
	return 0
}

// skipLEB passes over a LEB128 number of at most n bytes.
func (r *reader) skipLEB(n int) {
	for range n {
		if r.byte() < 0x80 {
			return
		}
	}
	r.fail("a number is longer than %d bytes", n)
}

// take gives the next n bytes without copying them.
func (r *reader) take(n uint32) []byte {
	if r.err != nil {
		return nil
	}
	if uint64(n) > uint64(r.left()) {
		r.fail("%d bytes are announced and %d are left", n, r.left())
		return nil
	}
	r.at += int(n)
	return r.b[r.at-int(n) : r.at]
}

// sub gives a reader over the next n bytes; its positions are those of the file.
func (r *reader) sub(n uint32) *reader {
	if r.take(n); r.err != nil {
		return &reader{err: r.err}
	}
	return &reader{b: r.b[:r.at], at: r.at - int(n)}
}

// count reads the length of a vector. Each entry takes a byte at least, so a
// count beyond the bytes left is a lie; wazero would allocate for it.
func (r *reader) count(what string, most int) int {
	n := r.u32()
	switch {
	case r.err != nil:
		return 0
	case uint64(n) > uint64(r.left()):
		r.fail("%d %s are announced in %d bytes", n, what, r.left())
		return 0
	case uint64(n) > uint64(most):
		r.fail("%d %s, the most is %d", n, what, most)
		return 0
	}
	return int(n)
}

func (r *reader) name() string {
	b := r.take(r.u32())
	if r.err == nil && (len(b) > maxNameBytes || !utf8.Valid(b)) {
		r.fail("a name is longer than %d bytes or not UTF-8", maxNameBytes)
		return ""
	}
	return string(b)
}

// end says that everything announced was used.
func (r *reader) end(what string) {
	if r.err == nil && r.left() > 0 {
		r.fail("%d bytes too many in the %s section", r.left(), what)
	}
}

func appendU32(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func appendName(b []byte, s string) []byte {
	return append(appendU32(b, uint32(len(s))), s...)
}
