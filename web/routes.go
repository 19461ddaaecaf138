package web

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// handler is the URL map, all of it.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	page := func(h http.Handler) http.Handler { return secured(http.MaxBytesHandler(h, maxBody)) }
	mux.Handle("GET /healthz", page(http.HandlerFunc(s.healthz)))
	mux.Handle("GET /readyz", page(http.HandlerFunc(s.readyz)))
	mux.Handle("GET /metrics", page(promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})))

	mux.Handle("POST /auth/sign-in", page(http.HandlerFunc(s.signIn)))
	mux.Handle("POST /auth/sign-out", page(http.HandlerFunc(s.signOut)))

	// The APIs bound their bodies themselves and answer JSON, which needs none of
	// what a page does.
	data, admin := s.identified(s.opts.Data), s.identified(s.opts.Admin)
	mux.Handle("/graphql", s.measured("graphql", data))
	mux.Handle("/w/{slug}/graphql", s.measured("graphql", data))
	mux.Handle("/admin/graphql", s.measured("admin", admin))
	mux.Handle("/w/{slug}/admin/graphql", s.measured("admin", admin))

	// Files bound their bodies themselves, too.
	up, down := s.identified(http.HandlerFunc(s.upload)), s.identified(http.HandlerFunc(s.download))
	mux.Handle("POST /files", s.measured("upload", up))
	mux.Handle("POST /w/{slug}/files", s.measured("upload", up))
	mux.Handle("GET /files/{id}", s.measured("download", down))
	mux.Handle("GET /w/{slug}/files/{id}", s.measured("download", down))

	mux.Handle("/graphiql", page(s.opts.GraphiQL))
	mux.Handle("/graphiql/", page(s.opts.GraphiQL))
	mux.Handle("/", page(s.console()))

	// Cookies are sent by browsers alone, and those tell where a request comes
	// from: one from another site is refused before it reaches anything.
	return http.NewCrossOriginProtection().Handler(mux)
}

// Bounds of one request.
const (
	maxBody       = 1 << 20
	headerTimeout = 5 * time.Second
	readTimeout   = 60 * time.Second
	writeTimeout  = 120 * time.Second
	idleTimeout   = 120 * time.Second
)

// secured adds what every answer that a browser may show as a page carries.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		// Styles: the console's kit writes them into the page.
		h.Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
		next.ServeHTTP(w, r)
	})
}
