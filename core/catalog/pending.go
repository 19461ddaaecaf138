package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Bounds of building one index beside the traffic.
const (
	indexTries   = 3
	indexLock    = 10 * time.Second // it waits for transactions open elsewhere
	indexTimeout = 2 * time.Hour
)

// queuePending remembers the indexes that come after, and forgets those that a
// step drops.
func queuePending(b *pgx.Batch, r revisionRow) {
	for _, s := range r.plan.Steps {
		switch {
		case s.Kind == ddl.AddColumn && s.Index != "", s.Phase == ddl.Before: // made beforehand, and now for good
			b.Queue("DELETE FROM trellis.pending_step WHERE workspace_id = $1 AND index_name = $2 AND kind = 'undo'", r.id, s.Index)
		case s.Kind == ddl.DropIndex:
			b.Queue("DELETE FROM trellis.pending_step WHERE workspace_id = $1 AND index_name = $2", r.id, s.Index)
		case s.Phase == ddl.After:
			b.Queue(`INSERT INTO trellis.pending_step (workspace_id, index_name, revision, sql) VALUES ($1, $2, $3, $4)
				ON CONFLICT (workspace_id, index_name) DO UPDATE SET sql = excluded.sql, revision = excluded.revision, attempts = 0`,
				r.id, s.Index, r.revision, s.SQL)
		}
	}
}

// Resume builds what earlier changes left to be built, in all workspaces. Call
// it once when the process starts.
func (c *Catalog) Resume(ctx context.Context) error {
	rows, err := c.db.Query(ctx, "SELECT DISTINCT workspace_id FROM trellis.pending_step")
	if err != nil {
		return pg.Error(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[trellis.ID])
	if err != nil {
		return pg.Error(err)
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, c.resume(ctx, id))
	}
	return errors.Join(errs...)
}

func (c *Catalog) resume(ctx context.Context, id trellis.ID) error {
	s, err := c.open(ctx, id.String())
	if err != nil {
		return err
	}
	conn, done, err := c.takeTurn(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	if err := conn.cleanUp(ctx, id); err != nil {
		return err
	}
	c.finish(ctx, conn, id)
	return nil
}

// finish builds the indexes a workspace still waits for, and counts those it
// could not. They only make things faster, so a failure is logged and no more.
func (c *Catalog) finish(ctx context.Context, conn *session, id trellis.ID) (left int) {
	rows, err := conn.Query(ctx, "SELECT index_name, sql FROM trellis.pending_step WHERE workspace_id = $1 AND kind = 'index' ORDER BY revision, index_name", id)
	if err != nil {
		c.log.Error("catalog: pending indexes cannot be read", "workspace", id, "error", err)
		return 1
	}
	steps, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s ddl.Step, err error) {
		err = row.Scan(&s.Index, &s.SQL)
		return s, err
	})
	if err != nil {
		c.log.Error("catalog: pending indexes cannot be read", "workspace", id, "error", err)
		return 1
	}
	for _, s := range steps {
		sql := "DELETE FROM trellis.pending_step WHERE workspace_id = $1 AND index_name = $2"
		if err := conn.buildIndex(ctx, s); err != nil {
			left++
			c.log.Error("catalog: an index could not be built and will be tried again", "workspace", id, "index", s.Index, "error", err)
			sql = "UPDATE trellis.pending_step SET attempts = attempts + 1 WHERE workspace_id = $1 AND index_name = $2"
		}
		if _, err := conn.Exec(ctx, sql, id, s.Index); err != nil {
			c.log.Error("catalog: a pending index cannot be ticked off", "workspace", id, "index", s.Index, "error", err)
		}
	}
	return left
}

// buildIndex builds an index CONCURRENTLY, unless it is there and valid. What a
// failed attempt leaves is removed.
func (c *session) buildIndex(ctx context.Context, step ddl.Step) (err error) {
	if err := c.patient(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.impatient()) }()
	for n := 0; n < indexTries; n++ {
		var valid *bool
		if err = c.QueryRow(ctx, "SELECT (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1))", step.Index).Scan(&valid); err != nil {
			return err
		}
		if valid != nil && *valid {
			return nil
		}
		if valid != nil {
			c.dropIndexes(ctx, []ddl.Step{step})
		}
		if _, err = c.Exec(ctx, step.SQL); err == nil {
			return nil
		}
		c.dropIndexes(ctx, []ddl.Step{step})
		switch pg.SQLState(err) {
		case pg.StateLockNotAvailable, pg.StateDeadlock:
		default:
			return err
		}
	}
	return err
}

// patient lets statements of the session last as long as an index needs.
func (c *session) patient(ctx context.Context) error {
	_, err := c.Exec(ctx, "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false)",
		milliseconds(indexTimeout), milliseconds(indexLock))
	return err
}

func (c *session) impatient() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := c.Exec(ctx, "RESET statement_timeout")
	_, err2 := c.Exec(ctx, "RESET lock_timeout")
	return errors.Join(err, err2)
}

// dropIndexes takes away what was built for nothing, as well as it can: an
// index left over is found and removed by the next attempt.
func (c *session) dropIndexes(ctx context.Context, steps []ddl.Step) {
	for _, s := range steps {
		_, _ = c.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+s.Index)
	}
}

// uniqueError says why a unique index could not be built. The values in the way
// are records, and not everybody may read those.
func uniqueError(err error, s ddl.Step) error {
	words := "it cannot become unique: some records have the same value"
	switch pg.SQLState(err) {
	case pg.StateUniqueViolation:
	case pg.StateExclusionViolation:
		words = "the ranges of some records overlap already"
	default:
		return pg.Error(err)
	}
	e := trellis.Wrap(trellis.CodeValidationFailed, err, "%s", words)
	e.Path = []any{"objects", s.Object}
	if s.Field != "" {
		e.Path = append(e.Path, "fields", s.Field, "unique")
	}
	return e
}
