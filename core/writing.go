package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
)

// How often a write is tried when records or the catalogue change under it.
// A changed catalogue is no contention: an admin who applies many changes in a
// row must not fail anybody's write.
const (
	maxTries      = 3
	maxStaleTries = 10
	maxDeadlocks  = 20 // one of those in a circle gives way; the others go on
)

// Write carries out the operations as one transaction and gives a result for
// each. With w.PerRow, operations that are refused have an Err in their result
// and the others are carried out; otherwise the problems of all operations come
// back as trellis.Errors and nothing is done.
//
// r is pinned anew when the catalogue changed in between, so that an answer
// read with it afterwards fits what was written.
func (e *Engine) Write(ctx context.Context, r *Request, w *Write) ([]Result, error) {
	if len(w.Ops) > MaxOps {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "one write takes %d operations at most", MaxOps)
	}
	if r.Depth > MaxDepth {
		return nil, trellis.Errorf(trellis.CodeQueryTooCostly, "writes call each other more than %d deep", MaxDepth)
	}
	if w.IdempotencyKey != "" {
		return e.writeOnce(ctx, r, w)
	}
	return e.writeTries(ctx, r, w, nil)
}

// writeTries goes the path until it goes through.
func (e *Engine) writeTries(ctx context.Context, r *Request, w *Write, c *claim) ([]Result, error) {
	// Lookups are checked in the transaction at first; when one is wrong, or
	// each row answers for itself, they are looked at beforehand.
	a := attempt{careful: w.PerRow, numbers: takenNumbers{}, claim: c}
	for tries, stale, deadlocks := 1, 1, 0; ; {
		a.left = maxTries - tries
		results, err := e.tryWrite(ctx, r, w, a)
		if err == nil {
			return results, nil
		}
		switch {
		case errors.Is(err, errUnseen) && !a.careful:
			a.careful = true
		case errors.Is(err, errUnseen): // it was there when we looked
			if tries++; tries > maxTries {
				return nil, writeError(err)
			}
		case errors.Is(err, errUnread) && ctx.Err() == nil:
			a.unread = true
		case errors.Is(err, errStale) || replan(err):
			if stale++; stale > maxStaleTries {
				return nil, writeError(err)
			}
			a.unread = a.unread || replan(err) // it may be what is read that is not as it was
			if _, err := e.catalog.Refresh(ctx, r.View.Slug); err != nil {
				return nil, err
			}
			if err := e.pin(ctx, r, r.View.Slug); err != nil {
				return nil, err
			}
		case e.numberTaken(r, w.Ops, err):
			if tries++; tries > maxTries {
				return nil, writeError(err)
			}
			a.numbers = takenNumbers{}
		case contention(err):
			if deadlocks++; deadlocks > maxDeadlocks {
				return nil, writeError(err)
			}
		case errors.Is(err, errLost) || upsertRace(w, err):
			a.hold = true
			if tries++; tries > maxTries {
				return nil, writeError(err)
			}
		case errors.Is(err, errClaimed):
			return nil, err
		default:
			return nil, writeError(err)
		}
	}
}

// contention says that the database chose this transaction to give way.
func contention(err error) bool {
	state := pg.SQLState(err)
	return state == "40P01" || state == "40001"
}

// replan says that the tables changed under a prepared statement.
func replan(err error) bool {
	state := pg.SQLState(err)
	return state == "0A000" || state == "42703" || state == "42P01"
}

// upsertRace says that a record with an upserted key may have come in between.
func upsertRace(w *Write, err error) bool {
	return pg.SQLState(err) == "23505" && slices.ContainsFunc(w.Ops, func(op Op) bool { return op.Verb == Upsert })
}

// linkRace says that the same link may have been made in between.
func linkRace(rows []*row, err error) bool {
	return pg.SQLState(err) == "23505" && slices.ContainsFunc(rows, func(w *row) bool { return w.linked && w.verb == Create })
}

// writeError is what the caller is told.
func writeError(err error) error {
	switch {
	case errors.Is(err, errLost):
		return errVersion()
	case errors.Is(err, errUnseen):
		return trellis.Errorf(trellis.CodeInvalidInput, "refers to a record that is not there")
	case errors.Is(err, errOutside):
		return trellis.Errorf(trellis.CodeForbidden, "you may not write a record like this")
	case errors.Is(err, errStale):
		return trellis.Errorf(trellis.CodeUnavailable, "the workspace is being changed; try again")
	}
	return pg.Error(err)
}

