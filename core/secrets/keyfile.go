package secrets

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/trellishq/trellis"
)

// KeyFile is the name of the key file in the data directory.
const KeyFile = "secrets.key"

// maxKeyFile bounds what is read of it: a few hundred keys.
const maxKeyFile = 64 << 10

// Load reads the key file of a data directory, and makes it when there is none.
// Two processes that start at once end up with the same key. A key is a line of
// base64; the first line seals, every line opens; lines beginning with # are
// left out.
//
// It refuses a file that others than its owner may read or write.
func Load(dir string) (*Box, error) {
	path := filepath.Join(dir, KeyFile)
	keys, err := readKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path); err != nil {
			return nil, trellis.Wrap(trellis.CodeInternal, err, "the key file %s cannot be made: %v", KeyFile, cause(err))
		}
		keys, err = readKeys(path)
	}
	if err != nil {
		return nil, err
	}
	return New(keys...)
}

func readKeys(path string) ([][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeInternal, err, "the key file %s cannot be read: %v", KeyFile, cause(err))
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, trellis.Errorf(trellis.CodeInternal, "the key file %s may be read by others (mode %04o): set it to 0600", KeyFile, info.Mode().Perm())
	}
	if info.Size() > maxKeyFile {
		return nil, trellis.Errorf(trellis.CodeInternal, "the key file %s is too large", KeyFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeInternal, err, "the key file %s cannot be read: %v", KeyFile, cause(err))
	}
	return parseKeys(text)
}

func parseKeys(text []byte) ([][]byte, error) {
	var keys [][]byte
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != chacha20poly1305.KeySize {
			return nil, trellis.Errorf(trellis.CodeInternal, "line %d of the key file %s is not a key", n, KeyFile)
		}
		keys = append(keys, key)
	}
	if err := lines.Err(); err != nil || len(keys) == 0 {
		return nil, trellis.Errorf(trellis.CodeInternal, "the key file %s holds no key", KeyFile)
	}
	return keys, nil
}

// createKey writes a new key under a name of its own and links it into place:
// a link fails when the name is taken, so of two processes one wins, and no one
// ever sees half a file.
func createKey(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+KeyFile+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	key := make([]byte, chacha20poly1305.KeySize)
	_, _ = rand.Read(key)
	_, err = fmt.Fprintf(f, "# Trellis decrypts stored credentials with this key. Keep a copy apart from the database's.\n%s\n",
		base64.StdEncoding.EncodeToString(key))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the new name last: credentials sealed with a key that a power
// failure takes away are lost.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// cause is the reason without the path, which is the machine's business.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
