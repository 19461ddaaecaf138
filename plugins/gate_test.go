package plugins_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/plugins"
)

// hangUp is a runtime whose caller goes away when a plugin is loaded.
type hangUp struct {
	plugins.Runtime
	cancel context.CancelFunc
	loaded chan error
}

func (r *hangUp) Load(ctx context.Context, pkg *plugins.Package, ops plugins.Ops) (plugins.Module, error) {
	r.cancel()
	m, err := r.Runtime.Load(ctx, pkg, ops)
	r.loaded <- err
	return m, err
}

// TestGateLoadsForEverybody: the first write of a workspace loads its plugins
// for all that follow, so that its client going away must not spoil them.
func TestGateLoadsForEverybody(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(t.Context(), pgtest.URL(t), pg.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := pg.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	view, err := catalog.New(db, nil).EnsureMain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store := plugins.NewStore(db)
	if err := store.Install(t.Context(), view.WorkspaceID, admit(t), "user:1"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	rt := &hangUp{Runtime: runtime(t), cancel: cancel, loaded: make(chan error, 1)}
	gate := plugins.NewGate(rt, store, slog.New(slog.DiscardHandler))
	if err := gate.Before(ctx, &core.BeforeEvent{WorkspaceID: view.WorkspaceID, PolicyVersion: view.PolicyVersion, Object: view.Snapshot.Lookup("user"), Verb: core.Create}); err != nil && trellis.CodeOf(err) != trellis.CodeTimeout {
		t.Error(err)
	}
	if err := <-rt.loaded; err != nil {
		t.Errorf("the plugin is left unloaded: %v", err)
	}
	if err := gate.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
