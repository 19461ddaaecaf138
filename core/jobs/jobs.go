// Package jobs runs what must not hold up a request: River, on the same
// PostgreSQL, in a schema of its own, on connections that go past a pooler.
//
// Every process that works jobs is set up here and so has the same limits: the
// leader's count for all. A job is a step of at most Step; longer work saves
// how far it came and snoozes. A process that dies leaves its jobs marked as
// running; they are rescued after Rescue, so work that must go on sooner is
// enqueued again at start (as sync does) and must be safe to run twice at once.
package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/trellishq/trellis/core/pg"
)

// Schema is where River keeps its tables.
const Schema = "river"

// Limits of all jobs.
const (
	Step    = 90 * time.Second // of one run of one job
	Rescue  = 5 * time.Minute
	workers = 4
)

// Jobs is the queue of one database. Add workers, then Start.
type Jobs struct {
	Workers *river.Workers
	db      *pg.DB
	log     *slog.Logger
	client  *river.Client[pgx.Tx]
	// routines are what Every was given, periodic when they run.
	routines map[string]func(context.Context) error
	periodic []*river.PeriodicJob
}

// New prepares the queue; nothing runs yet.
func New(db *pg.DB, log *slog.Logger) *Jobs {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	j := &Jobs{Workers: river.NewWorkers(), db: db, log: log, routines: map[string]func(context.Context) error{}}
	river.AddWorker(j.Workers, &routineWorker{jobs: j})
	return j
}

// migrationLock keeps processes from making River's tables at the same time.
const migrationLock int64 = 0x7269766572 // "river"

// Migrate makes or upgrades River's tables. Processes that start together wait
// for each other, a minute at most.
func (j *Jobs) Migrate(ctx context.Context) error {
	pool := j.db.Direct()
	lent, err := pool.Acquire(ctx)
	if err != nil {
		return pg.Error(err)
	}
	conn := lent.Hijack() // a session of its own: the lock ends with it
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, `SET lock_timeout = '1min'; SET statement_timeout = '1min'`); err != nil {
		return pg.Error(err)
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return pg.Error(err)
	}
	var there bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, Schema).Scan(&there); err != nil {
		return pg.Error(err)
	}
	if !there {
		if _, err := conn.Exec(ctx, `CREATE SCHEMA `+Schema); err != nil {
			return pg.Error(err)
		}
	}
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: Schema, Logger: j.log})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return pg.Error(err)
}

// Open makes the client after all workers were added. With work, this process
// also works jobs once Start is called; without, it only inserts.
func (j *Jobs) Open(work bool) error {
	cfg := &river.Config{
		Schema:               Schema,
		Logger:               j.log,
		JobTimeout:           Step + 10*time.Second,
		RescueStuckJobsAfter: Rescue,
		MaxAttempts:          25,
	}
	if work {
		cfg.Workers = j.Workers
		cfg.PeriodicJobs = j.periodic
		cfg.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}
	}
	var err error
	j.client, err = river.NewClient(riverpgxv5.New(j.db.Direct()), cfg)
	return err
}

// Start works jobs until Stop.
func (j *Jobs) Start(ctx context.Context) error { return j.client.Start(ctx) }

// Stop lets running jobs end their batch: their contexts are done at once, and
// they are taken up again later. It returns when all have ended or ctx is done.
func (j *Jobs) Stop(ctx context.Context) error { return j.client.StopAndCancel(ctx) }

// Insert enqueues a job. Open comes first.
func (j *Jobs) Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error {
	_, err := j.client.Insert(ctx, args, opts)
	return pg.Error(err)
}
