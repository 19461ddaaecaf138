package pg

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// quiet is how long a listening connection may say nothing before it is asked
// whether it is still there.
const quiet = 30 * time.Second

// Listen calls heard for every notification on the channels, on a connection of
// its own, past a pooler. Notifications are lost while there is no connection,
// so heard is called once for each channel with an empty payload whenever one
// has been made, the first time included: the caller then looks for itself.
// Calls are never concurrent.
//
// A lost connection is made anew, with pauses of 0.1 to 5 s. Listen returns when
// ctx ends, with its error.
func (db *DB) Listen(ctx context.Context, channels []string, heard func(channel, payload string)) error {
	wait := 100 * time.Millisecond
	for {
		if listening := db.listen(ctx, channels, heard); listening {
			wait = 100 * time.Millisecond
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			wait = min(2*wait, 5*time.Second)
		}
	}
}

// listen lasts as long as one connection does. It says whether it got as far as
// listening.
func (db *DB) listen(ctx context.Context, channels []string, heard func(channel, payload string)) bool {
	conn, err := db.session(ctx)
	if err != nil {
		return false
	}
	defer closeSoon(ctx, conn)
	for _, c := range channels {
		if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{c}.Sanitize()); err != nil {
			return false
		}
	}
	for _, c := range channels {
		heard(c, "")
	}
	for {
		turn, cancel := context.WithTimeout(ctx, quiet)
		n, err := conn.WaitForNotification(turn)
		cancel()
		switch {
		case err == nil:
			heard(n.Channel, n.Payload)
		case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return true
		case ping(ctx, conn) != nil:
			return true
		}
	}
}

func ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return conn.Ping(ctx)
}

// session is a connection of its own, not from a pool and without limits on its
// statements.
func (db *DB) session(ctx context.Context) (*pgx.Conn, error) {
	cfg := db.direct.Config().ConnConfig
	for name := range db.limits {
		delete(cfg.RuntimeParams, name)
	}
	return pgx.ConnectConfig(ctx, cfg)
}

// closeSoon closes politely, though ctx may have ended.
func closeSoon(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
