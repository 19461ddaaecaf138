package sync_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/connectors/sync"
	"github.com/trellishq/trellis/core/jobs"
)

// ended is a PullWorker that tells what its runs returned.
type ended struct {
	sync.PullWorker
	results chan error
}

// Work implements river.Worker.
func (e *ended) Work(ctx context.Context, job *river.Job[sync.PullArgs]) error {
	err := e.PullWorker.Work(ctx, job)
	e.results <- err
	return err
}

// queue starts working jobs; stop ends that.
func (l *lab) queue() (j *jobs.Jobs, results chan error, stop func()) {
	l.Helper()
	j = jobs.New(l.db, nil)
	if err := j.Migrate(l.Context()); err != nil {
		l.Fatal(err)
	}
	results = make(chan error, 100)
	river.AddWorker(j.Workers, &ended{sync.PullWorker{Service: l.sync}, results})
	if err := j.Open(true); err != nil {
		l.Fatal(err)
	}
	ctx := soon(l)
	if err := j.Start(context.WithoutCancel(ctx)); err != nil {
		l.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := j.Stop(ctx); err != nil {
			l.Error(err)
		}
	}
	l.Cleanup(stop)
	return j, results, stop
}

func (l *lab) result(results chan error) error {
	l.Helper()
	select {
	case err := <-results:
		return err
	case <-soon(l).Done():
		l.Fatal("no job came to its end")
		return nil
	}
}

func TestAJobPulls(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{})
	l.shop.fill(25)
	c := l.connect(customers, "integration")
	j, results, _ := l.queue()
	if err := l.sync.Enqueue(t.Context(), j, c); err != nil {
		t.Fatal(err)
	}
	if err := l.result(results); err != nil {
		t.Fatal(err)
	}
	l.status(c, sync.Ready, "")
	if n := len(l.all("account", "code")); n != 25 {
		t.Fatal(n)
	}

	// The remote asks for patience: the job sleeps that long.
	l.shop.onRead(func(context.Context, string, connectors.Cursor) error {
		return connectors.BackOff(time.Hour, "too fast")
	})
	if err := l.sync.Enqueue(t.Context(), j, c); err != nil {
		t.Fatal(err)
	}
	var snooze *river.JobSnoozeError
	if err := l.result(results); !errors.As(err, &snooze) || snooze.Duration != time.Hour {
		t.Fatal(err)
	}
	l.status(c, sync.Waiting, "too fast")

	// The login is refused: nobody tries again.
	l.shop.onRead(func(context.Context, string, connectors.Cursor) error {
		return connectors.AuthError("the password is wrong")
	})
	if err := l.sync.Enqueue(t.Context(), j, c); err != nil {
		t.Fatal(err)
	}
	if err := l.result(results); err != nil {
		t.Fatal(err)
	}
	l.status(c, sync.Paused, "the password is wrong")

	// The connection is removed.
	if _, err := l.db.Exec(t.Context(), `DELETE FROM trellis.connection`); err != nil {
		t.Fatal(err)
	}
	if err := l.sync.Enqueue(t.Context(), j, c); err != nil {
		t.Fatal(err)
	}
	var cancelled *rivertype.JobCancelError
	if err := l.result(results); !errors.As(err, &cancelled) {
		t.Fatal(err)
	}
}

// TestAJobFailsAndGoesOn: an error is tried again by itself, soon at first.
func TestAJobFailsAndGoesOn(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 5})
	l.shop.fill(12)
	c := l.connect(customers, "integration")
	failed := false
	l.shop.onRead(func(_ context.Context, _ string, cur connectors.Cursor) error {
		if cur == "5" && !failed {
			failed = true
			return errors.New("connection reset")
		}
		return nil
	})
	j, results, _ := l.queue()
	if err := l.sync.Enqueue(t.Context(), j, c); err != nil {
		t.Fatal(err)
	}
	if err := l.result(results); err == nil {
		t.Fatal("the failure was swallowed")
	}
	l.status(c, sync.Waiting, "the remote system does not answer as it should")
	if err := l.result(results); err != nil { // River looks every five seconds
		t.Fatal(err)
	}
	l.status(c, sync.Ready, "")
	if n := len(l.all("account", "code")); n != 12 {
		t.Fatal(n)
	}
}

func TestNextRetry(t *testing.T) {
	t.Parallel()
	w := &sync.PullWorker{}
	for attempt, want := range map[int]time.Duration{0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 5: 80 * time.Second, 11: time.Hour, 1000: time.Hour} {
		wait := time.Until(w.NextRetry(&river.Job[sync.PullArgs]{JobRow: &rivertype.JobRow{Attempt: attempt}}))
		if wait > want || wait < want-time.Second {
			t.Errorf("attempt %d waits %v, want %v", attempt, wait, want)
		}
	}
}

// TestResume: a process stops in the middle of a pull; the next one goes on.
func TestResume(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 5})
	l.shop.fill(20)
	c := l.connect(customers, "integration")
	there := make(chan struct{})
	l.shop.onRead(func(ctx context.Context, _ string, cur connectors.Cursor) error {
		if cur != "10" {
			return nil
		}
		close(there)
		<-ctx.Done()
		return fmt.Errorf("cut: %w", ctx.Err())
	})
	j, _, stop := l.queue()
	if err := l.sync.Enqueue(t.Context(), j, c); err != nil {
		t.Fatal(err)
	}
	select {
	case <-there:
	case <-soon(t).Done():
		t.Fatal("the job does not begin")
	}
	stop()
	l.status(c, sync.Running, "")
	// As a killed process leaves it: nobody will wake the job for an hour.
	if _, err := l.db.Exec(t.Context(), `UPDATE river.river_job SET state = 'running', attempted_at = now()`); err != nil {
		t.Fatal(err)
	}
	l.shop.onRead(nil)
	j, results, _ := l.queue()
	if err := l.sync.Resume(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if err := l.result(results); err != nil {
		t.Fatal(err)
	}
	l.status(c, sync.Ready, "")
	if got := l.rows(`SELECT sum(version) || ' ' || count(*) FROM ws_main.account`); got[0] != "20 20" {
		t.Fatal(got)
	}
	before := l.rows(`SELECT count(*)::text FROM river.river_job`)
	if err := l.sync.Resume(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if now := l.rows(`SELECT count(*)::text FROM river.river_job`); now[0] != before[0] {
		t.Error("a connection that is not running was resumed")
	}
}
