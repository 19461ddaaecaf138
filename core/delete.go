package core

import (
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
)

// A delete takes records along, or is refused because of others, as they were
// when it was prepared. So that none comes in between, it locks what goes to the
// trash before it writes, and looks once more when all is written: a live record
// that still refers to it came meanwhile.

// deleteSteps are the locks before the writing of rows and the checks after it.
func (e *Engine) deleteSteps(r *Request, rows []*row) (locks, checks []step) {
	gone := slices.DeleteFunc(slices.Clone(rows), func(w *row) bool { return w.verb != Delete || w.err != nil || len(holders(w.object)) == 0 })
	for _, group := range byObject(gone) {
		o, ids := group[0].object, make([]trellis.ID, len(group))
		for i, w := range group {
			ids[i] = w.id
		}
		locks = append(locks, step{Statement: query.LockToTrash(r.space(), o, ids)})
		for _, rel := range holders(o) {
			checks = append(checks, step{Statement: query.NoneRefers(r.space(), rel, o, ids), failed: errLost, last: true})
		}
	}
	return locks, checks
}

// holders are the lookups whose records go with those of an object, or keep
// them from going.
func holders(o *metadata.ObjectView) []*metadata.Relation {
	return slices.DeleteFunc(slices.Clone(o.Referrers), func(rel *metadata.Relation) bool {
		return rel.Field.OnDelete != metadata.Cascade && rel.Field.OnDelete != metadata.Restrict
	})
}
