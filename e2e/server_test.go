package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

const (
	adminEmail    = "admin@example.com"
	adminPassword = "a password for tests"
)

// server is a running trellis serve.
type server struct {
	t    *testing.T
	data string
	url  string // http://127.0.0.1:port
	cmd  *exec.Cmd
	errs *lockedBuffer
	// since is before the start.
	since time.Time
	// exited is closed when the process has ended, ended then says how.
	exited chan struct{}
	ended  *os.ProcessState
}

// startTime is how long a start may take on a busy machine.
const startTime = 2 * time.Minute

var consoleLine = regexp.MustCompile(`Console +(http://[^/]+)/`)

// serve starts a server on a free port and waits until it says that it is
// ready. It is stopped when the test ends.
func serve(t *testing.T, data string, args ...string) *server {
	t.Helper()
	s := &server{t: t, data: data, errs: &lockedBuffer{}, since: time.Now(), exited: make(chan struct{})}
	s.cmd = exec.Command(bin, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, args...)...)
	s.cmd.Env = append(clean(os.Environ()), "TRELLIS_ADMIN_EMAIL="+adminEmail, "TRELLIS_ADMIN_PASSWORD="+adminPassword)
	s.cmd.Stderr = s.errs
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.spawn(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	ready := make(chan string, 1)
	go s.listen(stdout, ready)
	select {
	case s.url = <-ready:
	case <-time.After(startTime):
	}
	if s.url == "" {
		s.kill()
		t.Fatalf("the server is not ready:\n%s", s.errs)
	}
	return s
}

// spawn starts the process on a thread that lives as long as it does: the death
// signal is sent when that thread ends.
func (s *server) spawn() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.ended, _ = s.cmd.Process.Wait()
			close(s.exited)
		}
	}()
	return <-started
}

// listen reads what the server prints and tells its address, "" when it ends
// without one.
func (s *server) listen(stdout io.Reader, ready chan<- string) {
	in := bufio.NewScanner(stdout)
	at := ""
	for in.Scan() {
		if m := consoleLine.FindStringSubmatch(in.Text()); m != nil {
			at = m[1]
		}
		if strings.Contains(in.Text(), "Sign in") {
			ready <- at
			break
		}
	}
	_, _ = io.Copy(io.Discard, stdout)
	close(ready)
}

// kill is kill -9. PostgreSQL notices and ends by itself.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// stop asks the server to end, and waits for it and for PostgreSQL.
func (s *server) stop() {
	postmaster, _ := s.postmaster()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(time.Minute):
		s.t.Error("the server does not stop")
		s.kill()
	}
	if postmaster.pid > 0 {
		waitForEnd(s.t, postmaster.pid)
	}
	text := s.errs.String()
	if strings.Contains(text, "panic") || strings.Contains(text, "goroutine ") {
		s.t.Error("the server had a panic")
	}
	if s.t.Failed() {
		s.t.Logf("the end of what the server at %s said:\n%s", s.url, text[max(0, len(text)-4000):])
	}
}

// waitForEnd returns when the process has ended.
func waitForEnd(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return // it has
	}
	defer unix.Close(fd)
	deadline := time.Now().Add(time.Minute)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(time.Until(deadline).Milliseconds()))
		switch {
		case err == unix.EINTR:
		case err != nil || n == 0:
			t.Errorf("process %d does not end: %v", pid, err)
			return
		default:
			return
		}
	}
}

type postmaster struct {
	pid    int
	socket string
}

func (s *server) postmaster() (postmaster, error) {
	b, err := os.ReadFile(filepath.Join(s.data, "postgres", "pgdata", "postmaster.pid"))
	if err != nil {
		return postmaster{}, err
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) < 5 {
		return postmaster{}, fmt.Errorf("postmaster.pid has %d lines", len(lines))
	}
	pid, err := strconv.Atoi(lines[0])
	return postmaster{pid, lines[4]}, err
}

// sql opens a connection to the server's PostgreSQL, past Trellis.
func (s *server) sql() *pgx.Conn {
	s.t.Helper()
	pm, err := s.postmaster()
	if err != nil {
		s.t.Fatal(err)
	}
	at := url.URL{Scheme: "postgres", Path: "/trellis", RawQuery: url.Values{"host": {pm.socket}, "port": {"5432"}, "user": {"trellis"}}.Encode()}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, at.String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = conn.Close(ctx) // gone with its server, perhaps
	})
	return conn
}

// get asks an address of the server and gives the status and the body.
func (s *server) get(path string) (int, string) {
	s.t.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// lockedBuffer can be read while a process writes into it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
