package pgtest_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis/core/pg/pgtest"
)

func TestDatabasesAreSeparateAndEmpty(t *testing.T) {
	t.Parallel()
	a, b := pgtest.New(t), pgtest.New(t)
	if _, err := a.Exec(t.Context(), "CREATE TABLE only_here (n int)"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := b.QueryRow(t.Context(), "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("a fresh database holds %d relations", n)
	}
}

func TestLocale(t *testing.T) {
	t.Parallel()
	var collate, ctype, lower string
	err := pgtest.New(t).QueryRow(t.Context(),
		"SELECT datcollate, datctype, lower('ÄÉ') FROM pg_database WHERE datname = current_database()").Scan(&collate, &ctype, &lower)
	if err != nil {
		t.Fatal(err)
	}
	if collate != "C" || ctype != "C.UTF-8" || lower != "äé" {
		t.Errorf("got collate %q, ctype %q, lower %q", collate, ctype, lower)
	}
}

func TestDatabaseIsDropped(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("user", func(t *testing.T) {
		if err := pgtest.New(t).QueryRow(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	conn, err := pgx.Connect(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var there bool
	if err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if name == "" || there {
		t.Errorf("database %q is still there", name)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := pgtest.New(t).Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
