package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Purge drops what was removed in any workspace and has been kept long enough at
// now, and tells the log what. Their physical names are free again. It is a
// revision of its own, which cannot be undone. Processes that purge at the same
// moment take turns, and the later ones find nothing to do.
func (c *Catalog) Purge(ctx context.Context, now time.Time) error {
	list, err := c.Workspaces(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range list {
		errs = append(errs, c.purge(ctx, w.ID.String(), now))
	}
	return errors.Join(errs...)
}

func (c *Catalog) purge(ctx context.Context, workspace string, now time.Time) error {
	v, err := c.Refresh(ctx, workspace)
	if err != nil || len(overdue(v.Definition(), now)) == 0 {
		return err
	}
	s, err := c.open(ctx, workspace)
	if err != nil {
		return err
	}
	conn, done, err := c.takeTurn(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	if v, err = s.catchUp(ctx, conn); err != nil {
		return err
	}
	gone := overdue(v.Definition(), now)
	if len(gone) == 0 {
		return nil
	}
	def := v.Definition().Fork()
	def.Removed = slices.DeleteFunc(def.Removed, func(r *metadata.Removed) bool { return slices.Contains(gone, r) })
	plan := &ddl.Plan{Changes: []metadata.Change{}}
	var names []string
	for _, r := range gone {
		plan.Steps = append(plan.Steps, dropStep(v.Schema, r))
		if names = append(names, r.Object); r.Field != "" {
			names[len(names)-1] += "." + r.Field
		}
	}
	view, err := conn.commit(ctx, &change{from: v, def: def, plan: plan}, Options{Summary: "drop what was removed: " + strings.Join(names, ", ")})
	if err != nil {
		return err
	}
	s.swap(view)
	c.log.Info("catalog: what was removed and kept for its time is dropped for good", "workspace", v.Slug, "dropped", names, "revision", view.Revision)
	return nil
}

// overdue lists what is to go at a moment: a table with all that was hidden in
// it before.
func overdue(def *metadata.Definition, now time.Time) []*metadata.Removed {
	tables := map[string]bool{}
	for _, r := range def.Removed {
		if len(r.Columns) == 0 && r.Until.Before(now) {
			tables[r.Table] = true
		}
	}
	var out []*metadata.Removed
	for _, r := range def.Removed {
		if r.Until.Before(now) || tables[r.Table] {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b *metadata.Removed) int { return len(b.Columns) - len(a.Columns) }) // tables last
	return out
}

func dropStep(schema string, r *metadata.Removed) ddl.Step {
	s := ddl.Step{Kind: ddl.DropColumn, Phase: ddl.Within, Lock: ddl.AccessExclusive, Online: true, Object: r.Object, Field: r.Field}
	table := pgx.Identifier{schema, r.Table}.Sanitize()
	if len(r.Columns) == 0 {
		s.Kind, s.SQL = ddl.DropTable, "DROP TABLE IF EXISTS "+table
		return s
	}
	drops := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		drops[i] = "DROP COLUMN IF EXISTS " + pgx.Identifier{c}.Sanitize()
	}
	s.SQL = fmt.Sprintf("ALTER TABLE IF EXISTS %s %s", table, strings.Join(drops, ", "))
	return s
}
