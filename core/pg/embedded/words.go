package embedded

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/trellishq/trellis"
)

// words is what PostgreSQL writes to its standard error: it goes to the log, and
// the last lines are kept to tell why a start has failed.
type words struct {
	log   *slog.Logger
	ended chan struct{}

	mu    sync.Mutex
	lines []string
}

const keptLines = 20

// readWords closes r at its end.
func readWords(r *os.File, log *slog.Logger) *words {
	w := &words{log: log, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		defer r.Close()
		in := bufio.NewReaderSize(r, 16<<10)
		for {
			line, _, err := in.ReadLine() // a longer line comes in pieces
			if err != nil {
				return
			}
			w.add(string(line))
		}
	}()
	return w
}

func (w *words) add(line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	w.mu.Lock()
	if len(w.lines) == keptLines {
		w.lines = append(w.lines[:0], w.lines[1:]...)
	}
	w.lines = append(w.lines, line)
	w.mu.Unlock()

	level := slog.LevelDebug
	switch severity, _, _ := strings.Cut(line, ":"); severity {
	case "WARNING":
		level = slog.LevelWarn
	case "FATAL":
		level = slog.LevelInfo // a client was refused or cut off
	case "PANIC":
		level = slog.LevelError
	}
	w.log.Log(context.Background(), level, line, "from", "postgres")
}

// wait gives the reader time to see the end. Processes that outlive the first one
// may hold the pipe open, so it does not wait for long.
func (w *words) wait(most time.Duration) {
	select {
	case <-w.ended:
	case <-time.After(most):
	}
}

func (w *words) last() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.lines...)
}

// startError tells why initdb or postgres gave up, from what it said.
func startError(dir string, said []string, err error) error {
	all := strings.Join(said, "\n")
	has := func(s string) bool { return strings.Contains(all, s) }
	cause := &startFailure{err, all}
	switch {
	case has("No space left on device"), has("Disk quota exceeded"):
		return trellis.Wrap(trellis.CodeUnavailable, cause, "PostgreSQL does not start in %s: the disk is full", dir)
	case has("invalid locale name"), has("invalid value for parameter \"lc_ctype\""):
		return trellis.Wrap(trellis.CodeUnavailable, cause, "this system lacks the locale C.UTF-8, which Trellis needs")
	case has("is another postmaster"), has("pre-existing shared memory block"):
		return trellis.Wrap(trellis.CodeConflict, cause, "%s is in use by another PostgreSQL server", dir)
	case has("could not map anonymous shared memory"), has("Cannot allocate memory"):
		return trellis.Wrap(trellis.CodeUnavailable, cause, "PostgreSQL does not start in %s: there is not enough memory", dir)
	case has("Permission denied"), has("has wrong ownership"), has("has invalid permissions"):
		return trellis.Wrap(trellis.CodeForbidden, cause,
			"PostgreSQL does not start in %s: it has no permission for its files, or others have", dir)
	}
	why := "it gave no reason"
	for _, line := range said {
		if strings.HasPrefix(line, "FATAL:") || strings.HasPrefix(line, "PANIC:") || strings.HasPrefix(line, "initdb: error:") {
			why = line
		}
	}
	return trellis.Wrap(trellis.CodeUnavailable, cause, "PostgreSQL does not start in %s: %s", dir, why)
}

// startFailure is for the log.
type startFailure struct {
	err  error
	said string
}

func (f *startFailure) Error() string {
	if f.err == nil {
		return f.said
	}
	return f.err.Error() + "\n" + f.said
}

func (f *startFailure) Unwrap() error { return f.err }
