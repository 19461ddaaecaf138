package core

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/access"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/policy"
)

// Engine reads and writes records. It is safe for concurrent use.
type Engine struct {
	db      *pg.DB
	catalog *catalog.Catalog
	access  *access.Access
	hooks   []Hook
	log     *slog.Logger
	now     func() time.Time

	mu    sync.Mutex
	books map[trellis.ID]*book // by workspace, of its last revision used
}

// Options of New.
type Options struct {
	DB      *pg.DB
	Catalog *catalog.Catalog
	Access  *access.Access
	Hooks   []Hook           // in the order they run
	Log     *slog.Logger     // default: discards
	Now     func() time.Time // default: time.Now
}

// New makes an engine.
func New(o Options) *Engine {
	e := &Engine{db: o.DB, catalog: o.Catalog, access: o.Access, hooks: o.Hooks, log: o.Log, now: o.Now, books: map[trellis.ID]*book{}}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.now == nil {
		e.now = time.Now
	}
	return e
}

// Request is who asks, against which revision of the metadata and policies, at
// what moment. It is pinned once, at the beginning of a request, and serves
// one goroutine at a time.
type Request struct {
	Principal *policy.Principal
	View      *catalog.View
	Policy    *policy.Engine
	Now       time.Time
	// Origin marks the changes of this request, "" for a person's: sync puts
	// its connection here, so that nothing echoes.
	Origin string
	// Depth counts writes inside writes: a plugin's hook that writes runs one
	// deeper than the write that called it.
	Depth int
	// on is the transaction that reads go to, nil for the pool.
	on query.DB
}

// MaxDepth bounds writes inside writes.
const MaxDepth = 3

// Begin pins what a request needs. The principal must be of the workspace:
// FORBIDDEN for another one, whether there is one or not.
func (e *Engine) Begin(ctx context.Context, workspace string, p *policy.Principal) (*Request, error) {
	if p == nil {
		return nil, trellis.Errorf(trellis.CodeUnauthenticated, "sign in first")
	}
	r := &Request{Principal: p, Now: e.now().UTC().Truncate(time.Microsecond)}
	return r, e.pin(ctx, r, workspace)
}

func (e *Engine) pin(ctx context.Context, r *Request, workspace string) error {
	v, err := e.catalog.Current(ctx, workspace)
	if err != nil && trellis.CodeOf(err) != trellis.CodeNotFound {
		return err
	}
	if err != nil || v.WorkspaceID != r.Principal.WorkspaceID {
		return trellis.Errorf(trellis.CodeForbidden, "you have no access to this workspace")
	}
	r.View = v
	r.Policy, err = e.access.Engine(v)
	return err
}

// space and caller are what core/query asks for.
func (r *Request) space() *query.Space {
	return &query.Space{Schema: r.View.Schema, Snapshot: r.View.Snapshot}
}

func (r *Request) caller() *query.Caller {
	return &query.Caller{Principal: r.Principal, Policy: r.Policy, Vars: r.Principal.Vars(r.Now)}
}

// Query runs one query and appends the answer's JSON to buf: an object or null
// for one record, a connection for a list. Errors are *trellis.Error; buf comes
// back as it was.
func (e *Engine) Query(ctx context.Context, r *Request, q *query.Query, buf []byte) ([]byte, error) {
	for attempt := 0; ; attempt++ {
		plan, err := query.Compile(ctx, e.asked(r), &query.Caller{Principal: r.Principal, Policy: r.Policy, Now: r.Now}, q)
		if err != nil {
			return buf, err
		}
		out, err := plan.Run(ctx, e.db, buf)
		if err == nil {
			return out, nil
		}
		// A column that went while the statement was prepared: once more, by the
		// catalogue as it is now.
		if state := pg.SQLState(err); attempt == 0 && (state == "0A000" || state == "42703") {
			if err := e.pin(ctx, r, r.View.Slug); err != nil {
				return buf, err
			}
			continue
		}
		return buf, pg.Error(err)
	}
}
