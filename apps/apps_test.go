package apps_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/metadata"
)

var update = flag.Bool("update", false, "write the packages in canonical form")

// TestValidAndCanonical holds that each package is what an export of it gives.
func TestValidAndCanonical(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]fs.FS{"crm": apps.CRM(), "starter": apps.Starter()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			def, errs := metadata.Read(folder)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			metadata.Normalize(def, nil)
			if errs := metadata.Validate(def); len(errs) > 0 {
				t.Fatal(errs)
			}
			if *update {
				write(t, name, metadata.Write(def))
				return
			}
			sameFiles(t, folder, metadata.Write(def))
		})
	}
}

// sameFiles wants the files of a folder, byte by byte, and no others.
func sameFiles(t *testing.T, folder fs.FS, written map[string][]byte) {
	t.Helper()
	err := fs.WalkDir(folder, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := fs.ReadFile(folder, path)
		if string(written[path]) != string(want) {
			t.Errorf("%s is not what an export gives:\n%s", path, written[path])
		}
		delete(written, path)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for path := range written {
		t.Errorf("an export has %s too", path)
	}
}

func write(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), data, 0o600); err != nil {
			t.Error(err)
		}
	}
}
