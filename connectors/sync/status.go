package sync

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
)

// Status of a connection.
type Status string

// The statuses. A paused connection waits for a person, and Problem says why.
// Running stays when the process dies: see Resume.
const (
	Ready   Status = "ready"
	Running Status = "running"
	Waiting Status = "waiting" // for the remote system, or after a failure
	Paused  Status = "paused"
)

// errPaused says that somebody paused or removed the connection.
var errPaused = errors.New("the connection is paused")

// begin notes that a run begins and gives its moment, which names the run: the
// status is that of the run that began last.
func (s *Service) begin(ctx context.Context, id trellis.ID) (run time.Time, err error) {
	err = s.db.QueryRow(ctx, `UPDATE trellis.connection SET status = 'running', problem = NULL, last_run_at = greatest(clock_timestamp(), last_run_at + interval '1 microsecond')
		WHERE id = $1 AND status <> 'paused' RETURNING last_run_at`, id).Scan(&run)
	if errors.Is(err, pgx.ErrNoRows) {
		return run, errPaused
	}
	return run, pg.Error(err)
}

// end notes how a run ended, unless a later one has begun or the connection was
// paused. A pause is noted in any case.
func (s *Service) end(ctx context.Context, id trellis.ID, run time.Time, st Status, problem string) error {
	_, err := s.db.Exec(ctx, `UPDATE trellis.connection SET status = $2, problem = NULLIF($3, '')
		WHERE id = $1 AND ($2 = 'paused' OR status <> 'paused' AND last_run_at = $4)`, id, st, clip(problem), run)
	return pg.Error(err)
}

// Retry makes all dead letters of a connection due now, and a paused connection
// ready: what a person does after mending the reason.
func (s *Service) Retry(ctx context.Context, connection trellis.ID) error {
	_, err := s.db.Exec(ctx, `WITH due AS (UPDATE trellis.sync_dead_letter SET next_at = now() WHERE connection_id = $1)
		UPDATE trellis.connection SET status = 'ready', problem = NULL WHERE id = $1 AND status = 'paused'`, connection)
	return pg.Error(err)
}

// Progress is how far a stream has come.
type Progress struct {
	Stream  string `json:"stream"`
	Batches int64  `json:"batches"` // committed
	Records int64  `json:"records"` // read in them
	Written int64  `json:"written"` // created, updated or deleted by them
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
