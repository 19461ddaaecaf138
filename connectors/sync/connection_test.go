package sync_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors/sync"
)

// TestCreateFindsAllProblems at once, and stores nothing then.
func TestCreateFindsAllProblems(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{})
	_, err := l.sync.Create(t.Context(), l.root, sync.NewConnection{Connector: "shop", Role: "king", Networks: []string{"10.0.0.0/99"}, Mapping: "streams: []",
		Settings: map[string]any{"limit": "many", "colour": "red"}})
	var paths []string
	for _, e := range trellis.Public(err) {
		paths = append(paths, trellis.PathString(e.Path))
	}
	if got := strings.Join(paths, " "); got != "name networks[0] role mapping.streams config.user config.limit config.colour" {
		t.Errorf("%s\n%v", got, err)
	}
	if _, err := l.sync.Create(t.Context(), l.root, sync.NewConnection{Name: trellis.NewID().String(), Connector: "sap", Role: "integration", Mapping: customers}); trellis.CodeOf(err) != trellis.CodeInvalidInput || len(trellis.Public(err)) != 2 {
		t.Error(err)
	}
	if list, err := l.sync.List(t.Context(), "main"); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	if got := l.sync.Connectors(); len(got) != 2 || l.sync.Connector("shop") == nil || l.sync.Connector("sap") != nil {
		t.Error(got)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{})
	c := l.connect(customers, "integration")
	if c.Settings.Text("user") != "ali" || len(c.Settings) != 2 {
		t.Error(c.Settings)
	}
	_, err := l.sync.Create(t.Context(), l.root, sync.NewConnection{Name: "shop", Connector: "shop", Role: "integration", Settings: map[string]any{"user": "b"}, Mapping: customers})
	if trellis.CodeOf(err) != trellis.CodeConflict {
		t.Errorf("a name was taken twice: %v", err)
	}
	for _, name := range []string{"shop", c.ID.String()} {
		if got, err := l.sync.Get(t.Context(), "main", name); err != nil || got.ID != c.ID {
			t.Error(got, err)
		}
	}
	if _, err := l.sync.Get(t.Context(), "other", "shop"); trellis.CodeOf(err) != trellis.CodeNotFound {
		t.Error(err)
	}
	if got := l.rows(`SELECT (c::text LIKE '%sesame%')::text || (position('sesame'::bytea in secrets) > 0)::text FROM trellis.connection c`); got[0] != "falsefalse" {
		t.Error("the password can be read in the table")
	}
	if err := l.sync.Test(t.Context(), l.root.View.WorkspaceID, c); err != nil {
		t.Error(err)
	}
	// Secrets moved to another connection do not open.
	if _, err := l.db.Exec(t.Context(), `UPDATE trellis.connection SET id = $1`, trellis.NewID()); err != nil {
		t.Fatal(err)
	}
	out, err := l.sync.Pull(t.Context(), "main", "shop", time.Minute)
	if err != nil || !out.Done {
		t.Fatal(out, err)
	}
	if moved, err := l.sync.Get(t.Context(), "main", "shop"); err != nil || moved.Status != sync.Paused {
		t.Error(moved, err)
	}
}
