package core

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// Bounds of one step of filling: writers wait for it.
const (
	fillMost  = 5_000 // records
	fillFirst = 500
	fillTime  = time.Second
)

// FillAll fills in every workspace; see Fill.
func (e *Engine) FillAll(ctx context.Context) error {
	all, err := e.catalog.Workspaces(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range all {
		errs = append(errs, e.Fill(ctx, w.Slug))
	}
	return errors.Join(errs...)
}

// Fill computes the columns of stored formulas and roll-ups that are new or have
// changed, step by step, and tells the catalogue of each that is filled. Reads
// compute them until then. It may run beside writers, and beside itself; one
// that was interrupted begins anew and passes quickly over what is done.
func (e *Engine) Fill(ctx context.Context, workspace string) error {
	for {
		v, err := e.catalog.Current(ctx, workspace)
		if err != nil {
			return err
		}
		o, f := unfilled(v)
		if f == nil {
			return nil
		}
		err = e.fillField(ctx, v, o, f)
		if errors.Is(err, errStale) { // look again what there is to fill
			if _, err := e.catalog.Refresh(ctx, workspace); err != nil {
				return err
			}
			continue
		}
		if err == nil {
			err = e.catalog.Filled(ctx, workspace, o.Name, f)
		}
		if err != nil {
			return pg.Error(err)
		}
	}
}

// unfilled is the next field to fill: what others are computed from may be
// unfilled too, and is then computed with it.
func unfilled(v *catalog.View) (*metadata.ObjectView, *metadata.Field) {
	for _, name := range v.Snapshot.Names() {
		o := v.Snapshot.Lookup(name)
		for _, f := range o.Fields {
			if f.Computed == metadata.Stored && f.Filling {
				return o, f
			}
		}
	}
	return nil, nil
}

func (e *Engine) fillField(ctx context.Context, v *catalog.View, o *metadata.ObjectView, f *metadata.Field) error {
	r := &Request{Principal: policy.System(v.WorkspaceID), View: v, Now: e.now().UTC().Truncate(time.Microsecond)}
	after, most := trellis.ID{}, fillFirst
	for deadlocks := 0; ; {
		began := time.Now()
		last, n, err := e.fillStep(ctx, r, o, f, after, most)
		if contention(err) && deadlocks < maxDeadlocks {
			deadlocks++
			continue
		}
		if err != nil {
			return err
		}
		if n < most {
			return nil
		}
		after, deadlocks = last, 0
		switch took := time.Since(began); {
		case took > fillTime:
			most = max(most/2, 50)
		case took < fillTime/4:
			most = min(most*2, fillMost)
		}
	}
}

// fillStep fills the next records and says which was the last and how many
// there were.
func (e *Engine) fillStep(ctx context.Context, r *Request, o *metadata.ObjectView, f *metadata.Field, after trellis.ID, most int) (last trellis.ID, n int, err error) {
	err = e.inTx(ctx, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		r.View.QueueLock(b)
		if err := send(ctx, tx, b, catalog.LockStatements, nil); err != nil {
			return err
		}
		lock := query.FillLock(r.space(), o, after, most)
		rows, err := tx.Query(ctx, lock.SQL, lock.Args...)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[trellis.ID])
		if err != nil || len(ids) == 0 {
			return err
		}
		last, n = ids[len(ids)-1], len(ids)
		fill, err := query.Fill(r.space(), r.caller(), o, f, ids)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, fill.SQL, fill.Args...)
		return err
	})
	return last, n, err
}
