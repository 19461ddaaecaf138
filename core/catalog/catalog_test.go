package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/metadata"
)

// start gives a catalogue with the workspace main on a database of its own.
func start(t testing.TB) (*catalog.Catalog, *pg.DB) {
	t.Helper()
	db, err := pg.Open(t.Context(), pgtest.URL(t), pg.Options{MaxConns: 10})
	if err != nil {
		fatal(t, err)
	}
	t.Cleanup(db.Close)
	if err := pg.Migrate(t.Context(), db); err != nil {
		fatal(t, err)
	}
	c := catalog.New(db, nil)
	if _, err := c.EnsureMain(t.Context()); err != nil {
		fatal(t, err)
	}
	return c, db
}

func crm(t testing.TB) *metadata.Definition {
	t.Helper()
	def, errs := metadata.Read(apps.Starter())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return def
}

func apply(t testing.TB, c *catalog.Catalog, draft catalog.Draft, o catalog.Options) *catalog.Applied {
	t.Helper()
	a, err := c.Apply(t.Context(), "main", draft, o)
	if err != nil {
		fatal(t, err)
	}
	if a.Pending != 0 {
		t.Errorf("%d indexes are still to be built", a.Pending)
	}
	return a
}

// addField is the draft that adds a field to an object.
func addField(object string, f metadata.Field) catalog.Draft {
	return func(d *metadata.Definition) (*metadata.Definition, error) {
		o, added := d.Own(object), f
		added.Package = metadata.CustomPackage
		o.Fields = append(o.Fields, &added)
		return d, nil
	}
}

