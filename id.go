package trellis

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"
)

// ID names a record: a UUID of version 7 (RFC 9562), made here and not in the
// database, so that a write knows its ids before it is sent. The zero ID means
// none.
type ID [16]byte

// ids keeps NewID strictly rising within the process, so that records made by
// one statement sort in the order they were given.
var ids struct {
	sync.Mutex
	last uint64 // milliseconds<<12 | sequence
}

// NewID makes an id. Ids made by one process rise strictly; 62 bits are random.
func NewID() ID {
	now := uint64(time.Now().UnixMilli()) << 12
	ids.Lock()
	if now <= ids.last {
		now = ids.last + 1
	}
	ids.last = now
	ids.Unlock()

	var id ID
	// crypto/rand.Read never fails since Go 1.24.
	_, _ = rand.Read(id[8:])
	ms, seq := now>>12, now&0xfff
	binary.BigEndian.PutUint64(id[:8], ms<<16|0x7000|seq)
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ParseID reads the canonical text of a UUID of any version, in either case.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, Errorf(CodeInvalidInput, "%q is not an id", clip(s))
	}
	compact := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(id[:], []byte(compact)); err != nil {
		return ID{}, Errorf(CodeInvalidInput, "%q is not an id", clip(s))
	}
	return id, nil
}

// MustParseID is ParseID for constants in tests and tables; it panics.
func MustParseID(s string) ID {
	id, err := ParseID(s)
	if err != nil {
		panic(err)
	}
	return id
}

// String is the canonical lower-case text.
func (id ID) String() string { return string(id.AppendText(make([]byte, 0, 36))) }

// AppendText appends the canonical text to b.
func (id ID) AppendText(b []byte) []byte {
	b = hex.AppendEncode(b, id[0:4])
	b = append(b, '-')
	b = hex.AppendEncode(b, id[4:6])
	b = append(b, '-')
	b = hex.AppendEncode(b, id[6:8])
	b = append(b, '-')
	b = hex.AppendEncode(b, id[8:10])
	b = append(b, '-')
	return hex.AppendEncode(b, id[10:16])
}

// IsZero says that there is no id.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText writes the canonical text; encoding/json uses it.
func (id ID) MarshalText() ([]byte, error) { return id.AppendText(make([]byte, 0, 36)), nil }

// UnmarshalText reads what ParseID reads.
func (id *ID) UnmarshalText(b []byte) error {
	v, err := ParseID(string(b))
	if err == nil {
		*id = v
	}
	return err
}

func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
