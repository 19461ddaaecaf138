package catalog_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/jobs"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
)

// many is a workspace with an object of 60,000 records, whose values read as
// numbers but for three.
func many(t *testing.T) (*catalog.Catalog, *pg.DB) {
	c, db := start(t)
	apply(t, c, catalog.Packages(withPackage(&metadata.Definition{Objects: []*metadata.Object{{Name: "thing", Plural: "things", Fields: []*metadata.Field{{Name: "size", Kind: metadata.KindText}}}}})), catalog.Options{})
	for _, sql := range []string{
		`INSERT INTO ws_main.thing (id, created_at, created_by, updated_at, updated_by, version, size)
			SELECT gen_random_uuid(), now(), 'system', now(), 'system', 1, CASE WHEN n <= 3 THEN 'none' ELSE n::text END FROM generate_series(1, 60000) AS n`,
		`ANALYZE ws_main.thing`,
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			fatal(t, err)
		}
	}
	return c, db
}

func becomes(k metadata.Kind) catalog.Draft {
	return func(d *metadata.Definition) (*metadata.Definition, error) {
		f := d.Own("thing").Field("size")
		f.Kind, f.MaxLength = k, 0
		return d, nil
	}
}

func TestLargeTablesAreConvertedBesideTheTraffic(t *testing.T) {
	t.Parallel()
	c, db := many(t)
	plan, err := c.Plan(t.Context(), "main", becomes(metadata.KindInteger))
	if err != nil {
		fatal(t, err)
	}
	if lost := plan.Loses(); len(lost) != 1 || !strings.Contains(lost[0], "(3 of them)") {
		t.Errorf("the plan says it loses %q", lost)
	}
	_, err = c.Apply(t.Context(), "main", becomes(metadata.KindInteger), catalog.Options{})
	if trellis.CodeOf(err) != trellis.CodeValidationFailed {
		t.Fatalf("three values were lost unasked: %v", err)
	}
	a := apply(t, c, becomes(metadata.KindInteger), catalog.Options{AllowLoss: true})
	var sum, left int64
	err = db.QueryRow(t.Context(), `SELECT (SELECT sum(size_2) FROM ws_main.thing), (SELECT count(*) FROM trellis.pending_step)`).Scan(&sum, &left)
	if err != nil || sum != 60000*60001/2-6 || left != 0 {
		t.Errorf("the sum is %d, %d steps are left, %v", sum, left, err)
	}
	noDrift(t, c)
	// What was there comes back, what was written since is converted back.
	if _, err := db.Exec(t.Context(), `UPDATE ws_main.thing SET size_2 = -1 WHERE size = '60000'`); err != nil {
		fatal(t, err)
	}
	if _, err := c.Undo(t.Context(), "main", a.View.Revision, catalog.Options{AllowLoss: true}); err != nil {
		fatal(t, err)
	}
	var none, changed int
	err = db.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE size = 'none'), count(*) FILTER (WHERE size = '-1') FROM ws_main.thing`).Scan(&none, &changed)
	if err != nil || none != 3 || changed != 1 {
		t.Errorf("%d texts came back, %d values were converted back, %v", none, changed, err)
	}
	noDrift(t, c)
}

func noDrift(t *testing.T, c *catalog.Catalog) {
	t.Helper()
	found, err := c.Drift(t.Context(), "main")
	if err != nil || len(found) > 0 {
		t.Errorf("drift: %v, %v", found, err)
	}
}

// A process that ends while it converts leaves a column nobody knows. The next
// one takes it away, whether it starts or makes a change.
func TestWhatACrashLeftIsTakenAway(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	for _, next := range []func(){
		func() {
			if err := c.Resume(t.Context()); err != nil {
				fatal(t, err)
			}
		},
		func() {
			apply(t, c, addField("account", metadata.Field{Name: "more", Kind: metadata.KindText}), catalog.Options{})
		},
	} {
		for _, sql := range []string{
			`ALTER TABLE ws_main.account ADD COLUMN phone_2 bigint`,
			`INSERT INTO trellis.pending_step (workspace_id, index_name, revision, sql, kind) SELECT id, 'ws_main.account/phone_2', 9, 'ALTER TABLE ws_main.account DROP COLUMN IF EXISTS phone_2', 'undo' FROM trellis.workspace`,
		} {
			if _, err := db.Exec(t.Context(), sql); err != nil {
				fatal(t, err)
			}
		}
		next()
		noDrift(t, c)
	}
}

// Changes by hand are named, and none of them stops the catalogue.
func TestDriftIsNamed(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	noDrift(t, c)
	for _, sql := range []string{
		`ALTER TABLE ws_main.account ADD COLUMN byhand text`, `ALTER TABLE ws_main.account ALTER COLUMN phone TYPE varchar(20)`,
		`ALTER TABLE ws_main.product DROP COLUMN code`, `CREATE TABLE ws_main.scratch (id int)`, `CREATE INDEX byhand ON ws_main.contact (name)`,
		`DROP INDEX ws_main.contact__account_id__idx`, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ws_main.account__owner_id__idx'::regclass`,
		`ALTER TABLE ws_main.contact DROP CONSTRAINT contact__owner_id__fk`, `DROP TABLE ws_main.record_share`, `DROP TABLE ws_main.opportunity CASCADE`,
		`ALTER TABLE ws_main.role_closure ALTER COLUMN depth TYPE bigint`, `DROP INDEX ws_main.team_member__user_id__idx`,
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			fatal(t, err)
		}
	}
	found, err := c.Drift(t.Context(), "main")
	if err != nil {
		fatal(t, err)
	}
	var got []string
	for _, f := range found {
		got = append(got, f.String())
	}
	for _, want := range []string{
		"extra column account.byhand", "different column account.phone", "missing column product.code", "extra table scratch", "extra index byhand",
		"missing index contact__account_id__idx", "invalid index account__owner_id__idx", "missing foreignKey contact__owner_id__fk",
		"missing table record_share", "missing table opportunity (the object opportunity)", "different column role_closure.depth: expected integer NOT NULL, found bigint NOT NULL", "missing index team_member__user_id__idx",
	} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("not found: %s, in %q", want, got)
		}
	}
	apply(t, c, addField("contact", metadata.Field{Name: "more", Kind: metadata.KindText}), catalog.Options{})
}

