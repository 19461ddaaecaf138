package pg_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/pgtest"
)

func open(t *testing.T, o pg.Options) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pgtest.URL(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func exec(t *testing.T, db *pg.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func scan[T any](t *testing.T, db *pg.DB, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func TestOpenSetsLimits(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{ApplicationName: "limits"})
	for name, want := range map[string]string{
		"application_name":                    "limits",
		"statement_timeout":                   "30s",
		"lock_timeout":                        "5s",
		"idle_in_transaction_session_timeout": "5s",
		"TimeZone":                            "UTC",
	} {
		if got := scan[string](t, db, "SELECT current_setting($1)", name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if n := open(t, pg.Options{MaxConns: 500}).Config().MaxConns; n != pg.MostConns {
		t.Errorf("a pool of %d connections", n)
	}
}

func TestPoolerModeSetsLimitsInTransactions(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{Pooler: true})
	if got := scan[string](t, db, "SELECT current_setting('statement_timeout')"); got != "0" {
		t.Errorf("the session was changed: statement_timeout is %s", got)
	}
	var got string
	err := db.Tx(t.Context(), func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT current_setting('idle_in_transaction_session_timeout')").Scan(&got)
	})
	if err != nil || got != "5s" {
		t.Errorf("in a transaction: %q, %v", got, err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url, sentence string
		code          trellis.Code
	}{
		"not an address": {"postgres://u:secret@host:port/x", "the database address cannot be read; it looks like postgres://user:password@host:5432/database", trellis.CodeInvalidInput},
		"nobody there":   {"postgres://u:secret@127.0.0.1:1/x", "no PostgreSQL answers at 127.0.0.1:1", trellis.CodeUnavailable},
		"no socket":      {"postgres:///x?host=/nonexistent&user=u", "no PostgreSQL answers at the socket in /nonexistent", trellis.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := pg.Open(t.Context(), c.url, pg.Options{})
			if trellis.CodeOf(err) != c.code || err.Error() != c.sentence {
				t.Errorf("got %v (%s)", err, trellis.CodeOf(err))
			}
		})
	}
}

func TestOpenUnknownDatabase(t *testing.T) {
	t.Parallel()
	cfg := open(t, pg.Options{}).Config().ConnConfig
	_, err := pg.Open(t.Context(), "postgres:///nothing_here?host="+cfg.Host+"&user="+cfg.User, pg.Options{})
	want := `the database "nothing_here" does not exist on the socket in ` + cfg.Host
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCheckText(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{})
	check := func(db *pg.DB) error {
		conn, err := db.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
		return pg.CheckText(t.Context(), conn.Conn())
	}
	for range 2 { // the second finds the extension
		if err := check(db); err != nil {
			t.Fatal(err)
		}
	}

	// The same in a database with LC_CTYPE C.
	exec(t, db, "CREATE DATABASE plain_c_"+suffix(t, db)+" TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
	cfg := db.Config().ConnConfig
	t.Cleanup(func() {
		_, _ = db.Exec(context.Background(), "DROP DATABASE plain_c_"+cfg.Database+" WITH (FORCE)")
	})
	plain, err := pg.Open(t.Context(), "postgres:///plain_c_"+cfg.Database+"?host="+cfg.Host+"&user="+cfg.User, pg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	err = check(plain)
	want := `the database has LC_CTYPE "C", which knows no letters beyond English; Trellis needs one made with LC_CTYPE 'C.UTF-8' (or any UTF-8 locale) and LC_COLLATE 'C'`
	if err == nil || err.Error() != want {
		t.Errorf("plain C: got %v", err)
	}
}

func suffix(t *testing.T, db *pg.DB) string { return scan[string](t, db, "SELECT current_database()") }
