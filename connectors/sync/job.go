package sync

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/trellishq/trellis"
)

const (
	// step is how long one run of the job reads before it makes room for others.
	// With a last Read of readLimit it stays within jobs.Step.
	step = 30 * time.Second
	// attempts are enough for weeks of an hour's wait each.
	attempts = 1000
)

// PullArgs asks for a pull of one connection.
type PullArgs struct {
	Workspace  string `json:"workspace"`
	Connection string `json:"connection"` // id
}

// Kind implements river.JobArgs.
func (PullArgs) Kind() string { return "sync.pull" }

// PullWorker works PullArgs.
type PullWorker struct {
	river.WorkerDefaults[PullArgs]
	Service *Service
}

var _ river.Worker[PullArgs] = (*PullWorker)(nil)

// Work pulls for a step and, when more is left, goes on later. A failed pull
// is tried again with River's back-off.
func (w *PullWorker) Work(ctx context.Context, job *river.Job[PullArgs]) error {
	out, err := w.Service.Pull(ctx, job.Args.Workspace, job.Args.Connection, step)
	switch {
	case trellis.CodeOf(err) == trellis.CodeNotFound:
		return river.JobCancel(err) // the connection was removed
	case err != nil:
		return err
	case !out.Done:
		return river.JobSnooze(out.After)
	}
	return nil
}

// NextRetry waits a few seconds at first, twice as long each time, an hour at
// most: ERPs restart, and nothing is lost by waiting.
func (w *PullWorker) NextRetry(job *river.Job[PullArgs]) time.Time {
	wait := min(5*time.Second<<min(max(job.Attempt-1, 0), 12), time.Hour)
	return time.Now().Add(wait)
}

// Inserter enqueues jobs: jobs.Jobs.
type Inserter interface {
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error
}

// Enqueue asks for a pull of a connection.
func (s *Service) Enqueue(ctx context.Context, jobs Inserter, c *Connection) error {
	return jobs.Insert(ctx, PullArgs{Workspace: c.Workspace, Connection: c.ID.String()}, &river.InsertOpts{MaxAttempts: attempts})
}

// Resume enqueues the pulls that a dead process left behind. Should the process
// be alive after all, both read on and the checkpoint lets one of them win.
func (s *Service) Resume(ctx context.Context, jobs Inserter) error {
	left, err := s.list(ctx, `WHERE c.status = 'running'`)
	if err != nil {
		return err
	}
	for _, c := range left {
		if err := s.Enqueue(ctx, jobs, c); err != nil {
			return err
		}
	}
	return nil
}
