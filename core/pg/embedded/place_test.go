package embedded

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestLongPathGetsAShortSocket(t *testing.T) {
	t.Parallel()
	o := Options{Dir: filepath.Join(place(t), strings.Repeat("long/", 30))}
	owner := start(t, o)
	if len(filepath.Join(owner.socket, socketName)) > longestSocket || strings.HasPrefix(owner.socket, o.Dir) {
		t.Errorf("the socket is in %s", owner.socket)
	}
	fi, err := os.Stat(owner.socket)
	if err != nil || fi.Mode().Perm() != 0o700 {
		t.Fatalf("%v, %v", fi, err)
	}
	ask(t, owner.URL(), "SELECT 1")
	second := start(t, o)
	if !second.Attached() || second.URL() != owner.URL() {
		t.Errorf("attached %v to %s", second.Attached(), second.URL())
	}
	stop(t, owner)
	if _, err := os.Stat(owner.socket); err == nil {
		t.Errorf("%s is left", owner.socket)
	}
}

// TestShortDirOfSomebodyElse: under a temporary directory anybody may have taken
// the name, or made it open to all.
func TestShortDirOfSomebodyElse(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	s := &Server{opts: Options{Dir: "/x"}}
	first, err := s.shortDir(base, "trellis-x")
	if err != nil || first != filepath.Join(base, "trellis-x") {
		t.Fatal(first, err)
	}
	if again, err := s.shortDir(base, "trellis-x"); err != nil || again != first {
		t.Errorf("its own, left over, is not taken again: %s, %v", again, err)
	}
	if err := os.Chmod(first, 0o777); err != nil {
		t.Fatal(err)
	}
	if open, err := s.shortDir(base, "trellis-x"); err != nil || open == first {
		t.Errorf("an open directory was taken: %s, %v", open, err)
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(base, "trellis-y")); err != nil {
		t.Fatal(err)
	}
	if link, err := s.shortDir(base, "trellis-y"); err != nil || link == filepath.Join(base, "trellis-y") {
		t.Errorf("a link was followed: %s, %v", link, err)
	}
}

func TestOddNames(t *testing.T) {
	t.Parallel()
	// PostgreSQL's list of directories needs quotes, an address needs escapes, and
	// a comma does not go at all.
	for _, name := range []string{`a "b" c&d=e? ü`, `x,y`} {
		base := place(t)
		if err := os.Mkdir(base, 0o711); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(base, name)
		sow(t, dir)
		ask(t, start(t, Options{Dir: dir}).URL(), "SELECT 1")
	}
}

// TestUnreachableDirectory is a directory below one that only we can enter. As
// root that takes a user namespace.
func TestUnreachableDirectory(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	if err := os.Chmod(base, 0o700); err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: filepath.Join(base, "pg")}
	s, await := watched(t, o)
	if want := os.Geteuid() == 0; (s.who.mode == namespaced) != want {
		t.Errorf("it runs in mode %d", s.who.mode)
	}
	ask(t, s.URL(), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	killServer(t, s)
	await(Restarted)
	stop(t, s)
	if err := os.Chmod(base, 0o711); err != nil { // reachable now: it goes on as it was
		t.Fatal(err)
	}
	if got := ask(t, start(t, o).URL(), "SELECT n FROM kept"); got != "7" {
		t.Errorf("the table holds %q", got)
	}
}

// TestOrdinaryUser runs the owner as an ordinary user, and a directory it may
// not write. Who is no ordinary user runs the test becomes one.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	var cred *syscall.Credential
	if os.Geteuid() == 0 {
		cred = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	closed := place(t)
	if err := os.Mkdir(closed, 0o555); err != nil {
		t.Fatal(err)
	}
	o := elsewhere(t, closed, cred)
	if said := o.expect("error"); !strings.HasPrefix(said, "no permission to lock "+closed) {
		t.Errorf("says %q", said)
	}

	open := place(t)
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	if cred != nil {
		if err := os.Chown(open, int(cred.Uid), int(cred.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	o = elsewhere(t, open, cred)
	o.url()
	// Root may use it meanwhile, and afterwards run it for its owner.
	second := start(t, Options{Dir: open})
	if !second.Attached() {
		t.Error("not attached")
	}
	ask(t, second.URL(), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	o.finish()
	s := start(t, Options{Dir: open})
	if cred != nil && s.who.uid != cred.Uid {
		t.Errorf("it runs as %d", s.who.uid)
	}
	if got := ask(t, s.URL(), "SELECT n FROM kept"); got != "7" {
		t.Errorf("the table holds %q", got)
	}
}
