package core

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// lookups are the records that a write's lookups are set to, by object, none
// twice: each must be a live one that the caller may read.
type lookups map[string][]trellis.ID

// giveRefs gives references to operations the ids of their records.
func giveRefs(rows []*row) {
	if !slices.ContainsFunc(rows, func(w *row) bool { return w.op != nil && w.op.Verb == Upsert }) {
		return // the others have their ids from the beginning
	}
	for i, w := range rows {
		for name, v := range w.given {
			if ref, ok := v.(Ref); ok && int(ref) < i && w.image != nil {
				f := w.object.Field(name)
				w.given[name] = f.RefersTo(rows[ref].object.Name, rows[ref].id)
				w.set(f, w.given[name])
			}
		}
	}
}

// findLookups collects what the lookups of rows without error are set to.
// Records made in the same write, the caller and their teams need no check.
func findLookups(r *Request, rows []*row) lookups {
	found := lookups{}
	made := madeIn(rows)
	seen := map[expr.Ref]bool{}
	eachLookup(rows, func(_ *row, _ *metadata.Field, to expr.Ref) {
		if !made[to] && !seen[to] && !own(r.Principal, to) {
			seen[to] = true
			found[to.Object] = append(found[to.Object], to.ID)
		}
	})
	return found
}

func madeIn(rows []*row) map[expr.Ref]bool {
	made := map[expr.Ref]bool{}
	for _, w := range rows {
		if w.verb == Create && w.object != nil {
			made[expr.Ref{Object: w.object.Name, ID: w.id}] = true
		}
	}
	return made
}

// checkLookups notes in the rows which lookups name no record that is there.
func (e *Engine) checkLookups(ctx context.Context, r *Request, rows []*row) error {
	visible := map[string]map[trellis.ID]bool{}
	for object, ids := range findLookups(r, rows) {
		seen, err := e.visible(ctx, r, object, ids)
		if err != nil {
			return err
		}
		visible[object] = seen
	}
	made := madeIn(rows)
	eachLookup(rows, func(w *row, f *metadata.Field, to expr.Ref) {
		if !made[to] && !own(r.Principal, to) && !visible[to.Object][to.ID] {
			w.fail(trellis.Errorf(trellis.CodeInvalidInput, "refers to a record that is not there").At(w.at(f.Name)...))
		}
	})
	return nil
}

// lookupSteps checks lookups inside the transaction, which also keeps what they
// name from going to the trash until it ends. Which one is wrong is found by
// another try, the careful one, that looks first.
func (e *Engine) lookupSteps(ctx context.Context, r *Request, rows []*row) ([]step, error) {
	var steps []step
	found := findLookups(r, rows)
	for _, object := range slices.Sorted(maps.Keys(found)) {
		st, err := query.AllVisible(ctx, r.space(), r.caller(), r.View.Snapshot.Lookup(object), found[object])
		if trellis.CodeOf(err) == trellis.CodeInvalidInput { // the object is not the caller's to see
			return nil, errUnseen
		}
		if err != nil {
			return nil, err
		}
		steps = append(steps, step{Statement: st, failed: errUnseen})
	}
	return steps, nil
}

// own says that a lookup names the caller or a team of theirs: whoever may not
// read people and teams may still say whose a record is.
func own(p *policy.Principal, to expr.Ref) bool {
	return p.User != nil && (to.Object == "user" && to.ID == p.User.ID || to.Object == "team" && slices.Contains(p.User.Teams, to.ID))
}

func eachLookup(rows []*row, do func(w *row, f *metadata.Field, to expr.Ref)) {
	for _, w := range rows {
		if w.err != nil || w.image == nil {
			continue
		}
		for _, f := range w.object.All {
			if !f.Kind.IsLookup() && f.Kind != metadata.KindPolymorphic || !w.changed[f.Name] {
				continue
			}
			if to, ok := f.Reference(w.image.Values[f.Name]); ok {
				// A person may always own what they make.
				if _, given := w.given[f.Name]; given {
					do(w, f, to)
				}
			}
		}
	}
}

func (e *Engine) visible(ctx context.Context, r *Request, object string, ids []trellis.ID) (map[trellis.ID]bool, error) {
	o := r.View.Snapshot.Lookup(object)
	if o == nil {
		return nil, fmt.Errorf("core: a lookup refers to %q, which is not there", object)
	}
	seen, err := query.Visible(ctx, e.db, r.space(), r.caller(), o, ids)
	if trellis.CodeOf(err) == trellis.CodeInvalidInput { // the object is not the caller's to see
		return nil, nil
	}
	if err != nil {
		return nil, pg.Error(err)
	}
	return seen, nil
}
