package pg_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
)

// TestErrorNeverLeaks makes PostgreSQL complain about rows with a secret in
// them.
func TestErrorNeverLeaks(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{StatementTimeout: 200 * time.Millisecond, LockTimeout: 50 * time.Millisecond})
	exec(t, db, `CREATE TABLE parent (id int PRIMARY KEY)`)
	exec(t, db, `CREATE TABLE secret_table (
		secret_column text CONSTRAINT secret_unique UNIQUE CHECK (secret_column <> 'secret bad'),
		parent int NOT NULL REFERENCES parent)`)
	exec(t, db, `INSERT INTO parent VALUES (1)`)
	exec(t, db, `INSERT INTO secret_table VALUES ('secret', 1)`)
	locked, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Rollback(context.Background())
	if _, err := locked.Exec(t.Context(), `LOCK parent`); err != nil {
		t.Fatal(err)
	}

	for sql, want := range map[string]trellis.Code{
		`INSERT INTO secret_table VALUES ('secret', 1)`:              trellis.CodeConflict,
		`INSERT INTO secret_table VALUES ('secret bad', 1)`:          trellis.CodeValidationFailed,
		`INSERT INTO secret_table VALUES ('secret 2', NULL)`:         trellis.CodeValidationFailed,
		`SELECT 'secret'::int`:                                       trellis.CodeValidationFailed,
		`SELECT 'secret', pg_sleep(5)`:                               trellis.CodeTimeout,
		`SELECT 'secret' FROM parent`:                                trellis.CodeTimeout,
		`SELECT secret`:                                              trellis.CodeUnavailable,
		`SELECT 'secret' FROM pg_class WHERE relname = 'none'`:       trellis.CodeNotFound,
		`DO $$ BEGIN RAISE 'secret' USING ERRCODE = '23503'; END $$`: trellis.CodeConflict,
		`DO $$ BEGIN RAISE 'secret' USING ERRCODE = '40001'; END $$`: trellis.CodeConflict,
		`DO $$ BEGIN RAISE 'secret' USING ERRCODE = '57P03'; END $$`: trellis.CodeUnavailable,
		`DO $$ BEGIN RAISE 'secret' USING ERRCODE = '53300'; END $$`: trellis.CodeUnavailable,
	} {
		var ignored any
		cause := db.QueryRow(t.Context(), sql).Scan(&ignored, &ignored)
		if strings.HasPrefix(sql, "SELECT 'secret' FROM") {
			cause = db.QueryRow(t.Context(), sql).Scan(&ignored)
		}
		err := pg.Error(cause)
		if trellis.CodeOf(err) != want {
			t.Errorf("%s: %s, want %s (%v)", sql, trellis.CodeOf(err), want, cause)
		}
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "parent") {
			t.Errorf("%s: says %v", sql, err)
		}
		if !errors.Is(err, cause) {
			t.Errorf("%s: the cause is lost", sql)
		}
	}
}

func TestErrorOfLostConnections(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{})
	_, killed := db.Exec(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())")
	_, refused := pgx.Connect(t.Context(), "postgres://u@127.0.0.1:1/x")
	closed := open(t, pg.Options{})
	closed.Close()
	_, over := closed.Exec(t.Context(), "SELECT 1")
	for name, err := range map[string]error{"terminated": killed, "refused": refused, "pool closed": over} {
		if got := trellis.CodeOf(pg.Error(err)); got != trellis.CodeUnavailable {
			t.Errorf("%s: %s (%v)", name, got, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := db.Exec(ended, "SELECT 1")
	if got := trellis.CodeOf(pg.Error(err)); got != trellis.CodeTimeout {
		t.Errorf("cancelled: %s (%v)", got, err)
	}
}

func TestErrorKeepsOurs(t *testing.T) {
	t.Parallel()
	ours := fmt.Errorf("somewhere: %w", trellis.Errorf(trellis.CodeVetoed, "no"))
	if pg.Error(ours) != ours || pg.Error(nil) != nil {
		t.Error("a trellis error or nil was changed")
	}
	if got := pg.SQLState(fmt.Errorf("x: %w", &pgconn.PgError{Code: "42703"})); got != pg.StateUndefinedColumn {
		t.Errorf("SQLState is %q", got)
	}
}
