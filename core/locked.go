package core

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// maxTouched bounds how many records one write may change by their children.
const maxTouched = 10_000

// locking is a write whose values depend on records it has to hold: parents
// whose roll-ups or rules look at the rows, relative changes, numbers without
// gaps. Records are locked from the top of the hierarchy down, each object's in
// the order of their ids, before anything is written; values are then computed
// from the bottom up, each by a statement that began after the lock was had.
// So writers of one document wait for each other and none is lost.
type locking struct {
	engine *Engine
	r      *Request // reads go to the transaction
	tx     pgx.Tx
	rows   []*row
	// byID are the rows of records that are there, and those made for parents.
	byID map[trellis.ID]*row
	// created are the rows of records that are not there yet.
	created map[trellis.ID]bool
	touched map[string]map[trellis.ID]*touch // by object
	held    map[trellis.ID]*query.Stored
	checks  []step // rules on new images, to run when all is written
}

// touch is what has to be looked at anew of a record.
type touch struct {
	rollUps map[*rollUp]bool
	lists   map[string]bool // relations whose rules are to be judged
	by      *row            // that did it
}

// needsLock says that rows cannot be written before their records are held, and
// marks those that are judged then.
func (e *Engine) needsLock(r *Request, rows []*row, hold bool) (bool, error) {
	created := madeIn(rows)
	needs := hold
	for _, w := range rows {
		if w.err != nil || !w.changes() {
			continue
		}
		plan, err := e.planOf(r, w.object)
		if err != nil {
			return false, err
		}
		there := w.old != nil
		w.later = there && w.verb != Delete && (hold || len(w.adds) > 0 || len(plan.lists) > 0 || len(plan.windows) > 0 || w.verb == Restore && len(plan.rollUps) > 0) ||
			w.numberless(plan) || w.verb == Create && plan.afterwards()
		needs = needs || w.later
		plan.eachParent(w, func(fd *feed, id trellis.ID) {
			needs = needs || !created[expr.Ref{Object: fd.parent.Name, ID: id}]
		})
	}
	return needs, nil
}

// eachParent tells the parents that a row matters to: the one it had and the
// one it will have.
func (p *writePlan) eachParent(w *row, do func(fd *feed, id trellis.ID)) {
	for _, fd := range p.feeds {
		if rollUps, judged := fd.touched(w); len(rollUps) == 0 && !judged {
			continue
		}
		var before trellis.ID
		if w.old != nil && w.verb != Restore {
			if id, ok := refers(w.old.Values, fd.lookup, fd.parent.Name); ok {
				before = id
				do(fd, id)
			}
		}
		if w.verb == Delete {
			continue
		}
		if id, ok := refers(w.image.Values, fd.lookup, fd.parent.Name); ok && id != before {
			do(fd, id)
		}
	}
}

// touched says which roll-ups a row changes, and whether rules of the parent
// look at what it changes.
func (fd *feed) touched(w *row) (rollUps []*rollUp, judged bool) {
	for _, up := range fd.rollUps {
		if touchedBy(w, fd.lookup.Name, up.reads) {
			rollUps = append(rollUps, up)
		}
	}
	return rollUps, fd.judged != nil && touchedBy(w, fd.lookup.Name, fd.judged)
}

