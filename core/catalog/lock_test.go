package catalog_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// eventually waits for something another goroutine does.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	end := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it did not come about in 20 s")
		}
	}
}

func TestApplyWaitsForWriters(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	v, _ := c.Current(t.Context(), "main")
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	revision, policies, err := catalog.LockShared(t.Context(), tx, v.WorkspaceID)
	if err != nil || revision != v.Revision || policies != v.PolicyVersion {
		t.Fatalf("locked %d, %d, %v", revision, policies, err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := c.Apply(t.Context(), "main", addField("account", metadata.Field{Name: "size", Kind: metadata.KindInteger}), catalog.Options{})
		done <- err
	}()
	eventually(t, func() bool { // the change waits in the queue of the lock
		var waiting bool
		err := db.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND mode = 'ExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))").Scan(&waiting)
		return err == nil && waiting
	})
	select {
	case err := <-done:
		t.Fatalf("the change was made under a writer: %v", err)
	default:
	}
	// A writer that comes now waits for the change, sees it, and stops there.
	late := make(chan error, 1)
	go func() {
		late <- pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
			b := &pgx.Batch{}
			v.QueueLock(b)
			return tx.SendBatch(t.Context(), b).Close()
		})
	}()
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// Whether it queued before or after the change, it never passes with a view
	// that is behind; a batch that came first has ended first.
	if err := <-late; err != nil && !catalog.IsStale(err) {
		t.Errorf("the late writer got %v", err)
	}
	err = pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		v.QueueLock(b)
		return tx.SendBatch(t.Context(), b).Close()
	})
	if !catalog.IsStale(err) {
		t.Errorf("a view that is behind locked with %v", err)
	}
}

// Writers that always overlap must not keep a change waiting for ever.
func TestApplyUnderSteadyWriters(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	v, _ := c.Current(t.Context(), "main")
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				_ = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
					if _, _, err := catalog.LockShared(ctx, tx, v.WorkspaceID); err != nil {
						return err
					}
					_, err := tx.Exec(ctx, "SELECT pg_sleep(0.02)")
					return err
				})
			}
		})
	}
	for i := range 5 {
		apply(t, c, addField("account", metadata.Field{Name: fmt.Sprintf("size%d", i), Kind: metadata.KindInteger}), catalog.Options{})
	}
	cancel()
	writers.Wait()
}

// Readers that come and go delay a change and do not stop it, and it does not
// make them queue for long.
func TestApplyUnderReaders(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "SELECT FROM ws_main.account"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := c.Apply(t.Context(), "main", addField("account", metadata.Field{Name: "size", Kind: metadata.KindInteger}), catalog.Options{})
		done <- err
	}()
	longest := time.Duration(0)
	for range 200 {
		began := time.Now()
		if _, err := db.Exec(t.Context(), "SELECT FROM ws_main.account"); err != nil {
			t.Fatal(err)
		}
		longest = max(longest, time.Since(began))
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if longest > 3*time.Second {
		t.Errorf("a reader waited %v behind the change", longest)
	}
}

func TestManyApplyAtOnce(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	apply(t, c, catalog.Packages(crm(t)), catalog.Options{})
	processes := []*catalog.Catalog{c, catalog.New(db, nil), catalog.New(db, nil)}
	var all sync.WaitGroup
	for i, p := range processes {
		for j := range 3 {
			all.Go(func() {
				f := metadata.Field{Name: fmt.Sprintf("f%dx%d", i, j), Kind: metadata.KindInteger, Indexed: j == 0}
				if _, err := p.Apply(t.Context(), "main", addField("account", f), catalog.Options{}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	for _, p := range processes {
		v, err := p.Refresh(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		for i := range processes {
			for j := range 3 {
				if v.Snapshot.Lookup("account").Field(fmt.Sprintf("f%dx%d", i, j)) == nil {
					t.Errorf("f%dx%d is lost", i, j)
				}
			}
		}
		if want := int64(2 + 9); v.Revision != want {
			t.Errorf("revision %d, want %d", v.Revision, want)
		}
	}
}
