package embedded

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSecondProcessAttaches(t *testing.T) {
	t.Parallel()
	dir := seeded(t)
	owner := elsewhere(t, dir, nil)
	url := owner.url()

	s := start(t, Options{Dir: dir})
	if !s.Attached() || s.URL() != url {
		t.Errorf("attached %v to %s, want %s", s.Attached(), s.URL(), url)
	}
	ask(t, s.URL(), "CREATE TABLE from_the_second (n int)")
	stop(t, s)
	if got := ask(t, url, "SELECT count(*) FROM from_the_second"); got != "0" {
		t.Errorf("after the second has let go: %q", got)
	}
	owner.finish()
	if using := processesIn(filepath.Join(dir, "pgdata")); len(using) > 0 {
		t.Errorf("the owner has left processes %v", using)
	}
}

// TestHeirTakesOver: the server comes back at the same address when its owner
// goes, by itself or killed, and is then stopped by the heir.
func TestHeirTakesOver(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*other){"finished": (*other).finish, "killed": (*other).kill} {
		dir := seeded(t)
		owner := elsewhere(t, dir, nil)
		owner.url()
		said := &record{}
		s := start(t, Options{Dir: dir, Inherit: true, Log: slog.New(said)})
		end(owner)
		for ctx := within(t); !said.has("has taken it over"); {
			if !sleep(ctx, 10*time.Millisecond) {
				t.Fatalf("%s: nobody has taken over: %q", name, said.lines)
			}
		}
		if got := ask(t, s.URL(), "SELECT 1"); got != "1" {
			t.Errorf("%s: %q", name, got)
		}
		stop(t, s)
		if using := processesIn(filepath.Join(dir, "pgdata")); len(using) > 0 {
			t.Errorf("%s: the heir has left processes %v", name, using)
		}
	}
	s := start(t, Options{Dir: seeded(t), Inherit: true}) // nothing to inherit
	stop(t, s)
}

// TestEnvironmentIsIgnored: libpq's variables are about other servers.
func TestEnvironmentIsIgnored(t *testing.T) {
	dir := seeded(t)
	for name, value := range map[string]string{
		"PGPORT": "6543", "PGDATA": "/nonexistent", "PGHOST": "/nonexistent", "PGUSER": "nobody", "PGDATABASE": "none", "LC_ALL": "tlh_QO",
	} {
		t.Setenv(name, value)
	}
	ask(t, start(t, Options{Dir: dir}).URL(), "SELECT 1")
}

func TestOneOwnerOfManyAtOnce(t *testing.T) {
	t.Parallel()
	o := Options{Dir: place(t)}
	var mu sync.Mutex
	var wg sync.WaitGroup
	owners, urls := 0, map[string]bool{}
	var all []*Server
	for range 4 {
		wg.Go(func() {
			s, err := Start(within(t), o)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, s)
			urls[s.URL()] = true
			if !s.Attached() {
				owners++
			}
		})
	}
	wg.Wait()
	if owners != 1 || len(urls) != 1 {
		t.Errorf("%d owners, addresses %v", owners, urls)
	}
	for _, s := range all {
		stop(t, s)
	}
}

// TestDeadOwnerStopsTheServerCleanly kills the owner with kill -9. The next one
// comes at once, waits for the server to be gone, and finds it shut down.
func TestDeadOwnerStopsTheServerCleanly(t *testing.T) {
	t.Parallel()
	dir := seeded(t)
	owner := elsewhere(t, dir, nil)
	ask(t, owner.url(), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	owner.kill()
	waitGone(t, filepath.Join(dir, "pgdata"))
	said := &record{}
	s := start(t, Options{Dir: dir, Log: slog.New(said)})
	if !said.has("database system was shut down at") {
		t.Errorf("it was not shut down cleanly: %q", said.lines)
	}
	stop(t, s)

	next := elsewhere(t, dir, nil)
	next.url()
	next.kill()
	s = start(t, Options{Dir: dir}) // while that server is still stopping
	if got := ask(t, s.URL(), "SELECT n FROM kept"); s.Attached() || got != "7" {
		t.Errorf("attached %v, the table holds %q", s.Attached(), got)
	}
}

// record keeps what is logged.
type record struct {
	mu    sync.Mutex
	lines []string
}

func (r *record) Enabled(context.Context, slog.Level) bool { return true }
func (r *record) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *record) WithGroup(string) slog.Handler            { return r }

func (r *record) Handle(_ context.Context, rec slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, rec.Message)
	return nil
}

func (r *record) has(part string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.lines, func(line string) bool { return strings.Contains(line, part) })
}

// TestDeadOwnerOfAnUnreachableDirectory: the kernel's signal must reach a server
// in a user namespace too.
func TestDeadOwnerOfAnUnreachableDirectory(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	if err := os.Chmod(base, 0o700); err != nil {
		t.Fatal(err)
	}
	owner := elsewhere(t, filepath.Join(base, "pg"), nil)
	owner.url()
	if using := processesIn(filepath.Join(base, "pg", "pgdata")); len(using) == 0 {
		t.Error("no process of the server is found")
	}
	owner.kill()
	waitGone(t, filepath.Join(base, "pg", "pgdata"))
}

// waitGone watches the kernel's list; there is no event to wait for.
func waitGone(t *testing.T, dataDir string) {
	t.Helper()
	ctx := within(t)
	for len(processesIn(dataDir)) > 0 {
		if !sleep(ctx, 5*time.Millisecond) {
			t.Fatal("the server does not end")
		}
	}
}

func TestOwnerKilledWhileItMakesTheDataDirectory(t *testing.T) {
	t.Parallel()
	dir := place(t)
	owner := elsewhere(t, dir, nil)
	ctx := within(t)
	for {
		if found, _ := filepath.Glob(filepath.Join(dir, unfinished+"*", "global")); len(found) > 0 {
			break
		}
		if !sleep(ctx, time.Millisecond) {
			t.Fatal("initdb does not begin")
		}
	}
	owner.kill()
	if _, err := os.Stat(filepath.Join(dir, "pgdata")); err == nil {
		t.Fatal("it was killed too late to show anything")
	}
	s := start(t, Options{Dir: dir})
	ask(t, s.URL(), "SELECT 1")
	if left, _ := filepath.Glob(filepath.Join(dir, unfinished+"*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestDatabaseMissing is a first start that was cut off between initdb and the
// making of the database.
func TestDatabaseMissing(t *testing.T) {
	t.Parallel()
	o := Options{Dir: seeded(t)}
	s := start(t, o)
	ask(t, strings.Replace(s.URL(), "/"+database+"?", "/postgres?", 1), "DROP DATABASE trellis WITH (FORCE)")
	stop(t, s)
	if got := ask(t, start(t, o).URL(), "SELECT current_database()"); got != "trellis" {
		t.Errorf("connected to %q", got)
	}
}
