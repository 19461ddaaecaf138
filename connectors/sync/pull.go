package sync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/pg"
)

// maxAgain is how many dead letters one pull tries again.
const maxAgain = 5_000

// pull is one step of reading a connection.
type pull struct {
	service *Service
	conn    *Connection
	req     *core.Request
	mapping *Mapping
	source  connectors.Source
	counts  counts
}

type counts struct{ read, written atomic.Int64 }

func (c *counts) add(read, written int) {
	c.read.Add(int64(read))
	c.written.Add(int64(written))
}

// Outcome tells what one step of a pull did.
type Outcome struct {
	Read, Written int64
	// Done: nothing is left for now. Otherwise the step ran out of its time, or
	// the remote asks to wait for After.
	Done  bool
	After time.Duration
}

// Pull reads the connection's streams until nothing is left or budget is over,
// one transaction per batch. A refused login or a wrong setting pauses the
// connection and is no error: Outcome is Done and the connection's Problem says
// why. Any other error means: try again later, with back-off.
func (s *Service) Pull(ctx context.Context, workspace, connection string, budget time.Duration) (Outcome, error) {
	c, err := s.Get(ctx, workspace, connection)
	if err != nil {
		return Outcome{}, err
	}
	if c.Status == Paused {
		return Outcome{Done: true}, nil
	}
	view, err := s.catalog.Current(ctx, workspace)
	if err != nil {
		return Outcome{}, err
	}
	req, err := s.engine.Begin(ctx, workspace, c.principal(view.WorkspaceID))
	if err != nil {
		return Outcome{}, err
	}
	req.Origin = "connection:" + c.ID.String()
	p := &pull{service: s, conn: c, req: req}
	if err := s.setStatus(ctx, c.ID, Running, ""); err != nil {
		return Outcome{}, err
	}
	err = p.run(ctx, budget)
	return p.settle(ctx, err)
}

// errBudget says that the step's time is over.
var errBudget = errors.New("the step's time is over")

func (p *pull) run(ctx context.Context, budget time.Duration) error {
	m, err := ParseMapping(p.conn.Mapping, p.req.View.Snapshot)
	if err != nil {
		return connectors.ConfigError("", "the mapping does not fit the workspace any more: %s", trellis.Public(err).Error())
	}
	p.mapping = m
	conn, done, err := p.service.open(ctx, p.req.View.WorkspaceID, p.conn)
	if err != nil {
		return err
	}
	defer done()
	var ok bool
	if p.source, ok = conn.(connectors.Source); !ok {
		return connectors.ConfigError("", "this connector cannot read")
	}
	until := time.Now().Add(budget)
	for _, sm := range m.Streams {
		if err := p.again(ctx, sm); err != nil {
			return err
		}
		if err := p.stream(ctx, sm, until); err != nil {
			return err
		}
	}
	return nil
}

// settle notes how the step ended.
func (p *pull) settle(ctx context.Context, err error) (Outcome, error) {
	// A step cut short by its context still notes that.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	out := Outcome{Read: p.counts.read.Load(), Written: p.counts.written.Load()}
	set := func(st Status, problem string) error { return p.service.setStatus(ctx, p.conn.ID, st, problem) }
	var f *connectors.Fault
	switch {
	case err == nil:
		out.Done = true
		return out, set(Ready, "")
	case errors.Is(err, errBudget):
		return out, nil
	case errors.Is(err, errOvertaken):
		// Somebody else reads this connection and got further.
		out.Done = true
		return out, nil
	case errors.As(err, &f) && f.Kind == connectors.ErrBackOff:
		out.After = max(f.After, time.Second)
		return out, set(Waiting, f.Message)
	case errors.As(err, &f) && (f.Kind == connectors.ErrAuth || f.Kind == connectors.ErrConfig):
		out.Done = true
		p.service.log.Warn("a connection is paused", "connection", p.conn.Name, "reason", f.Message, "cause", f.Cause)
		return out, set(Paused, f.Message)
	}
	problem := trellis.Public(faultError(err)).Error()
	if serr := set(Waiting, problem); serr != nil {
		p.service.log.Error("noting a failed pull", "error", serr)
	}
	return out, err
}

