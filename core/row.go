package core

import (
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// row is one operation on its way: what was asked, what is stored, what will
// be written.
type row struct {
	op      *Op
	object  *metadata.ObjectView
	verb    Verb // Create, Update, Delete or Restore; an upsert becomes one of the first two
	id      trellis.ID
	given   map[string]any // canonical values of the fields given
	old     *query.Stored
	image   *query.Image    // after the write
	changed map[string]bool // fields that differ, system ones left out
	grant   *policy.Grant
	batch   trellis.ID // the delete or restore it belongs to
	path    []any
	// narrow names the fields given that are writable in some rows only.
	narrow string
	// root is the row that this one follows into or out of the trash, nil when
	// it was asked for itself.
	root *row
	// system says that the row is written by the system's right: what follows
	// its root, and implied links.
	system bool
	// links are the changes to manyToMany fields, by field.
	links map[string]*linkSet
	// linked says that the row is a link: its path is that of the id given.
	linked bool
	// later says that the row is judged under the lock of its record, since that
	// decides what it will be.
	later bool
	// derived marks what the engine writes by itself: a parent's roll-ups.
	derived bool
	// again says that the row was written before in this transaction.
	again bool
	// patch is what the caller and hooks change, without what is computed; add
	// holds relative changes.
	patch map[string]any
	adds  map[string]any
	// final is the version written, 0 before.
	final int64
	done  bool
	// start is the record that the row was prepared with; ran says that a lock
	// has moved the row from it.
	start *query.Stored
	ran   bool
	asked Verb
	// numbered says that the row has a number of a transaction.
	numbered bool
	// answer is what was read along with the write.
	answer []byte
	// err is the first problem, more are the others that were found with it.
	err  *trellis.Error
	more trellis.Errors
}

// top is the row that was asked for itself.
func (w *row) top() *row {
	for w.root != nil {
		w = w.root
	}
	return w
}

// keepPatch remembers what the caller and hooks change, before anything is
// computed from it.
func (w *row) keepPatch() {
	if w.err != nil || w.old == nil || w.image == nil {
		return // what is created is never put on another image
	}
	w.patch = make(map[string]any, len(w.changed))
	for name := range w.changed {
		if _, relative := w.adds[name]; !relative {
			w.patch[name] = w.image.Values[name]
		}
	}
}

// changes says whether the row will be written at all.
func (w *row) changes() bool {
	return w.verb != Update || len(w.changed) > 0
}

// at is the path of one of the row's fields.
func (w *row) at(field string) []any {
	if w.linked {
		return w.path
	}
	return append(slices.Clip(w.path), field)
}

// fail notes the row's first problem.
func (w *row) fail(err *trellis.Error) {
	if w.err == nil {
		w.err = err
	}
}

// add notes one problem of several.
func (w *row) add(err *trellis.Error) {
	if w.err == nil {
		w.err = err
		return
	}
	w.more = append(w.more, err)
}

// problems are all that was found.
func (w *row) problems() trellis.Errors {
	if w.err == nil {
		return nil
	}
	return append(trellis.Errors{w.err}, w.more...)
}

// byObject groups rows by object, order kept.
func byObject(rows []*row) [][]*row {
	var groups [][]*row
	at := map[string]int{}
	for _, w := range rows {
		if w.object == nil {
			continue
		}
		i, ok := at[w.object.Name]
		if !ok {
			i = len(groups)
			at[w.object.Name] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], w)
	}
	return groups
}

// runs groups neighbours that can be one statement: the same verb and object,
// and the same conditions on fields, which hold for all rows of a statement. A
// row that refers to one of the same run by a lookup is fine, since foreign keys
// are checked at the statement's end.
func runs(rows []*row) [][]*row {
	var out [][]*row
	for i, w := range rows {
		if i == 0 || w.verb != rows[i-1].verb || w.object != rows[i-1].object || w.batch != rows[i-1].batch || w.narrow != rows[i-1].narrow || w.system != rows[i-1].system || w.derived != rows[i-1].derived {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], w)
	}
	return out
}
