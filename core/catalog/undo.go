package catalog

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Undo takes one revision back by another: what was added is removed, what was
// removed comes back with its data, what was changed becomes what it was. Later
// revisions stay; CONFLICT when one of them changed the same again. It goes the
// way of every change, so Options hold, and what was written since to what the
// revision added is a loss. NOT_FOUND for a revision that is not in the history,
// or the one that made the workspace.
func (c *Catalog) Undo(ctx context.Context, workspace string, revision int64, o Options) (*Applied, error) {
	draft, err := c.inverse(ctx, workspace, revision)
	if err != nil {
		return nil, err
	}
	if o.Summary == "" {
		o.Summary = fmt.Sprintf("undo revision %d", revision)
	}
	return c.Apply(ctx, workspace, draft, o)
}

// PlanUndo tells what Undo would do now.
func (c *Catalog) PlanUndo(ctx context.Context, workspace string, revision int64) (*ddl.Plan, error) {
	draft, err := c.inverse(ctx, workspace, revision)
	if err != nil {
		return nil, err
	}
	return c.Plan(ctx, workspace, draft)
}

// inverse is the draft that takes a revision back.
func (c *Catalog) inverse(ctx context.Context, workspace string, revision int64) (Draft, error) {
	v, err := c.Refresh(ctx, workspace)
	if err != nil {
		return nil, err
	}
	before, after, err := c.around(ctx, v, revision)
	if err != nil {
		return nil, err
	}
	return func(current *metadata.Definition) (*metadata.Definition, error) {
		if errs := metadata.Revert(current, before.Clone(), after); len(errs) > 0 {
			return nil, errs
		}
		return current, nil
	}, nil
}

// around reads the components that a revision touched, as they were before and
// after it.
func (c *Catalog) around(ctx context.Context, v *View, revision int64) (before, after *metadata.Definition, err error) {
	before, after = &metadata.Definition{}, &metadata.Definition{}
	rows, err := c.db.Query(ctx, `SELECT h.kind, h.definition, (SELECT b.definition FROM trellis.component_history b
			WHERE b.workspace_id = h.workspace_id AND b.kind = h.kind AND b.name = h.name AND b.revision < h.revision ORDER BY b.revision DESC LIMIT 1)
		FROM trellis.component_history h WHERE h.workspace_id = $1 AND h.revision = $2 AND $2 > 1 AND h.kind <> $3 ORDER BY h.kind, h.name`,
		v.WorkspaceID, revision, kindRemoved)
	if err != nil {
		return nil, nil, pg.Error(err)
	}
	var kind string
	var is, was []byte
	tag, err := pgx.ForEachRow(rows, []any{&kind, &is, &was}, func() error {
		if was != nil {
			if err := decode(before, kind, was); err != nil {
				return err
			}
		}
		if is == nil {
			return nil
		}
		return decode(after, kind, is)
	})
	if err != nil {
		return nil, nil, pg.Error(err)
	}
	if tag.RowsAffected() == 0 {
		return nil, nil, trellis.Errorf(trellis.CodeNotFound, "there is no revision %d that could be undone", revision)
	}
	return before, after, nil
}

// Hidden lists what was removed and is kept, with the day until which it can be
// restored, the latest first.
func (c *Catalog) Hidden(ctx context.Context, workspace string) ([]*metadata.Removed, error) {
	v, err := c.Refresh(ctx, workspace)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(v.Definition().Removed)
	slices.SortStableFunc(list, func(a, b *metadata.Removed) int { return b.Until.Compare(a.Until) })
	return list, nil
}

// Restore brings back a removed object, or a removed field of an object, with
// its data: foreign keys and indexes are made anew, references to records that
// are gone become empty. field is "" for an object. The one removed last is
// taken. NOT_FOUND when nothing of that name is hidden; the errors of Apply, as
// when a name was taken since or a unique field is not unique any more.
func (c *Catalog) Restore(ctx context.Context, workspace, object, field string, o Options) (*Applied, error) {
	if o.Summary == "" {
		o.Summary = "restore " + object
		if field != "" {
			o.Summary += "." + field
		}
	}
	return c.Apply(ctx, workspace, restoring(object, field), o)
}

func restoring(object, field string) Draft {
	return func(d *metadata.Definition) (*metadata.Definition, error) {
		var found *metadata.Removed
		o := d.Object(object)
		for _, r := range d.Removed {
			is := field == "" && r.ObjectWas != nil && r.Object == object ||
				field != "" && r.FieldWas != nil && r.Field == field && o != nil && r.Table == o.Table
			if is && (found == nil || r.Until.After(found.Until)) {
				found = r
			}
		}
		switch {
		case found == nil:
			return nil, trellis.Errorf(trellis.CodeNotFound, "nothing of that name was removed and is still kept")
		case field == "":
			d.Objects = append(d.Objects, found.ObjectWas.Clone())
		default:
			own := d.Own(object)
			own.Fields = append(own.Fields, found.FieldWas.Clone())
		}
		return d, nil
	}
}
