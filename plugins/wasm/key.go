package wasm

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/trellishq/trellis/plugins"
)

// keyFile holds the seed of the signing key, in hex, readable by its owner.
const keyFile = "plugin.key"

// Key signs what admission let through. It never leaves the data directory.
type Key struct {
	private ed25519.PrivateKey
	id      string
}

// LoadKey reads the key in dir and makes one when there is none. Processes
// that do so at once end up with the same key.
func LoadKey(dir string) (*Key, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("plugin key: %w", err)
	}
	path := filepath.Join(dir, keyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path); err != nil {
			return nil, fmt.Errorf("plugin key: %w", err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("plugin key: %w", err)
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("plugin key: %s does not hold a key", path)
	}
	private := ed25519.NewKeyFromSeed(seed)
	id := sha256.Sum256(private.Public().(ed25519.PublicKey))
	return &Key{private, hex.EncodeToString(id[:8])}, nil
}

// createKey writes the whole file under another name and links it: who links
// first wins, and nobody reads half a key.
func createKey(path string) error {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), keyFile+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(hex.EncodeToString(private.Seed()) + "\n")
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// statement is what a signature covers. Its first line changes when admission
// becomes stricter, so that what passed earlier is admitted again.
func statement(digest string, manifest []byte) []byte {
	sum := sha256.Sum256(manifest)
	return fmt.Appendf(nil, "trellis admission 1\n%s\n%x\n", digest, sum)
}

func (k *Key) sign(digest string, manifest []byte) string {
	return k.id + ":" + hex.EncodeToString(ed25519.Sign(k.private, statement(digest, manifest)))
}

// verify says whether pkg was admitted here (true), was admitted under some
// other key (false), or was tampered with (ErrUntrusted).
func (k *Key) verify(pkg *plugins.Package) (bool, error) {
	if plugins.Digest(pkg.Module) != pkg.Digest {
		return false, fmt.Errorf("%w: its digest differs", plugins.ErrUntrusted)
	}
	id, signature, _ := strings.Cut(pkg.Signature, ":")
	if id != k.id {
		return false, nil
	}
	raw, err := hex.DecodeString(signature)
	if err != nil || !ed25519.Verify(k.private.Public().(ed25519.PublicKey), statement(pkg.Digest, pkg.Source), raw) {
		return false, fmt.Errorf("%w: its signature is wrong", plugins.ErrUntrusted)
	}
	return true, nil
}
