package plugins

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
)

// UsePlugin is the kind of metadata.Use of an enabled plugin's manifest.
const UsePlugin = "plugin"

// Uses tells which enabled plugins name an object or a field in their hooks, or
// an object in their capabilities. It is a catalog.Uses.
func (s *Store) Uses(ctx context.Context, v *catalog.View, object, field string) ([]metadata.Use, error) {
	rows, err := s.db.Query(ctx, `SELECT manifest FROM trellis.plugin WHERE workspace_id = $1 AND enabled ORDER BY id`, uuid(v.WorkspaceID))
	if err != nil {
		return nil, pg.Error(err)
	}
	sources, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, pg.Error(err)
	}
	var uses []metadata.Use
	known := func(o, f string) (string, string) { // by the names they have now
		view := v.Snapshot.Lookup(o)
		if view == nil {
			return o, f
		}
		if now := view.Field(f); now != nil {
			f = now.Name
		}
		return view.Name, f
	}
	for _, source := range sources {
		m, err := ParseManifest([]byte(source))
		if err != nil {
			return nil, fmt.Errorf("the manifest of an enabled plugin: %w", err)
		}
		uses = append(uses, m.uses(object, field, known)...)
	}
	return uses, nil
}

// uses are the places of a manifest that name the field, or the object for "".
// known gives the names that an object and a field have now.
func (m *Manifest) uses(object, field string, known func(object, field string) (string, string)) []metadata.Use {
	var uses []metadata.Use
	is := func(o, f string) bool {
		o, f = known(o, f)
		return o == object && f == field
	}
	for _, h := range m.Hooks {
		if field == "" && is(h.Object, "") || slices.ContainsFunc(h.Fields, func(f string) bool { return is(h.Object, f) }) {
			uses = append(uses, metadata.Use{Kind: UsePlugin, Path: fmt.Sprintf("plugins.%s.hooks.%s", m.ID, h.Entry)})
		}
	}
	for i, c := range m.Records {
		if field == "" && is(c.Object, "") {
			uses = append(uses, metadata.Use{Kind: UsePlugin, Path: fmt.Sprintf("plugins.%s.capabilities.records[%d]", m.ID, i), Text: c.Reason})
		}
	}
	return uses
}
