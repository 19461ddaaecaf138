package embedded

import (
	"context"
	"errors"
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
