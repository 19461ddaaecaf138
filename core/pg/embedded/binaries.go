package embedded

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/trellishq/trellis"
)

// systemBinaries is where Debian and its descendants keep each major version.
const systemBinaries = "/usr/lib/postgresql"

// binaries are postgres and initdb of one installation.
type binaries struct {
	dir   string
	major string // as in PG_VERSION: "15"
}

func (b binaries) path(name string) string { return filepath.Join(b.dir, name) }

// findBinaries gives the first installation that fits the data directory's major
// version; any fits when that is empty.
func findBinaries(ctx context.Context, o Options, major string) (binaries, error) {
	var seen []string
	for _, dir := range candidates(o, major) {
		b, err := inspect(ctx, dir)
		switch {
		case err != nil && o.BinDir != "":
			return binaries{}, trellis.Wrap(trellis.CodeUnavailable, err,
				"%s does not hold PostgreSQL's programs postgres and initdb, or they do not run", dir)
		case err != nil:
			continue
		case major == "" || b.major == major:
			return b, nil
		}
		if !slices.Contains(seen, b.major) {
			seen = append(seen, b.major)
		}
	}
	if len(seen) == 0 {
		return binaries{}, trellis.Errorf(trellis.CodeUnavailable,
			"PostgreSQL is not installed here: scripts/setup.sh or the package postgresql installs it, "+
				"or give the address of a running one")
	}
	return binaries{}, trellis.Errorf(trellis.CodeConflict,
		"%s holds data of PostgreSQL %s, and only PostgreSQL %s is here. Nothing was changed. "+
			"Install PostgreSQL %s, or dump the data with it and load the dump into a new directory",
		filepath.Join(o.Dir, "pgdata"), major, strings.Join(seen, ", "), major)
}

// candidates are directories that may hold the programs, best first.
func candidates(o Options, major string) []string {
	if o.BinDir != "" {
		return []string{o.BinDir}
	}
	var dirs []string
	if major != "" {
		dirs = append(dirs, filepath.Join(systemBinaries, major, "bin"))
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil { // initdb lies beside the real one
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	system, _ := filepath.Glob(filepath.Join(systemBinaries, "*", "bin")) // the pattern is fine
	number := func(dir string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir))) // 0, the last, for what is no number
		return n
	}
	sort.SliceStable(system, func(i, j int) bool { return number(system[i]) > number(system[j]) })
	dirs = append(dirs, system...)
	return append(dirs, npmCandidates(o.NodeModules)...)
}

func npmCandidates(nodeModules []string) []string {
	var roots []string
	if exe, err := os.Executable(); err == nil {
		roots = append(roots, filepath.Dir(exe), filepath.Dir(filepath.Dir(exe)))
	}
	if wd, err := os.Getwd(); err == nil {
		roots = append(roots, wd)
	}
	all := append([]string(nil), nodeModules...)
	for _, r := range roots {
		// Nobody asked for these: where everybody may put programs, as under /tmp,
		// they are not run.
		if fi, err := os.Stat(r); err == nil && fi.Mode().Perm()&0o002 == 0 {
			all = append(all, filepath.Join(r, "node_modules"), filepath.Join(r, ".tools", "node_modules"))
		}
	}
	arch := map[string]string{"amd64": "x64", "386": "ia32"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH // arm, arm64, ppc64
	}
	for i, dir := range all {
		all[i] = filepath.Join(dir, "@embedded-postgres", "linux-"+arch, "native", "bin")
	}
	return all
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)(?:\.|\w|\s|$)`)

func inspect(ctx context.Context, dir string) (binaries, error) {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	cmd.Env = environment()
	out, err := cmd.Output()
	if err != nil {
		return binaries{}, err
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return binaries{}, errors.New("postgres --version says something else")
	}
	return binaries{dir, string(m[1])}, nil
}

// environment is ours without what would lead PostgreSQL elsewhere.
func environment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "TRELLIS_") ||
			name == "LANG" || name == "LANGUAGE" || name == "TZ" || name == "NOTIFY_SOCKET" {
			continue
		}
		env = append(env, kv)
	}
	return env
}
