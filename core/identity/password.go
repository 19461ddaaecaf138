package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/trellishq/trellis"
)

// Parameters of argon2id: the second recommendation of RFC 9106 for memory
// that is not plentiful, 64 MiB and three passes.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 2
	argonKey     = 32
	argonSalt    = 16
)

// Bounds of a password, in characters.
const (
	minPassword = 12
	maxPassword = 200
)

// hashing bounds how many passwords are hashed at once, and with it the memory
// that sign-ins can take.
type hashing chan struct{}

func (h hashing) enter(ctx context.Context) error {
	select {
	case h <- struct{}{}:
		return nil
	case <-ctx.Done():
		return trellis.Wrap(trellis.CodeTimeout, ctx.Err(), "too many people are signing in; try again")
	}
}

func (h hashing) leave() { <-h }

// CheckPassword says what is wrong with a password somebody chose.
func CheckPassword(password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return trellis.Errorf(trellis.CodeInvalidInput, "a password is valid UTF-8 text").At("password")
	case n < minPassword:
		return trellis.Errorf(trellis.CodeInvalidInput, "a password has %d characters at least", minPassword).At("password")
	case n > maxPassword:
		return trellis.Errorf(trellis.CodeInvalidInput, "a password has %d characters at most", maxPassword).At("password")
	}
	return nil
}

// hash gives the PHC string of a password.
func (h hashing) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, enc.EncodeToString(salt), enc.EncodeToString(key)), nil
}

// matches compares in constant time. A hash that cannot be read costs as much
// as one that can, so that an account without password looks like any other.
func (h hashing) matches(ctx context.Context, stored, password string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	salt, want, memory, time, threads := parseHash(stored)
	known := want != nil
	if !known {
		salt, want, memory, time, threads = make([]byte, argonSalt), make([]byte, argonKey), argonMemory, argonTime, argonThreads
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

func parseHash(s string) (salt, key []byte, memory, time uint32, threads uint8) {
	parts := strings.Split(s, "$")
	var version int
	if len(parts) != 6 || parts[1] != "argon2id" {
		return nil, nil, 0, 0, 0
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads); err != nil || version != argon2.Version || memory > 1<<20 || time == 0 || time > 100 || threads == 0 {
		return nil, nil, 0, 0, 0
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) < 16 {
		return nil, nil, 0, 0, 0
	}
	return salt, key, memory, time, threads
}
