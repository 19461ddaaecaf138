package catalog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Bounds of a change.
const (
	turnPatience = 30 * time.Second // for the change before
	tries        = 40               // of the transaction
	tableLock    = 50 * time.Millisecond
	writersLock  = 6 * time.Second // longer than a write may last
	stepTimeout  = 5 * time.Minute // of a statement of DDL
)

// session is the connection on which a change is made. It holds the turn of
// its workspace, so that changes come one after the other in all processes.
type session struct{ *pgxpool.Conn }

// takeTurn waits for the changes before. done gives the turn back.
func (c *Catalog) takeTurn(ctx context.Context, s *space) (conn *session, done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, turnPatience)
	defer cancel()
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, errBusy(ctx.Err())
	}
	defer func() {
		if err != nil {
			<-s.turn
		}
	}()
	raw, err := c.db.Direct().Acquire(ctx)
	if err != nil {
		return nil, nil, pg.Error(err)
	}
	conn = &session{raw}
	if err = conn.lockTurn(ctx, s.id); err != nil {
		raw.Release()
		return nil, nil, err
	}
	return conn, func() { conn.endTurn(s.id); <-s.turn }, nil
}

func errBusy(cause error) error {
	return trellis.Wrap(trellis.CodeConflict, cause, "another change of the metadata is still being made; try again")
}

// lockTurn asks again and again instead of queueing, for a waiting statement
// would hold back every index built CONCURRENTLY meanwhile.
func (c *session) lockTurn(ctx context.Context, id trellis.ID) error {
	for n := 0; ; n++ {
		var got bool
		if err := c.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", applyKey(id)).Scan(&got); err != nil {
			return pg.Error(err)
		}
		if got {
			return nil
		}
		if err := pause(ctx, n); err != nil {
			return errBusy(err)
		}
	}
}

// endTurn leaves the connection as it was. One that cannot be cleaned is
// closed, which gives the lock back too.
func (c *session) endTurn(id trellis.ID) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := c.Exec(ctx, "SELECT pg_advisory_unlock($1)", applyKey(id)); err != nil {
		_ = c.Conn.Conn().Close(ctx)
	}
	c.Release()
}

// pause waits about 5, 10, 20… ms, at most 400.
func pause(ctx context.Context, n int) error {
	most := 10 * time.Millisecond << min(n, 6)
	t := time.NewTimer(most/2 + rand.N(most/2)) //nolint:gosec // spreads tries, keeps no secret
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// commit runs the transaction of a change until its locks are had.
func (c *session) commit(ctx context.Context, next *change, o Options) (*View, error) {
	for n := 0; ; n++ {
		view, err := c.try(ctx, next, o)
		if err == nil {
			return view, nil
		}
		switch pg.SQLState(err) {
		case pg.StateLockNotAvailable, pg.StateDeadlock, pg.StateSerialization:
			if n+1 < tries && pause(ctx, n) == nil {
				continue
			}
			return nil, trellis.Wrap(trellis.CodeTimeout, err, "the tables are in use and could not be locked for the change; try again")
		}
		return nil, pg.Error(err)
	}
}

func (c *session) try(ctx context.Context, next *change, o Options) (*View, error) {
	var view *View
	err := pgx.BeginFunc(ctx, c.Conn, func(tx pgx.Tx) error {
		// The writers first: they hold tables for longer than readers do, and
		// whoever waits for them must not hold one already.
		if err := c.lockWriters(ctx, tx, next.from); err != nil {
			return err
		}
		var err error
		view, err = write(ctx, tx, next, o)
		return err
	})
	return view, err
}

func (c *session) lockWriters(ctx context.Context, tx pgx.Tx, v *View) error {
	set := func(name string, d time.Duration) error {
		_, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL %s = %d", name, d.Milliseconds()))
		return err
	}
	if err := errors.Join(set("statement_timeout", stepTimeout), set("lock_timeout", writersLock)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", LockKey(v.WorkspaceID)); err != nil {
		return err
	}
	if err := set("lock_timeout", tableLock); err != nil {
		return err
	}
	var revision, policyVersion int64
	err := tx.QueryRow(ctx, "SELECT revision, policy_version FROM trellis.workspace_version WHERE workspace_id = $1 FOR UPDATE", v.WorkspaceID).Scan(&revision, &policyVersion)
	if err == nil && (revision != v.Revision || policyVersion != v.PolicyVersion) {
		return trellis.Errorf(trellis.CodeVersionConflict, "the metadata has changed meanwhile; try again")
	}
	return err
}

// write takes the steps and stores the revision.
func write(ctx context.Context, tx pgx.Tx, next *change, o Options) (*View, error) {
	for _, step := range next.plan.In(ddl.Within) {
		if err := recount(ctx, tx, step, o.AllowLoss); err != nil {
			return nil, err
		}
		if _, err := tx.Exec(ctx, step.SQL); err != nil {
			if pg.Refuses(err) {
				return nil, uniqueError(err, step)
			}
			return nil, fmt.Errorf("catalog: %s of %s.%s: %w", step.Kind, step.Object, step.Field, err)
		}
	}
	def := next.def
	if len(next.plan.Hidden) > 0 {
		def = def.Fork()
		for _, h := range next.plan.Hidden {
			kept := *h
			kept.Until = time.Now().Add(keptHidden).UTC().Truncate(time.Microsecond)
			def.Removed = append(def.Removed, &kept)
		}
	}
	r := revisionRow{id: next.from.WorkspaceID, revision: next.from.Revision + 1, policy: next.from.PolicyVersion, by: o.By, summary: o.Summary, plan: next.plan}
	if r.by == "" {
		r.by = "system"
	}
	if r.summary == "" {
		r.summary = summary(next.plan.Changes)
	}
	if metadata.TouchesAccess(next.plan.Changes) {
		r.policy++
	}
	put, gone := difference(next.from.Definition(), def)
	if err := save(ctx, tx, r, put, gone); err != nil {
		return nil, err
	}
	return next.from.next(def, r.revision, r.policy), nil
}
