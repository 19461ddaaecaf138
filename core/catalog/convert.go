package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Bounds of converting values.
const (
	smallTable = 50_000 // the default of Options.SmallTable
	// countTime bounds the counting of what would get lost, for a plan.
	countTime = 5 * time.Second
)

// count makes what a plan says would be lost exact, as far as there is time:
// steps that lose nothing say so, the others say how many values. With samples
// they also quote a few.
func count(ctx context.Context, q querier, plan *ddl.Plan, samples bool) error {
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	for i := range plan.Steps {
		s := &plan.Steps[i]
		if s.Losses == nil || s.Loses == "" {
			continue
		}
		var n int64
		if err := q.QueryRow(ctx, s.Losses.Count).Scan(&n); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // there was no time: what may be lost is told without a number
			}
			return pg.Error(err)
		}
		if n == 0 {
			s.Loses = ""
			continue
		}
		s.Loses = fmt.Sprintf("%s (%d of them)", s.Loses, n)
		if samples {
			rows, err := q.Query(ctx, s.Losses.Sample)
			if err != nil {
				return pg.Error(err)
			}
			list, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return pg.Error(err)
			}
			s.Samples = list
		}
	}
	return nil
}

// recount asks once more, when writers are waiting, whether a step that nobody
// has allowed to lose anything does.
func recount(ctx context.Context, tx pgx.Tx, s ddl.Step, allowed bool) error {
	if s.Losses == nil || allowed {
		return nil
	}
	var n int64
	if err := tx.QueryRow(ctx, s.Losses.Count).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return trellis.Errorf(trellis.CodeValidationFailed, "this would lose %d values of %s.%s; allow the loss to go on", n, s.Object, s.Field)
	}
	return nil
}

// convertAhead converts the values of large tables beforehand, beside the
// traffic: into columns that nobody reads yet, some records at a time. What the
// writers change meanwhile is put right in the transaction of the change, which
// looks at all records and writes only those. Should this process end, the
// columns are dropped by the next one (cleanUp).
func (c *session) convertAhead(ctx context.Context, next *change, small int) error {
	for i, s := range next.plan.Steps {
		if s.Chunk == "" {
			continue
		}
		var estimate float64
		if err := c.QueryRow(ctx, "SELECT reltuples FROM pg_class WHERE oid = to_regclass($1)", s.Table).Scan(&estimate); err != nil {
			return pg.Error(err)
		}
		if estimate <= float64(small) {
			continue
		}
		add := adding(next.plan.Steps[:i], s)
		if err := c.remember(ctx, next.from.WorkspaceID, next.from.Revision+1, add); err != nil {
			return err
		}
		if err := c.ddl(ctx, add.SQL); err != nil {
			return err
		}
		if err := c.chunks(ctx, s.Chunk, max(1, small/10)); err != nil {
			return err
		}
	}
	return nil
}

// adding is the step that adds the columns which s fills.
func adding(steps []ddl.Step, s ddl.Step) ddl.Step {
	for _, a := range steps {
		if a.Kind == ddl.AddColumn && a.Object == s.Object && a.Field == s.Field {
			return a
		}
	}
	return ddl.Step{}
}

// remember keeps how to take the columns away again.
func (c *session) remember(ctx context.Context, id trellis.ID, revision int64, add ddl.Step) error {
	table, columns, _ := strings.Cut(strings.TrimPrefix(add.SQL, "ALTER TABLE "), " ADD COLUMN IF NOT EXISTS ")
	var drops []string
	for column := range strings.SplitSeq(columns, ", ADD COLUMN IF NOT EXISTS ") {
		name, _, _ := strings.Cut(column, " ")
		drops = append(drops, "DROP COLUMN IF EXISTS "+name)
	}
	_, err := c.Exec(ctx, `INSERT INTO trellis.pending_step (workspace_id, index_name, revision, sql, kind) VALUES ($1, $2, $3, $4, 'undo')
		ON CONFLICT (workspace_id, index_name) DO NOTHING`, id, add.Index, revision, fmt.Sprintf("ALTER TABLE %s %s", table, strings.Join(drops, ", ")))
	return pg.Error(err)
}

// rememberIndex keeps how to take away an index that is built before its change,
// which may never come: nobody would know of it, and a unique one refuses writes.
func (c *session) rememberIndex(ctx context.Context, next *change, s ddl.Step) error {
	_, err := c.Exec(ctx, `INSERT INTO trellis.pending_step (workspace_id, index_name, revision, sql, kind) VALUES ($1, $2, $3, $4, 'undo')
		ON CONFLICT (workspace_id, index_name) DO NOTHING`, next.from.WorkspaceID, s.Index, next.from.Revision+1, "DROP INDEX IF EXISTS "+s.Index)
	return pg.Error(err)
}

// ddl runs a statement with a short lock, repeatedly.
func (c *session) ddl(ctx context.Context, sql string) error {
	for n := 0; ; n++ {
		err := pgx.BeginFunc(ctx, c.Conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = "+milliseconds(tableLock)); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, sql)
			return err
		})
		if err == nil || pg.SQLState(err) != pg.StateLockNotAvailable && pg.SQLState(err) != pg.StateDeadlock || n+1 == tries || pause(ctx, n) != nil {
			return pg.Error(err)
		}
	}
}

func (c *session) chunks(ctx context.Context, sql string, size int) error {
	last := trellis.ID{}
	for n := 0; ; {
		var at [16]byte
		err := c.QueryRow(ctx, sql, [16]byte(last), size).Scan(&at)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return nil
		case err == nil:
			last, n = at, 0
		case (pg.SQLState(err) == pg.StateDeadlock || pg.SQLState(err) == pg.StateLockNotAvailable) && n < tries && pause(ctx, n) == nil:
			n++
		default:
			return pg.Error(err)
		}
	}
}

// giveUp is cleanUp after a failure, as well as it can: what stays is found by
// the next change.
func (c *session) giveUp(ctx context.Context, next *change) {
	_ = c.cleanUp(context.WithoutCancel(ctx), next.from.WorkspaceID)
}

// cleanUp takes away what changes left behind that did not come to their end.
func (c *session) cleanUp(ctx context.Context, id trellis.ID) error {
	rows, err := c.Query(ctx, "SELECT index_name, sql FROM trellis.pending_step WHERE workspace_id = $1 AND kind = 'undo'", id)
	if err != nil {
		return pg.Error(err)
	}
	left, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Name, SQL string }])
	if err != nil {
		return pg.Error(err)
	}
	for _, l := range left {
		if err := c.ddl(ctx, l.SQL); err != nil {
			return err
		}
		if _, err := c.Exec(ctx, "DELETE FROM trellis.pending_step WHERE workspace_id = $1 AND index_name = $2", id, l.Name); err != nil {
			return pg.Error(err)
		}
	}
	return nil
}