func TestCRMAppliesAndExportsAsWritten(t *testing.T) {
	t.Parallel()
	c, _ := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{By: "user:1"})
	files, err := c.Export(t.Context(), "main")
	if err != nil {
		fatal(t, err)
	}
	err = fs.WalkDir(apps.Starter(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := fs.ReadFile(apps.Starter(), path)
		if string(files[path]) != string(want) {
			t.Errorf("%s: exported\n%s", path, files[path])
		}
		delete(files, path)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for path := range files {
		t.Errorf("exported too: %s", path)
	}
	again := apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	if len(again.Plan.Changes) != 0 {
		t.Errorf("applied twice, it changes %v", again.Plan.Changes)
	}
}

func TestFirstRequestAfterApplySeesTheField(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	a := apply(t, c, addField("account", metadata.Field{Name: "rating", Kind: metadata.KindInteger, Default: "3", Indexed: true}), catalog.Options{By: "user:7"})
	v, err := c.Current(t.Context(), "main")
	if err != nil {
		fatal(t, err)
	}
	f := v.Snapshot.Lookup("account").Field("rating")
	if f == nil || f.Column != "rating" || v.Revision != a.View.Revision {
		t.Fatalf("the view of revision %d has %+v", v.Revision, f)
	}
	if _, err := db.Exec(t.Context(), `SELECT rating FROM ws_main.account`); err != nil {
		t.Error(err)
	}
	// An application applied again keeps what the customer added to it.
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	if v, _ = c.Current(t.Context(), "main"); v.Snapshot.Lookup("account").Field("rating") == nil {
		t.Error("the customer's field is gone")
	}
	h, err := c.History(t.Context(), "main", 0, 0)
	if err != nil {
		fatal(t, err)
	}
	if len(h) != 3 || h[0].By != "user:7" || h[0].Summary != "add package custom; add field account.rating" || len(h[0].Steps) != 3 {
		t.Errorf("history: %d revisions, the newest %+v", len(h), h[0])
	}
}

func TestStoredDefinitionIsReadAsItWasApplied(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	other := catalog.New(db, nil) // as another process: reads all
	first, err := other.Current(t.Context(), "main")
	if err != nil {
		fatal(t, err)
	}
	apply(t, c, addField("account", metadata.Field{Name: "size", Kind: metadata.KindInteger}), catalog.Options{})
	apply(t, c, func(d *metadata.Definition) (*metadata.Definition, error) {
		d.Policies = slices.DeleteFunc(d.Policies, func(p *metadata.Policy) bool { return p.Name == "auditorReads" })
		return d, nil
	}, catalog.Options{})
	second, err := other.Refresh(t.Context(), first.WorkspaceID.String()) // reads what changed
	if err != nil {
		fatal(t, err)
	}
	mine, _ := c.Current(t.Context(), "main")
	if second.Revision != mine.Revision || second.PolicyVersion != mine.PolicyVersion || first.PolicyVersion+1 != mine.PolicyVersion {
		t.Errorf("revision %d, policies %d after %d; applied %d, %d", second.Revision, second.PolicyVersion, first.PolicyVersion, mine.Revision, mine.PolicyVersion)
	}
	if changes := metadata.Diff(mine.Definition(), second.Definition()); len(changes) > 0 {
		t.Errorf("read differently: %v", changes)
	}
	if second.Snapshot.Lookup("contact") != first.Snapshot.Lookup("contact") {
		t.Error("the view of an object that did not change was made anew")
	}
	if second.Snapshot.Lookup("account") == first.Snapshot.Lookup("account") {
		t.Error("the view of account is the old one")
	}
}

func TestOtherProcessesHear(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	other := catalog.New(db, nil)
	if _, err := other.Current(t.Context(), "main"); err != nil {
		fatal(t, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- other.Run(ctx) }()
	a := apply(t, c, addField("account", metadata.Field{Name: "size", Kind: metadata.KindInteger}), catalog.Options{})
	eventually(t, func() bool {
		v, _ := other.Current(t.Context(), "main")
		return v.Revision == a.View.Revision
	})
	// Lost connections are made anew, and what was missed is looked for.
	if _, err := db.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`); err != nil {
		fatal(t, err)
	}
	a = apply(t, c, addField("account", metadata.Field{Name: "size2", Kind: metadata.KindInteger}), catalog.Options{})
	eventually(t, func() bool {
		v, _ := other.Current(t.Context(), "main")
		return v.Revision == a.View.Revision
	})
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Errorf("Run ended with %v", err)
	}
}

func TestLossNeedsConsent(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	if _, err := db.Exec(t.Context(), `INSERT INTO ws_main.product (id, created_at, created_by, updated_at, updated_by, version, name, code)
		VALUES ($1, now(), 'system', now(), 'system', 1, 'Bolt', 'B1')`, trellis.NewID()); err != nil {
		fatal(t, err)
	}
	remove := func(d *metadata.Definition) (*metadata.Definition, error) {
		o := d.Own("product")
		o.Fields = slices.DeleteFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == "code" })
		return d, nil
	}
	before, _ := c.Current(t.Context(), "main")
	_, err := c.Apply(t.Context(), "main", remove, catalog.Options{})
	if trellis.CodeOf(err) != trellis.CodeValidationFailed || !strings.Contains(err.Error(), "values of product.code") {
		t.Fatalf("removed with %v", err)
	}
	if v, _ := c.Current(t.Context(), "main"); v != before {
		t.Error("a refused change left a new view")
	}
	apply(t, c, remove, catalog.Options{AllowLoss: true})
	// The data is still there, and the name is taken while it is.
	var code string
	if err := db.QueryRow(t.Context(), "SELECT code FROM ws_main.product").Scan(&code); err != nil || code != "B1" {
		t.Errorf("the hidden column has %q, %v", code, err)
	}
	a := apply(t, c, addField("product", metadata.Field{Name: "code", Kind: metadata.KindText, Unique: true}), catalog.Options{})
	if got := a.View.Snapshot.Lookup("product").Field("code").Column; got != "code_2" {
		t.Errorf("the new field's column is %q", got)
	}
}

func TestUniqueOverDataThatIsNot(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	for range 2 {
		if _, err := db.Exec(t.Context(), `INSERT INTO ws_main.account (id, created_at, created_by, updated_at, updated_by, version, name, phone)
			VALUES ($1, now(), 'system', now(), 'system', 1, 'Acme', '110')`, trellis.NewID()); err != nil {
			fatal(t, err)
		}
	}
	unique := func(d *metadata.Definition) (*metadata.Definition, error) {
		d.Own("account").Field("phone").Unique = true
		return d, nil
	}
	_, err := c.Apply(t.Context(), "main", unique, catalog.Options{})
	if trellis.CodeOf(err) != trellis.CodeValidationFailed || strings.Contains(err.Error(), "110") {
		t.Fatalf("became unique with %v", err)
	}
	var left int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM pg_index WHERE NOT indisvalid").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d invalid indexes are left, %v", left, err)
	}
	if _, err := db.Exec(t.Context(), "DELETE FROM ws_main.account WHERE id = (SELECT id FROM ws_main.account LIMIT 1)"); err != nil {
		fatal(t, err)
	}
	apply(t, c, unique, catalog.Options{})
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE 'CREATE UNIQUE%(phone)%deleted_at%'").Scan(&left); err != nil || left != 1 {
		t.Errorf("%d unique indexes on phone, %v", left, err)
	}
}

func TestInvalidIndexIsBuiltAgain(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	name := `"ws_main"."account__country__idx"`
	for _, sql := range []string{
		`CREATE INDEX "account__country__idx" ON ws_main.account (country)`,
		`UPDATE pg_index SET indisvalid = false WHERE indexrelid = '` + name + `'::regclass`, // as a failed CONCURRENTLY leaves it
		`INSERT INTO trellis.pending_step SELECT id, '` + name + `', 1, 'CREATE INDEX CONCURRENTLY "account__country__idx" ON ws_main.account (country)' FROM trellis.workspace`,
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			fatal(t, err)
		}
	}
	if err := c.Resume(t.Context()); err != nil {
		fatal(t, err)
	}
	var valid bool
	var pending int
	err := db.QueryRow(t.Context(), `SELECT (SELECT indisvalid FROM pg_index WHERE indexrelid = '`+name+`'::regclass), (SELECT count(*) FROM trellis.pending_step)`).Scan(&valid, &pending)
	if err != nil || !valid || pending != 0 {
		t.Errorf("valid %v, %d pending, %v", valid, pending, err)
	}
}

func TestEveryKindAndRelationGetsItsTable(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	def := &metadata.Definition{}
	o := &metadata.Object{Name: "thing", Plural: "things", Indexes: []*metadata.Index{{Fields: []string{"aText", "createdAt"}, Unique: true}}}
	for _, k := range metadata.Kinds {
		f := &metadata.Field{Name: "a" + strings.ToUpper(string(k[:1])) + string(k[1:]), Kind: k}
		switch k {
		case metadata.KindSelect, metadata.KindMultiSelect:
			f.Options = []*metadata.Option{{Name: "one"}}
		case metadata.KindLookup:
			f.Target, f.Inverse = "thing", "parts"
		case metadata.KindManyToMany, metadata.KindFormula, metadata.KindRollUp, metadata.KindAutoNumber, metadata.KindExpression, metadata.KindPolymorphic:
			continue // no kinds of columns: elsewhere
		}
		o.Fields = append(o.Fields, f)
	}
	def.Objects = append(def.Objects, o)
	apply(t, c, catalog.Packages(withPackage(def)), catalog.Options{})
	// The same once more, on a table that is there.
	for i, f := range o.Fields {
		more := *f.Clone()
		more.Name, more.Column, more.Unique = fmt.Sprintf("more%d", i), "", f.Kind == metadata.KindText
		if f.Inverse != "" {
			more.Inverse = "moreParts"
		}
		apply(t, c, addField("thing", more), catalog.Options{})
	}
	var columns, keys, want int
	for _, f := range o.Fields {
		want += 2 * f.Width()
	}
	err := db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM information_schema.columns WHERE table_schema = 'ws_main' AND table_name = 'thing'),
		(SELECT count(*) FROM pg_constraint WHERE conrelid = 'ws_main.thing'::regclass AND contype = 'f')`).Scan(&columns, &keys)
	if err != nil || columns != 10+want || keys != 2+4 {
		t.Errorf("%d columns, %d foreign keys, %v", columns, keys, err)
	}
}

func withPackage(d *metadata.Definition) *metadata.Definition {
	d.Packages = []*metadata.Package{{Name: metadata.CustomPackage}}
	return d
}

func TestWorkspacesAreSeparate(t *testing.T) {
	t.Parallel()
	c, _ := start(t)
	if _, err := c.CreateWorkspace(t.Context(), "Other", "Other"); trellis.CodeOf(err) != trellis.CodeInvalidInput {
		t.Errorf("a slug with a capital gave %v", err)
	}
	if _, err := c.CreateWorkspace(t.Context(), "other", "Other"); err != nil {
		fatal(t, err)
	}
	if _, err := c.CreateWorkspace(t.Context(), "other", "Other"); trellis.CodeOf(err) != trellis.CodeConflict {
		t.Errorf("a slug twice gave %v", err)
	}
	if _, err := c.Current(t.Context(), "third"); trellis.CodeOf(err) != trellis.CodeNotFound {
		t.Errorf("an unknown workspace gave %v", err)
	}
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	v, err := c.Current(t.Context(), "other")
	if err != nil || v.Snapshot.Lookup("account") != nil || v.Snapshot.Lookup("user") == nil || v.Schema != "ws_other" {
		t.Errorf("the other workspace is %+v, %v", v, err)
	}
	list, err := c.Workspaces(t.Context())
	if err != nil || len(list) != 2 || list[1].Slug != "other" {
		t.Errorf("workspaces: %v, %v", list, err)
	}
}

func TestNullAndConflictingDraftsAreRefusedWhole(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	bad := addField("account", metadata.Field{Name: "Bad", Kind: "curency"})
	if _, err := c.Apply(t.Context(), "main", bad, catalog.Options{}); len(trellis.Public(err)) != 2 {
		t.Errorf("a field with two problems gave %v", err)
	}
	if _, err := c.Apply(t.Context(), "main", bad, catalog.Options{IfRevision: 99}); trellis.CodeOf(err) != trellis.CodeVersionConflict {
		t.Errorf("another revision gave %v", err)
	}
	var n int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM trellis.revision").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d revisions, %v", n, err)
	}
}

