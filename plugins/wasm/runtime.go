package wasm

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/trellishq/trellis/plugins"
)

// Runtime loads admitted modules. At most two calls per core run at once, and
// no plugin gets more than half of them.
type Runtime struct {
	engine   wazero.Runtime
	cache    wazero.CompilationCache
	cacheDir string
	key      *Key
	slots    chan struct{}

	mu     sync.Mutex
	open   map[*Module]struct{}
	closed bool
}

var _ plugins.Runtime = (*Runtime)(nil)

// NewRuntime makes a runtime with the key in keyDir and the compiled code in
// cacheDir, the same as Admit was given.
func NewRuntime(ctx context.Context, keyDir, cacheDir string) (*Runtime, error) {
	key, err := LoadKey(keyDir)
	if err != nil {
		return nil, err
	}
	cache, err := wazero.NewCompilationCacheWithDir(cacheDir)
	if err != nil {
		return nil, fmt.Errorf("plugin cache: %w", err)
	}
	r := &Runtime{
		engine: wazero.NewRuntimeWithConfig(ctx, config(cache)), cache: cache, cacheDir: cacheDir, key: key,
		slots: make(chan struct{}, 2*goruntime.GOMAXPROCS(0)), open: map[*Module]struct{}{},
	}
	if err := r.link(ctx); err != nil {
		return nil, errors.Join(err, r.Close(ctx))
	}
	return r, nil
}

// link makes the host modules; every guest shares them.
func (r *Runtime) link(ctx context.Context) error {
	for from, functions := range hostFunctions {
		b := r.engine.NewHostModuleBuilder(from)
		for name, typ := range importable[from] {
			fn, ok := functions[name]
			if !ok {
				fn = refuse
			}
			b.NewFunctionBuilder().WithGoModuleFunction(fn, []byte(typ.params), []byte(typ.results)).Export(name)
		}
		if _, err := b.Instantiate(ctx); err != nil {
			return fmt.Errorf("link %s: %w", from, err)
		}
	}
	return nil
}

// Load verifies, compiles (from the cache) and starts pkg. A package signed
// with another key, or compiled for a cache that is gone, goes through
// admission first: compiling is the child's work.
func (r *Runtime) Load(ctx context.Context, pkg *plugins.Package, ops plugins.Ops) (plugins.Module, error) {
	admitted, err := r.key.verify(pkg)
	if err == nil && (!admitted || !compiledIn(r.cacheDir, pkg.Digest)) {
		pkg, err = admit(ctx, pkg, r.key, r.cacheDir)
	}
	if err != nil {
		return nil, err
	}
	parsed, err := parse(pkg.Module)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", plugins.ErrUntrusted, err)
	}
	compiled, err := r.compile(ctx, pkg.Module)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	m := &Module{
		runtime: r, compiled: compiled, ops: ops, limits: pkg.Manifest.Limits, entries: map[string]uint32{},
		globals: parsed.resettable(),
		slots:   make(chan struct{}, max(1, cap(r.slots)/2)),
	}
	for _, h := range pkg.Manifest.Hooks {
		m.entries[h.Entry] = plugins.EntryNumber(h.Entry)
	}
	if err := m.start(ctx); err != nil {
		_ = compiled.Close(ctx)
		return nil, fmt.Errorf("start: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errors.Join(errors.New("the plugin runtime is closed"), m.free(ctx))
	}
	r.open[m] = struct{}{}
	return m, nil
}

// compile runs under recover although the module passed admission.
func (r *Runtime) compile(ctx context.Context, module []byte) (c wazero.CompiledModule, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return r.engine.CompileModule(ctx, module)
}

// Close ends all modules and waits for their calls, each of which is bounded
// by its time limit.
func (r *Runtime) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	open := r.open
	r.open = map[*Module]struct{}{}
	r.mu.Unlock()
	for m := range open {
		_ = m.Close(ctx)
	}
	return errors.Join(r.engine.Close(ctx), r.cache.Close(ctx))
}
