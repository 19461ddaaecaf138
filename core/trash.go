package core

import (
	"context"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
)

// maxCascade bounds how many records one delete or restore takes along, and
// maxCascades how many all of a write do.
const (
	maxCascade  = 10_000
	maxCascades = 50_000
)

// maxCascadeDepth bounds children of children.
const maxCascadeDepth = 32

// withChildren adds to deletes and restores what goes with them: children of a
// deleted record share its batch, so that a restore brings back just those.
// Records that refer to a deleted one with Restrict and stay refuse the delete.
// Children are written as the system: who may delete a parent may delete what
// belongs to it.
func (e *Engine) withChildren(ctx context.Context, r *Request, rows []*row) ([]*row, error) {
	c := &cascade{engine: e, system: systemRequest(r), going: map[trellis.ID]bool{}, found: map[*row][]*row{}}
	var roots []*row
	for _, w := range rows {
		if w.err == nil && (w.verb == Delete || w.verb == Restore) {
			roots, c.going[w.id] = append(roots, w), true
		}
	}
	for _, w := range roots {
		if w.batch.IsZero() {
			w.batch = trellis.NewID()
		}
		if w.verb == Restore {
			w.batch = w.old.Batch
		}
	}
	level := roots
	for depth := 0; len(level) > 0; depth++ {
		var err error
		if level, err = c.below(ctx, level, depth); err != nil {
			return nil, err
		}
	}
	out := rows
	for _, w := range roots {
		out = append(out, c.found[w]...)
	}
	gone := slices.DeleteFunc(slices.Clone(out), func(w *row) bool { return !c.going[w.id] || w.verb != Delete || w.err != nil })
	for _, group := range byObject(gone) {
		if err := c.refuseReferred(ctx, group); err != nil {
			return nil, err
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

// cascade finds what goes with the deletes and restores of one write, level by
// level: a few statements however many records there are.
type cascade struct {
	engine *Engine
	system *Request
	going  map[trellis.ID]bool // all that goes, each once
	found  map[*row][]*row     // what follows each root
	total  int
}

// below gives what the rows of a level take along.
func (c *cascade) below(ctx context.Context, level []*row, depth int) ([]*row, error) {
	if depth > maxCascadeDepth {
		for _, w := range level {
			w.root.fail(trellis.Errorf(trellis.CodeConflict, "records belong to each other more than %d deep; delete some of them first", maxCascadeDepth).At(w.path...))
		}
		return nil, nil
	}
	var next []*row
	for _, group := range byObject(level) {
		for _, verb := range []Verb{Delete, Restore} {
			some := slices.DeleteFunc(slices.Clone(group), func(w *row) bool { return w.verb != verb || w.top().err != nil })
			for _, rel := range group[0].object.Referrers {
				if rel.Field.OnDelete != metadata.Cascade || len(some) == 0 {
					continue
				}
				more, err := c.children(ctx, some, rel)
				if err != nil {
					return nil, err
				}
				next = append(next, more...)
			}
		}
	}
	return next, nil
}

// children are the records of a relation that go with rows of one object and
// verb.
func (c *cascade) children(ctx context.Context, parents []*row, rel *metadata.Relation) ([]*row, error) {
	child := c.system.View.Snapshot.Lookup(rel.Object)
	if child.AppendOnly {
		return nil, c.refuseLedger(ctx, parents, rel, child)
	}
	found, of, err := c.referring(ctx, parents, rel, metadata.ActionDelete, maxCascades-c.total+1)
	if err != nil {
		return nil, err
	}
	g, err := c.system.Policy.Grant(ctx, c.system.Principal, child.Name, metadata.ActionDelete)
	if err != nil {
		return nil, err
	}
	var out []*row
	for _, s := range found {
		root := of(s).top()
		if c.going[s.ID] || root.err != nil || root.verb == Restore && s.Batch != root.batch {
			continue
		}
		if c.total++; c.total > maxCascades {
			return nil, trellis.Errorf(trellis.CodeQueryTooCostly, "more than %d records belong to these; do it in parts", maxCascades)
		}
		c.going[s.ID] = true
		w := &row{op: root.op, verb: root.verb, object: child, id: s.ID, old: s, image: s.Clone(), batch: root.batch, path: root.path, root: root, system: true, changed: map[string]bool{}, grant: g}
		if c.found[root], out = append(c.found[root], w), append(out, w); len(c.found[root]) > maxCascade {
			root.fail(trellis.Errorf(trellis.CodeConflict, "more than %d records belong to this one; delete some of them first", maxCascade).At(root.path...))
		}
	}
	return out, nil
}

// referring reads the records that refer to rows by a relation, most at most,
// and tells which row each refers to.
func (c *cascade) referring(ctx context.Context, rows []*row, rel *metadata.Relation, action metadata.Action, most int) ([]*query.Stored, func(*query.Stored) *row, error) {
	object, verb := rows[0].object.Name, rows[0].verb
	byID := make(map[trellis.ID]*row, len(rows))
	values := make([][]any, len(rows))
	for i, w := range rows {
		byID[w.id], values[i] = w, []any{rel.Field.RefersTo(object, w.id)}
	}
	found, err := c.engine.stored(ctx, c.system, &query.Wanted{Object: c.system.View.Snapshot.Lookup(rel.Object), Match: []*metadata.Field{rel.Field}, Values: values, Action: action, Trashed: verb == Restore, Many: most})
	return found, func(s *query.Stored) *row {
		id, _ := refers(s.Values, rel.Field, object)
		return byID[id]
	}, err
}

// refuseLedger refuses deletes that would take records along that are never
// deleted.
func (c *cascade) refuseLedger(ctx context.Context, rows []*row, rel *metadata.Relation, ledger *metadata.ObjectView) error {
	if rows[0].verb != Delete {
		return nil
	}
	return c.refuse(ctx, rows, rel, 1, func(w *row) {
		w.top().fail(trellis.Errorf(trellis.CodeConflict, "records of %s belong to this one and are never deleted, so it cannot be", ledger.Label.In("en", ledger.Name)).At(w.path...))
	})
}

// refuseReferred refuses deletes of rows of one object when records that stay
// refer to them.
func (c *cascade) refuseReferred(ctx context.Context, rows []*row) error {
	for _, rel := range rows[0].object.Referrers {
		if rel.Field.OnDelete != metadata.Restrict {
			continue
		}
		err := c.refuse(ctx, rows, rel, len(c.going)+1, func(w *row) {
			w.fail(trellis.Errorf(trellis.CodeConflict, "other records refer to this one, so it cannot be deleted").At(w.path...))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// refuse looks for records that stay and refer to rows, most at a time, until
// all rows they refer to are refused.
func (c *cascade) refuse(ctx context.Context, rows []*row, rel *metadata.Relation, most int, fail func(*row)) error {
	for left := slices.Clone(rows); len(left) > 0; {
		found, of, err := c.referring(ctx, left, rel, metadata.ActionRead, most)
		if err != nil {
			return err
		}
		held := map[*row]bool{}
		for _, s := range found {
			if w := of(s); w != nil && !c.going[s.ID] && !held[w] {
				held[w] = true
				fail(w)
			}
		}
		if len(found) < most || len(held) == 0 {
			return nil
		}
		left = slices.DeleteFunc(left, func(w *row) bool { return held[w] })
	}
	return nil
}
