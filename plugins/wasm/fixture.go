package wasm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/plugins"
)

// TestFolder admits the built plugin in dir as a server would, with a key of
// its own, and runs its fixtures (plugins.RunFixtures). log gets what the
// plugin logs. cacheDir may be "", which costs a compilation each time.
func TestFolder(ctx context.Context, dir, cacheDir string, update bool, log *slog.Logger) (report plugins.FixtureReport, err error) {
	private, err := os.MkdirTemp("", "trellis-plugin-test-")
	if err != nil {
		return report, fmt.Errorf("plugin test: %w", err)
	}
	defer os.RemoveAll(private)
	if cacheDir == "" {
		cacheDir = filepath.Join(private, "cache")
	}
	pkg, err := AdmitFolder(ctx, dir, private, cacheDir)
	if err != nil {
		return report, err
	}
	rt, err := NewRuntime(ctx, private, cacheDir)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, rt.Close(ctx)) }()
	host := plugins.NewHost(rt, nil, trellis.ID{}, log)
	if err := host.Use(ctx, []*plugins.Package{pkg}); err != nil {
		return report, err
	}
	return plugins.RunFixtures(ctx, host, pkg, dir, update)
}
