package graphql

import (
	"context"
	"log/slog"
	"sync"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/policy"
)

// API answers GraphQL requests over the records of any workspace. It is safe
// for concurrent use.
type API struct {
	engine  *core.Engine
	log     *slog.Logger
	schemas *cache[schemaKey, *Schema]
	plans   *cache[planKey, *plan]
	store   *store

	mu     sync.Mutex
	newest map[trellis.ID]int64 // revision of each workspace used
}

// Options of New.
type Options struct {
	Engine *core.Engine
	Log    *slog.Logger // of causes that clients do not see; default: discards
	// SchemaBytes and PlanBytes bound the caches; 16 MB and 32 MB unless told.
	SchemaBytes, PlanBytes int
}

// onTrial is the room of plans, and of types, that were asked for once.
const onTrial = 256 << 10

// New makes an API.
func New(o Options) *API {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.SchemaBytes == 0 {
		o.SchemaBytes = 16 << 20
	}
	if o.PlanBytes == 0 {
		o.PlanBytes = 32 << 20
	}
	return &API{
		engine: o.Engine, log: o.Log,
		schemas: newCache[schemaKey, *Schema](maxSchemas*schemaSize, schemaSize, maxSchemas/4*schemaSize),
		plans:   newCache[planKey, *plan](o.PlanBytes, o.PlanBytes/4, min(o.PlanBytes/4, onTrial)),
		store:   newStore(o.SchemaBytes), newest: map[trellis.ID]int64{},
	}
}

// schemaKey is what a schema depends on: everybody who sees the same shares it.
type schemaKey struct {
	workspace  trellis.ID
	revision   int64
	visibility string
}

// planKey is what a plan depends on besides: the raw text, so that a hit reads
// nothing of it.
type planKey struct {
	schemaKey
	operation, text string
}

// maxSchemas is how many role sets, over all workspaces, keep their schema.
const maxSchemas = 2_000

// Schema is the schema of the principal in a workspace, as of now.
func (a *API) Schema(ctx context.Context, workspace string, p *policy.Principal) (*Schema, error) {
	r, err := a.engine.Begin(ctx, workspace, p)
	if err != nil {
		return nil, err
	}
	return a.SchemaFor(r)
}

// SchemaFor is the schema of a request that has begun.
func (a *API) SchemaFor(r *core.Request) (*Schema, error) {
	key, rights, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	return a.schema(r, key, rights), nil
}

func keyOf(r *core.Request) (schemaKey, policy.Rights, error) {
	rights, err := r.Policy.Rights(r.Principal)
	if err != nil {
		return schemaKey{}, rights, err
	}
	return schemaKey{r.View.WorkspaceID, r.View.Revision, rights.Key()}, rights, nil
}

func (a *API) schema(r *core.Request, key schemaKey, rights policy.Rights) *Schema {
	if s, ok := a.schemas.get(key); ok {
		return s
	}
	s := newSchema(r.View.Snapshot, rights, a.store)
	if !a.current(key) {
		return s
	}
	return a.schemas.put(key, s, schemaSize)
}

// current says that a key is of the newest revision known of its workspace. When
// it is newer than any, what was kept for older ones is let go: it would hold
// their metadata and policies in memory.
func (a *API) current(key schemaKey) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	newest := a.newest[key.workspace]
	if key.revision < newest {
		return false
	}
	if key.revision > newest {
		a.newest[key.workspace] = key.revision
		old := func(k schemaKey) bool { return k.workspace == key.workspace && k.revision < key.revision }
		a.schemas.drop(old)
		a.plans.drop(func(k planKey) bool { return old(k.schemaKey) })
	}
	return true
}

// maxCachedText is the longest text whose plan is kept: longer ones are bulk
// writes with their values inside.
const maxCachedText = 64 << 10

func (a *API) plan(r *core.Request, text, operation string) (*plan, []*AnswerError) {
	key, rights, err := keyOf(r)
	if err != nil {
		return nil, fieldErrors(err)
	}
	at := planKey{key, operation, text}
	if p, ok := a.plans.get(at); ok {
		return p, nil
	}
	p, errs := newPlan(a.schema(r, key, rights), text, operation)
	if errs == nil && len(text) <= maxCachedText && a.current(key) {
		a.plans.put(at, p, p.size)
	}
	return p, errs
}