func fatal(t testing.TB, err error) {
	t.Helper()
	var one *trellis.Error
	if errors.As(err, &one) && one.Cause != nil {
		t.Fatalf("%v (%v)", err, one.Cause)
	}
	t.Fatal(err)
}

// TestWorkspacesShareWhatIsEqual reads three workspaces of one package in a
// process that knows none of them: what is the same in two is there once, and
// what one of them changed is its own.
func TestWorkspacesShareWhatIsEqual(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	slugs := []string{"main", "second", "third"}
	for _, slug := range slugs {
		if slug != "main" {
			if _, err := c.CreateWorkspace(t.Context(), slug, slug); err != nil {
				fatal(t, err)
			}
		}
		if _, err := c.Apply(t.Context(), slug, catalog.Packages(crm(t)), catalog.Options{}); err != nil {
			fatal(t, err)
		}
	}
	if _, err := c.Apply(t.Context(), "third", addField("account", metadata.Field{Name: "extra", Kind: metadata.KindText}), catalog.Options{}); err != nil {
		fatal(t, err)
	}
	other := catalog.New(db, nil)
	read := map[string]*metadata.Snapshot{}
	for _, slug := range slugs {
		v, err := other.Current(t.Context(), slug)
		if err != nil {
			fatal(t, err)
		}
		read[slug] = v.Snapshot
		mine, err := c.Current(t.Context(), slug)
		if err != nil {
			fatal(t, err)
		}
		if !reflect.DeepEqual(v.Definition().Objects, mine.Definition().Objects) || !reflect.DeepEqual(v.Definition().Policies, mine.Definition().Policies) {
			t.Errorf("%s is not read as it was applied", slug)
		}
	}
	for _, name := range read["main"].Names() {
		one, two, three := read["main"].Lookup(name), read["second"].Lookup(name), read["third"].Lookup(name)
		if one != two {
			t.Errorf("%s is there twice", name)
		}
		if own := name == "account"; (one.Object == three.Object) == own {
			t.Errorf("%s: shared with the one that has a field more: %v", name, !own)
		}
	}
	if read["main"].Lookup("account").Field("extra") != nil || read["third"].Lookup("account").Field("extra") == nil {
		t.Error("the field is where it was not added")
	}
	// A change in one of them stays there.
	if _, err := other.Apply(t.Context(), "second", addField("contact", metadata.Field{Name: "more", Kind: metadata.KindText}), catalog.Options{}); err != nil {
		fatal(t, err)
	}
	if v, err := other.Current(t.Context(), "main"); err != nil || v.Snapshot.Lookup("contact").Field("more") != nil {
		t.Errorf("another workspace has the field too: %v", err)
	}
}
