package plugins

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/plugins/sdk"
)

// Init writes a new plugin from the template of a language ("go") into dir,
// which must not exist or be empty. The folder builds with no network.
func Init(dir, id, lang string) error {
	if !idForm.MatchString(id) {
		return trellis.Errorf(trellis.CodeInvalidInput, "%q is no plugin id: lower-case letters, digits and dashes, a letter first, at most 40", clip(id))
	}
	if lang != "go" {
		return trellis.Errorf(trellis.CodeInvalidInput, "there is no template for %q, only for go", clip(lang))
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return trellis.Wrap(trellis.CodeInvalidInput, err, "%s cannot be used", dir)
	}
	if len(entries) > 0 {
		return trellis.Errorf(trellis.CodeConflict, "%s is not empty", dir)
	}
	if err := copyTree(sdk.Files, "templates/"+lang, dir, id); err != nil {
		return fmt.Errorf("write the template: %w", err)
	}
	if err := copyTree(sdk.Files, lang, filepath.Join(dir, "sdk"), id); err != nil {
		return fmt.Errorf("write the SDK: %w", err)
	}
	return nil
}

// copyTree writes a folder of files, those named *.tmpl with the id filled in
// and without that ending.
func copyTree(files fs.FS, from, to, id string) error {
	return fs.WalkDir(files, from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		if name, isTemplate := strings.CutSuffix(target, ".tmpl"); isTemplate {
			target = name
			content = []byte(strings.ReplaceAll(string(content), "{{id}}", id))
		}
		if filepath.Base(target) == "gitignore" {
			target = filepath.Join(filepath.Dir(target), ".gitignore")
		}
		return os.WriteFile(target, content, 0o644)
	})
}
