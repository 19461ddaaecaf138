package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
)

// TestPackedInput: what is piped in becomes files in one folder and nowhere
// else, or is refused with a sentence.
func TestPackedInput(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"":                               "not what trellis export prints",
		"name: rental\n":                 "not what trellis export prints",
		"-- ../evil.yaml --\nx: 1\n":     "cannot be the name of a file",
		"-- a/../../e.yaml --\nx: 1\n":   "cannot be the name of a file",
		"-- /evil.yaml --\nx: 1\n":       "cannot be the name of a file",
		"-- . --\nx: 1\n":                "cannot be the name of a file",
		"-- a\x00b --\nx: 1\n":           "cannot be the name of a file",
		"-- a --\nx\n-- a/b --\nx\n":     "cannot be the name of a file",
		"-- a --\nx: 1\n-- a --\ny: 1":   "there twice",
		strings.Repeat("x", maxPacked+1): "more than 64 MiB",
	} {
		dir := filepath.Join(t.TempDir(), "in", "ner")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		err := unpack(strings.NewReader(input), dir)
		name := input[:min(len(input), 40)]
		if trellis.CodeOf(err) != trellis.CodeInvalidInput || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
		for _, outside := range []string{filepath.Dir(dir), filepath.Dir(filepath.Dir(dir))} {
			if list, err := os.ReadDir(outside); err != nil || len(list) != 1 {
				t.Errorf("%q: written outside of the folder: %v, %v", name, list, err)
			}
		}
	}
}
