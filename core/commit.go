package core

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
)

// What a failed transaction means for the way ahead.
var (
	errStale   = errors.New("the catalogue has changed")         // pin again, repeat
	errLost    = errors.New("a record changed under the write")  // repeat
	errOutside = errors.New("a new image breaks the row's rule") // refuse
	errUnseen  = errors.New("a lookup names no visible record")  // repeat, looking which
	errUnread  = errors.New("the record cannot be read")         // repeat without reading
)

// checkFailed is SQLSTATE division_by_zero: how the statements of package query
// say that a check failed.
const checkFailed = "22012"

// step is one statement with what its failure means.
type step struct {
	query.Statement
	failed error
	last   bool // it is about what there is when all is written
}

// write renders and sends rows as one transaction on the pool, as one pipelined
// batch where that will do, or inside tx when it is not nil. All rows must be
// without error. With hold, records are locked
// before they are written. What ask wants of the first row is read along when
// that needs no more round trips. The error is errStale, errUnseen, errLost,
// errOutside, errUnread, trellis.Errors for what came up under a lock, or the
// database's.
func (e *Engine) write(ctx context.Context, r *Request, tx pgx.Tx, rows []*row, hold bool, ask *query.Query) error {
	needs, err := e.needsLock(r, rows, hold)
	switch {
	case err != nil:
		return err
	case needs && tx != nil:
		return e.writeLocked(ctx, r, tx, rows)
	case needs:
		return e.inTx(ctx, func(tx pgx.Tx) error { return e.writeLocked(ctx, r, tx, rows) })
	}
	steps, err := e.steps(ctx, r, rows)
	if err != nil || len(steps) == 0 {
		return err
	}
	checks, err := e.lookupSteps(ctx, r, rows)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	r.View.QueueLock(b)
	steps = append(checks, steps...)
	if tx != nil {
		return send(ctx, tx, b, catalog.LockStatements, steps)
	}
	along := e.along(ctx, r, ask, rows[0])
	if along == nil {
		return send(ctx, e.db, b, catalog.LockStatements, steps)
	}
	return sendThen(ctx, e.db, b, catalog.LockStatements, steps, along.Queue, func(res pgx.BatchResults) (err error) {
		rows[0].answer, err = readAlong(res, along)
		return err
	})
}

// send runs a batch and steps after it; locks says how many of its first
// statements are those of View.QueueLock.
func send(ctx context.Context, db query.DB, b *pgx.Batch, locks int, steps []step) error {
	return sendThen(ctx, db, b, locks, steps, func(*pgx.Batch) {}, func(pgx.BatchResults) error { return nil })
}

// sendThen is send with more in the same batch, and what takes its results.
func sendThen(ctx context.Context, db query.DB, b *pgx.Batch, locks int, steps []step, more func(*pgx.Batch), take func(pgx.BatchResults) error) error {
	for _, s := range steps {
		b.Queue(s.SQL, s.Args...)
	}
	more(b)
	res := db.SendBatch(ctx, b)
	var err error
	for range locks {
		if _, err = res.Exec(); err != nil {
			break
		}
	}
	if catalog.IsStale(err) {
		err = errStale
	}
	for _, s := range steps {
		if err != nil {
			break
		}
		_, err = res.Exec()
		err = meaning(err, s.failed)
	}
	if err == nil {
		err = take(res)
	}
	if cerr := res.Close(); err == nil {
		err = cerr
	}
	return err
}

func meaning(err, failed error) error {
	if err != nil && pg.SQLState(err) == checkFailed {
		return failed
	}
	return err
}

// steps are the statements that write rows, in order.
func (e *Engine) steps(ctx context.Context, r *Request, rows []*row) ([]step, error) {
	steps, checks := e.deleteSteps(r, rows)
	for _, run := range runs(rows) {
		var live []*row
		for _, w := range run {
			if w.err == nil && w.changes() {
				live = append(live, w)
			}
		}
		if len(live) == 0 {
			continue
		}
		more, err := e.runSteps(ctx, r, live)
		if err != nil {
			return nil, err
		}
		steps = append(append(steps, more...), fileSteps(r, live)...)
	}
	return append(steps, checks...), nil
}

// runSteps renders rows of one verb and object.
func (e *Engine) runSteps(ctx context.Context, r *Request, rows []*row) ([]step, error) {
	first := rows[0]
	fields, writes := rowWrites(r, rows)
	out := &query.Outbox{Workspace: r.View.WorkspaceID, Object: first.object.Name, Table: first.object.Table, Revision: r.View.Revision, Actor: r.Principal.String(), Origin: r.Origin, Changes: outboxChanges(rows)}
	if first.verb == Create {
		s := step{Statement: query.Insert(r.space(), first.grant, fields, writes, out), failed: errLost}
		plan, err := e.planOf(r, first.object)
		if err != nil {
			return nil, err
		}
		return e.withPostRule(ctx, r, append(e.raise(r, plan, rows), s), rows)
	}
	extra := map[string]any{}
	switch first.verb {
	case Delete:
		extra["deleted_batch"] = first.batch
	case Restore:
		extra["deleted_batch"] = nil
	}
	caller := r.caller()
	if first.system {
		caller = systemRequest(r).caller()
	}
	st, err := query.Update(ctx, r.space(), caller, first.grant, fields, writes, givenFields(rows), extra, out)
	if err != nil {
		return nil, err
	}
	steps := []step{{Statement: st, failed: errLost}}
	if first.verb != Update || first.derived {
		return steps, nil
	}
	return e.withPostRule(ctx, r, steps, rows)
}

