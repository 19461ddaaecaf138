package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/files"
	"github.com/trellishq/trellis/core/identity"
)

// Options of New. Data, Admin and GraphiQL are asked with the principal in the
// context of the request, but GraphiQL also without.
type Options struct {
	Identity *identity.Identity
	Data     http.Handler
	Admin    http.Handler
	GraphiQL http.Handler
	Engine   *core.Engine // with Files, for the routes under /files
	Files    *files.Files
	// Ready says whether requests can be served; nil error is yes.
	Ready func(context.Context) error
	Log   *slog.Logger
	// Secure marks cookies as for HTTPS alone.
	Secure bool
}

// Server serves HTTP.
type Server struct {
	opts    Options
	log     *slog.Logger
	metrics *metrics
	http    *http.Server
}

// New makes a server.
func New(o Options) *Server {
	s := &Server{opts: o, log: o.Log, metrics: newMetrics()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.http = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	return s
}

// Serve answers requests of l until Shutdown; then the error is nil.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown lets requests finish, for as long as ctx allows.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("ok\n"))
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.opts.Ready(ctx); err != nil {
		s.log.Warn("not ready", "error", err)
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}
