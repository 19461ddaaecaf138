// Package coretest gives tests an engine over a workspace on a real PostgreSQL:
// what cmd/trellis wires, without the ways in.
package coretest

import (
	"io/fs"
	"testing"

	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/access"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// World is an engine with what it is made of. The workspace is main.
type World struct {
	DB      *pg.DB
	Catalog *catalog.Catalog
	Access  *access.Access
	Engine  *core.Engine
	View    *catalog.View // as it was when the world was made
}

// Options of New. The zero value is a workspace with the starter CRM.
type Options struct {
	Package  fs.FS // what the workspace defines; default the starter
	Hooks    []core.Hook
	MaxConns int // default 8
}

// New makes a world in a database of its own. Everything goes away when the
// test ends.
func New(t testing.TB, o Options) *World {
	t.Helper()
	if o.Package == nil {
		o.Package = apps.Starter()
	}
	if o.MaxConns == 0 {
		o.MaxConns = 8
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("coretest: %v", err)
		}
	}
	ctx := t.Context()
	db, err := pg.Open(ctx, pgtest.URL(t), pg.Options{MaxConns: o.MaxConns})
	must(err)
	t.Cleanup(db.Close)
	must(pg.Migrate(ctx, db))
	w := &World{DB: db, Catalog: catalog.New(db, nil), Access: access.New(db)}
	_, err = w.Catalog.EnsureMain(ctx)
	must(err)
	def, problems := metadata.Read(o.Package)
	must(problems.Err())
	applied, err := w.Catalog.Apply(ctx, "main", catalog.Packages(def), catalog.Options{})
	must(err)
	w.View = applied.View
	w.Engine = core.New(core.Options{DB: db, Catalog: w.Catalog, Access: w.Access, Hooks: o.Hooks})
	return w
}

// Request is a request of p in the workspace as it is now.
func (w *World) Request(t testing.TB, p *policy.Principal) *core.Request {
	t.Helper()
	r, err := w.Engine.Begin(t.Context(), "main", p)
	if err != nil {
		t.Fatalf("coretest: %v", err)
	}
	return r
}

// System is a request of the system.
func (w *World) System(t testing.TB) *core.Request {
	t.Helper()
	return w.Request(t, policy.System(w.View.WorkspaceID))
}
