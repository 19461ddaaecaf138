package embedded

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
)

// errNotReady: the owner's server does not take connections yet.
var errNotReady = errors.New("not ready")

// attach uses the server of another process once it answers.
func (s *Server) attach(ctx context.Context) error {
	pf, err := readPidFile(s.dataDir())
	if err != nil {
		return err
	}
	if pf.status != "ready" || pf.socket == "" {
		return errNotReady
	}
	url := address(pf.socket, database)
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	closeConn(conn)
	s.url, s.attached = url, true
	return nil
}

// inherit waits until the owner has gone, and then starts the server again and
// owns it, at the same address.
func (s *Server) inherit() {
	giveUp := func(err error) {
		if s.run.Err() == nil {
			s.err = err
		}
		close(s.done)
	}
	for s.lock == nil {
		var err error
		if s.lock, err = tryLock(filepath.Join(s.opts.Dir, "lock")); err != nil {
			giveUp(err)
			return
		}
		if s.lock == nil && !sleep(s.run, 100*time.Millisecond) {
			giveUp(nil)
			return
		}
	}
	url := s.url
	p, err := s.prepare(s.run)
	if err == nil && s.url != url {
		p.shutdown(s.run)
		err = trellis.Errorf(trellis.CodeUnavailable, "the socket of PostgreSQL has another place since its owner has gone")
	}
	if err != nil {
		s.removeSocket()
		_ = s.lock.Close()
		giveUp(err)
		return
	}
	s.log.Info("the process that owned PostgreSQL has gone, and this one has taken it over")
	s.watch(p)
}

// prepareDatabase makes our database where there is none and checks that it
// handles text. A start that was cut off in between is made good here.
func prepareDatabase(ctx context.Context, socketDir string) error {
	conn, err := connect(ctx, address(socketDir, database))
	if pg.SQLState(err) == "3D000" { // no such database
		if err := createDatabase(ctx, socketDir); err != nil {
			return err
		}
		conn, err = connect(ctx, address(socketDir, database))
	}
	if err != nil {
		return trellis.Wrap(trellis.CodeUnavailable, err, "PostgreSQL has started but refuses connections on the socket in %s", socketDir)
	}
	defer closeConn(conn)
	return pg.CheckText(ctx, conn)
}

func createDatabase(ctx context.Context, socketDir string) error {
	conn, err := connect(ctx, address(socketDir, "postgres"))
	if err != nil {
		return pg.Error(err)
	}
	defer closeConn(conn)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{database}.Sanitize()+" TEMPLATE template0")
	return pg.Error(err)
}

func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return pgx.Connect(ctx, url)
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
