package catalog

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Main is the workspace of requests that name none.
const Main = "main"

// EnsureMain gives the workspace main, made if it is not there.
func (c *Catalog) EnsureMain(ctx context.Context) (*View, error) {
	v, err := c.Current(ctx, Main)
	if trellis.CodeOf(err) != trellis.CodeNotFound {
		return v, err
	}
	v, err = c.CreateWorkspace(ctx, Main, "Main")
	if trellis.CodeOf(err) == trellis.CodeConflict { // another process was first
		return c.Current(ctx, Main)
	}
	return v, err
}

// CreateWorkspace makes a workspace with its schema and the system's objects.
// The slug is [a-z][a-z0-9_]{0,39} and never changes: INVALID_INPUT for another
// form, CONFLICT when it is taken.
func (c *Catalog) CreateWorkspace(ctx context.Context, slug, name string) (*View, error) {
	schema, err := ddl.Schema(slug)
	if err != nil {
		return nil, err
	}
	if name == "" || len([]rune(name)) > 200 {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "a workspace's name has 1 to 200 characters")
	}
	def := &metadata.Definition{}
	metadata.Normalize(def, nil)
	plan, err := ddl.Make(nil, def, schema)
	if err != nil {
		return nil, err
	}
	before, after := ddl.Base(schema)
	plan.Steps = append(append(before, plan.Steps...), after...)
	empty := &View{WorkspaceID: trellis.NewID(), Slug: slug, Name: name, Schema: schema, Snapshot: metadata.New(&metadata.Definition{}, 0)}
	var view *View
	err = c.db.TxWith(ctx, pg.TxOptions{Direct: true}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `WITH w AS (INSERT INTO trellis.workspace (id, slug, name) VALUES ($1, $2, $3) RETURNING id)
			INSERT INTO trellis.workspace_version (workspace_id, revision, policy_version) SELECT id, 0, 0 FROM w`, empty.WorkspaceID, slug, name)
		if err != nil {
			return err
		}
		view, err = write(ctx, tx, &change{from: empty, def: def, plan: plan}, Options{Summary: "create the workspace"})
		return err
	})
	if pg.SQLState(err) == pg.StateUniqueViolation || pg.SQLState(err) == "42P06" {
		return nil, trellis.Wrap(trellis.CodeConflict, err, "there is a workspace %q already", slug)
	}
	if err != nil {
		return nil, pg.Error(err)
	}
	return c.adopt(view).current.Load(), nil
}

// Workspace is an entry of the list of workspaces.
type Workspace struct {
	ID        trellis.ID
	Slug      string
	Name      string
	CreatedAt time.Time
}

// Workspaces lists all workspaces by slug.
func (c *Catalog) Workspaces(ctx context.Context) ([]Workspace, error) {
	rows, err := c.db.Query(ctx, "SELECT id, slug, name, created_at FROM trellis.workspace ORDER BY slug")
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Workspace])
	return list, pg.Error(err)
}

// Export gives the files of a workspace's definition, as metadata.Write.
func (c *Catalog) Export(ctx context.Context, workspace string) (map[string][]byte, error) {
	v, err := c.Refresh(ctx, workspace)
	if err != nil {
		return nil, err
	}
	return metadata.Write(v.Definition()), nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
