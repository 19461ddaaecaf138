package graphql

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var shopWorkspace = trellis.MustParseID("01890000-0000-7000-8000-000000000001")

// shop reads the definition the tests work on.
func shop(t testing.TB) *metadata.Definition {
	t.Helper()
	folder, problems := metadata.Read(os.DirFS("testdata/shop"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	def := metadata.Merge(&metadata.Definition{Objects: metadata.SystemObjects()}, folder)
	metadata.Normalize(def, nil)
	if problems := metadata.Validate(def); len(problems) > 0 {
		t.Fatal(problems)
	}
	return def
}

// principalOf is somebody with one role.
func principalOf(role string) *policy.Principal {
	p := &policy.Principal{Kind: policy.KindUser, ID: trellis.MustParseID("01890000-0000-7000-8000-0000000000aa"), WorkspaceID: shopWorkspace, Name: role}
	p.SetRoles([]string{role})
	return p
}

// schemaOf is the schema of a role over a definition.
func schemaOf(t testing.TB, def *metadata.Definition, role string) *Schema {
	t.Helper()
	snap := metadata.New(def, 1)
	engine, err := policy.NewEngine(shopWorkspace, snap)
	if err != nil {
		t.Fatal(err)
	}
	rights, err := engine.Rights(principalOf(role))
	if err != nil {
		t.Fatal(err)
	}
	return newSchema(snap, rights, newStore(64<<20))
}

// golden compares with a file under testdata, or rewrites it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs from what is built now; run with -update and read the difference.\n%s", path, got)
	}
}
