package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/trellishq/trellis"
)

// Options of Run.
type Options struct {
	Server []string // command that is the trellis program
	Floor  []string // command that serves the floor; see FloorEnv
	Dir    string   // for the server's data, keys and such; made when missing
	Rounds int      // each side's turns per case; default 15
	// Turn is about how much CPU one turn takes, default 60 ms: more is steadier
	// and slower.
	Turn time.Duration
	// Connections is how many ask at once in a turn, default 16: enough to keep
	// both sides busy. A server that sleeps between two requests pays more for
	// waking up than for the smaller requests themselves.
	Connections int
	Only        []string // names of cases; default all
	// Search also measures the search over many records, when Only is empty:
	// they take minutes to make.
	Search bool
	// Crowd is how many connections ask at once when latencies are taken, after
	// the turns; 0 takes none.
	Crowd int
	Out   io.Writer // of progress; nil for none
}

// runner is one run.
type runner struct {
	ground  *Ground
	o       Options
	started trellis.ID // ids of what is written come later
	trellis *client
	floor   *client
	sides   [2]side // of Trellis and the floor
	written int     // writes so far, so that each has other variables
}

// Run measures the cases. The database is left as it was.
func Run(ctx context.Context, g *Ground, o Options) (rep *Report, err error) {
	if o.Rounds == 0 {
		o.Rounds = 15
	}
	if o.Turn == 0 {
		o.Turn = 60 * time.Millisecond
	}
	if o.Connections == 0 {
		o.Connections = 16
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	r := &runner{ground: g, o: o, started: trellis.NewID()}
	stop, err := r.startSides(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop(), r.clean(context.WithoutCancel(ctx))) }()
	if err := g.settle(ctx); err != nil {
		return nil, err
	}
	rep = &Report{}
	for i := range Cases {
		k := &Cases[i]
		if !r.wanted(k.Name) {
			continue
		}
		fmt.Fprintf(o.Out, "measuring %s\n", k.Name)
		m, err := r.measure(ctx, k)
		if err != nil {
			return nil, err
		}
		rep.add(k, m)
	}
	for _, limited := range []struct {
		name string
		run  func(context.Context, *Report) error
	}{{"field", r.fields}, {"memory", r.memory}, {searchSlug, r.searches}} {
		if !r.wanted(limited.name) || limited.name == searchSlug && !r.o.Search && len(r.o.Only) == 0 {
			continue
		}
		if err := limited.run(ctx, rep); err != nil {
			return nil, err
		}
	}
	return rep, nil
}

// wanted says that a case is asked for: by its name, or by the part before a
// hyphen.
func (r *runner) wanted(name string) bool {
	first, _, _ := strings.Cut(name, "-")
	return len(r.o.Only) == 0 || slices.Contains(r.o.Only, name) || slices.Contains(r.o.Only, first)
}

// startSides starts both servers; stop ends them.
func (r *runner) startSides(ctx context.Context) (stop func() error, err error) {
	dir := filepath.Join(r.o.Dir, "server")
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, err
	}
	serve := append(r.o.Server[:len(r.o.Server):len(r.o.Server)], "serve", "--listen", "127.0.0.1:0", "--data", dir, "--database-url", r.ground.URL)
	mine, err := start(ctx, serve, "TRELLIS_ADMIN_EMAIL=bench@example.com", "TRELLIS_ADMIN_PASSWORD="+trellis.NewID().String())
	if err != nil {
		return nil, err
	}
	theirs, err := start(ctx, r.o.Floor, r.floorEnv()...)
	if err != nil {
		return nil, errors.Join(err, mine.stop())
	}
	r.trellis, r.floor = trellisClient(mine.address, r.ground.key), floorClient(theirs.address)
	r.sides[0] = side{pid: mine.cmd.Process.Pid, backend: fmt.Sprintf("application_name NOT IN ('%s', '%s')", harnessName, floorName)}
	r.sides[1] = side{pid: theirs.cmd.Process.Pid, backend: fmt.Sprintf("application_name = '%s'", floorName)}
	return func() error { return errors.Join(mine.stop(), theirs.stop()) }, nil
}

// clean takes away what was written.
func (r *runner) clean(ctx context.Context) error {
	for _, sql := range []string{
		`DELETE FROM ws_main.order_line WHERE id >= $1`, `DELETE FROM ws_main."order" WHERE id >= $1`, `DELETE FROM ws_main.opportunity WHERE id >= $1`,
		`DELETE FROM trellis.record_change WHERE record_id >= $1`,
		`DELETE FROM trellis.outbox WHERE changes->0->>'id' >= $1::uuid::text`,
	} {
		if _, err := r.ground.db.Exec(ctx, sql, r.started); err != nil {
			return err
		}
	}
	return nil
}
