package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/trellishq/trellis/apps"
)

// TestExportApplyChangesNothing: what export prints is what the workspace has.
// Applied to it, as a pipe and as a folder, it changes nothing; applied to an
// empty workspace it makes the same; and it is the same bytes each time. The
// package of settings has every setting of every kind, which a test beside it
// holds.
func TestExportApplyChangesNothing(t *testing.T) {
	t.Parallel()
	for name, pkg := range map[string]fs.FS{
		"every setting": os.DirFS("../../metadata/testdata/settings"),
		"crm":           apps.CRM(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t, pkg)
			text := s.must("export")
			if out := s.mustWith(text, "plan"); out != "Nothing to change.\n" {
				t.Errorf("planned from a pipe it prints\n%s", out)
			}
			if out := s.mustWith(text, "apply"); out != "Nothing to change.\nrevision 2\n" {
				t.Errorf("applied from a pipe it prints\n%s", out)
			}
			dir := filepath.Join(t.TempDir(), "a folder")
			s.must("export", "-o", dir)
			if out := s.must("plan", "-f", dir); out != "Nothing to change.\n" {
				t.Errorf("planned from a folder it prints\n%s", out)
			}
			if out := s.must("drift"); out != "The tables are as the metadata says.\n" {
				t.Errorf("drift prints\n%s", out)
			}
			if name == "crm" {
				writtenAs(t, pkg, dir)
			}
			fresh := newShell(t, os.DirFS(dir))
			if again := fresh.must("export"); again != text {
				t.Errorf("exported from a new workspace it is\n%s\nwas\n%s", again, text)
			}
			if out := fresh.must("drift"); out != "The tables are as the metadata says.\n" {
				t.Errorf("in the new workspace drift prints\n%s", out)
			}
		})
	}
}

// writtenAs holds that a package's files are in the form that export writes, so
// that a change of them is a change of what they say.
func writtenAs(t *testing.T, pkg fs.FS, dir string) {
	t.Helper()
	err := fs.WalkDir(pkg, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := fs.ReadFile(pkg, path)
		if err != nil {
			return err
		}
		if got, err := os.ReadFile(filepath.Join(dir, path)); err != nil || string(got) != string(want) {
			t.Errorf("%s is exported otherwise than it is written: %v\n%s", path, err, got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
