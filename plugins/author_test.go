package plugins_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/plugins"
)

func ExampleParseManifest() {
	_, err := plugins.ParseManifest([]byte(`
id: tidy
version: 1.0
abi: trellis/1
language: go
entries:
  hook: []
`))
	fmt.Println(err)
	// Output:
	// version: line 3: "1.0" does not fit: major.minor.patch
	// entries.hook: line 7: "hook" is not known here, did you mean hooks?
	// entries.hooks: line 7: hooks is missing
}

func TestInitRefuses(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	if err := os.WriteFile(full+"/precious", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir, id, lang string
		want          trellis.Code
	}{
		"id":        {t.TempDir(), "../x", "go", trellis.CodeInvalidInput},
		"language":  {t.TempDir(), "x", "cobol", trellis.CodeInvalidInput},
		"not empty": {full, "x", "go", trellis.CodeConflict},
		"a file":    {full + "/precious", "x", "go", trellis.CodeInvalidInput},
	} {
		if err := plugins.Init(c.dir, c.id, c.lang); trellis.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if left, err := os.ReadDir(full); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestBuildShowsWhatTheCompilerSays(t *testing.T) {
	t.Parallel()
	if _, err := plugins.Build(t.Context(), t.TempDir()); trellis.CodeOf(err) != trellis.CodeNotFound {
		t.Errorf("an empty folder: %v", err)
	}
	dir := t.TempDir()
	if err := plugins.Init(dir, "broken", "go"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/more.go", []byte("package main\n\nvar x int = \"text\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := plugins.Build(t.Context(), dir)
	if trellis.CodeOf(err) != trellis.CodeValidationFailed || !strings.Contains(err.Error(), "more.go:3") {
		t.Errorf("%v", err)
	}
}