// writeLocked writes rows inside a transaction, holding what they depend on.
// Its errors are those of write, and trellis.Errors for rows or parents that
// break a rule.
func (e *Engine) writeLocked(ctx context.Context, r *Request, tx pgx.Tx, rows []*row) error {
	inside := *r
	inside.on = tx
	l := &locking{engine: e, r: &inside, tx: tx, byID: map[trellis.ID]*row{}, created: map[trellis.ID]bool{}, touched: map[string]map[trellis.ID]*touch{}, held: map[trellis.ID]*query.Stored{}}
	for _, w := range rows {
		if w.err != nil || !w.changes() && len(w.adds) == 0 {
			continue
		}
		l.rows = append(l.rows, w)
		if w.old == nil {
			l.created[w.id] = true
			w.final, w.done = 0, false // of an attempt that was rolled back
		} else {
			if err := w.restart(ctx, e, r); err != nil {
				return err
			}
			l.byID[w.id] = w
		}
	}
	// Lookups are checked once the records are held. The check holds what they
	// name, and with it first, a write and a delete would wait for each other.
	checks, err := e.lookupSteps(ctx, l.r, rows)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	r.View.QueueLock(b)
	if err := send(ctx, tx, b, catalog.LockStatements, nil); err != nil {
		return err
	}
	if err := l.hold(ctx); err != nil {
		return err
	}
	if err := l.run(ctx, checks); err != nil {
		return err
	}
	for _, do := range []func(context.Context) error{l.renew, l.number, l.writeRows, l.settle} {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return l.run(ctx, l.checks)
}

// run sends statements and says what their failure means.
func (l *locking) run(ctx context.Context, steps []step) error {
	if len(steps) == 0 {
		return nil
	}
	return send(ctx, l.tx, &pgx.Batch{}, 0, steps)
}

func (l *locking) plan(o *metadata.ObjectView) (*writePlan, error) { return l.engine.planOf(l.r, o) }

// touch notes what a row makes necessary at its parents.
func (l *locking) touch(w *row) error {
	plan, err := l.plan(w.object)
	if err != nil {
		return err
	}
	plan.eachParent(w, func(fd *feed, id trellis.ID) {
		if l.created[id] {
			return // computed before
		}
		t := l.at(fd.parent.Name, id, w)
		rollUps, judged := fd.touched(w)
		for _, up := range rollUps {
			t.rollUps[up] = true
		}
		if judged {
			t.lists[fd.relation] = true
		}
	})
	return nil
}

func (l *locking) at(object string, id trellis.ID, by *row) *touch {
	m := l.touched[object]
	if m == nil {
		m = map[trellis.ID]*touch{}
		l.touched[object] = m
	}
	if m[id] == nil {
		m[id] = &touch{rollUps: map[*rollUp]bool{}, lists: map[string]bool{}, by: by}
	}
	return m[id]
}

// hold finds the records that the rows matter to, up to the top, and locks
// them. What was read to find them must still be so once they are held.
func (l *locking) hold(ctx context.Context) error {
	want := map[*metadata.ObjectView]map[trellis.ID]bool{}
	need := func(o *metadata.ObjectView, id trellis.ID) bool {
		if want[o] == nil {
			want[o] = map[trellis.ID]bool{}
		}
		fresh := !want[o][id]
		want[o][id] = true
		return fresh
	}
	level := slices.Clone(l.rows)
	for _, w := range level {
		plan, err := l.plan(w.object)
		if err != nil {
			return err
		}
		if w.old != nil && (w.later || len(plan.rollUps) > 0 || len(plan.lists) > 0) {
			need(w.object, w.id)
		}
	}
	for depth := 0; len(level) > 0; depth++ {
		if depth > maxCascadeDepth {
			return trellis.Errorf(trellis.CodeConflict, "records belong to each other more than %d deep", maxCascadeDepth)
		}
		up := map[*metadata.ObjectView]map[trellis.ID]*touch{}
		for _, w := range level {
			if err := l.reach(w, up, need); err != nil {
				return err
			}
		}
		var err error
		if level, err = l.parents(ctx, up); err != nil {
			return err
		}
	}
	return l.lock(ctx, want)
}

// reach notes the parents of a row with what they will have to compute.
func (l *locking) reach(w *row, up map[*metadata.ObjectView]map[trellis.ID]*touch, need func(*metadata.ObjectView, trellis.ID) bool) error {
	plan, err := l.plan(w.object)
	if err != nil {
		return err
	}
	plan.eachParent(w, func(fd *feed, id trellis.ID) {
		if l.created[id] || !need(fd.parent, id) {
			return
		}
		if up[fd.parent] == nil {
			up[fd.parent] = map[trellis.ID]*touch{}
		}
		up[fd.parent][id] = &touch{by: w}
	})
	return nil
}

// parents reads records as they are, to find theirs: rows in which all that a
// child could change has changed. Those without parents are not read.
func (l *locking) parents(ctx context.Context, up map[*metadata.ObjectView]map[trellis.ID]*touch) ([]*row, error) {
	var next []*row
	for o, ids := range up {
		plan, err := l.plan(o)
		if err != nil {
			return nil, err
		}
		if len(plan.feeds) == 0 {
			continue
		}
		found, err := l.load(ctx, plan, keys(ids), false)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			w := &row{object: o, verb: Update, id: s.ID, old: s, image: s.Clone(), changed: plan.consequences()}
			if mine := l.byID[s.ID]; mine != nil && mine.image != nil {
				w.image = mine.image
			}
			next = append(next, w)
		}
	}
	return next, nil
}

// consequences are the fields that a change of children can change.
func (p *writePlan) consequences() map[string]bool {
	all := map[string]bool{}
	for _, up := range p.rollUps {
		all[up.field.Name] = true
	}
	for _, c := range p.formulas {
		if slices.ContainsFunc(c.reads, func(n string) bool { return all[n] }) {
			all[c.field.Name] = true
		}
	}
	return all
}

// lock takes the records' locks, from the top down.
func (l *locking) lock(ctx context.Context, want map[*metadata.ObjectView]map[trellis.ID]bool) error {
	type level struct {
		plan *writePlan
		ids  []trellis.ID
	}
	var levels []level
	n := 0
	for o, ids := range want {
		plan, err := l.plan(o)
		if err != nil {
			return err
		}
		levels = append(levels, level{plan, keys(ids)})
		n += len(ids)
	}
	if n > maxTouched {
		return trellis.Errorf(trellis.CodeConflict, "this would change more than %d records they belong to; do it in parts", maxTouched)
	}
	slices.SortFunc(levels, func(a, b level) int {
		if a.plan.rank != b.plan.rank {
			return a.plan.rank - b.plan.rank
		}
		return strings.Compare(a.plan.object.Name, b.plan.object.Name)
	})
	for _, lv := range levels {
		found, err := l.load(ctx, lv.plan, lv.ids, true)
		if err == nil && len(lv.plan.windows) > 0 {
			found, err = l.load(ctx, lv.plan, lv.ids, false)
		}
		if err != nil {
			return err
		}
		for _, s := range found {
			l.held[s.ID] = s
		}
	}
	return nil
}

