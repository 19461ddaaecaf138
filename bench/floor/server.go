package floor

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Options of Serve.
type Options struct {
	URL       string // of the database
	Name      string // of its connections, in pg_stat_activity
	Workspace [16]byte
	Actor     string // what created_by is to hold
	Revision  int64  // of the metadata, for the history
}

type server struct {
	db        *pgxpool.Pool
	workspace [16]byte
	actor     string
	revision  int64
}

// buffers are reused for answers.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 16<<10); return &b }}

// Serve answers requests of l until ctx ends.
func Serve(ctx context.Context, l net.Listener, o Options) error {
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return err
	}
	cfg.MaxConns = 8
	cfg.ConnConfig.RuntimeParams["application_name"] = o.Name
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	db, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	s := &server{db: db, workspace: o.Workspace, actor: o.Actor, revision: o.Revision}
	mux := http.NewServeMux()
	for path, answer := range map[string]answer{
		"/one": s.one, "/list": s.list, "/nested": s.nested, "/wide": s.wide, "/related": s.related, "/insert": s.insert, "/order": s.order,
		"/aggregate-stage": s.stages, "/aggregate-month": s.months, "/aggregate-all": s.all,
	} {
		mux.Handle("POST "+path, answer)
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}

// answer appends the data for a request's body to b.
type answer func(ctx context.Context, body, b []byte) ([]byte, error)

// ServeHTTP implements http.Handler.
func (a answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	pooled := buffers.Get().(*[]byte)
	defer buffers.Put(pooled)
	b, err := a(r.Context(), body, append((*pooled)[:0], `{"data":`...))
	if err != nil {
		http.Error(w, fmt.Sprintf("floor: %v", err), http.StatusInternalServerError)
		return
	}
	b = append(b, '}')
	*pooled = b
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // a client that is gone is no error of ours
}
