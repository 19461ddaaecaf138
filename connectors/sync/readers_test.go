package sync_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/connectors/sync"
	"github.com/trellishq/trellis/core"
)

// TestAReaderIsOvertaken: while one reader holds a batch in its hands, another
// one reads the whole stream.
func TestAReaderIsOvertaken(t *testing.T) {
	t.Parallel()
	h := &hook{}
	l := newLab(t, labOptions{page: 2, hooks: []core.Hook{h}})
	l.shop.fill(7)
	c := l.connect(customers, "integration")
	h.once(func(context.Context, *core.BeforeEvent) error {
		l.done(c, 7, 7)
		return nil
	})
	out := l.pull(c)
	if out.Done || out.Written != 0 || out.After != 2*time.Second {
		t.Fatalf("%+v", out)
	}
	l.status(c, sync.Ready, "") // that of the run that began last
	if got := l.all("account", "code"); len(got) != 7 || len(l.letters(c)) != 0 {
		t.Fatal(got, l.letters(c))
	}
	l.done(c, 0, 0)
	if got := l.rows(`SELECT records || ' ' || written || ' ' || batches FROM trellis.sync_checkpoint`); got[0] != "7 7 4" {
		t.Error(got)
	}
}

// TestALetterIsOvertaken: while one reader tries a dead letter again, another
// one takes over a newer state of that record.
func TestALetterIsOvertaken(t *testing.T) {
	t.Parallel()
	for name, newer := range map[string]any{"taken over": "Newer", "failed": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &hook{}
			l := newLab(t, labOptions{hooks: []core.Hook{h}})
			c := l.connect(customers, "integration")
			l.shop.put("customers", "k", map[string]any{"name": nil, "code": "K"})
			l.done(c, 1, 0)
			// Mended here: the letter would do now.
			if _, err := l.db.Exec(t.Context(), `UPDATE trellis.sync_dead_letter SET record = $1, next_at = now()`, []byte(`{"Stream":"customers","Key":"k","Data":{"name":"Older","code":"K"}}`)); err != nil {
				t.Fatal(err)
			}
			l.shop.put("customers", "k", map[string]any{"name": newer, "code": "K"})
			h.once(func(context.Context, *core.BeforeEvent) error {
				if _, err := l.db.Exec(t.Context(), `UPDATE trellis.sync_dead_letter SET next_at = now() + interval '1 hour'`); err != nil {
					return err
				}
				l.pull(c)
				return nil
			})
			if out := l.pull(c); out.Done || out.Written != 0 {
				t.Fatalf("%+v", out)
			}
			got := l.all("account", "name")
			if newer != nil && (len(got) != 1 || got[0] != `{"name":"Newer"}` || len(l.letters(c)) != 0) || newer == nil && (len(got) != 0 || len(l.letters(c)) != 1) {
				t.Fatal(got, l.letters(c))
			}
		})
	}
}

// TestManyReaders hammers one connection.
func TestManyReaders(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{page: 7})
	l.shop.fill(300)
	for i := range 50 { // states of records that are there already
		l.shop.put("customers", fmt.Sprint("c", i), map[string]any{"code": fmt.Sprintf("A%05d", i), "name": fmt.Sprint("Later ", i)})
	}
	c := l.connect(customers, "integration")
	var g errgroup.Group
	for range 4 {
		g.Go(func() error {
			for {
				out, err := l.sync.Pull(t.Context(), "main", c.ID.String(), time.Minute)
				if err != nil || out.Done {
					return err
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	l.status(c, sync.Ready, "")
	got := l.all("account", "code", "name", "version")
	if len(got) != 300 || got[49] != `{"code":"A00049","name":"Later 49","version":2}` || len(l.letters(c)) != 0 {
		t.Fatal(len(got), got[49], l.letters(c))
	}
	if got := l.rows(`SELECT records || ' ' || written FROM trellis.sync_checkpoint`); got[0] != "350 350" {
		t.Error(got)
	}
}

// TestACutContext: the context ends at moments of all kinds, and then the pull
// goes on as if nothing had been.
func TestACutContext(t *testing.T) {
	t.Parallel()
	h := &hook{}
	l := newLab(t, labOptions{page: 10, hooks: []core.Hook{h}})
	l.shop.fill(60)
	c := l.connect(customers, "integration")
	for i := range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		switch i % 3 {
		case 0: // while it reads
			l.shop.onRead(func(_ context.Context, _ string, cur connectors.Cursor) error {
				if cur != "" && i > 0 || i == 0 && cur == "10" {
					cancel()
				}
				return nil
			})
		case 1: // before the write
			h.once(func(context.Context, *core.BeforeEvent) error { cancel(); return nil })
		case 2: // somewhere in it
			h.once(func(context.Context, *core.BeforeEvent) error {
				time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
				return nil
			})
		}
		out, err := l.sync.Pull(ctx, "main", c.ID.String(), time.Minute)
		cancel()
		if out.Done && err == nil && i%3 != 2 {
			t.Fatalf("cut %d: %+v", i, out)
		}
		if err != nil {
			l.status(c, sync.Running, "") // whoever starts next goes on
		}
		l.shop.onRead(nil)
		h.set(nil)
	}
	l.pull(c)
	if got := l.all("account", "code", "version"); len(got) != 60 || len(l.letters(c)) != 0 {
		t.Fatal(len(got), l.letters(c))
	}
	if got := l.rows(`SELECT records || ' ' || written || ' ' || batches FROM trellis.sync_checkpoint`); got[0] != "60 60 6" {
		t.Error(got)
	}
	if got := l.rows(`SELECT sum(version)::text FROM ws_main.account`); got[0] != "60" {
		t.Error(got)
	}
}