func TestPurgeDropsWhatWasKeptLongEnough(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	apply(t, c, func(d *metadata.Definition) (*metadata.Definition, error) {
		o := d.Own("account")
		o.Fields = slices.DeleteFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == "phone" })
		return d, nil
	}, catalog.Options{AllowLoss: true})
	if err := c.Purge(t.Context(), time.Now().Add(29*24*time.Hour)); err != nil {
		fatal(t, err)
	}
	if list, err := c.Hidden(t.Context(), "main"); err != nil || len(list) != 1 || list[0].Field != "phone" {
		t.Fatalf("hidden: %v, %v", list, err)
	}
	if err := c.Purge(t.Context(), time.Now().Add(31*24*time.Hour)); err != nil {
		fatal(t, err)
	}
	if _, err := db.Exec(t.Context(), "SELECT phone FROM ws_main.account"); pg.SQLState(err) != pg.StateUndefinedColumn {
		t.Errorf("the column is still there: %v", err)
	}
	if list, err := c.Hidden(t.Context(), "main"); err != nil || len(list) != 0 {
		t.Errorf("hidden: %v, %v", list, err)
	}
	if _, err := c.Restore(t.Context(), "main", "account", "phone", catalog.Options{}); trellis.CodeOf(err) != trellis.CodeNotFound {
		t.Errorf("restored with %v", err)
	}
	noDrift(t, c)
}

// Several processes have the job, and one of them drops what is overdue, once.
func TestPurgeIsAJobOfOneProcess(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	apply(t, c, func(d *metadata.Definition) (*metadata.Definition, error) {
		o := d.Own("account")
		o.Fields = slices.DeleteFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == "phone" })
		return d, nil
	}, catalog.Options{AllowLoss: true})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	clock := time.Now().Add(31 * 24 * time.Hour)
	told, ran := &lines{}, make(chan error, 10)
	for range 3 {
		node := catalog.New(db, slog.New(slog.NewTextHandler(told, nil)))
		j := jobs.New(db, nil)
		j.Every("purgeHidden", time.Hour, func(ctx context.Context) error {
			err := node.Purge(ctx, clock)
			ran <- err
			return err
		})
		if err := errors.Join(j.Migrate(ctx), j.Open(true), j.Start(ctx)); err != nil {
			fatal(t, err)
		}
		defer func() { _ = j.Stop(context.WithoutCancel(ctx)) }()
	}
	select {
	case err := <-ran:
		if err != nil {
			fatal(t, err)
		}
	case <-ctx.Done():
		t.Fatal("nobody purges")
	}
	// And all at the same moment, past the queue.
	var g errgroup.Group
	for range 3 {
		g.Go(func() error { return catalog.New(db, slog.New(slog.NewTextHandler(told, nil))).Purge(ctx, clock) })
	}
	if err := g.Wait(); err != nil {
		fatal(t, err)
	}
	var queued, revisions int
	err := db.QueryRow(ctx, `SELECT (SELECT count(*) FROM river.river_job), (SELECT count(*) FROM trellis.revision WHERE summary LIKE 'drop what was removed%')`).Scan(&queued, &revisions)
	if err != nil || queued != 1 || revisions != 1 {
		t.Errorf("%d jobs, %d revisions, %v", queued, revisions, err)
	}
	if log := told.String(); strings.Count(log, "is dropped for good") != 1 || !strings.Contains(log, "account.phone") {
		t.Errorf("the log tells %q", log)
	}
	noDrift(t, c)
}

// lines is a log that many write to.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A stored formula whose values become of another type gets a new column, and
// the indexes declared over it are made again.
func TestIndexesOverARetypedFormulaAreKept(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	thing := &metadata.Object{Name: "thing", Plural: "things", Fields: []*metadata.Field{
		{Name: "count", Kind: metadata.KindInteger}, {Name: "value", Kind: metadata.KindFormula, Result: metadata.KindBoolean, Formula: "record.count > 2"},
	}, Indexes: []*metadata.Index{{Fields: []string{"value"}}, {Fields: []string{"count", "value"}}}}
	apply(t, c, catalog.Packages(withPackage(&metadata.Definition{Objects: []*metadata.Object{thing}})), catalog.Options{})
	if _, err := db.Exec(t.Context(), `INSERT INTO ws_main.thing (id, created_at, created_by, updated_at, updated_by, version, count)
		SELECT gen_random_uuid(), now(), 'system', now(), 'system', 1, n FROM generate_series(1, 10) AS n`); err != nil {
		fatal(t, err)
	}
	noDrift(t, c)
	a := apply(t, c, func(d *metadata.Definition) (*metadata.Definition, error) {
		f := d.Own("thing").Field("value")
		f.Result, f.Formula = metadata.KindInteger, "record.count * 2"
		return d, nil
	}, catalog.Options{})
	noDrift(t, c)
	if _, err := c.Undo(t.Context(), "main", a.View.Revision, catalog.Options{}); err != nil {
		fatal(t, err)
	}
	noDrift(t, c)
}
