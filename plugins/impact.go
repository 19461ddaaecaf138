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
	for _, source := range sources {
		m, err := ParseManifest([]byte(source))
		if err != nil {
			return nil, fmt.Errorf("the manifest of an enabled plugin: %w", err)
		}
		uses = append(uses, m.uses(object, field)...)
	}
	return uses, nil
}

// uses are the places of a manifest that name the field, or the object for "".
func (m *Manifest) uses(object, field string) []metadata.Use {
	var uses []metadata.Use
	for _, h := range m.Hooks {
		if h.Object == object && (field == "" || slices.Contains(h.Fields, field)) {
			uses = append(uses, metadata.Use{Kind: UsePlugin, Path: fmt.Sprintf("plugins.%s.hooks.%s", m.ID, h.Entry)})
		}
	}
	for i, c := range m.Records {
		if c.Object == object && field == "" {
			uses = append(uses, metadata.Use{Kind: UsePlugin, Path: fmt.Sprintf("plugins.%s.capabilities.records[%d]", m.ID, i), Text: c.Reason})
		}
	}
	return uses
}
