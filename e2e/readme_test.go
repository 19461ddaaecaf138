package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReadme runs the README's tour as it stands, beside the server that make
// run starts, in a folder like a fresh clone. Only the addresses are others, so
// that it can run beside something else.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	clone := fakeClone(t)
	data := filepath.Join(clone, "data")
	begin := time.Now()
	s := serve(t, data, "--demo")
	took := time.Since(begin)
	t.Logf("%.1f s until the server with the sample data was ready", took.Seconds())
	if took > 2*time.Minute {
		t.Errorf("loading the sample data took %s", took)
	}
	sampleCounts(t, s)

	erp := freeAddress(t)
	other := strings.NewReplacer("http://127.0.0.1:8080", s.url, "127.0.0.1:8613", erp, "/cmd/tryton >", "/cmd/tryton -listen "+erp+" >")
	connection := filepath.Join(clone, "docs", "tutorials", "tryton.yaml")
	rewrite(t, connection, other)
	checkTour(t, clone, string(text), 7, other)
}

// TestMetadataTutorial runs the tutorial on metadata as it stands.
func TestMetadataTutorial(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "tutorials", "metadata.md"))
	if err != nil {
		t.Fatal(err)
	}
	clone := fakeClone(t)
	s := serve(t, filepath.Join(clone, "data"))
	checkTour(t, clone, string(text), 6, strings.NewReplacer("http://127.0.0.1:8080", s.url))
}

// checkTour runs the steps of a text, at least so many, and compares what they
// print.
func checkTour(t *testing.T, clone, text string, least int, other *strings.Replacer) {
	t.Helper()
	blocks := tour(text)
	if len(blocks) < least {
		t.Fatalf("the tour has %d steps", len(blocks))
	}
	said := runTour(t, clone, blocks, other)
	for i, b := range blocks {
		if i >= len(said) {
			t.Fatalf("step %d of the tour was not reached:\n%s", i+1, b.script)
		}
		if !b.output.MatchString(said[i]) {
			t.Errorf("step %d of the tour:\n%s\nprints\n%s\nwant\n%s", i+1, b.script, said[i], b.want)
		}
	}
}

// TestReadmeLinks: what the README names is there.
func TestReadmeLinks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("the README links to %s: %v", m[1], err)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9]+/)(?:[a-z]+/)? +[a-z]`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("the README describes %s: %v", m[1], err)
		}
	}
}

// sampleCounts are what the README promises of make run.
func sampleCounts(t *testing.T, s *server) {
	t.Helper()
	var got map[string]struct{ TotalCount int }
	s.apiKey("admin").data(t, `{ accounts { totalCount(exact: true) } contacts { totalCount(exact: true) } opportunities { totalCount(exact: true) } }`, nil, &got)
	for object, want := range map[string]int{"accounts": 200, "contacts": 600, "opportunities": 1_000} {
		if got[object].TotalCount != want {
			t.Errorf("%d %s, want %d", got[object].TotalCount, object, want)
		}
	}
}

// block is one step of the tour and what it prints.
type block struct {
	script string
	want   string
	output *regexp.Regexp
}

var fenced = regexp.MustCompile("(?s)```sh\n(.*?)```\n```text\n(.*?)```")

// tour reads the steps. In what they print … stands for anything, and on a line
// of its own for any lines.
func tour(readme string) []block {
	var out []block
	for _, m := range fenced.FindAllStringSubmatch(readme, -1) {
		var re strings.Builder
		re.WriteString(`^`)
		for line := range strings.Lines(m[2]) {
			if strings.TrimSpace(line) == "…" {
				re.WriteString(`(?:.*\n)*?`)
				continue
			}
			pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(line, "\n")), "…", ".*")
			re.WriteString(regexp.MustCompile(` +`).ReplaceAllString(pattern, ` +`) + `\n`)
		}
		re.WriteString(`$`)
		out = append(out, block{m[1], m[2], regexp.MustCompile(re.String())})
	}
	return out
}

// runTour runs the steps in one shell and gives what each printed.
func runTour(t *testing.T, dir string, blocks []block, other *strings.Replacer) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString("set -eu\n")
	for _, b := range blocks {
		fmt.Fprintf(&script, "%secho \"=== end of a step after $SECONDS s\"\n", other.Replace(b.script))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script.String())
	cmd.Dir = dir
	cmd.Env = append(clean(os.Environ()), "GOFLAGS=-trimpath")
	// What the tour leaves running in the background ends with the group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	}
	if err != nil {
		t.Errorf("the tour: %v\n%s", err, out.String())
	}
	t.Logf("%q", endOfStep.FindAllString(out.String(), -1))
	steps := endOfStep.Split(out.String(), -1)
	return steps[:len(steps)-1]
}

var endOfStep = regexp.MustCompile(`(?m)^=== end of a step after \d+ s\n`)

// fakeClone is a folder that looks like a clone after make build.
func fakeClone(t *testing.T) string {
	t.Helper()
	dir := filepath.Dir(dataDir(t))
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "bin" || name == "data" || name == "docs" || name[0] == '.':
		default:
			link(t, filepath.Join(root, name), filepath.Join(dir, name))
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "docs"), os.DirFS(filepath.Join(root, "docs"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	link(t, bin, filepath.Join(dir, "bin", "trellis"))
	return dir
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

func rewrite(t *testing.T, file string, with *strings.Replacer) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(with.Replace(string(b))), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
