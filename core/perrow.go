package core

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
)

// shareFate ties records that are created together to those they are rolled up
// or judged with, since half a document is another document, and records that
// are deleted together to those that they belong to. A refusal of one is then one
// of all. It is for writes row by row.
func (e *Engine) shareFate(r *Request, rows []*row) error {
	created, gone := make(map[trellis.ID]*row, len(rows)), map[trellis.ID]*row{}
	for _, w := range rows {
		switch {
		case w.object == nil:
		case w.verb == Create:
			created[w.id] = w
		case w.verb == Delete:
			gone[w.id] = w
		}
	}
	for _, w := range rows {
		if w.object == nil || w.image == nil {
			continue
		}
		plan, err := e.planOf(r, w.object)
		if err != nil {
			return err
		}
		plan.eachParent(w, func(_ *feed, id trellis.ID) {
			w.goWith(created[id])
		})
		if w.verb != Delete || w.old == nil {
			continue
		}
		for _, f := range w.object.Fields {
			if to, ok := f.Reference(w.old.Values[f.Name]); ok && f.OnDelete != metadata.SetNull {
				w.goWith(gone[to.ID])
			}
		}
	}
	return nil
}

// goWith ties a row to another, nil for none.
func (w *row) goWith(to *row) {
	if to != nil && to.top() != w.top() {
		w.top().root = to.top()
	}
}

// commitPerRow writes the good rows in one transaction. When the database
// refuses a group, it is halved until the rows to blame are found; those are
// left out, unless another try may go well.
func (e *Engine) commitPerRow(ctx context.Context, r *Request, w *Write, rows []*row, a attempt) error {
	tops := slices.DeleteFunc(slices.Clone(rows), func(w *row) bool { return w.root != nil })
	return e.inTx(ctx, func(tx pgx.Tx) error {
		return a.around(ctx, tx, w, rows, func() error {
			err := e.halve(ctx, r, tx, rows, tops, a)
			together(rows)
			return err
		})
	})
}

func (e *Engine) halve(ctx context.Context, r *Request, tx pgx.Tx, rows, tops []*row, a attempt) error {
	live := good(following(rows, tops))
	if len(live) == 0 {
		return nil
	}
	err := pgx.BeginFunc(ctx, tx, func(sp pgx.Tx) error { return e.write(ctx, r, sp, live, a.hold, nil) })
	switch {
	case err == nil:
		return nil
	case !rowsToBlame(err):
		return err
	case len(tops) == 1 && a.left > 0 && e.overtaken(r, live, err):
		return err
	case len(tops) == 1 && a.left > 0 && linkRace(live, err):
		return errLost
	case len(tops) == 1:
		var known *trellis.Error
		if located := locate(err, live); !errors.As(located, &known) {
			known = rowError(located, tops[0])
		}
		tops[0].fail(known)
		return nil
	}
	half := len(tops) / 2
	if err := e.halve(ctx, r, tx, rows, tops[:half], a); err != nil {
		return err
	}
	return e.halve(ctx, r, tx, rows, tops[half:], a)
}

// following are the rows asked for and those that come with them, links and
// children, in their order: they go through together or not at all.
func following(rows, tops []*row) []*row {
	of := make(map[*row]bool, len(tops))
	for _, w := range tops {
		of[w] = true
	}
	return slices.DeleteFunc(slices.Clone(rows), func(w *row) bool { return !of[w.top()] })
}

// good are the rows without a problem that change something.
func good(rows []*row) []*row {
	return slices.DeleteFunc(slices.Clone(rows), func(w *row) bool { return w.err != nil || !w.changes() })
}

// overtaken says that somebody else was faster, so that the rows prepared anew
// may go through.
func (e *Engine) overtaken(r *Request, rows []*row, err error) bool {
	return errors.Is(err, errLost) || errors.Is(err, errUnseen) || slices.ContainsFunc(rows, func(w *row) bool {
		return pg.SQLState(err) == pg.StateUniqueViolation && w.op.Verb == Upsert && w.verb == Create || e.numberTaken(r, []Op{*w.op}, err)
	})
}

// rowsToBlame says that a failure is about what the rows hold, so that others
// may go through without them.
func rowsToBlame(err error) bool {
	if errors.Is(err, errOutside) || errors.Is(err, errLost) || errors.Is(err, errUnseen) || isRefusal(err) {
		return true
	}
	state := pg.SQLState(err)
	return len(state) == 5 && (state[:2] == "23" || state[:2] == "22")
}