// load reads records as the system, trashed ones too. Without lock, the roll-ups
// that rules read are among their values: a statement that waits for a lock sees
// other tables as they were before.
func (l *locking) load(ctx context.Context, plan *writePlan, ids []trellis.ID, lock bool) ([]*query.Stored, error) {
	o := plan.object
	w := &query.Wanted{Object: o, Match: []*metadata.Field{o.Field("id")}, Action: metadata.ActionRead, Trashed: true, Lock: lock}
	if !lock {
		w.Computed = plan.windowNames()
	}
	w.Values = make([][]any, len(ids))
	for i, id := range ids {
		w.Values[i] = []any{id}
	}
	found, err := l.engine.stored(ctx, systemRequest(l.r), w)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(s *query.Stored) bool { return s == nil }), nil
}

func keys[V any](m map[trellis.ID]V) []trellis.ID {
	ids := make([]trellis.ID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b trellis.ID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// renew puts the rows on their records as they are now that they are held, and
// judges those whose values that decides.
func (l *locking) renew(ctx context.Context) error {
	var again []*row
	for _, w := range l.rows {
		if s := l.held[w.id]; w.old != nil && s != nil {
			moved := s.Version != w.old.Version || (s.Batch.IsZero() != w.old.Batch.IsZero())
			if moved && !w.mayMove(s) {
				return errLost
			}
			if moved || len(w.adds) > 0 {
				if err := w.rebase(s); err != nil {
					return trellis.Errors{err}
				}
			}
			w.later = w.later || moved
			if err := l.recall(w, s); err != nil {
				return err
			}
		}
		if w.later && w.verb == Update {
			again = append(again, w)
		}
	}
	for _, w := range again {
		plan, err := l.plan(w.object)
		if err != nil {
			return err
		}
		plan.evaluate(ctx, l.r, w)
	}
	return nil
}

// restart undoes what an attempt that was rolled back made of a row of a record
// that is there.
func (w *row) restart(ctx context.Context, e *Engine, r *Request) error {
	if !w.ran {
		w.ran, w.start, w.asked = true, w.old, w.verb
		return nil
	}
	w.final, w.done, w.again, w.verb = 0, false, false, w.asked
	if err := w.rebase(w.start); err != nil {
		return trellis.Errors{err}
	}
	plan, err := e.planOf(r, w.object)
	if err == nil {
		plan.evaluate(ctx, r, w)
	}
	return err
}

// mayMove says that what became of a record meanwhile does not matter to the
// row: the engine itself changed what it computes, or the row changes its fields
// by so much, not to something.
func (w *row) mayMove(s *query.Stored) bool {
	if w.op != nil && w.op.IfVersion != 0 || s.Batch != w.old.Batch {
		return false
	}
	if w.verb == Delete {
		return false // it may have a child more, which has to go too
	}
	if w.verb == Update && len(w.adds) > 0 && len(w.patch) == 0 {
		return true
	}
	for _, f := range w.object.All {
		if computedBy(f) || f.System() && f.Name != "owner" && f.Name != "team" {
			continue
		}
		if !metadata.Equal(w.old.Values[f.Name], s.Values[f.Name]) {
			return false
		}
	}
	return true
}

// rebase makes the row's image anew from what is stored.
func (w *row) rebase(s *query.Stored) *trellis.Error {
	fresh := *w.old
	fresh.Image, fresh.Version, fresh.Batch = s.Image, s.Version, s.Batch
	w.old, w.image, w.changed = &fresh, s.Clone(), map[string]bool{}
	for name, v := range w.patch {
		f := w.object.Field(name)
		if f.Linked() {
			w.changed[name] = true
			continue
		}
		w.set(f, v)
	}
	return w.increase()
}

// settled are errors about rows, which came up under the lock.
func settled(rows []*row) error {
	var errs trellis.Errors
	for _, w := range rows {
		errs = append(errs, w.problems()...)
	}
	return errs.Err()
}

// isRefusal says that an error is about what the rows hold.
func isRefusal(err error) bool {
	var many trellis.Errors
	if errors.As(err, &many) {
		return true
	}
	switch trellis.CodeOf(err) {
	case trellis.CodeConflict, trellis.CodeValidationFailed, trellis.CodeInvalidInput, trellis.CodeForbidden:
		var one *trellis.Error
		return errors.As(err, &one)
	}
	return false
}
