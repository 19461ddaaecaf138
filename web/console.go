package web

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// The console is built into console/dist by make build. Without that the
// server still runs and says how to build it.
//
//go:embed all:console/dist
var built embed.FS

// console serves the files of the console, and its index page for every other
// path a browser asks for, since the console routes in the browser.
func (s *Server) console() http.Handler {
	files, err := fs.Sub(built, "console/dist")
	if err != nil {
		panic(err) // the name is a constant
	}
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "there is nothing here to write to", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if info, err := fs.Stat(files, name); err == nil && !info.IsDir() {
			if strings.HasPrefix(name, "assets/") { // their names hold their hash
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			serve.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(name, "assets/") {
			http.NotFound(w, r)
			return
		}
		index, err := fs.ReadFile(files, "index.html")
		if err != nil {
			http.Error(w, "the console is not built into this program: run make build", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(index)
	})
}