// attempt is how to go the path once.
type attempt struct {
	careful bool // look at lookups beforehand
	hold    bool // lock records before writing, since others change them too
	unread  bool // leave the reading of what was written to the caller
	left    int  // how many more tries there are
	numbers takenNumbers
	claim   *claim // of the idempotency key, nil without one
}

// tryWrite goes the path once.
func (e *Engine) tryWrite(ctx context.Context, r *Request, w *Write, a attempt) ([]Result, error) {
	rows, err := e.ready(ctx, r, w.Ops, a.numbers)
	if err == nil && w.PerRow {
		err = e.shareFate(r, rows)
	}
	if err != nil {
		return nil, err
	}
	if a.careful || len(problems(rows)) > 0 {
		if err := e.checkLookups(ctx, r, rows); err != nil {
			return nil, err
		}
		together(rows)
	}
	if errs := problems(rows); len(errs) > 0 && !w.PerRow {
		return nil, errs
	}
	switch {
	case w.PerRow:
		err = e.commitPerRow(ctx, r, w, rows, a)
	case w.Also == nil && a.claim == nil:
		ask := w.Ask
		if a.unread {
			ask = nil
		}
		err = e.write(ctx, r, nil, rows, a.hold, ask)
	default:
		err = e.inTx(ctx, func(tx pgx.Tx) error {
			return a.around(ctx, tx, w, rows, func() error { return e.write(ctx, r, tx, rows, a.hold, nil) })
		})
	}
	if err != nil && a.left > 0 && linkRace(rows, err) {
		return nil, errLost
	}
	if err != nil && a.left > 0 && (upsertRace(w, err) || e.numberTaken(r, w.Ops, err)) {
		return nil, err
	}
	if err != nil {
		return nil, locate(err, rows)
	}
	return results(rows, len(w.Ops)), nil
}

// ready brings operations to where they can be written: prepared, through the
// hooks, and validated.
func (e *Engine) ready(ctx context.Context, r *Request, ops []Op, numbers takenNumbers) ([]*row, error) {
	rows, err := e.prepare(ctx, r, ops)
	if err != nil {
		return nil, err
	}
	// Hooks come first for what they fill in may be what a rule asks for; rules
	// then judge what will be written, computed fields included.
	if err := e.runHooks(ctx, r, rows); err != nil {
		return nil, err
	}
	if err := e.takeNumbers(ctx, r, rows, numbers); err != nil {
		return nil, err
	}
	for _, w := range rows {
		w.keepPatch()
	}
	if _, err := e.needsLock(r, rows, false); err != nil {
		return nil, err
	}
	if err := e.compute(ctx, r, rows); err != nil {
		return nil, err
	}
	if err := e.validate(ctx, r, rows); err != nil {
		return nil, err
	}
	together(rows)
	return rows, nil
}

func problems(rows []*row) trellis.Errors {
	var errs trellis.Errors
	for _, w := range rows {
		if w.err != nil && w.root == nil {
			errs = append(errs, w.problems()...)
		}
	}
	return errs
}

func results(rows []*row, n int) []Result {
	out := make([]Result, n)
	for i, w := range rows[:n] {
		if w.err != nil {
			out[i].Err, out[i].More = w.err, w.more
			continue
		}
		out[i] = Result{ID: w.id, Version: w.version(), Verb: w.verb, Answer: w.answer}
		if w.asked != "" {
			out[i].Verb = w.asked
		}
		if !w.changes() && !w.done {
			out[i].Verb = ""
		}
	}
	return out
}

// locate gives a database error that belongs to one operation that one's path.
// When that may be several, what a declared index says is told without a path.
func locate(err error, rows []*row) error {
	var known *trellis.Error
	if errors.Is(err, errStale) || errors.Is(err, errLost) || errors.Is(err, errUnread) || errors.As(err, &known) {
		return err
	}
	all := rows
	if len(rows) > 1 && pg.Refuses(err) {
		// The row that the broken index is about, if that is one alone.
		rows = slices.DeleteFunc(slices.Clone(rows), func(w *row) bool { return !w.sets(pg.Constraint(err)) })
	}
	if len(rows) != 1 {
		if name := pg.Constraint(err); pg.Refuses(err) && name != "" {
			for _, w := range all {
				if e := declaredError(w, name); e != nil {
					e.Path = nil
					return e
				}
			}
		}
		return err
	}
	if errors.Is(err, errOutside) || pg.Refuses(err) {
		return rowError(err, rows[0])
	}
	return err
}

