package catalog

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Revision is an entry of a workspace's history.
type Revision struct {
	Revision int64
	At       time.Time
	By       string // a principal
	Summary  string
	Changes  []metadata.Change
	Steps    []ddl.Step
}

// History lists revisions, newest first: those before the one given, or from
// the newest for 0; 50 unless limit is 1 to 500.
func (c *Catalog) History(ctx context.Context, workspace string, before int64, limit int) ([]Revision, error) {
	s, err := c.open(ctx, workspace)
	if err != nil {
		return nil, err
	}
	if limit < 1 || limit > 500 {
		limit = 50
	}
	rows, err := c.db.Query(ctx, `SELECT revision, at, by, summary, changes, steps FROM trellis.revision
		WHERE workspace_id = $1 AND ($2 = 0 OR revision < $2) ORDER BY revision DESC LIMIT $3`, s.id, before, limit)
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Revision, err error) {
		var changes, steps []byte
		if err = row.Scan(&r.Revision, &r.At, &r.By, &r.Summary, &changes, &steps); err != nil {
			return r, err
		}
		if err = json.Unmarshal(changes, &r.Changes); err != nil {
			return r, err
		}
		return r, json.Unmarshal(steps, &r.Steps)
	})
	return list, pg.Error(err)
}
