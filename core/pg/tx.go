package pg

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// TxOptions of one transaction. The zero value is what Tx uses.
type TxOptions struct {
	// Isolation; default read committed.
	Isolation pgx.TxIsoLevel
	ReadOnly  bool
	// LockTimeout, when above zero, replaces the pool's for this transaction, and
	// a lock that was not got in time is a reason to try again. DDL uses a short
	// one: a statement queued for an exclusive lock stalls every reader.
	LockTimeout time.Duration
	// Attempts is how often it is tried in all. Default 4.
	Attempts int
	// Direct takes a connection past the pooler.
	Direct bool
}

// Tx runs fn in a transaction and commits it if fn returns nil. When PostgreSQL
// reports a serialization failure or a deadlock, all of it is tried again after
// a short random pause, at most four times; so fn changes nothing but through
// tx. The error has been through Error, with fn's own in its chain.
func (db *DB) Tx(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return db.TxWith(ctx, TxOptions{}, fn)
}

// TxWith is Tx with options.
func (db *DB) TxWith(ctx context.Context, o TxOptions, fn func(tx pgx.Tx) error) error {
	attempts := o.Attempts
	if attempts <= 0 {
		attempts = 4
	}
	for n := 1; ; n++ {
		err := db.try(ctx, o, fn)
		if err == nil {
			return nil
		}
		if n == attempts || !o.again(err) || pause(ctx, n) != nil {
			return Error(err)
		}
	}
}

func (o TxOptions) again(err error) bool {
	switch SQLState(err) {
	case StateSerialization, StateDeadlock:
		return true
	case StateLockNotAvailable:
		return o.LockTimeout > 0
	case "":
		// Only the begin of a transaction on a connection that turned out dead
		// reports this: nothing has reached the server.
		return pgconn.SafeToRetry(err)
	}
	return false
}

// pause waits about 10, 20, 40… ms, at most a second.
func pause(ctx context.Context, n int) error {
	most := min(time.Second, 20*time.Millisecond<<min(n-1, 10))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(most/4 + rand.N(most)*3/4): //nolint:gosec // spreads tries, keeps no secret
		return nil
	}
}

func (db *DB) try(ctx context.Context, o TxOptions, fn func(tx pgx.Tx) error) error {
	pool := db.Pool
	if o.Direct {
		pool = db.direct
	}
	tx, err := begin(ctx, pool, db.begin(o))
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done { // an error, or fn panics
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			_ = tx.Rollback(end) // closes the connection if it cannot
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	done = true
	return tx.Commit(ctx)
}

func begin(ctx context.Context, pool *pgxpool.Pool, sql string) (pgx.Tx, error) {
	return pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: sql})
}

// begin is the statement that opens the transaction. Settings travel with it, in
// one message.
func (db *DB) begin(o TxOptions) string {
	var b strings.Builder
	b.WriteString("BEGIN")
	if o.Isolation != "" {
		b.WriteString(" ISOLATION LEVEL " + string(o.Isolation))
	}
	if o.ReadOnly {
		b.WriteString(" READ ONLY")
	}
	local := map[string]string{}
	if db.pooler && !o.Direct {
		for name, value := range db.limits {
			local[name] = value
		}
	}
	if o.LockTimeout > 0 {
		local["lock_timeout"] = fmt.Sprint(max(1, o.LockTimeout.Milliseconds()))
	}
	names := make([]string, 0, len(local))
	for name := range local {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&b, "; SET LOCAL %s = %s", name, local[name])
	}
	return b.String()
}
