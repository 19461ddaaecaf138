package pg_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
)

func TestTxCommitsAndRollsBack(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{})
	exec(t, db, "CREATE TABLE n (n int)")
	insert := func(n int, then error) error {
		return db.Tx(t.Context(), func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "INSERT INTO n VALUES ($1)", n); err != nil {
				return err
			}
			return then
		})
	}
	vetoed := trellis.Errorf(trellis.CodeVetoed, "no")
	if err := insert(1, nil); err != nil {
		t.Error(err)
	}
	if err := insert(2, vetoed); !errors.Is(err, vetoed) {
		t.Errorf("got %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.Tx(t.Context(), func(tx pgx.Tx) error {
			_, _ = tx.Exec(t.Context(), "INSERT INTO n VALUES (3)")
			panic("on purpose")
		})
	}()
	if got := scan[[]int](t, db, "SELECT array_agg(n) FROM n"); len(got) != 1 || got[0] != 1 {
		t.Errorf("the table holds %v", got)
	}
	if n := db.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections were not given back", n)
	}
}

// TestTxRepeatsUnderContention has serializable transactions add to one counter
// at once. Each must be counted once, with no conflict shown.
func TestTxRepeatsUnderContention(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{})
	exec(t, db, "CREATE TABLE counter (n int)")
	exec(t, db, "INSERT INTO counter VALUES (0)")
	const writers = 6
	var met, wg sync.WaitGroup
	met.Add(writers)
	for range writers {
		wg.Go(func() {
			first := true
			err := db.TxWith(t.Context(), pg.TxOptions{Isolation: pgx.Serializable, Attempts: 50}, func(tx pgx.Tx) error {
				var n int
				if err := tx.QueryRow(t.Context(), "SELECT n FROM counter").Scan(&n); err != nil {
					return err
				}
				if first { // all read the same value, so that all but one must repeat
					first = false
					met.Done()
					met.Wait()
				}
				_, err := tx.Exec(t.Context(), "UPDATE counter SET n = $1", n+1)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := scan[int](t, db, "SELECT n FROM counter"); n != writers {
		t.Errorf("the counter is %d, want %d", n, writers)
	}
}

func TestTxAttemptsAreBounded(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{})
	tries := 0
	err := db.Tx(t.Context(), func(tx pgx.Tx) error {
		tries++
		_, err := tx.Exec(t.Context(), "DO $$ BEGIN RAISE 'again' USING ERRCODE = '40P01'; END $$")
		return err
	})
	if trellis.CodeOf(err) != trellis.CodeConflict || tries != 4 {
		t.Errorf("%d tries, then %v", tries, err)
	}
}

func TestTxLockTimeoutTriesAgain(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{})
	exec(t, db, "CREATE TABLE busy (n int)")
	reader, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Exec(t.Context(), "SELECT FROM busy"); err != nil {
		t.Fatal(err)
	}
	tries := 0
	err = db.TxWith(t.Context(), pg.TxOptions{LockTimeout: 20 * time.Millisecond, Attempts: 10}, func(tx pgx.Tx) error {
		if tries++; tries == 3 {
			if err := reader.Rollback(t.Context()); err != nil {
				t.Error(err)
			}
		}
		_, err := tx.Exec(t.Context(), "ALTER TABLE busy ADD COLUMN m int")
		return err
	})
	if err != nil || tries != 3 {
		t.Errorf("%d tries, then %v", tries, err)
	}
}

func TestTxSurvivesDeadConnections(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{MaxConns: 2})
	other := open(t, pg.Options{})
	for range 5 {
		exec(t, other, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", db.Config().ConnConfig.Database)
		if err := db.Tx(t.Context(), func(tx pgx.Tx) error { return tx.Conn().Ping(t.Context()) }); err != nil {
			t.Fatal(err)
		}
	}
}
