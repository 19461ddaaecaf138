package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bin is the program under test and root the repository.
var bin, root string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "trellis-e2e-")
	if err == nil {
		defer os.RemoveAll(dir)
		root, err = filepath.Abs("..")
	}
	if err == nil {
		bin = filepath.Join(dir, "trellis")
		err = build(bin, "./cmd/trellis")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	return m.Run()
}

func build(to, what string) error {
	cmd := exec.Command("go", "build", "-o", to, what)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", what, err, out)
	}
	return nil
}

// dataDir is a directory that PostgreSQL's own user can reach.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "trellis-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

// ran is what a command left.
type ran struct {
	status      int
	out, errOut string
}

// commandTime bounds any one command.
const commandTime = 3 * time.Minute

// run runs the program with the environment of the test and what env adds.
func run(t *testing.T, env []string, args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Env = append(clean(os.Environ()), env...)
	cmd.WaitDelay = 5 * time.Second
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if cmd.ProcessState == nil || ctx.Err() != nil {
		t.Fatalf("trellis %s: %v, %v\n%s", strings.Join(args, " "), err, ctx.Err(), errOut.String())
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// must runs the program, which has to succeed, and gives what it printed.
func must(t *testing.T, env []string, args ...string) string {
	t.Helper()
	r := run(t, env, args...)
	if r.status != 0 {
		t.Fatalf("trellis %s: status %d\n%s%s", strings.Join(args, " "), r.status, r.out, r.errOut)
	}
	return r.out
}

// refused runs the program, which has to fail with this code and these words,
// and to say nothing of its insides.
func refused(t *testing.T, env []string, code string, words []string, args ...string) string {
	t.Helper()
	r := run(t, env, args...)
	name := "trellis " + strings.Join(args, " ")
	if r.status != 1 {
		t.Errorf("%s: status %d, want 1\n%s%s", name, r.status, r.out, r.errOut)
	}
	for _, w := range append([]string{"trellis: " + code + ": "}, words...) {
		if !strings.Contains(r.errOut, w) {
			t.Errorf("%s: does not say %q:\n%s", name, w, r.errOut)
		}
	}
	for _, w := range []string{"panic", "goroutine ", "INTERNAL", "SQLSTATE"} {
		if strings.Contains(r.out+r.errOut, w) {
			t.Errorf("%s: says %q:\n%s%s", name, w, r.out, r.errOut)
		}
	}
	return r.errOut
}

// clean takes the settings of Trellis and PostgreSQL out of an environment.
func clean(env []string) []string {
	var out []string
	for _, e := range env {
		if !strings.HasPrefix(e, "TRELLIS_") && !strings.HasPrefix(e, "PG") {
			out = append(out, e)
		}
	}
	return out
}