func (e *Engine) withPostRule(ctx context.Context, r *Request, steps []step, rows []*row) ([]step, error) {
	ids, images := make([]trellis.ID, len(rows)), make([]*query.Image, len(rows))
	for i, w := range rows {
		ids[i], images[i] = w.id, w.image
	}
	st, ok, err := query.PostRule(ctx, r.space(), r.caller(), rows[0].grant, ids, images, givenFields(rows))
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, errOutside
	case st != nil:
		steps = append(steps, step{Statement: *st, failed: errOutside, last: true})
	}
	return steps, nil
}

// givenFields are the fields that callers set, in a fixed order for the
// statement cache. What hooks set is the plugin's to answer for.
func givenFields(rows []*row) []string {
	seen := map[string]bool{}
	var names []string
	for _, w := range rows {
		for name := range w.given {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// rowWrites brings the images of rows of one verb and object to what will be
// stored, and tells which fields are written: the stamps, and what any row of
// the run changes; all of new records.
func rowWrites(r *Request, rows []*row) ([]*metadata.Field, []query.RowWrite) {
	first := rows[0]
	at, by := any(r.Now), any(r.Principal.String())
	out := make([]query.RowWrite, len(rows))
	for i, w := range rows {
		w.stamp(at, by)
		out[i] = query.RowWrite{ID: w.id, Values: w.image.Values}
		if w.old != nil {
			out[i].Version = w.old.Version
		}
	}
	stamped := stamps[first.verb]
	fields := make([]*metadata.Field, 0, len(first.object.All))
	for _, f := range first.object.All {
		if f.Width() == 0 {
			continue // links, and what rules had computed, stay with the image
		}
		if first.verb == Create || slices.Contains(stamped, f.Name) || slices.ContainsFunc(rows, func(w *row) bool { return w.changed[f.Name] }) {
			fields = append(fields, f)
		}
	}
	return fields, out
}

// stamps are the system fields that each verb writes to what is there.
var stamps = map[Verb][]string{
	Update:  {"updatedAt", "updatedBy", "version"},
	Delete:  {"updatedAt", "updatedBy", "version", "deletedAt"},
	Restore: {"updatedAt", "updatedBy", "version", "deletedAt"},
}

// stamp brings the system fields of the image to what will be stored, because
// rules may ask for them.
func (w *row) stamp(at, by any) {
	v := w.image.Values
	v["updatedAt"], v["updatedBy"], v["version"] = at, by, w.version()
	switch w.verb {
	case Create:
		v["createdAt"], v["createdBy"] = at, by
	case Delete:
		v["deletedAt"] = at
	case Restore:
		delete(v, "deletedAt")
	}
}

// outboxChanges writes the entry's JSON: an array with, for each record,
// {"id", "op", "version", "changed": {field: [old, new]}}; of a manyToMany field
// old are the ids no longer linked and new those now linked besides.
func outboxChanges(rows []*row) []byte {
	buf := append(make([]byte, 0, 512*len(rows)), '[')
	for i, w := range rows {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, `{"id":"`...)
		buf = w.id.AppendText(buf)
		buf = append(append(append(buf, `","op":"`...), w.verb...), `","version":`...)
		buf = append(strconv.AppendInt(buf, w.version(), 10), `,"changed":{`...)
		first := true
		for _, f := range w.object.All {
			if !w.changed[f.Name] {
				continue
			}
			if !first {
				buf = append(buf, ',')
			}
			first = false
			buf = query.AppendJSONString(buf, f.Name)
			buf = append(buf, ':', '[')
			if links := w.links[f.Name]; links != nil {
				buf = links.appendJSON(buf)
			} else {
				buf = metadata.AppendJSON(buf, w.before(f.Name))
				buf = append(buf, ',')
				buf = metadata.AppendJSON(buf, w.image.Values[f.Name])
			}
			buf = append(buf, ']')
		}
		buf = append(buf, '}', '}')
	}
	return append(buf, ']')
}

// version is the record's version after the write.
func (w *row) version() int64 {
	switch {
	case w.old == nil:
		return 1
	case w.final != 0:
		return w.final
	case !w.changes():
		return w.old.Version
	}
	return w.old.Version + 1
}

func (w *row) before(field string) any {
	if w.old == nil {
		return nil
	}
	return w.old.Values[field]
}
