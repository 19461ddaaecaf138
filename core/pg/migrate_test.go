package pg

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg/pgtest"
)

func openForMigrations(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), pgtest.URL(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func TestMigrateIsOrderedAndRepeatable(t *testing.T) {
	t.Parallel()
	db := openForMigrations(t)
	var wg sync.WaitGroup
	for range 4 { // several nodes start at once
		wg.Go(func() {
			if err := Migrate(t.Context(), db); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var name string
	if err := db.QueryRow(t.Context(), "SELECT name FROM trellis.migration WHERE number = 1").Scan(&name); err != nil || name != "system" {
		t.Errorf("got %q, %v", name, err)
	}
	if _, err := db.Exec(t.Context(), "INSERT INTO trellis.workspace (id, slug, name) VALUES ($1, 'main', 'Main')", trellis.NewID()); err != nil {
		t.Error(err)
	}
}

func TestEverySystemTableHasAPrimaryKeyAndNoTrigger(t *testing.T) {
	t.Parallel()
	db := openForMigrations(t)
	if err := Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	var bad []string
	err := db.QueryRow(t.Context(), `SELECT coalesce(array_agg(c.relname), '{}') FROM pg_class c
		WHERE c.relnamespace = 'trellis'::regnamespace AND c.relkind IN ('r', 'p') AND (
			NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) OR
			EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal))`).Scan(&bad)
	if err != nil || len(bad) > 0 {
		t.Errorf("tables without a primary key or with a trigger: %v, %v", bad, err)
	}
}

// files of a history: 1 creates the table of migrations as the real one does.
func files(extra map[string]string) fstest.MapFS {
	dir := fstest.MapFS{"0001_system.sql": {Data: []byte(
		"CREATE TABLE trellis.migration (number int PRIMARY KEY, name text, sum text, applied_at timestamptz DEFAULT now())")}}
	for name, sql := range extra {
		dir[name] = &fstest.MapFile{Data: []byte(sql)}
	}
	return dir
}

func run(t *testing.T, db *DB, dir fstest.MapFS) error {
	t.Helper()
	conn, err := db.session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	return migrate(t.Context(), conn, dir)
}

func TestMigrateFailsWhole(t *testing.T) {
	t.Parallel()
	db := openForMigrations(t)
	err := run(t, db, files(map[string]string{
		"0010_good.sql":  "CREATE TABLE trellis.good (id int PRIMARY KEY)",
		"0020_bad.sql":   "CREATE TABLE trellis.half (id int PRIMARY KEY); SELECT 1/0",
		"0030_later.sql": "CREATE TABLE trellis.later (id int PRIMARY KEY)",
	}))
	if SQLState(err) != "22012" {
		t.Fatalf("got %v", err)
	}
	var good, half, later bool
	if err := db.QueryRow(t.Context(), `SELECT to_regclass('trellis.good') IS NOT NULL, to_regclass('trellis.half') IS NOT NULL,
		to_regclass('trellis.later') IS NOT NULL`).Scan(&good, &half, &later); err != nil {
		t.Fatal(err)
	}
	if !good || half || later {
		t.Errorf("good %v, half %v, later %v", good, half, later)
	}

	// Mended, it goes on; and a lower number that came later is not forgotten.
	if err := run(t, db, files(map[string]string{
		"0010_good.sql":  "CREATE TABLE trellis.good (id int PRIMARY KEY)",
		"0011_lower.sql": "CREATE TABLE trellis.lower (id int PRIMARY KEY)",
		"0020_bad.sql":   "CREATE TABLE trellis.half (id int PRIMARY KEY)",
	})); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM trellis.migration").Scan(&n); err != nil || n != 4 {
		t.Errorf("%d migrations are recorded, %v", n, err)
	}
}

func TestMigrateRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	db := openForMigrations(t)
	if err := run(t, db, files(map[string]string{"0010_a.sql": "SELECT 1", "0099_newer.sql": "SELECT 1"})); err != nil {
		t.Fatal(err)
	}
	newer := run(t, db, files(map[string]string{"0010_a.sql": "SELECT 1"}))
	other := run(t, db, files(map[string]string{"0010_a.sql": "SELECT 2", "0099_newer.sql": "SELECT 1"}))
	for want, err := range map[string]error{
		"the database was set up by a newer Trellis (migration 0099); use that version or a newer one":          newer,
		"the database was set up with another form of migration 0010_a; it belongs to another build of Trellis": other,
	} {
		if err == nil || err.Error() != want || trellis.CodeOf(err) != trellis.CodeConflict {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestMigrationNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"10_short.sql", "0001_twice.sql", "0010-dash.sql", "0010_a.txt"} {
		if _, err := readMigrations(files(map[string]string{name: ""})); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	var ours *trellis.Error
	if err := Error(errors.New("x")); !errors.As(err, &ours) || ours.Message != "something went wrong on our side" {
		t.Errorf("got %v", err)
	}
}
