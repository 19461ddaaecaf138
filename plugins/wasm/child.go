package wasm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/trellishq/trellis/plugins"
)

// childMain is the admission process. It bounds itself before it reads a byte
// of the module; whatever happens then ends this process alone.
func childMain(in io.Reader, out io.Writer) int {
	if err := boundChild(childCPUSeconds); err != nil {
		fmt.Fprintln(os.Stderr, "bound the admission process:", err)
		return 2
	}
	var req request
	if err := json.NewDecoder(io.LimitReader(in, 2*MaxModuleBytes)).Decode(&req); err != nil {
		return 2
	}
	if err := json.NewEncoder(out).Encode(examine(&req)); err != nil {
		return 2
	}
	return 0
}

func examine(req *request) *reply {
	module, err := check(req.Module, req.Pages)
	if err != nil {
		var list *refusal
		if errors.As(err, &list) {
			return &reply{Refused: list.faults}
		}
		return &reply{Refused: []string{err.Error()}}
	}
	if err := compile(module, req.CacheDir); err != nil {
		return &reply{Refused: []string{clipTo(err.Error(), 500)}}
	}
	return &reply{Module: module}
}

// compile lets wazero validate the instructions and leaves native code in the
// cache.
func compile(module []byte, cacheDir string) error {
	ctx := context.Background()
	cache, err := wazero.NewCompilationCacheWithDir(cacheDir)
	if err != nil {
		return err
	}
	defer cache.Close(ctx)
	rt := wazero.NewRuntimeWithConfig(ctx, config(cache))
	defer rt.Close(ctx)
	_, err = rt.CompileModule(ctx, module)
	return err
}

// config is the same in the admission process and in the server: the cache is
// keyed by it.
func config(cache wazero.CompilationCache) wazero.RuntimeConfig {
	return wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2).
		WithMemoryLimitPages(plugins.MaxMemory / pageBytes).
		WithDebugInfoEnabled(false).
		WithCloseOnContextDone(true).
		WithCompilationCache(cache)
}

func clipTo(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