// stream reads one stream from its checkpoint until nothing is left.
func (p *pull) stream(ctx context.Context, sm *StreamMapping, until time.Time) error {
	cur, err := p.checkpoint(ctx, sm.From)
	if err != nil {
		return err
	}
	for {
		if time.Now().After(until) {
			return errBudget
		}
		read, next, err := p.source.Read(ctx, sm.From, cur)
		//nolint:errorlint // the contract says io.EOF itself: a cut connection may wrap it
		end := err == io.EOF
		if errors.Is(err, connectors.ErrCursor) && cur != "" {
			p.service.log.Warn("a stream is read from the beginning again", "connection", p.conn.Name, "stream", sm.From, "reason", err)
			next, end, err = "", false, nil
			read = connectors.Batch{}
		}
		if err != nil && !end {
			return err
		}
		if len(next) > connectors.MaxCursor || len(read.Records) > connectors.MaxBatch {
			return fmt.Errorf("sync: the connector broke its contract: %d records, a cursor of %d bytes", len(read.Records), len(next))
		}
		if next != cur || len(read.Records) > 0 {
			b := p.newBatch(sm, read.Records)
			b.from, b.to, b.moves = cur, next, true
			p.req.Now = time.Now().UTC().Truncate(time.Microsecond)
			if err := b.commit(ctx); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
		cur = next
	}
}

func (p *pull) checkpoint(ctx context.Context, stream string) (connectors.Cursor, error) {
	var cur string
	err := p.service.db.QueryRow(ctx, `SELECT cursor FROM trellis.sync_checkpoint WHERE connection_id = $1 AND stream = $2`, p.conn.ID, stream).Scan(&cur)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return connectors.Cursor(cur), pg.Error(err)
}

// again tries dead letters of a stream whose time has come.
func (p *pull) again(ctx context.Context, sm *StreamMapping) error {
	for tried := 0; tried < maxAgain; {
		rows, err := p.service.db.Query(ctx, `SELECT record FROM trellis.sync_dead_letter WHERE connection_id = $1 AND stream = $2 AND next_at <= now() ORDER BY next_at LIMIT 500`, p.conn.ID, sm.From)
		if err != nil {
			return pg.Error(err)
		}
		stored, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err != nil || len(stored) == 0 {
			return pg.Error(err)
		}
		tried += len(stored)
		records := make([]connectors.Record, len(stored))
		for i, data := range stored {
			if records[i], err = decodeRecord(data); err != nil {
				return err
			}
		}
		if err := p.newBatch(sm, records).commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// DeadLetter is a record that could not be taken over.
type DeadLetter struct {
	Stream   string
	Key      string
	Code     string
	Reason   string
	Attempts int
	NextAt   time.Time
}

// DeadLetters lists what waits to be tried again, soonest first.
func (s *Service) DeadLetters(ctx context.Context, connection trellis.ID, most int) ([]DeadLetter, error) {
	rows, err := s.db.Query(ctx, `SELECT stream, external_id, code, reason, attempts, next_at FROM trellis.sync_dead_letter WHERE connection_id = $1 ORDER BY next_at, external_id LIMIT $2`, connection, most)
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DeadLetter])
	return list, pg.Error(err)
}

// Progress is how far a stream has come.
type Progress struct {
	Stream                    string
	Batches, Records, Written int64
}

// Progress lists the streams of a connection with what was committed, ever.
func (s *Service) Progress(ctx context.Context, connection trellis.ID) ([]Progress, error) {
	rows, err := s.db.Query(ctx, `SELECT stream, batches, records, written FROM trellis.sync_checkpoint WHERE connection_id = $1 ORDER BY stream`, connection)
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Progress])
	return list, pg.Error(err)
}

// Retry makes all dead letters of a connection due now, and a paused connection
// ready: what a person does after mending the reason.
func (s *Service) Retry(ctx context.Context, connection trellis.ID) error {
	_, err := s.db.Exec(ctx, `WITH due AS (UPDATE trellis.sync_dead_letter SET next_at = now() WHERE connection_id = $1)
		UPDATE trellis.connection SET status = 'ready', problem = NULL WHERE id = $1 AND status = 'paused'`, connection)
	return pg.Error(err)
}
