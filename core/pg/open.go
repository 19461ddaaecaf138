package pg

import (
	"context"
	"errors"
	"net/url"
	"runtime"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/trellishq/trellis"
)

// MostConns is the largest pool Open makes. Each connection keeps 14–16 KB for
// every table it has touched, which with many workspaces is most of its cost.
const MostConns = 20

// Options of Open. The zero value is right for a server.
type Options struct {
	// ApplicationName is what pg_stat_activity shows. Default "trellis".
	ApplicationName string
	// MaxConns bounds the pool, and is bounded by MostConns. Default: four for
	// each CPU, at least 8.
	MaxConns int
	// StatementTimeout ends a statement. Default 30 s; negative for none.
	StatementTimeout time.Duration
	// LockTimeout ends a statement that waits for a lock. Default 5 s; negative
	// for none.
	LockTimeout time.Duration
	// StatementCache is how many prepared statements a connection keeps: one
	// costs the server about 50 KB. Default 256.
	StatementCache int
	// ConnectTimeout bounds the making of one connection. Default 5 s.
	ConnectTimeout time.Duration

	// Pooler says that the address is that of a pooler in transaction mode, as
	// pgbouncer is: nothing is prepared, and limits are set in transactions
	// alone, since a session is not ours to change.
	Pooler bool
	// DirectURL is an address past the pooler for LISTEN, jobs and DDL. Default:
	// the address given to Open.
	DirectURL string
}

// idleInTransaction ends a session that has left its transaction open. An open
// transaction holds back the outbox of the whole server.
const idleInTransaction = 5 * time.Second

// DB is one PostgreSQL database. Its methods are safe for concurrent use; those
// of the pool are its own.
type DB struct {
	*pgxpool.Pool
	direct *pgxpool.Pool // the same pool unless DirectURL was given
	pooler bool
	limits map[string]string
}

// Open connects and checks that the database answers within ctx. The address is
// anything libpq understands. Errors are *trellis.Error: INVALID_INPUT for an
// address that cannot be read, UNAVAILABLE for one where nothing answers or
// the login is refused.
func Open(ctx context.Context, address string, o Options) (*DB, error) {
	o = o.withDefaults()
	cfg, err := o.config(address, o.Pooler)
	if err != nil {
		return nil, err
	}
	pool, err := connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	db := &DB{Pool: pool, direct: pool, pooler: o.Pooler, limits: o.limits()}
	if o.DirectURL == "" {
		return db, nil
	}
	if cfg, err = o.config(o.DirectURL, false); err == nil {
		db.direct, err = connect(ctx, cfg)
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

// Direct is a pool that goes past a pooler: for jobs, DDL and whatever needs a
// session. Without a pooler it is the pool itself.
func (db *DB) Direct() *pgxpool.Pool { return db.direct }

// Close waits for connections in use and closes all.
func (db *DB) Close() {
	if db.direct != db.Pool {
		db.direct.Close()
	}
	db.Pool.Close()
}

func (o Options) withDefaults() Options {
	if o.ApplicationName == "" {
		o.ApplicationName = "trellis"
	}
	if o.MaxConns <= 0 {
		o.MaxConns = max(8, 4*runtime.GOMAXPROCS(0))
	}
	o.MaxConns = min(o.MaxConns, MostConns)
	if o.StatementTimeout == 0 {
		o.StatementTimeout = 30 * time.Second
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = 5 * time.Second
	}
	if o.StatementCache <= 0 {
		o.StatementCache = 256
	}
	if o.ConnectTimeout <= 0 {
		o.ConnectTimeout = 5 * time.Second
	}
	return o
}

// limits are the session's settings, in PostgreSQL's milliseconds.
func (o Options) limits() map[string]string {
	ms := func(d time.Duration) string { return strconv.FormatInt(max(0, d.Milliseconds()), 10) }
	return map[string]string{
		"statement_timeout":                   ms(o.StatementTimeout),
		"lock_timeout":                        ms(o.LockTimeout),
		"idle_in_transaction_session_timeout": ms(idleInTransaction),
	}
}

func (o Options) config(address string, pooler bool) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		// pgx's words may quote the address, and with it a password.
		return nil, trellis.Wrap(trellis.CodeInvalidInput, err,
			"the database address cannot be read; it looks like postgres://user:password@host:5432/database")
	}
	cfg.MaxConns = int32(o.MaxConns)
	cfg.MinConns = 0
	cfg.MaxConnLifetime = 30 * time.Minute
	cfg.MaxConnLifetimeJitter = 5 * time.Minute
	cfg.MaxConnIdleTime = 10 * time.Minute
	cfg.HealthCheckPeriod = time.Minute
	cfg.PingTimeout = o.ConnectTimeout

	c := cfg.ConnConfig
	c.ConnectTimeout = o.ConnectTimeout
	c.StatementCacheCapacity = o.StatementCache
	c.DescriptionCacheCapacity = o.StatementCache
	c.RuntimeParams["application_name"] = o.ApplicationName
	if pooler {
		c.DefaultQueryExecMode = pgx.QueryExecModeExec
		return cfg, nil
	}
	for name, value := range o.limits() {
		c.RuntimeParams[name] = value
	}
	c.RuntimeParams["timezone"] = "UTC"
	return cfg, nil
}

func connect(ctx context.Context, cfg *pgxpool.Config) (*pgxpool.Pool, error) {
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), cfg)
	if err != nil {
		return nil, openError(cfg.ConnConfig, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, openError(cfg.ConnConfig, err)
	}
	return pool, nil
}

// openError says what the operator can do about it. It names host, database and
// user, which the operator has given.
func openError(c *pgx.ConnConfig, err error) error {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		switch {
		case said.Code == "3D000":
			return trellis.Wrap(trellis.CodeUnavailable, err, "the database %q does not exist on %s", c.Database, where(c))
		case said.Code == "57P03":
			return trellis.Wrap(trellis.CodeUnavailable, err, "PostgreSQL on %s is starting or stopping", where(c))
		case said.Code[:2] == "28":
			return trellis.Wrap(trellis.CodeUnavailable, err, "PostgreSQL on %s refuses the login of %q", where(c), c.User)
		case said.Code[:2] == "53":
			return trellis.Wrap(trellis.CodeUnavailable, err, "PostgreSQL on %s has no connection left", where(c))
		}
	}
	return trellis.Wrap(trellis.CodeUnavailable, err, "no PostgreSQL answers at %s", where(c))
}

func where(c *pgx.ConnConfig) string {
	if c.Host != "" && c.Host[0] == '/' {
		return "the socket in " + c.Host
	}
	return (&url.URL{Host: c.Host}).Host + ":" + strconv.Itoa(int(c.Port))
}
