package catalog

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
)

// Catalog holds the metadata of all workspaces of one database. It is safe for
// concurrent use.
type Catalog struct {
	db  *pg.DB
	log *slog.Logger
	// byName has the space of each workspace used, by slug and by id.
	byName sync.Map
	mu     sync.Mutex // held to add a space
	pool   pool
}

// New makes a catalogue over a migrated database. A nil log discards. Nothing
// is read until it is asked for; start Run to hear of other processes.
func New(db *pg.DB, log *slog.Logger) *Catalog {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Catalog{db: db, log: log}
}

// space is a workspace in use.
type space struct {
	id      trellis.ID
	current atomic.Pointer[View]
	turn    chan struct{} // one change at a time in this process
	refresh sync.Mutex
}

// Current gives the view of a workspace by its slug or its id: NOT_FOUND for
// none, UNAVAILABLE when it has to be read and the database does not answer.
func (c *Catalog) Current(ctx context.Context, workspace string) (*View, error) {
	if s, ok := c.byName.Load(workspace); ok {
		return s.(*space).current.Load(), nil
	}
	s, err := c.open(ctx, workspace)
	if err != nil {
		return nil, err
	}
	return s.current.Load(), nil
}

// open finds the space of a workspace and reads it when it is used first.
func (c *Catalog) open(ctx context.Context, workspace string) (*space, error) {
	if s, ok := c.byName.Load(workspace); ok {
		return s.(*space), nil
	}
	if len(workspace) > 40 || !utf8.ValidString(workspace) || strings.IndexByte(workspace, 0) >= 0 {
		return nil, errNoWorkspace
	}
	id, err := trellis.ParseID(workspace)
	if err != nil {
		id = trellis.ID{}
	}
	v, err := load(ctx, c.db, workspace, id, &c.pool)
	if err != nil {
		return nil, err
	}
	return c.adopt(v), nil
}

// adopt makes the space of a view, unless it is there.
func (c *Catalog) adopt(v *View) *space {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.byName.Load(v.Slug); ok {
		s := s.(*space)
		s.swap(v)
		return s
	}
	s := &space{id: v.WorkspaceID, turn: make(chan struct{}, 1)}
	s.current.Store(v)
	c.byName.Store(v.WorkspaceID.String(), s)
	c.byName.Store(v.Slug, s)
	return s
}

// swap takes a view unless it is older than the one there.
func (s *space) swap(v *View) *View {
	for {
		old := s.current.Load()
		if !v.laterThan(old) {
			return old
		}
		if s.current.CompareAndSwap(old, v) {
			return v
		}
	}
}

// Refresh asks the database for the current revision: for a write that found
// its view to be behind.
func (c *Catalog) Refresh(ctx context.Context, workspace string) (*View, error) {
	s, err := c.open(ctx, workspace)
	if err != nil {
		return nil, err
	}
	return s.catchUp(ctx, c.db)
}

// catchUp is done by one goroutine at a time, so that many writes that find
// the same change share its reading.
func (s *space) catchUp(ctx context.Context, q querier) (*View, error) {
	s.refresh.Lock()
	defer s.refresh.Unlock()
	v, err := catchUp(ctx, q, s.current.Load())
	if err != nil {
		return nil, err
	}
	return s.swap(v), nil
}

// channel carries the id of a workspace that changed.
const channel = "trellis_catalog"

// Run hears of changes by other processes until ctx ends, and gives its error.
// Whenever the connection is made anew, all workspaces in use are looked at.
func (c *Catalog) Run(ctx context.Context) error {
	return c.db.Listen(ctx, []string{channel}, func(_, payload string) { c.heard(ctx, payload) })
}

func (c *Catalog) heard(ctx context.Context, payload string) {
	c.byName.Range(func(name, value any) bool {
		s := value.(*space)
		// Each space is there twice: the entry by id stands for both.
		if name != s.id.String() || payload != "" && payload != name {
			return true
		}
		turn, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if _, err := s.catchUp(turn, c.db); err != nil && ctx.Err() == nil {
			c.log.Error("catalog: a change was heard of and cannot be read", "workspace", name, "error", err)
		}
		return true
	})
}
