package graphql

import (
	"bytes"
	"embed"
	"html"
	"net/http"
	"path"
	"strings"
)

//go:embed graphiql
var graphiqlFiles embed.FS

// GraphiQL serves the page in which people write queries and read the schema.
// It is self-contained, asks no other host, and holds nothing secret: what it
// shows comes from the APIs, at /graphql and /admin/graphql, under the caller's
// rights. Mount it with http.StripPrefix at any path.
func GraphiQL() http.Handler {
	index, err := graphiqlFiles.ReadFile("graphiql/index.html")
	if err != nil {
		panic(err) // embedded above
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "this is a page: GET it", http.StatusMethodNotAllowed)
			return
		}
		name := strings.Trim(r.URL.Path, "/")
		if name != "" {
			http.ServeFileFS(w, r, graphiqlFiles, path.Join("graphiql", path.Base(name)))
			return
		}
		// The page knows where it is mounted from the address it was asked at.
		at, _, _ := strings.Cut(r.RequestURI, "?")
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(bytes.ReplaceAll(index, []byte("{{mount}}"), []byte(html.EscapeString(strings.TrimRight(at, "/")))))
	})
}
