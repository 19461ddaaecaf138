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
	build   sync.Mutex // one schema is built at a time
}

// Options of New.
type Options struct {
	Engine *core.Engine
	Log    *slog.Logger // of causes that clients do not see; default: discards
	// SchemaBytes and PlanBytes bound the caches; 256 MB and 64 MB unless told.
	SchemaBytes, PlanBytes int
}

// New makes an API.
func New(o Options) *API {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.SchemaBytes == 0 {
		o.SchemaBytes = 256 << 20
	}
	if o.PlanBytes == 0 {
		o.PlanBytes = 64 << 20
	}
	return &API{
		engine: o.Engine, log: o.Log,
		schemas: newCache[schemaKey, *Schema](o.SchemaBytes, o.SchemaBytes),
		plans:   newCache[planKey, *plan](o.PlanBytes, o.PlanBytes/4),
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
	key, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	return a.schema(r, key)
}

func keyOf(r *core.Request) (schemaKey, error) {
	visibility, err := r.Policy.VisibilityKey(r.Principal)
	return schemaKey{r.View.WorkspaceID, r.View.Revision, visibility}, err
}

func (a *API) schema(r *core.Request, key schemaKey) (*Schema, error) {
	if s, ok := a.schemas.get(key); ok {
		return s, nil
	}
	a.build.Lock()
	defer a.build.Unlock()
	if s, ok := a.schemas.get(key); ok {
		return s, nil
	}
	seen, err := look(r.Policy, r.View.Snapshot, r.Principal)
	if err != nil {
		return nil, err
	}
	s := newSchema(seen)
	a.schemas.put(key, s, s.size)
	return s, nil
}

// maxCachedText is the longest text whose plan is kept: longer ones are bulk
// writes with their values inside.
const maxCachedText = 64 << 10

func (a *API) plan(r *core.Request, text, operation string) (*plan, []*AnswerError) {
	key, err := keyOf(r)
	if err != nil {
		return nil, fieldErrors(err)
	}
	at := planKey{key, operation, text}
	if p, ok := a.plans.get(at); ok {
		return p, nil
	}
	s, err := a.schema(r, key)
	if err != nil {
		return nil, fieldErrors(err)
	}
	p, errs := newPlan(s, text, operation)
	if errs == nil && len(text) <= maxCachedText {
		a.plans.put(at, p, p.size)
	}
	return p, errs
}
