package pgtest_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/trellishq/trellis/core/pg/pgtest"
)

// asHelper makes TestNewAnswers keep its database until its input ends.
const asHelper = "TRELLIS_PGTEST_HELPER"

func TestNewAnswers(t *testing.T) {
	if err := pgtest.New(t).Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if os.Getenv(asHelper) != "" {
		fmt.Println("has a database")
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
}

type helper struct {
	cmd *exec.Cmd
	in  io.WriteCloser
}

// help starts a helper whose server lives under tmp, and waits until it has a
// database.
func help(t *testing.T, tmp string) helper {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestNewAnswers$")
	cmd.Env = append(os.Environ(), asHelper+"=1", "TMPDIR="+tmp)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "has a database\n" {
		t.Fatalf("the helper says %q, %v", line, err)
	}
	return helper{cmd, in}
}

// TestServerLivesAsLongAsItsUsers: two processes share one server, which ends
// with the last of them, killed or not, and starts again for the next.
func TestServerLivesAsLongAsItsUsers(t *testing.T) {
	t.Parallel()
	tmp, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o711); err != nil { // the server runs as somebody else
		t.Fatal(err)
	}
	pid := func() string {
		t.Helper()
		files, _ := filepath.Glob(filepath.Join(tmp, "trellis-pgtest-*", "data", "postmaster.pid"))
		if len(files) == 0 {
			return ""
		}
		b, _ := os.ReadFile(files[0]) // gone by now: the same as none
		return string(b[:min(8, len(b))])
	}

	first := help(t, tmp)
	server := pid()
	second := help(t, tmp)
	if server == "" || pid() != server {
		t.Errorf("servers %q and %q", server, pid())
	}
	if err := first.in.Close(); err != nil {
		t.Error(err)
	}
	if err := first.cmd.Wait(); err != nil {
		t.Error(err)
	}
	if pid() != server {
		t.Error("the server did not outlast its first user")
	}
	for range 2 { // kill -9 of the last user, twice
		_ = second.cmd.Process.Kill()
		deadline := time.Now().Add(30 * time.Second)
		for pid() != "" {
			if time.Now().After(deadline) {
				t.Fatal("the server outlasts its users")
			}
			time.Sleep(5 * time.Millisecond) // the kernel tells nobody
		}
		second = help(t, tmp)
	}
	_ = second.in.Close()
	_ = second.cmd.Wait()
	deadline := time.Now().Add(30 * time.Second)
	for pid() != "" && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
}
