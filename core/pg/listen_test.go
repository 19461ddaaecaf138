package pg_test

import (
	"context"
	"errors"
	"testing"

	"github.com/trellishq/trellis/core/pg"
)

func TestListenHearsAndReconnects(t *testing.T) {
	t.Parallel()
	db := open(t, pg.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	heard := make(chan [2]string, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- db.Listen(ctx, []string{"news", "Odd \"one"}, func(channel, payload string) {
			heard <- [2]string{channel, payload}
		})
	}()
	expect := func(channel, payload string) {
		t.Helper()
		select {
		case got := <-heard:
			if got != [2]string{channel, payload} {
				t.Fatalf("heard %q, want %q %q", got, channel, payload)
			}
		case <-t.Context().Done():
			t.Fatal("heard nothing")
		}
	}
	expect("news", "")
	expect("Odd \"one", "")
	exec(t, db, "SELECT pg_notify('news', 'first')")
	expect("news", "first")

	exec(t, db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()")
	expect("news", "")
	expect("Odd \"one", "")
	exec(t, db, "SELECT pg_notify('Odd \"one', 'second')")
	expect("Odd \"one", "second")

	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
