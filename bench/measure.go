package bench

import (
	"context"
	"slices"
	"time"
)

// measured is what a case cost: of each side, CPU per request in every turn,
// and how long requests took in a crowd.
type measured struct {
	cpu     [2][]float64 // ms
	server  [2][]float64 // the server's part of it
	latency [2]latency
}

type latency struct{ p50, p99 time.Duration }

// measure compares the answers, then lets both sides work in turns.
func (r *runner) measure(ctx context.Context, k *Case) (*measured, error) {
	if err := r.same(ctx, k); err != nil {
		return nil, err
	}
	n, err := r.calibrate(ctx, k)
	if err != nil {
		return nil, err
	}
	m := &measured{}
	for round := range r.o.Rounds {
		for turn := range 2 {
			s := (round + turn) % 2 // who begins changes
			used, err := r.turn(ctx, k, s, n)
			if err != nil {
				return nil, err
			}
			each := float64(n) * float64(time.Millisecond)
			m.cpu[s] = append(m.cpu[s], float64(used.all())/each)
			m.server[s] = append(m.server[s], float64(used.server)/each)
		}
	}
	if r.o.Crowd > 0 {
		for s := range 2 {
			if m.latency[s], err = r.crowd(k, s, max(r.o.Crowd*k.trial()/4, n)); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

func (r *runner) client(s int) *client { return [2]*client{r.trellis, r.floor}[s] }

// calibrate finds how many requests make a turn, by the side that costs less.
// The requests it makes also warm both sides up.
func (r *runner) calibrate(ctx context.Context, k *Case) (int, error) {
	trial, n := k.trial(), 0
	for s := range 2 {
		if _, err := r.turn(ctx, k, s, trial); err != nil {
			return 0, err
		}
		used, err := r.turn(ctx, k, s, trial)
		if err != nil {
			return 0, err
		}
		n = max(n, int(r.o.Turn*time.Duration(trial)/max(used.all(), 1)))
	}
	return min(max(n, trial/4), 2000), nil
}

// trial is how many requests tell about how much a case costs; a turn has a
// quarter of them at least.
func (k *Case) trial() int {
	if k.Slow {
		return 4
	}
	return 40
}

// turn asks one side n times and tells the CPU that it took.
func (r *runner) turn(ctx context.Context, k *Case, s, n int) (cost, error) {
	c := r.client(s)
	bodies, err := c.prepare(k, r.ground.Size, r.written, n)
	if err != nil {
		return cost{}, err
	}
	r.written += n
	before, err := r.sides[s].read(ctx, r.ground.db)
	if err != nil {
		return cost{}, err
	}
	if err := c.many(k, bodies, n, r.o.Connections, nil); err != nil {
		return cost{}, err
	}
	after, err := r.sides[s].read(ctx, r.ground.db)
	return r.sides[s].cost(before, after), err
}

// crowd asks one side n times in all on many connections at once.
func (r *runner) crowd(k *Case, s, n int) (latency, error) {
	c := r.client(s)
	bodies, err := c.prepare(k, r.ground.Size, r.written, n)
	if err != nil {
		return latency{}, err
	}
	r.written += n
	took := make([]time.Duration, n)
	if err := c.many(k, bodies, n, r.o.Crowd, took); err != nil {
		return latency{}, err
	}
	slices.Sort(took)
	return latency{took[n/2], took[n*99/100]}, nil
}
