// Package pgtest gives each test a database of its own on a real PostgreSQL.
//
// The server is shared by all test processes of a user: whoever needs it first
// starts it, and it stops by itself when the last of them has ended, however
// that came about. It listens on a unix socket alone, in a directory that only
// the user can enter, and it does not care to survive a power cut (fsync=off).
//
// A test asks for a database and gets an empty one; it is dropped when the test
// ends:
//
//	pool := pgtest.New(t)
//
// Databases sort by bytes (LC_COLLATE C) and know every letter (LC_CTYPE
// C.UTF-8), as Trellis asks of all its databases.
package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// patience bounds everything that is done for a test here.
const patience = 60 * time.Second

// MaxConns is the most connections the pool of one test opens.
const MaxConns = 10

// New gives a pool on a fresh, empty database. Both go away when the test ends;
// a connection that the test has not given back by then fails it.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(URL(t))
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	cfg.MaxConns = MaxConns
	pool, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		closed := make(chan struct{})
		go func() { pool.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Errorf("pgtest: the test kept %d connection(s) of its pool", pool.Stat().AcquiredConns())
		}
	})
	return pool
}

// URL gives the connection string of a fresh, empty database, owned by a
// superuser. The database is dropped when the test ends, with whatever is still
// connected to it. libpq understands the string too.
func URL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("pgtest: PostgreSQL does not start: %v", err)
	}
	name := "t_" + token()
	if err := s.exec("CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " TEMPLATE template0"); err != nil {
		t.Fatalf("pgtest: create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.exec("DROP DATABASE IF EXISTS " + pgx.Identifier{name}.Sanitize() + " WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop the database: %v", err)
		}
	})
	return s.url(name)
}

func token() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (s *server) url(database string) string {
	// The port names the socket; without it PGPORT would.
	q := url.Values{"host": {s.socket}, "port": {"5432"}, "user": {user}}.Encode()
	q = strings.ReplaceAll(q, "+", "%20") // neither libpq nor pgx take + for a space
	return (&url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: q}).String()
}

func (s *server) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := s.admin.Exec(ctx, sql)
	return err
}
