package sync

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
)

const (
	// patience is how long a remote is left alone that asks for it and does not
	// say how long; longest is the most.
	patience = 30 * time.Second
	longest  = 24 * time.Hour
	// giveWay is how long a reader waits that another one has overtaken.
	giveWay = 2 * time.Second
)

// pull is one step of reading a connection.
type pull struct {
	service *Service
	conn    *Connection
	run     time.Time // names it: see Service.begin
	until   time.Time
	source  connectors.Source
	// req and mapping fit view.
	view           *catalog.View
	req            *core.Request
	mapping        *Mapping
	taken, written int64
}

// Outcome tells what one step of a pull did.
type Outcome struct {
	// Read counts records, those of dead letters included; Written those that
	// were created, updated or deleted.
	Read, Written int64
	// Done: nothing is left for now. Otherwise the step ran out of its time, or
	// is to go on after After: the remote asks for it, or another reader is at
	// work on the connection.
	Done  bool
	After time.Duration
}

var (
	// errBudget says that the step's time is over.
	errBudget = errors.New("the step's time is over")
	// errOvertaken says that another reader committed first.
	errOvertaken = errors.New("another reader was faster")
)

// Pull reads the connection's streams until nothing is left or budget is over,
// one transaction per batch. A refused login, a wrong setting, or a mapping
// that does not fit the workspace or the role any more pauses the connection
// and is no error: Outcome is Done and the connection's Problem says why. Any
// other error means: try again later, with back-off.
func (s *Service) Pull(ctx context.Context, workspace, connection string, budget time.Duration) (Outcome, error) {
	c, err := s.Get(ctx, workspace, connection)
	if err != nil {
		return Outcome{}, err
	}
	p := &pull{service: s, conn: c, until: time.Now().Add(budget)}
	if p.run, err = s.begin(ctx, c.ID); errors.Is(err, errPaused) {
		return Outcome{Done: true}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	return p.settle(ctx, p.all(ctx))
}

// all reads every stream, and before and after that the dead letters.
func (p *pull) all(ctx context.Context) error {
	if err := p.pin(ctx); err != nil {
		return err
	}
	conn, done, err := p.service.open(ctx, p.view.WorkspaceID, p.conn)
	if err != nil {
		return err
	}
	defer done()
	var ok bool
	if p.source, ok = conn.(connectors.Source); !ok {
		return connectors.ConfigError("", "this connector cannot read")
	}
	if err := p.again(ctx); err != nil {
		return err
	}
	for i := range p.mapping.Streams {
		if err := p.stream(ctx, i); err != nil {
			return err
		}
	}
	return p.again(ctx)
}

// pin takes the workspace as it is now: at the beginning, and when an admin has
// changed it since.
func (p *pull) pin(ctx context.Context) error {
	view, err := p.service.catalog.Current(ctx, p.conn.Workspace)
	if err != nil {
		return err
	}
	if p.view == view {
		p.req.Now = time.Now().UTC().Truncate(time.Microsecond)
		return nil
	}
	req, err := p.service.engine.Begin(ctx, p.conn.Workspace, p.conn.principal(view.WorkspaceID))
	if err != nil {
		return err
	}
	req.Origin = "connection:" + p.conn.ID.String()
	m, err := ParseMapping(p.conn.Mapping, req.View.Snapshot)
	if err != nil {
		return connectors.ConfigError("", "the mapping does not fit the workspace any more: %s", trellis.Public(err).Error())
	}
	if err := mayWrite(ctx, req, req.Principal, m); trellis.CodeOf(err) == trellis.CodeForbidden {
		return connectors.ConfigError("", "%s", err.Error())
	} else if err != nil {
		return err
	}
	p.view, p.req, p.mapping = req.View, req, m
	return nil
}

// settle notes how the step ended.
func (p *pull) settle(ctx context.Context, err error) (Outcome, error) {
	stopped := errors.Is(ctx.Err(), context.Canceled)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	out := Outcome{Read: p.taken, Written: p.written}
	end := func(st Status, problem string) error { return p.service.end(ctx, p.conn.ID, p.run, st, problem) }
	f := fault(err)
	switch {
	case err == nil:
		out.Done = true
		return out, end(Ready, "")
	case errors.Is(err, errBudget):
		return out, nil
	case errors.Is(err, errOvertaken):
		out.After = giveWay
		return out, nil
	case stopped:
		// The process ends; the connection is still running: see Resume.
		return out, err
	case f != nil && errors.Is(f.Kind, connectors.ErrBackOff):
		out.After = patience
		if f.After > 0 {
			out.After = min(f.After, longest)
		}
		return out, end(Waiting, f.Message)
	case f != nil && (errors.Is(f.Kind, connectors.ErrAuth) || errors.Is(f.Kind, connectors.ErrConfig)):
		out.Done = true
		p.service.log.Warn("a connection is paused", "connection", p.conn.Name, "reason", f.Message, "cause", f.Cause)
		return out, end(Paused, f.Message)
	}
	if serr := end(Waiting, trellis.Public(faultError(err)).Error()); serr != nil {
		p.service.log.Error("noting a failed pull", "connection", p.conn.Name, "error", serr)
	}
	return out, err
}

// mark is the checkpoint of a stream. batches counts what was committed, and so
// names the checkpoint: two are never the same.
type mark struct {
	cursor  connectors.Cursor
	batches int64
}

// checkpoint reads where the stream goes on, and whether it was read with
// another mapping.
func (p *pull) checkpoint(ctx context.Context, sm *StreamMapping) (m mark, remapped bool, err error) {
	var hash string
	err = p.service.db.QueryRow(ctx, `SELECT cursor, batches, mapping FROM trellis.sync_checkpoint WHERE connection_id = $1 AND stream = $2`, p.conn.ID, sm.From).Scan(&m.cursor, &m.batches, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return mark{}, false, nil
	}
	return m, hash != sm.hash && m.cursor != "", pg.Error(err)
}

// stream reads one stream from its checkpoint until nothing is left.
func (p *pull) stream(ctx context.Context, i int) error {
	sm := p.mapping.Streams[i]
	at, remapped, err := p.checkpoint(ctx, sm)
	if err != nil {
		return err
	}
	if remapped {
		if at, err = p.restart(ctx, i, at, "its mapping has changed"); err != nil {
			return err
		}
	}
	for restarted := false; ; {
		if time.Now().After(p.until) {
			return errBudget
		}
		records, next, end, err := p.read(ctx, sm.From, at.cursor)
		if f := fault(err); f != nil && errors.Is(f.Kind, connectors.ErrCursor) && at.cursor != "" && !restarted {
			restarted = true
			if at, err = p.restart(ctx, i, at, f.Message); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if next != at.cursor || len(records) > 0 {
			if at, err = p.advance(ctx, i, records, at, next); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
	}
}

// restart puts the checkpoint back to the beginning. Records that come again
// unchanged are not written.
func (p *pull) restart(ctx context.Context, i int, at mark, why string) (mark, error) {
	p.service.log.Warn("a stream is read from the beginning again", "connection", p.conn.Name, "stream", p.mapping.Streams[i].From, "reason", why)
	return p.advance(ctx, i, nil, at, "")
}

// advance commits a batch with the checkpoint after it.
func (p *pull) advance(ctx context.Context, i int, records []connectors.Record, at mark, next connectors.Cursor) (mark, error) {
	if err := p.pin(ctx); err != nil {
		return at, err
	}
	b := p.newBatch(p.mapping.Streams[i], records)
	b.from, b.to = &at, next
	return mark{next, at.batches + 1}, b.commit(ctx)
}