// sets says that the row sets what an index of its object is about.
func (w *row) sets(index string) bool {
	if w.object == nil || !w.changes() {
		return false
	}
	for _, f := range w.object.Fields {
		if w.changed[f.Name] && metadata.KeyName(w.object.Object, f) == index {
			return true
		}
	}
	return slices.ContainsFunc(w.object.Indexes, func(x *metadata.Index) bool {
		return x.Name == index && slices.ContainsFunc(x.Fields, func(n string) bool { return w.changed[n] })
	})
}

// rowError is a row's problem as the database told it.
func rowError(err error, w *row) *trellis.Error {
	if pg.Refuses(err) {
		if e := declaredError(w, pg.Constraint(err)); e != nil {
			return e
		}
		return uniqueError(w)
	}
	if known := (trellis.Errors)(nil); errors.As(err, &known) && len(known) > 0 {
		return known[0]
	}
	return public(writeError(err)).At(w.path...)
}

// declaredError is what a declared index says to who breaks it, nil when it says
// nothing.
func declaredError(w *row, constraint string) *trellis.Error {
	for _, x := range w.object.Indexes {
		if x.Name == constraint && x.Message != "" {
			return trellis.Errorf(trellis.CodeConflict, "%s", x.Message.In("en", "another record has the same value")).At(w.path...)
		}
	}
	return nil
}

// uniqueError names the one unique field the row sets; with several, which of
// them it was stays unsaid, because the record in the way may be hidden.
func uniqueError(w *row) *trellis.Error {
	e := trellis.Errorf(trellis.CodeConflict, "another record has the same value")
	var unique []*metadata.Field
	for _, f := range w.object.Fields {
		if _, given := w.given[f.Name]; f.Unique && (given || w.changed[f.Name]) {
			unique = append(unique, f)
		}
	}
	if len(unique) == 1 {
		return e.At(w.at(unique[0].Name)...)
	}
	return e.At(w.path...)
}

// inTx runs fn in a transaction of read committed. It does not repeat: the
// write path as a whole does.
func (e *Engine) inTx(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, e.db, fn)
}

// around is what goes with the rows in their transaction: the idempotency key
// and the caller's own.
func (a *attempt) around(ctx context.Context, tx pgx.Tx, w *Write, rows []*row, write func() error) error {
	if a.claim != nil {
		if err := a.claim.take(ctx, tx); err != nil {
			return err
		}
	}
	if err := write(); err != nil {
		return err
	}
	done := results(rows, len(w.Ops))
	if a.claim != nil {
		if err := a.claim.store(ctx, tx, done); err != nil {
			return err
		}
	}
	if w.Also == nil {
		return nil
	}
	return w.Also(ctx, tx, done)
}

// writeOnce is Write under an idempotency key.
func (e *Engine) writeOnce(ctx context.Context, r *Request, w *Write) ([]Result, error) {
	c, err := e.newClaim(r, w)
	if err != nil {
		return nil, err
	}
	for range maxTries {
		if results, ok, err := c.before(ctx); ok || err != nil {
			return results, err
		}
		results, err := e.writeTries(ctx, r, w, c)
		if !errors.Is(err, errClaimed) {
			return results, err
		}
	}
	return nil, errVersion()
}

// Bulk carries out any number of operations in transactions of chunk (0:
// ChunkOps) each, a result for each operation, refused ones left out. It stops
// at the first chunk that fails as a whole; the results of the chunks before
// come back with the error. References between operations stay inside a chunk.
func (e *Engine) Bulk(ctx context.Context, r *Request, ops []Op, chunk int) ([]Result, error) {
	if chunk <= 0 {
		chunk = ChunkOps
	}
	if chunk > MaxOps {
		return nil, fmt.Errorf("core: a chunk of %d operations is over %d", chunk, MaxOps)
	}
	done := make([]Result, 0, len(ops))
	for len(ops) > 0 {
		n := min(chunk, len(ops))
		res, err := e.Write(ctx, r, &Write{Ops: ops[:n], PerRow: true})
		if err != nil {
			return done, err
		}
		done, ops = append(done, res...), ops[n:]
		r.Now = e.now().UTC().Truncate(time.Microsecond)
	}
	return done, nil
}
