// Command bench measures what Trellis costs over a floor written by hand: see
// package bench. It keeps its PostgreSQL and its data between runs, prints a
// table and writes a report.
//
//	go run ./bench/cmd/bench
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/trellishq/trellis/bench"
	"github.com/trellishq/trellis/core/pg/embedded"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := error(nil)
	if bench.IsFloor(os.Getenv) {
		err = bench.ServeFloor(ctx, os.Getenv, os.Stdout)
	} else {
		err = run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type flags struct {
	dir, server, report, only, profile string
	rounds, connections                int
	turn                               time.Duration
	short, check, search               bool
}

func run(ctx context.Context) error {
	var f flags
	flag.StringVar(&f.dir, "dir", "bench/.data", "directory kept between runs: PostgreSQL and records")
	flag.StringVar(&f.server, "server", "", "trellis program; built from ./cmd/trellis when empty")
	flag.StringVar(&f.report, "report", "bench/report.json", "file for the report")
	flag.StringVar(&f.only, "only", "", "names of cases, with commas, without a report; all when empty")
	flag.StringVar(&f.profile, "profile", "", "directory for CPU profiles of the cases, run in this process, instead of a measurement")
	flag.IntVar(&f.rounds, "rounds", 15, "turns of each side per case")
	flag.IntVar(&f.connections, "connections", 16, "how many ask at once in a turn")
	flag.DurationVar(&f.turn, "turn", 60*time.Millisecond, "CPU of one turn, about")
	flag.BoolVar(&f.short, "short", false, "few records and few turns: whether it works, not how fast")
	flag.BoolVar(&f.search, "search", false, "also search a million records (case search), which take some minutes to make once")
	flag.BoolVar(&f.check, "check", false, "fail when a target is not met")
	flag.Parse()
	size := bench.Full
	if f.short {
		size, f.rounds, f.turn = bench.Small, 3, 5*time.Millisecond
	}
	o := bench.Options{Rounds: f.rounds, Turn: f.turn, Connections: f.connections, Crowd: 16, Search: f.search, Out: os.Stderr}
	if f.only != "" {
		o.Only = strings.Split(f.only, ",")
	}
	return f.on(ctx, size, o)
}

// settings keep out of the figures what depends on the hour and not on who
// asks: the first change of a page after a checkpoint logs the whole page,
// which alone costs more than the insert, and vacuums come when they like. Both
// sides get less by it, and the ratio is stricter. Workers of parallel queries
// come and go, so their CPU could not be read.
var settings = map[string]string{"full_page_writes": "off", "checkpoint_timeout": "1h", "max_wal_size": "8GB", "autovacuum": "off", "max_parallel_workers_per_gather": "0"}

// on measures on kept records, made when they are not there or are others.
func (f *flags) on(ctx context.Context, size bench.Size, o bench.Options) error {
	held, err := lock(f.dir)
	if err != nil {
		return err
	}
	defer held.Close()
	dir, err := kept(f.dir, size)
	if err != nil {
		return err
	}
	server, err := embedded.Start(ctx, embedded.Options{Dir: filepath.Join(dir, "postgres"), Settings: settings})
	if err != nil {
		return err
	}
	defer server.Stop(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be done about it
	g, err := bench.Prepare(ctx, server.URL(), size, os.Stderr)
	if err != nil {
		return err
	}
	defer g.Close()
	if err := os.WriteFile(filepath.Join(dir, "made"), []byte(mustFingerprint(size)), 0o644); err != nil {
		return err
	}
	if f.profile != "" {
		return bench.Profile(ctx, g, f.profile, o)
	}
	o.Dir = dir
	if o.Server, o.Floor, err = f.programs(ctx, dir); err != nil {
		return err
	}
	report, err := bench.Run(ctx, g, o)
	if err != nil {
		return err
	}
	if err := report.Print(os.Stdout); err != nil {
		return err
	}
	if f.only == "" {
		if err := report.Save(f.report); err != nil {
			return err
		}
	}
	if f.check && !report.Met() {
		return errors.New("not every target is met")
	}
	return nil
}

// lock keeps two runs apart, which would measure one another, until the file is
// closed.
func lock(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another run uses %s: %w", dir, err), file.Close())
	}
	return file, nil
}

func mustFingerprint(size bench.Size) string {
	s, err := bench.Fingerprint(size)
	if err != nil {
		panic(err) // Prepare has read the same
	}
	return s
}

// kept is the directory for the records, emptied when they are not what would
// be made now.
func kept(dir string, size bench.Size) (string, error) {
	want, err := bench.Fingerprint(size)
	if err != nil {
		return "", err
	}
	dir, err = filepath.Abs(filepath.Join(dir, fmt.Sprint(size.Opportunities)))
	if err != nil {
		return "", err
	}
	if have, _ := os.ReadFile(filepath.Join(dir, "made")); string(have) != want {
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
	}
	return dir, os.MkdirAll(dir, 0o711)
}

// programs are the commands of both servers.
func (f *flags) programs(ctx context.Context, dir string) (server, floor []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	if f.server != "" {
		return []string{f.server}, []string{self}, nil
	}
	built := filepath.Join(dir, "trellis")
	build := exec.CommandContext(ctx, "go", "build", "-o", built, "github.com/trellishq/trellis/cmd/trellis")
	build.Stderr = os.Stderr
	return []string{built}, []string{self}, build.Run()
}
