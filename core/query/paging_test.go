package query

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/trellishq/trellis"
)

// TestPagingUnderWrites: while others insert, change, trash and restore
// records, whoever walks a list sees no record twice, and none is missed that
// was there all along and kept its place.
func TestPagingUnderWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition())
	var still, moving []trellis.ID
	for n := range 400 {
		id := trellis.NewID()
		var size any = n % 7
		if n%5 == 0 {
			size = nil
		}
		w.insert("deal", id, "name, size, won", id.String(), size, n%3 == 0)
		if n%2 == 0 {
			still = append(still, id)
		} else {
			moving = append(moving, id)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	wrote := make(chan struct{}, 1)
	for i := range 3 {
		writers.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 5))
			for n := 0; ctx.Err() == nil; n++ {
				id, new := moving[rnd.IntN(len(moving))], trellis.NewID()
				for _, q := range []struct {
					sql  string
					args []any
				}{
					{`UPDATE ws_main.deal SET size = $2, won = NOT won WHERE id = $1`, []any{[16]byte(id), rnd.IntN(7)}},
					{`UPDATE ws_main.deal SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id = $1`, []any{[16]byte(id)}},
					{`INSERT INTO ws_main.deal (id, created_at, created_by, updated_at, updated_by, version, name, size) VALUES ($1, '2026-01-01', 'system', '2026-01-01', 'system', 1, $2, $3)`, []any{[16]byte(new), new.String(), rnd.IntN(7)}},
				} {
					if n >= 60 && len(q.args) == 3 {
						continue // else the list grows faster than it is walked
					}
					if _, err := w.db.Exec(ctx, q.sql, q.args...); err != nil && ctx.Err() == nil {
						t.Error(err)
						return
					}
				}
				select {
				case wrote <- struct{}{}:
				default:
				}
			}
		})
	}
	defer func() { stop(); writers.Wait() }()
	<-wrote
	c := w.caller("all")
	for i, order := range [][]Order{nil, {{Field: "size"}}, {{Field: "size", Desc: true, NullsFirst: true}}, {{Field: "won"}, {Field: "size", NullsFirst: true}}, {{Field: "name", Desc: true}}} {
		for _, backward := range []bool{false, true} {
			seen := map[string]int{}
			for _, name := range w.walk(c, List{Object: "deal", Order: order, Shape: names()}, 17, backward) {
				seen[name]++
			}
			for _, id := range still {
				if seen[id.String()] != 1 {
					t.Fatalf("order %d, backward %v: a record that was there all along was seen %d times", i, backward, seen[id.String()])
				}
			}
			// One whose sort key changes may be met at both places; one that keeps
			// it, in no order twice.
			if i == 0 || i == 4 {
				for name, n := range seen {
					if n > 1 {
						t.Fatalf("order %d, backward %v: %s was seen %d times", i, backward, fmt.Sprint(name), n)
					}
				}
			}
		}
	}
}
