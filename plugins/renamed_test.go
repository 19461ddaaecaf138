package plugins_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/plugins"
)

// TestHooksFollowRenames: a plugin goes on being asked about an object and a
// field that were renamed after it was installed, and what it names is found
// under the new names when somebody wants to remove them.
func TestHooksFollowRenames(t *testing.T) {
	t.Parallel()
	w := coretest.New(t, coretest.Options{})
	store := plugins.NewStore(w.DB)
	gate := plugins.NewGate(runtime(t), store, slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		if err := gate.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	w.Engine = core.New(core.Options{DB: w.DB, Catalog: w.Catalog, Access: w.Access, Hooks: []core.Hook{gate}})
	if err := store.Install(t.Context(), w.View.WorkspaceID, admit(t), "user:1"); err != nil {
		t.Fatal(err)
	}
	// The plugin writes the name it is told of again, and refuses deletes.
	check := func(object, field string) {
		t.Helper()
		out, err := w.Engine.Write(t.Context(), w.System(t), &core.Write{Ops: []core.Op{{Object: object, Verb: core.Create, Values: map[string]any{field: "Acme"}}}})
		if err != nil {
			t.Fatal(err)
		}
		get := &query.Get{Object: object, ID: out[0].ID, Select: query.Selection{{Key: "name", Field: field}}}
		read, err := w.Engine.Query(t.Context(), w.System(t), &query.Query{Get: get}, nil)
		if err != nil || !strings.Contains(string(read), `"Acme"`) {
			t.Errorf("the plugin makes %s of Acme, %v", read, err)
		}
		_, err = w.Engine.Write(t.Context(), w.System(t), &core.Write{Ops: []core.Op{{Object: object, Verb: core.Delete, ID: out[0].ID}}})
		var veto *trellis.Error
		if !errors.As(err, &veto) || veto.Code != trellis.CodeVetoed || !slices.Contains(veto.Path, any(field)) {
			t.Errorf("the plugin does not refuse the delete for the %s: %v", field, err)
		}
	}
	check("account", "name")
	applied, err := w.Catalog.Apply(t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
		o := d.Own("account")
		o.Name, o.Plural, o.Formerly = "client", "clients", []*metadata.Alias{{Name: "account", Plural: "accounts"}}
		f := o.Field("name")
		f.Name, f.Formerly, o.Title = "fullName", []*metadata.Alias{{Name: "name"}}, "fullName"
		return d, nil
	}, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	check("client", "fullName")
	for field, want := range map[string]int{"": 3, "fullName": 3, "code": 0} {
		uses, err := store.Uses(t.Context(), applied.View, "client", field)
		if err != nil || len(uses) != want {
			t.Errorf("client.%s is used by %v, %v", field, uses, err)
		}
	}
}
