// Package secrets encrypts credentials where they are stored, so that a copy
// of the database alone gives none away.
//
// The key lives in a file beside the data, readable by the server's user only,
// and is made once. A sealed value is bound to the place it was made for: moved
// to another connection or workspace in the database, it does not open. It
// names the key that sealed it, so a new key can be put in front of the file
// while older values still open with the old one.
//
// The cipher is XChaCha20-Poly1305, whose nonces are long enough to be random.
package secrets

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/trellishq/trellis"
)

// Place is what a sealed value belongs to. Both parts take part in the
// authentication.
type Place struct {
	Workspace  string
	Connection string
}

// Box seals and opens. It is safe for use by several goroutines.
type Box struct {
	current keyID
	keys    map[keyID]cipher.AEAD
}

const (
	version   = 1
	keyIDSize = 8
	header    = 1 + keyIDSize + chacha20poly1305.NonceSizeX
	// MaxSize is the most bytes that Seal takes.
	MaxSize = 1 << 20
)

// keyID names a key without telling anything about it.
type keyID [keyIDSize]byte

// New makes a box of keys of 32 bytes each. The first seals; all open.
func New(keys ...[]byte) (*Box, error) {
	if len(keys) == 0 {
		return nil, errors.New("secrets: no key")
	}
	b := &Box{keys: map[keyID]cipher.AEAD{}}
	for i, key := range keys {
		aead, err := chacha20poly1305.NewX(key)
		if err != nil {
			return nil, errors.New("secrets: a key must have 32 bytes")
		}
		sum := sha256.Sum256(append([]byte("trellis/secrets key id\x00"), key...))
		id := keyID(sum[:keyIDSize])
		if i == 0 {
			b.current = id
		}
		b.keys[id] = aead
	}
	return b, nil
}

// Seal encrypts plain for a place. Sealing the same value twice gives different
// bytes. It costs 49 bytes.
func (b *Box) Seal(plain []byte, at Place) ([]byte, error) {
	if len(plain) > MaxSize {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "credentials may have %d bytes at most", MaxSize)
	}
	out := make([]byte, header, header+len(plain)+chacha20poly1305.Overhead)
	out[0] = version
	copy(out[1:], b.current[:])
	nonce := out[1+keyIDSize : header]
	// crypto/rand.Read never fails since Go 1.24.
	_, _ = rand.Read(nonce)
	return b.keys[b.current].Seal(out, nonce, plain, at.bind(out[:1+keyIDSize])), nil
}

// Open decrypts what Seal made for the same place. The error is an INTERNAL one
// for people; it does not tell a damaged value from one of another place.
func (b *Box) Open(sealed []byte, at Place) ([]byte, error) {
	if len(sealed) < header+chacha20poly1305.Overhead || sealed[0] != version {
		return nil, trellis.Errorf(trellis.CodeInternal, "stored credentials are damaged: enter them again")
	}
	aead, ok := b.keys[keyID(sealed[1:1+keyIDSize])]
	if !ok {
		return nil, trellis.Errorf(trellis.CodeInternal,
			"stored credentials were encrypted with a key this server does not have: bring the key file back, or enter them again")
	}
	plain, err := aead.Open(nil, sealed[1+keyIDSize:header], sealed[header:], at.bind(sealed[:1+keyIDSize]))
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeInternal, err, "stored credentials are damaged: enter them again")
	}
	return plain, nil
}

// Stale says that a sealed value was made with a key other than the current
// one, so that a rotation knows what to seal again.
func (b *Box) Stale(sealed []byte) bool {
	return len(sealed) < header || keyID(sealed[1:1+keyIDSize]) != b.current
}

// bind is the additional data: lengths keep ("ab", "c") apart from ("a", "bc").
func (p Place) bind(head []byte) []byte {
	out := append([]byte(nil), head...)
	for _, s := range []string{p.Workspace, p.Connection} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(s)))
		out = append(out, s...)
	}
	return out
}
