package bench

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"github.com/trellishq/trellis/core/pg"
)

// Names of connections in pg_stat_activity: what is not ours or the floor's on
// the database is the server's.
const (
	harnessName = "bench"
	floorName   = "bench-floor"
)

// processClock is the CPU time that a process has used since it began, in all
// its threads, to the nanosecond. The kernel keeps such a clock for each
// process (clock_getcpuclockid, POSIX.1-2008); Linux numbers it ^pid<<3|2. ok is
// false when the process is gone.
func processClock(pid int) (used time.Duration, ok bool) {
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
		return 0, false
	}
	return time.Duration(ts.Nano()), true
}

// side is one of the two that are compared.
type side struct {
	pid     int    // of its server
	backend string // a condition on pg_stat_activity: its connections
}

// clocks are readings of all processes of a side.
type clocks map[int]time.Duration

// read takes the clocks of the server, of its connections' processes, and of
// those processes of PostgreSQL that write for everybody. What autovacuum does
// is nobody's.
func (s side) read(ctx context.Context, db *pg.DB) (clocks, error) {
	rows, err := db.Query(ctx, `SELECT pid FROM pg_stat_activity WHERE backend_type IN ('walwriter', 'checkpointer', 'background writer')
		OR backend_type = 'client backend' AND datname = current_database() AND `+s.backend)
	if err != nil {
		return nil, err
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, err
	}
	c := clocks{}
	for _, pid := range append(pids, s.pid) {
		if used, ok := processClock(pid); ok {
			c[pid] = used
		}
	}
	return c, nil
}

// cost is CPU time, of the server and of PostgreSQL.
type cost struct{ server, postgres time.Duration }

func (c cost) all() time.Duration { return c.server + c.postgres }

// cost is what was used between two readings. A process that is new since then
// counts in full; one that has ended counts nothing, but connections last
// longer than a measurement.
func (s side) cost(before, after clocks) cost {
	var c cost
	for pid, used := range after {
		if used -= before[pid]; pid == s.pid {
			c.server += used
		} else {
			c.postgres += used
		}
	}
	return c
}
