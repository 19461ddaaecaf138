package apps_test

import (
	"io/fs"
	"testing"

	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/metadata"
)

func TestCRMIsValidAndCanonical(t *testing.T) {
	t.Parallel()
	def, errs := metadata.Read(apps.CRM())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	metadata.Normalize(def, nil)
	if errs := metadata.Validate(def); len(errs) > 0 {
		t.Fatal(errs)
	}
	written := metadata.Write(def)
	err := fs.WalkDir(apps.CRM(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := fs.ReadFile(apps.CRM(), path)
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
