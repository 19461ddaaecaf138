package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
)

// along prepares what the caller asks of the first record to be read in the
// batch that writes it. It is nil when that will not do: Query then says why, or
// reads it in its own time.
func (e *Engine) along(ctx context.Context, r *Request, ask *query.Query, w *row) *query.Along {
	if ask == nil || ask.Get == nil || w.err != nil {
		return nil
	}
	q, get := *ask, *ask.Get
	q.Get, get.ID = &get, w.id
	plan, err := query.Compile(ctx, e.asked(r), &query.Caller{Principal: r.Principal, Policy: r.Policy, Now: r.Now}, &q)
	if err != nil {
		return nil
	}
	return plan.Along(w.id)
}

// asked is the space that answers are read from.
func (e *Engine) asked(r *Request) *query.Space {
	space := r.space()
	space.Shapes = &e.book(r).shapes
	return space
}

// readAlong takes the answer out of a batch. What the database refuses has
// undone the write, which is repeated without reading; anything else is left to
// Query, for the write goes on.
func readAlong(res pgx.BatchResults, along *query.Along) ([]byte, error) {
	answer, err := along.Read(res)
	switch {
	case err == nil:
		return answer, nil
	case pg.SQLState(err) != "":
		return nil, fmt.Errorf("%w: %w", errUnread, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil, err
	}
	return nil, nil
}
