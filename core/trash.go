package core

import (
	"context"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
)

// maxCascade bounds how many records one delete or restore takes along.
const maxCascade = 10_000

// withChildren adds to deletes and restores what goes with them: children of a
// deleted record share its batch, so that a restore brings back just those.
// Records that refer to a deleted one with Restrict refuse the delete.
// Children are written as the system: who may delete a parent may delete what
// belongs to it.
func (e *Engine) withChildren(ctx context.Context, r *Request, rows []*row) ([]*row, error) {
	out := rows
	for _, w := range rows {
		if w.err != nil || w.verb != Delete && w.verb != Restore {
			continue
		}
		w.batch = trellis.NewID()
		if w.verb == Restore {
			w.batch = w.old.Batch
		}
		children, err := e.children(ctx, r, w, 0)
		if err != nil {
			return nil, err
		}
		if len(children) > maxCascade {
			w.fail(trellis.Errorf(trellis.CodeConflict, "more than %d records belong to this one; delete some of them first", maxCascade).At(w.path...))
			continue
		}
		out = append(out, children...)
	}
	return out, nil
}

// children finds what a delete or restore of w takes along, level by level.
func (e *Engine) children(ctx context.Context, r *Request, w *row, depth int) ([]*row, error) {
	if depth > 8 {
		return nil, nil
	}
	system := systemRequest(r)
	var out []*row
	for _, rel := range w.object.Relations {
		restrict := rel.Field.OnDelete == metadata.Restrict
		if w.verb == Delete && restrict {
			if err := e.refuseIfReferred(ctx, r, w, rel); err != nil {
				return nil, err
			}
		}
		if rel.Field.OnDelete != metadata.Cascade {
			continue
		}
		child := r.View.Snapshot.Lookup(rel.Object)
		found, err := e.stored(ctx, system, &query.Wanted{Object: child, Match: []*metadata.Field{rel.Field}, Values: [][]any{{w.id}}, Action: metadata.ActionDelete, Trashed: w.verb == Restore, Many: maxCascade + 1})
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if w.verb == Restore && s.Batch != w.batch {
				continue
			}
			c, err := e.childRow(ctx, system, w, child, s)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
			deeper, err := e.children(ctx, r, c, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, deeper...)
		}
	}
	return out, nil
}

func (e *Engine) childRow(ctx context.Context, system *Request, w *row, o *metadata.ObjectView, s *query.Stored) (*row, error) {
	c := &row{op: w.op, verb: w.verb, object: o, id: s.ID, old: s, image: s.Clone(), batch: w.batch, path: w.path, cascaded: true, changed: map[string]bool{}}
	var err error
	c.grant, err = system.Policy.Grant(ctx, system.Principal, o.Name, metadata.ActionDelete)
	return c, err
}

func (e *Engine) refuseIfReferred(ctx context.Context, r *Request, w *row, rel *metadata.Relation) error {
	o := r.View.Snapshot.Lookup(rel.Object)
	found, err := e.stored(ctx, systemRequest(r), &query.Wanted{Object: o, Match: []*metadata.Field{rel.Field}, Values: [][]any{{w.id}}, Action: metadata.ActionRead, Many: 1})
	if err != nil {
		return err
	}
	if len(found) > 0 {
		w.fail(trellis.Errorf(trellis.CodeConflict, "other records refer to this one, so it cannot be deleted").At(w.path...))
	}
	return nil
}
