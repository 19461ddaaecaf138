package embedded

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// watched starts a server whose events can be waited for.
func watched(t *testing.T, o Options) (*Server, func(EventKind) Event) {
	t.Helper()
	events := make(chan Event, 100)
	o.Notify = func(e Event) { events <- e }
	s := start(t, o)
	return s, func(kind EventKind) Event {
		t.Helper()
		ctx := within(t)
		for {
			select {
			case e := <-events:
				if e.Kind == kind {
					return e
				}
			case <-ctx.Done():
				t.Fatalf("no event %q", kind)
			}
		}
	}
}

func killServer(t *testing.T, s *Server) {
	t.Helper()
	pf, err := readPidFile(s.dataDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pf.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestKilledServerIsRestarted(t *testing.T) {
	t.Parallel()
	s, await := watched(t, Options{Dir: seeded(t)})
	url := s.URL()
	ask(t, url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	for range 2 {
		killServer(t, s)
		await(Died)
		t.Logf("answers again after %v", await(Restarted).Took)
		if got := ask(t, url, "SELECT n FROM kept"); got != "7" {
			t.Errorf("the table holds %q", got)
		}
	}
}

// TestKilledServerWithABusyBackend: a backend that computes does not notice that
// its server is gone, and holds the shared memory.
func TestKilledServerWithABusyBackend(t *testing.T) {
	t.Parallel()
	s, await := watched(t, Options{Dir: seeded(t)})
	conn, err := pgx.Connect(within(t), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer closeConn(conn)
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Exec(within(t), "SELECT count(*) FROM generate_series(1, 100000000000) a WHERE a % 7 = 8")
		ended <- err
	}()
	ctx := within(t)
	for ask(t, s.URL(), "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 1%' AND state = 'active' AND pid <> pg_backend_pid()") != "1" {
		if !sleep(ctx, 5*time.Millisecond) {
			t.Fatal("the backend is not busy")
		}
	}
	killServer(t, s)
	t.Logf("answers again after %v", await(Restarted).Took)
	if err := <-ended; err == nil {
		t.Error("the busy backend has finished")
	}
	ask(t, s.URL(), "SELECT 1")
}

func TestRestartThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	s, await := watched(t, Options{Dir: seeded(t)})
	control := filepath.Join(s.dataDir(), "global", "pg_control")
	if err := os.Rename(control, control+".away"); err != nil {
		t.Fatal(err)
	}
	killServer(t, s)
	if err := await(Failed).Err; err == nil || !strings.Contains(err.Error(), "PostgreSQL does not start in "+s.dataDir()) {
		t.Errorf("failed with %v", err)
	}
	if err := os.Rename(control+".away", control); err != nil {
		t.Fatal(err)
	}
	await(Restarted)
	ask(t, s.URL(), "SELECT 1")
}

func TestStopWhileItCannotBeRestarted(t *testing.T) {
	t.Parallel()
	s, await := watched(t, Options{Dir: seeded(t)})
	if err := os.Remove(filepath.Join(s.dataDir(), "global", "pg_control")); err != nil {
		t.Fatal(err)
	}
	killServer(t, s)
	await(Failed)
	stop(t, s)
	if using := processesIn(s.dataDir()); len(using) > 0 {
		t.Errorf("processes %v are left", using)
	}
}

// TestLeftoversOfAnotherProcess is a machine that went down: the files name a
// process, and that number belongs to somebody else after the boot.
func TestLeftoversOfAnotherProcess(t *testing.T) {
	t.Parallel()
	for name, pid := range map[string]string{
		"living": strconv.Itoa(os.Getpid()), "parent": strconv.Itoa(os.Getppid()), "dead": "4194000", "broken": "\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := seeded(t)
			owner := elsewhere(t, dir, nil)
			url := owner.url()
			ask(t, url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
			data := filepath.Join(dir, "pgdata")
			left := map[string]string{}
			for _, path := range []string{filepath.Join(data, "postmaster.pid"), filepath.Join(dir, "run", socketName+".lock")} {
				body, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				_, rest, _ := strings.Cut(string(body), "\n")
				left[path] = pid + "\n" + rest
			}
			owner.finish()
			left[filepath.Join(dir, "run", socketName)] = ""
			who, _ := ownerOf(data)
			for path, body := range left {
				if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chown(path, int(who.uid), int(who.gid)); err != nil {
					t.Fatal(err)
				}
			}
			if got := ask(t, start(t, Options{Dir: dir}).URL(), "SELECT n FROM kept"); got != "7" {
				t.Errorf("the table holds %q", got)
			}
		})
	}
}
