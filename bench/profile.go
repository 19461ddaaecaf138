package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/graphql"
	"github.com/trellishq/trellis/policy"
	"github.com/trellishq/trellis/web"
)

// profileTime is how long a case is profiled.
const profileTime = 5 * time.Second

// Profile runs the cases inside this process, past HTTP's connections, and
// leaves profiles of CPU and allocations of each in dir: what a request costs between the handler
// and PostgreSQL, function by function.
func Profile(ctx context.Context, g *Ground, dir string, o Options) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	data := graphql.New(graphql.Options{Engine: g.engine})
	who, err := g.identity.Key(ctx, g.key)
	if err != nil {
		return err
	}
	h := data.Handler(web.Workspace)
	r := &runner{ground: g, o: o, started: trellis.NewID(), trellis: trellisClient("", g.key)}
	defer r.clean(context.WithoutCancel(ctx)) //nolint:errcheck // the next run makes new ids
	ctx = policy.WithPrincipal(ctx, who.Principal)
	for i := range Cases {
		if k := &Cases[i]; r.wanted(k.Name) {
			if err := r.profile(ctx, k, h, filepath.Join(dir, k.Name+".pprof")); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) profile(ctx context.Context, k *Case, h http.Handler, path string) error {
	serve := func(body []byte) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if bytes.HasPrefix(w.Body.Bytes(), []byte(`{"errors"`)) {
			return fmt.Errorf("bench: %s: %.500s", k.Name, w.Body)
		}
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	n := 0
	var before, after runtime.MemStats
	begun := time.Now()
	for n <= k.variants() || time.Since(begun) < profileTime {
		bodies, err := r.trellis.prepare(k, r.ground.Size, n, k.variants())
		if err != nil {
			return err
		}
		for _, body := range bodies {
			if err := serve(body); err != nil {
				return err
			}
		}
		if n == 0 { // warm now
			if err := pprof.StartCPUProfile(f); err != nil {
				return err
			}
			defer pprof.StopCPUProfile()
			runtime.ReadMemStats(&before)
			begun = time.Now()
		}
		n += len(bodies)
	}
	runtime.ReadMemStats(&after)
	allocs, err := os.Create(strings.TrimSuffix(path, ".pprof") + ".allocs.pprof")
	if err != nil {
		return err
	}
	defer allocs.Close()
	if err := pprof.Lookup("allocs").WriteTo(allocs, 0); err != nil {
		return err
	}
	asked := uint64(n - k.variants())
	fmt.Fprintf(r.o.Out, "%s: %d requests, %d bytes in %d objects each; go tool pprof -top -cum %s\n",
		k.Name, asked, (after.TotalAlloc-before.TotalAlloc)/asked, (after.Mallocs-before.Mallocs)/asked, path)
	return nil
}
