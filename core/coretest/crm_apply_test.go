package coretest_test

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/metadata"
)

// TestCRMAppliesAndExportsAsWritten plans the CRM on an empty workspace, applies
// it, and wants the same files back.
func TestCRMAppliesAndExportsAsWritten(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := pg.Open(ctx, pgtest.URL(t), pg.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := pg.Migrate(ctx, db); err != nil {
		t.Fatal(err)
	}
	c := catalog.New(db, nil)
	if _, err := c.EnsureMain(ctx); err != nil {
		t.Fatal(err)
	}
	def, problems := metadata.Read(apps.CRM())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	plan, err := c.Plan(ctx, "main", catalog.Packages(def))
	if err != nil || len(plan.Loses()) > 0 || len(plan.Steps) < len(def.Objects) {
		t.Fatalf("%d steps, losing %v: %v", len(plan.Steps), plan.Loses(), err)
	}
	start := time.Now()
	if _, err := c.Apply(ctx, "main", catalog.Packages(def), catalog.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects in %d steps, applied in %s", len(def.Objects), len(plan.Steps), time.Since(start))

	again, err := c.Plan(ctx, "main", catalog.Packages(def))
	if err != nil || len(again.Changes) > 0 {
		t.Errorf("applied twice, it changes %v: %v", again.Changes, err)
	}
	files, err := c.Export(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(apps.CRM(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := fs.ReadFile(apps.CRM(), path)
		if string(files[path]) != string(want) {
			t.Errorf("%s: exported\n%s", path, files[path])
		}
		delete(files, path)
		return err
	})
	if err != nil || len(files) > 0 {
		t.Errorf("exported too: %d files, %v", len(files), err)
	}
}

// TestCRMSpeaksBothLanguages looks for labels and messages in English and
// Chinese everywhere.
func TestCRMSpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	def, problems := metadata.Read(apps.CRM())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	both := func(l metadata.Label, needed bool, where ...string) {
		if (needed || l != "") && (l.Text("en") == "" || l.Text("zh") == "") {
			t.Errorf("%v is not in both languages: %v", where, l)
		}
	}
	for _, p := range def.Packages {
		both(p.Label, true, p.Name)
	}
	for _, r := range def.Roles {
		both(r.Label, true, r.Name)
	}
	for _, o := range def.Objects {
		both(o.Label, true, o.Name)
		both(o.PluralLabel, true, o.Name, "plural")
		both(o.Description, false, o.Name, "description")
		for _, f := range o.Fields {
			both(f.Label, true, o.Name, f.Name)
			both(f.Help, false, o.Name, f.Name, "help")
			both(f.Description, false, o.Name, f.Name, "description")
			for _, x := range f.Options {
				both(x.Label, true, o.Name, f.Name, x.Name)
			}
		}
		for _, r := range o.Rules {
			both(r.Message, true, o.Name, r.Name)
		}
		for _, x := range o.Indexes {
			both(x.Message, x.Unique, o.Name, strings.Join(x.Fields, ","))
		}
	}
}
