package secrets_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/trellishq/trellis/core/secrets"
)

var here = secrets.Place{Workspace: "main", Connection: "0190"}

func TestSealOpen(t *testing.T) {
	t.Parallel()
	box, err := secrets.New(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	plain := []byte(`{"password":"正确"}`)
	sealed := seal(t, box, plain)
	if bytes.Contains(sealed, []byte("正确")) || bytes.Equal(sealed, seal(t, box, plain)) {
		t.Error("the value shows, or two seals are equal")
	}
	got, err := box.Open(sealed, here)
	if err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("Open = %q, %v", got, err)
	}
	for _, other := range []secrets.Place{{}, {"main", "0191"}, {"mai", "n0190"}, {"other", "0190"}} {
		if _, err := box.Open(sealed, other); err == nil {
			t.Errorf("opens at %v", other)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 0x10
		if _, err := box.Open(bad, here); err == nil {
			t.Fatalf("opens with byte %d changed", i)
		}
		if _, err := box.Open(sealed[:i], here); err == nil {
			t.Fatalf("opens when cut at %d", i)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	oldKey, newKey := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	old, _ := secrets.New(oldKey)
	rotated, _ := secrets.New(newKey, oldKey)
	only, _ := secrets.New(newKey)
	before, after := seal(t, old, []byte("x")), seal(t, rotated, []byte("x"))
	if !rotated.Stale(before) || rotated.Stale(after) {
		t.Error("what is stale is not told")
	}
	if got, err := rotated.Open(before, here); err != nil || string(got) != "x" {
		t.Errorf("the old value: %q, %v", got, err)
	}
	if _, err := only.Open(before, here); err == nil {
		t.Error("opens without its key")
	}
}

func TestLoadMakesOneKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	boxes := make([]*secrets.Box, 16)
	var wg sync.WaitGroup
	for i := range boxes {
		wg.Go(func() {
			box, err := secrets.Load(dir)
			if err != nil {
				t.Error(err)
			}
			boxes[i] = box
		})
	}
	wg.Wait()
	sealed := seal(t, boxes[0], []byte("x"))
	for i, box := range boxes {
		if _, err := box.Open(sealed, here); err != nil {
			t.Fatalf("process %d has another key: %v", i, err)
		}
	}
	entries, _ := os.ReadDir(dir)
	info, err := os.Stat(filepath.Join(dir, secrets.KeyFile))
	if err != nil || info.Mode().Perm() != 0o600 || len(entries) != 1 {
		t.Errorf("mode %v, %d files, %v", info.Mode(), len(entries), err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"readable by others": {"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n", 0o640},
		"empty":              {"", 0o600},
		"comments alone":     {"# nothing\n", 0o600},
		"short key":          {"AQEB\n", 0o600},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, secrets.KeyFile), []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := secrets.Load(dir); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := secrets.Load(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("a directory that is not there: no error")
	}
}

func FuzzOpen(f *testing.F) {
	box, _ := secrets.New(bytes.Repeat([]byte{7}, 32))
	sealed, _ := box.Seal([]byte("x"), secrets.Place{Workspace: "other"})
	f.Add(sealed)
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if plain, err := box.Open(b, here); err == nil {
			t.Fatalf("%x opened as %q", b, plain)
		}
	})
}

func seal(t *testing.T, box *secrets.Box, plain []byte) []byte {
	t.Helper()
	sealed, err := box.Seal(plain, here)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}
