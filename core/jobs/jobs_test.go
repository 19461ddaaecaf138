package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"golang.org/x/sync/errgroup"

	"github.com/trellishq/trellis/core/jobs"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/pgtest"
)

func open(t *testing.T) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pgtest.URL(t), pg.Options{MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// TestProcessesMigrateTogether: all of them succeed, and again later.
func TestProcessesMigrateTogether(t *testing.T) {
	t.Parallel()
	db := open(t)
	var g errgroup.Group
	for range 4 {
		g.Go(func() error { return jobs.New(db, nil).Migrate(t.Context()) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := jobs.New(db, nil).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var tables int
	if err := db.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = $1`, jobs.Schema).Scan(&tables); err != nil || tables < 4 {
		t.Fatal(tables, err)
	}
}

// echo is a job that says what it was told.
type echo struct {
	Say string `json:"say"`
}

// Kind implements river.JobArgs.
func (echo) Kind() string { return "test.echo" }

type echoWorker struct {
	river.WorkerDefaults[echo]
	began chan string
	ended chan error
}

// Work waits for the end of its context when it is told to.
func (w *echoWorker) Work(ctx context.Context, job *river.Job[echo]) error {
	w.began <- job.Args.Say
	if job.Args.Say != "wait" {
		return nil
	}
	<-ctx.Done()
	w.ended <- context.Cause(ctx)
	return ctx.Err()
}

// NextRetry leaves a job that failed alone.
func (*echoWorker) NextRetry(*river.Job[echo]) time.Time { return time.Now().Add(time.Hour) }

func queue(t *testing.T, db *pg.DB, work bool) (*jobs.Jobs, *echoWorker) {
	t.Helper()
	j := jobs.New(db, nil)
	w := &echoWorker{began: make(chan string, 1), ended: make(chan error, 1)}
	river.AddWorker(j.Workers, w)
	if err := j.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := j.Open(work); err != nil {
		t.Fatal(err)
	}
	return j, w
}

func (w *echoWorker) want(t *testing.T, ctx context.Context, say string) {
	t.Helper()
	select {
	case got := <-w.began:
		if got != say {
			t.Fatalf("the job says %q, want %q", got, say)
		}
	case <-ctx.Done():
		t.Fatalf("no job says %q", say)
	}
}

// TestOneInsertsAnotherWorks: a process that only inserts never works a job,
// and may be stopped all the same.
func TestOneInsertsAnotherWorks(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), soon(t)
	inserter, idle := queue(t, db, false)
	worker, w := queue(t, db, true)
	if err := inserter.Insert(ctx, echo{"hello"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(ctx); err != nil {
		t.Fatal(err)
	}
	w.want(t, ctx, "hello")
	if err := inserter.Insert(ctx, echo{"again"}, nil); err != nil {
		t.Fatal(err)
	}
	w.want(t, ctx, "again")
	for _, j := range []*jobs.Jobs{inserter, worker} {
		if err := j.Stop(ctx); err != nil {
			t.Error(err)
		}
	}
	if len(idle.began) > 0 {
		t.Error("a process that only inserts worked a job")
	}
}

// TestStopEndsWhatRuns: a running job's context ends, Stop waits for it, and
// the job is there to be done again.
func TestStopEndsWhatRuns(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), soon(t)
	j, w := queue(t, db, true)
	if err := j.Insert(ctx, echo{"wait"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := j.Start(ctx); err != nil {
		t.Fatal(err)
	}
	w.want(t, ctx, "wait")
	if err := j.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case cause := <-w.ended:
		if cause == nil || errors.Is(cause, context.DeadlineExceeded) {
			t.Error(cause)
		}
	default:
		t.Fatal("Stop came back before the job had ended")
	}
	var state string
	if err := db.QueryRow(ctx, `SELECT state FROM river.river_job`).Scan(&state); err != nil || state != "retryable" && state != "available" {
		t.Errorf("the job is %s, %v", state, err)
	}
}
