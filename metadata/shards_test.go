package metadata

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
)

// TestShardsAreMaps grows and shrinks shards step by step, past the size at which
// they have several parts: each has what a map has, and stays as it was.
func TestShardsAreMaps(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	const names = 4 * wholeSize
	var now shards[int]
	want := map[string]int{}
	same := func(s shards[int], want map[string]int) {
		t.Helper()
		if s.len != len(want) {
			t.Fatalf("%d values, want %d", s.len, len(want))
		}
		for i := range names {
			if name := fmt.Sprint("n", i); s.get(name) != want[name] {
				t.Fatalf("%s is %d, want %d", name, s.get(name), want[name])
			}
		}
	}
	for step := range 200 {
		was, before := now, maps.Clone(want)
		var gone []string
		put := map[string]int{}
		for range r.IntN(12) {
			gone = append(gone, fmt.Sprint("n", r.IntN(names)))
			put[fmt.Sprint("n", r.IntN(names))] = step + 1
		}
		now = now.with(gone, put)
		for _, name := range gone {
			delete(want, name)
		}
		maps.Copy(want, put)
		same(now, want)
		same(was, before)
	}
	if len(now.parts) != shardCount {
		t.Errorf("%d parts for %d values", len(now.parts), now.len)
	}
}
