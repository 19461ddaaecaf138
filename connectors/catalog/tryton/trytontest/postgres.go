package trytontest

import (
	"context"
	"errors"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// postgres is a private server below a work directory: data in data, socket in
// the directory itself. It may lose everything in a power cut.
type postgres struct {
	dir  string
	proc *process
}

func initPostgres(ctx context.Context, who *syscall.Credential, bin, dir string) error {
	// Small segments: the cached copy is mostly log otherwise.
	return run(ctx, who, dir, nil, filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "tryton",
		"-A", "trust", "-E", "UTF8", "--locale=C", "--lc-ctype=C.UTF-8", "--wal-segsize=1", "--no-sync", "--no-instructions")
}

func startPostgres(ctx context.Context, who *syscall.Credential, bin, dir string) (*postgres, error) {
	argv := []string{filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"), "-k", dir}
	for _, kv := range []string{
		"listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB",
		"max_connections=40", "jit=off", "TimeZone=UTC",
	} {
		argv = append(argv, "-c", kv)
	}
	proc, err := start(who, dir, "postgres", nil, argv...)
	if err != nil {
		return nil, err
	}
	p := &postgres{dir: dir, proc: proc}
	err = proc.until(ctx, func(ctx context.Context) error {
		conn, err := p.connect(ctx, "postgres")
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *postgres) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	q := url.Values{"host": {p.dir}, "user": {"tryton"}}
	return pgx.Connect(ctx, "postgres:///"+database+"?"+q.Encode())
}

// stop is PostgreSQL's fast shutdown: clean, and without waiting for clients.
func (p *postgres) stop() { p.proc.stop(syscall.SIGINT) }

// postgresBin finds the newest server of the system.
func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		path, err := exec.LookPath("postgres")
		if err != nil {
			return "", errors.New("no PostgreSQL server is installed")
		}
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return "", err
		}
		return filepath.Dir(path), nil
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return major(a) - major(b) })
	return filepath.Dir(newest), nil
}

func major(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(bin))))
	return n
}
