package trytontest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	database = "tryton"
	password = "tryton-test"
)

// Options of Start. The zero value is fine.
type Options struct {
	// Listen is the address, on loopback; a free port when empty.
	Listen string
	// CacheDir holds prepared databases; a folder in the user's cache directory
	// when empty.
	CacheDir string
	// Progress hears what takes long; nobody when nil.
	Progress io.Writer
}

// Server is a running Tryton. Its methods are safe for use by several
// goroutines.
type Server struct {
	// URL is the address without the database, as a connection needs it.
	URL string
	// Database, User and Password log in as an administrator.
	Database, User, Password string

	who    *syscall.Credential
	pg     *postgres
	work   *workDir
	listen string

	mu      sync.Mutex
	tryton  *process // nil while stopped
	session string
}

// New starts a Tryton for a test and stops it when the test ends.
func New(t testing.TB) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	s, err := Start(ctx, Options{})
	if err != nil {
		t.Fatalf("trytontest: %v", err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Start starts a Tryton: a few seconds when a prepared database is in the
// cache, else about a minute. ctx bounds the start alone. Call Stop.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if at, err := netip.ParseAddrPort(o.Listen); o.Listen != "" && (err != nil || !at.Addr().IsLoopback()) {
		return nil, fmt.Errorf("%q is not an address on loopback with a port", o.Listen)
	}
	if o.CacheDir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			base = filepath.Join(os.TempDir(), fmt.Sprintf("cache-%d", os.Geteuid()))
		}
		o.CacheDir = filepath.Join(base, "trellis", "trytontest")
	}
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	file, err := o.prepared(ctx, who, bin)
	if err != nil {
		return nil, err
	}
	work, err := newWorkDir(who)
	if err != nil {
		return nil, err
	}
	s, err := startFrom(ctx, who, bin, work.path, file, o.Listen)
	if err != nil {
		return nil, errors.Join(err, work.remove())
	}
	s.work = work
	return s, nil
}

func startFrom(ctx context.Context, who *syscall.Credential, bin, dir, file, listen string) (*Server, error) {
	if err := unpack(file, filepath.Join(dir, "data"), who); err != nil {
		return nil, err
	}
	pg, err := startPostgres(ctx, who, bin, dir)
	if err != nil {
		return nil, err
	}
	s, err := startTryton(ctx, who, pg, listen)
	if err != nil {
		pg.stop()
		return nil, err
	}
	return s, nil
}

func startTryton(ctx context.Context, who *syscall.Credential, pg *postgres, listen string) (*Server, error) {
	if listen == "" || listen == "127.0.0.1:0" {
		var err error
		if listen, err = freePort(); err != nil {
			return nil, err
		}
	}
	s := &Server{
		URL: "http://" + listen, Database: database, User: "admin", Password: password,
		who: who, pg: pg, listen: listen,
	}
	return s, s.StartTryton(ctx)
}

// freePort asks the kernel for a port. Someone else could take it before Tryton
// does; then the start fails and says so.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// StartTryton starts the application server again after StopTryton, at the same
// address, on the same data.
func (s *Server) StartTryton(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tryton != nil {
		return nil
	}
	conf, err := writeConfig(s.pg.dir, s.listen, s.who)
	if err != nil {
		return err
	}
	proc, err := start(s.who, s.pg.dir, "trytond", nil, "trytond", "-c", conf, "-d", s.Database)
	if err != nil {
		return err
	}
	if err := proc.until(ctx, s.ping); err != nil {
		proc.stop(syscall.SIGKILL)
		return fmt.Errorf("trytond on %s: %w", s.listen, err)
	}
	s.tryton = proc
	return nil
}

// StopTryton ends the application server at once, in the middle of whatever it
// does; the data stays.
func (s *Server) StopTryton() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tryton != nil {
		s.tryton.stop(syscall.SIGKILL)
		s.tryton, s.session = nil, ""
	}
}

// Stop ends everything and removes the data. It may be called more than once.
func (s *Server) Stop() {
	s.StopTryton()
	s.pg.stop()
	_ = s.work.remove()
}

// SQL opens a connection to Tryton's database, as a superuser.
func (s *Server) SQL(ctx context.Context) (*pgx.Conn, error) { return s.pg.connect(ctx, s.Database) }
