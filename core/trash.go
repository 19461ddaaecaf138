package core

import (
	"context"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
)

// maxCascade bounds how many records one delete or restore takes along.
const maxCascade = 10_000

// maxCascadeDepth bounds children of children.
const maxCascadeDepth = 32

// withChildren adds to deletes and restores what goes with them: children of a
// deleted record share its batch, so that a restore brings back just those.
// Records that refer to a deleted one with Restrict and stay refuse the delete.
// Children are written as the system: who may delete a parent may delete what
// belongs to it.
func (e *Engine) withChildren(ctx context.Context, r *Request, rows []*row) ([]*row, error) {
	c := &cascade{engine: e, system: systemRequest(r), going: map[trellis.ID]bool{}}
	var roots []*row
	for _, w := range rows {
		if w.err == nil && (w.verb == Delete || w.verb == Restore) {
			roots, c.going[w.id] = append(roots, w), true
		}
	}
	out := rows
	for _, w := range roots {
		if w.batch.IsZero() {
			w.batch = trellis.NewID()
		}
		if w.verb == Restore {
			w.batch = w.old.Batch
		}
		c.found = nil
		if err := c.follow(ctx, w, w, 0); err != nil {
			return nil, err
		}
		if len(c.found) > maxCascade {
			w.fail(trellis.Errorf(trellis.CodeConflict, "more than %d records belong to this one; delete some of them first", maxCascade).At(w.path...))
			continue
		}
		out = append(out, c.found...)
	}
	for _, w := range out {
		if c.going[w.id] && w.verb == Delete && w.err == nil {
			if err := c.refuseIfReferred(ctx, w); err != nil {
				return nil, err
			}
		}
	}
	together(out)
	return out, nil
}

// together lets a record and what follows it share their fate: a refusal of one
// is one of all.
func together(rows []*row) {
	for _, w := range rows {
		if w.err != nil {
			w.top().fail(w.err)
		}
	}
	for _, w := range rows {
		if top := w.top(); top.err != nil {
			w.fail(top.err)
		}
	}
}

// cascade finds what goes with the deletes and restores of one write.
type cascade struct {
	engine *Engine
	system *Request
	going  map[trellis.ID]bool // all that goes, each once
	found  []*row              // what follows one root
}

// follow finds what the delete or restore of root takes along below w, level by
// level, and stops when it is too much.
func (c *cascade) follow(ctx context.Context, root, w *row, depth int) error {
	if depth > maxCascadeDepth {
		root.fail(trellis.Errorf(trellis.CodeConflict, "records belong to each other more than %d deep; delete some of them first", maxCascadeDepth).At(root.path...))
		return nil
	}
	for _, rel := range w.object.Referrers {
		if rel.Field.OnDelete != metadata.Cascade || len(c.found) > maxCascade {
			continue
		}
		child := c.system.View.Snapshot.Lookup(rel.Object)
		if child.AppendOnly {
			if err := c.refuseLedger(ctx, root, w, rel); err != nil {
				return err
			}
			continue
		}
		found, err := c.engine.stored(ctx, c.system, &query.Wanted{Object: child, Match: []*metadata.Field{rel.Field}, Values: [][]any{{rel.Field.RefersTo(w.object.Name, w.id)}}, Action: metadata.ActionDelete, Trashed: w.verb == Restore, Many: maxCascade + 1})
		if err != nil {
			return err
		}
		for _, s := range found {
			if c.going[s.ID] || w.verb == Restore && s.Batch != root.batch {
				continue
			}
			c.going[s.ID] = true
			next, err := c.row(ctx, root, child, s)
			if err != nil {
				return err
			}
			c.found = append(c.found, next)
			if err := c.follow(ctx, root, next, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseLedger refuses a delete that would take records along that are never
// deleted.
func (c *cascade) refuseLedger(ctx context.Context, root, w *row, rel *metadata.Relation) error {
	if w.verb != Delete {
		return nil
	}
	o := c.system.View.Snapshot.Lookup(rel.Object)
	found, err := c.engine.stored(ctx, c.system, &query.Wanted{Object: o, Match: []*metadata.Field{rel.Field}, Values: [][]any{{rel.Field.RefersTo(w.object.Name, w.id)}}, Action: metadata.ActionRead, Many: 1})
	if err == nil && len(found) > 0 {
		root.fail(trellis.Errorf(trellis.CodeConflict, "records of %s belong to this one and are never deleted, so it cannot be", o.Label.In("en", o.Name)).At(root.path...))
	}
	return err
}

func (c *cascade) row(ctx context.Context, root *row, o *metadata.ObjectView, s *query.Stored) (*row, error) {
	w := &row{op: root.op, verb: root.verb, object: o, id: s.ID, old: s, image: s.Clone(), batch: root.batch, path: root.path, root: root.top(), system: true, changed: map[string]bool{}}
	var err error
	w.grant, err = c.system.Policy.Grant(ctx, c.system.Principal, o.Name, metadata.ActionDelete)
	return w, err
}

// refuseIfReferred refuses a delete when records that stay refer to it.
func (c *cascade) refuseIfReferred(ctx context.Context, w *row) error {
	for _, rel := range w.object.Referrers {
		if rel.Field.OnDelete != metadata.Restrict {
			continue
		}
		o := c.system.View.Snapshot.Lookup(rel.Object)
		found, err := c.engine.stored(ctx, c.system, &query.Wanted{Object: o, Match: []*metadata.Field{rel.Field}, Values: [][]any{{rel.Field.RefersTo(w.object.Name, w.id)}}, Action: metadata.ActionRead, Many: len(c.going) + 1})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(found, func(s *query.Stored) bool { return !c.going[s.ID] }) {
			w.fail(trellis.Errorf(trellis.CodeConflict, "other records refer to this one, so it cannot be deleted").At(w.path...))
		}
	}
	return nil
}
