package metadata

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write the expected parts of testdata anew")

// section is one part of a test file: a line "-- name --" and what follows.
type section struct{ name, text string }

func readSections(t testing.TB, file string) []section {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []section
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(name, " --") {
			out = append(out, section{name: strings.TrimSuffix(name, " --")})
		} else if len(out) > 0 {
			out[len(out)-1].text += line
		}
	}
	return out
}

func writeSections(t testing.TB, file string, list []section) {
	t.Helper()
	var b strings.Builder
	for _, s := range list {
		b.WriteString("-- " + s.name + " --\n" + s.text)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// folder gives the sections under a prefix as a file system.
func folder(list []section, prefix string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, s := range list {
		if name, ok := strings.CutPrefix(s.name, prefix); ok {
			fsys[name] = &fstest.MapFile{Data: []byte(s.text)}
		}
	}
	return fsys
}

func testFiles(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}
