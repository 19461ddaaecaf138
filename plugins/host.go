package plugins

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/trellishq/trellis"
)

// Host holds the enabled plugins of one workspace and calls them. It is safe
// for concurrent use; a call under way finishes on the version it began with.
type Host struct {
	runtime   Runtime
	store     *Store
	workspace trellis.ID
	log       *slog.Logger

	// swap serialises changes of set; readers take it as it is.
	swap sync.Mutex
	set  atomic.Pointer[pluginSet]
}

// pluginSet is what is loaded at one moment. It never changes.
type pluginSet struct {
	plugins map[string]*loaded
	closed  bool
}

// loaded is one plugin. A plugin that could not be loaded stays in the set
// with its error: its hooks must refuse writes, not vanish.
type loaded struct {
	pkg    *Package
	module Module
	err    error
}

func (p *loaded) same(pkg *Package) bool {
	return p.err == nil && p.pkg.Signature == pkg.Signature && string(p.pkg.Source) == string(pkg.Source)
}

// NewHost makes a host without plugins; Reload or Use fills it. The runtime is
// shared between hosts and stays the caller's. store may be nil when only Use
// is called.
func NewHost(runtime Runtime, store *Store, workspace trellis.ID, log *slog.Logger) *Host {
	h := &Host{runtime: runtime, store: store, workspace: workspace, log: log}
	h.set.Store(&pluginSet{plugins: map[string]*loaded{}})
	return h
}

func (h *Host) current() *pluginSet { return h.set.Load() }

// Reload takes over what the store holds now. On an error of the database the
// plugins stay as they were.
func (h *Host) Reload(ctx context.Context) error {
	if h.store == nil {
		return errors.New("this plugin host has no store")
	}
	pkgs, err := h.store.Enabled(ctx, h.workspace)
	if err != nil {
		return err
	}
	return h.Use(ctx, pkgs)
}

// Use makes exactly these packages, one version of each plugin, the loaded
// ones. Those already loaded are kept. The error lists plugins that could not
// be loaded; their hooks answer UNAVAILABLE until they can.
func (h *Host) Use(ctx context.Context, pkgs []*Package) error {
	h.swap.Lock()
	defer h.swap.Unlock()
	old := h.current()
	if old.closed {
		return errors.New("the plugin host is closed")
	}
	next := &pluginSet{plugins: make(map[string]*loaded, len(pkgs))}
	var failed []error
	for _, pkg := range pkgs {
		id := pkg.Manifest.ID
		if p := old.plugins[id]; p != nil && p.same(pkg) {
			next.plugins[id] = p
			continue
		}
		p := &loaded{pkg: pkg}
		p.module, p.err = h.runtime.Load(ctx, pkg, &hostOps{manifest: pkg.Manifest, log: h.log})
		if p.err != nil {
			failed = append(failed, fmt.Errorf("load plugin %s %s: %w", id, pkg.Manifest.Version, p.err))
		}
		next.plugins[id] = p
	}
	h.set.Store(next)
	for id, p := range old.plugins {
		if p.module != nil && next.plugins[id] != p {
			failed = append(failed, p.module.Close(ctx))
		}
	}
	return errors.Join(failed...)
}

// Close unloads everything; later calls answer UNAVAILABLE.
func (h *Host) Close(ctx context.Context) error {
	h.swap.Lock()
	defer h.swap.Unlock()
	old := h.current()
	h.set.Store(&pluginSet{plugins: map[string]*loaded{}, closed: true})
	var failed []error
	for _, p := range old.plugins {
		if p.module != nil {
			failed = append(failed, p.module.Close(ctx))
		}
	}
	return errors.Join(failed...)
}

// Call runs an entry of a plugin and reads its answer. Errors are as Before
// describes them; a veto is no error here.
func (h *Host) Call(ctx context.Context, plugin, entry string, input []byte) (Result, error) {
	set := h.current()
	output, err := set.call(ctx, plugin, entry, input)
	var failure *Failure
	// A version that was replaced between the look-up and the call: its
	// successor answers.
	if errors.As(err, &failure) && failure.Kind == FailedClosed && h.current() != set {
		output, err = h.current().call(ctx, plugin, entry, input)
	}
	var result Result
	if err == nil {
		if result, err = ParseResult(output); err != nil {
			err = &Failure{FailedAnswer, err}
		}
	}
	if err != nil {
		h.log.WarnContext(ctx, "plugin failed", "plugin", plugin, "entry", entry, "error", err)
		return Result{}, public(err, plugin, entry)
	}
	return result, nil
}

func (s *pluginSet) call(ctx context.Context, plugin, entry string, input []byte) ([]byte, error) {
	p := s.plugins[plugin]
	switch {
	case p == nil:
		return nil, &Failure{FailedClosed, errors.New("no such plugin is enabled")}
	case p.module == nil:
		return nil, &Failure{FailedClosed, p.err}
	case len(input) > MaxIO:
		return nil, &Failure{FailedSize, fmt.Errorf("input of %d bytes", len(input))}
	}
	return p.module.Call(ctx, entry, input)
}

func public(err error, plugin, entry string) error {
	var f *Failure
	if !errors.As(err, &f) {
		f = &Failure{FailedClosed, err}
	}
	return f.public(plugin, entry)
}

// public names the plugin and keeps the cause for the log.
func (f *Failure) public(plugin, entry string) *trellis.Error {
	code := trellis.CodeUnavailable
	if f.Kind == FailedDeadline {
		code = trellis.CodeTimeout
	}
	return trellis.Wrap(code, f, "the plugin %q %s in %q, so nothing was changed", plugin, f.Kind, entry)
}
