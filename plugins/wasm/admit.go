package wasm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/plugins"
)

// childEnv marks the admission process.
const childEnv = "TRELLIS_PLUGIN_ADMISSION"

// ready is set by AdmitMain: without it the child would run the program.
var ready atomic.Bool

// AdmitMain must be the first statement of main, and of TestMain, in every
// binary that admits or loads plugins. In the admission process it does the
// work and exits; otherwise it returns at once.
func AdmitMain() {
	ready.Store(true)
	if os.Getenv(childEnv) == "" {
		return
	}
	os.Exit(childMain(os.Stdin, os.Stdout))
}

// request and reply are the two messages of the admission process, JSON on
// stdin and stdout.
type request struct {
	Module   []byte
	Pages    uint32
	CacheDir string
}

type reply struct {
	Module []byte
	// Refused says why, in sentences for the author; empty when admitted.
	Refused []string
}

// Admit checks and compiles the module in wasmFile for the manifest and signs
// it. keyDir holds the key (LoadKey), cacheDir the compiled code, which is
// native and must be private to the host.
//
// A bad manifest or module gives trellis.Errors or *trellis.Error with
// VALIDATION_FAILED, a module too costly to compile as well. The running
// process is safe whatever the file holds.
func Admit(ctx context.Context, wasmFile string, manifest []byte, keyDir, cacheDir string) (*plugins.Package, error) {
	m, err := plugins.ParseManifest(manifest)
	if err != nil {
		return nil, err
	}
	module, err := readBounded(wasmFile, MaxModuleBytes)
	if err != nil {
		return nil, err
	}
	key, err := LoadKey(keyDir)
	if err != nil {
		return nil, err
	}
	return admit(ctx, &plugins.Package{Manifest: m, Source: manifest, Admitted: plugins.Admitted{Module: module}}, key, cacheDir)
}

// AdmitFolder admits plugin.wasm with plugin.yaml, both in dir, as Build
// leaves them.
func AdmitFolder(ctx context.Context, dir, keyDir, cacheDir string) (*plugins.Package, error) {
	manifest, err := readBounded(filepath.Join(dir, plugins.ManifestFile), plugins.MaxManifest)
	if err != nil {
		return nil, err
	}
	return Admit(ctx, filepath.Join(dir, plugins.ModuleFile), manifest, keyDir, cacheDir)
}

func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeNotFound, err, "%s cannot be read", path)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, trellis.Wrap(trellis.CodeInvalidInput, err, "%s cannot be read", path)
	case int64(len(b)) > most:
		return nil, trellis.Errorf(trellis.CodeValidationFailed, "%s has more than %d bytes, the most there may be", path, most)
	}
	return b, nil
}

// admit gives a new package with the module as it may be loaded.
func admit(ctx context.Context, pkg *plugins.Package, key *Key, cacheDir string) (*plugins.Package, error) {
	if err := os.MkdirAll(cacheDir, 0o700); err != nil {
		return nil, fmt.Errorf("plugin cache: %w", err)
	}
	cacheDir, err := filepath.Abs(cacheDir)
	if err != nil {
		return nil, fmt.Errorf("plugin cache: %w", err)
	}
	answer, err := runChild(ctx, request{pkg.Module, uint32(pkg.Manifest.Limits.Memory / pageBytes), cacheDir})
	if err != nil {
		return nil, err
	}
	if len(answer.Refused) > 0 {
		var all trellis.Errors
		for _, sentence := range answer.Refused {
			all = append(all, trellis.Errorf(trellis.CodeValidationFailed, "the module of plugin %s is refused: %s", pkg.Manifest.ID, sentence))
		}
		return nil, all
	}
	out := *pkg
	out.Module, out.Digest = answer.Module, plugins.Digest(answer.Module)
	out.Signature = key.sign(out.Digest, pkg.Source)
	if err := os.WriteFile(compiledMark(cacheDir, out.Digest), nil, 0o600); err != nil {
		return nil, fmt.Errorf("plugin cache: %w", err)
	}
	return &out, nil
}

// compiledMark is a file that says that the cache has the code of a module.
func compiledMark(cacheDir, digest string) string {
	return filepath.Join(cacheDir, digest+".compiled")
}

func compiledIn(cacheDir, digest string) bool {
	_, err := os.Stat(compiledMark(cacheDir, digest))
	return err == nil
}

func runChild(ctx context.Context, req request) (*reply, error) {
	if !ready.Load() {
		return nil, errors.New("this binary does not call wasm.AdmitMain")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("admission: %w", err)
	}
	input, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("admission: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, childWallClock)
	defer cancel()
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = []string{childEnv + "=1", "GOMEMLIMIT=" + strconv.Itoa(childMemoryTarget)}
	cmd.Stdin = bytes.NewReader(input)
	stdout, stderr := &bounded{most: 2 * MaxModuleBytes}, &bounded{most: 4 << 10}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, trellis.Wrap(trellis.CodeTimeout, err, "checking the module took too long")
		}
		cause := fmt.Errorf("admission process: %w: %s", err, stderr.Bytes())
		return nil, trellis.Wrap(trellis.CodeValidationFailed, cause, "the module is refused: checking it went beyond the bounds on memory or time")
	}
	var answer reply
	if err := json.Unmarshal(stdout.Bytes(), &answer); err != nil {
		return nil, fmt.Errorf("admission process: its answer: %w", err)
	}
	return &answer, nil
}

// bounded keeps the first bytes written to it and drops the rest.
type bounded struct {
	bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), b.most-b.Len())])
	return len(p), nil
}
