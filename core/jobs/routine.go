package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

// Every runs do again and again, in one process at a time, and once at the
// start. do ends by itself or with its context, after Step at most, and goes on
// where it was the next time. An error is logged. Every comes before Open.
func (j *Jobs) Every(name string, pause time.Duration, do func(context.Context) error) {
	j.routines[name] = do
	j.periodic = append(j.periodic, river.NewPeriodicJob(river.PeriodicInterval(pause), func() (river.JobArgs, *river.InsertOpts) {
		return routineArgs{Name: name}, &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: pause}}
	}, &river.PeriodicJobOpts{RunOnStart: true}))
}

// routineArgs asks for one turn of what Every was given.
type routineArgs struct {
	Name string `json:"name"`
}

// Kind implements river.JobArgs.
func (routineArgs) Kind() string { return "routine" }

type routineWorker struct {
	river.WorkerDefaults[routineArgs]
	jobs *Jobs
}

var _ river.Worker[routineArgs] = (*routineWorker)(nil)

// Work implements river.Worker.
func (w *routineWorker) Work(ctx context.Context, job *river.Job[routineArgs]) error {
	do := w.jobs.routines[job.Args.Name]
	if do == nil { // of a newer version of the program
		return river.JobCancel(fmt.Errorf("jobs: there is no routine %q", job.Args.Name))
	}
	ctx, cancel := context.WithTimeout(ctx, Step)
	defer cancel()
	err := do(ctx)
	if err != nil && ctx.Err() == nil {
		w.jobs.log.Error("a routine failed", "name", job.Args.Name, "error", err)
	}
	return nil
}
