package embedded

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// place makes a directory that every user can pass through, unlike t.TempDir.
func place(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "embedded-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "pg")
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// light keeps a test from loading the machine. No test here takes the power away.
var light = map[string]string{"fsync": "off", "shared_buffers": "16MB"}

// start gives a server that is stopped when the test ends.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Settings == nil {
		o.Settings = light
	}
	s, err := Start(within(t), o)
	if err != nil {
		t.Fatalf("%v\n%#v", err, err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(within(t)); err != nil {
		t.Error(err)
	}
}

// ask runs SQL on a connection of its own and gives the one value as text.
func ask(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(within(t), url)
	if err != nil {
		t.Fatal(err)
	}
	defer closeConn(conn)
	rows, err := conn.Query(within(t), sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) { return string(row.RawValues()[0]), nil })
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if len(got) == 0 {
		return ""
	}
	return got[0]
}

func TestStartColdAndWarm(t *testing.T) {
	t.Parallel()
	o := Options{Dir: place(t), Settings: map[string]string{}}
	begin := time.Now()
	s := start(t, o)
	t.Logf("cold start: %v", time.Since(begin))
	ask(t, s.URL(), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	for name, want := range map[string]string{
		"listen_addresses": "", "data_checksums": "on", "server_encoding": "UTF8",
		"fsync": "on", "max_connections": "100", "jit": "off", "unix_socket_permissions": "0700",
	} {
		if got := ask(t, s.URL(), "SHOW "+name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := ask(t, s.URL(), "SELECT datcollate || ' ' || datctype || ' ' || current_database() FROM pg_database WHERE datname = current_database()"); got != "C C.UTF-8 trellis" {
		t.Errorf("locale and name: %s", got)
	}
	if got := ask(t, s.URL(), "SELECT cardinality(show_trgm('客户')) > 0"); got != "t" {
		t.Errorf("no trigrams of Chinese text")
	}
	fi, err := os.Stat(filepath.Join(o.Dir, "run"))
	if err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory: %v, %v", fi.Mode(), err)
	}
	stop(t, s)
	stop(t, s) // again: nothing happens
	select {
	case <-s.Done():
	default:
		t.Error("stopped, but not done")
	}

	begin = time.Now()
	s = start(t, o)
	t.Logf("warm start: %v", time.Since(begin))
	if got := ask(t, s.URL(), "SELECT n FROM kept"); got != "7" {
		t.Errorf("the table holds %q", got)
	}
}
