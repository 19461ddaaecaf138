package plugins

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
)

// Gate puts the plugins of every workspace into the write path: it is a
// core.Hook that finds the workspace's host and calls the hooks that are
// meant. It is safe for concurrent use.
type Gate struct {
	runtime Runtime
	store   *Store
	log     *slog.Logger

	mu    sync.Mutex
	hosts map[trellis.ID]*workspaceHost
}

// workspaceHost is a host that may still be loading; mu is held meanwhile, so
// that only the workspace's own writes wait.
type workspaceHost struct {
	mu   sync.Mutex
	host *Host
}

var _ core.Hook = (*Gate)(nil)

// NewGate makes a gate; hosts are made when a workspace first writes.
func NewGate(runtime Runtime, store *Store, log *slog.Logger) *Gate {
	return &Gate{runtime: runtime, store: store, log: log, hosts: map[trellis.ID]*workspaceHost{}}
}

// Run keeps the hosts in step with the store until ctx ends.
func (g *Gate) Run(ctx context.Context, db *pg.DB) error {
	return db.Listen(ctx, []string{Channel}, func(_, payload string) {
		for _, h := range g.loaded(payload) {
			if err := h.Reload(ctx); err != nil {
				g.log.Error("plugins could not be reloaded", "error", err)
			}
		}
	})
}

// loaded gives the host of one workspace, or all for "": after a lost
// connection anything may have changed.
func (g *Gate) loaded(workspace string) []*Host {
	var out []*Host
	for id, w := range g.entries() {
		if workspace != "" && id.String() != workspace {
			continue
		}
		w.mu.Lock()
		if w.host != nil {
			out = append(out, w.host)
		}
		w.mu.Unlock()
	}
	return out
}

func (g *Gate) entries() map[trellis.ID]*workspaceHost {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.hosts)
}

// host finds or makes the host of a workspace. Without its plugins nothing may
// be written there, so a failure to load the list is an error.
func (g *Gate) host(ctx context.Context, workspace trellis.ID) (*Host, error) {
	g.mu.Lock()
	w := g.hosts[workspace]
	if w == nil {
		w = &workspaceHost{}
		g.hosts[workspace] = w
	}
	g.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.host != nil {
		return w.host, nil
	}
	h := NewHost(g.runtime, g.store, workspace, g.log)
	pkgs, err := g.store.Enabled(ctx, workspace)
	if err != nil {
		return nil, pg.Error(err)
	}
	if err := h.Use(ctx, pkgs); err != nil {
		g.log.Error("a plugin could not be loaded", "error", err)
	}
	w.host = h
	return h, nil
}

// Close ends all hosts.
func (g *Gate) Close(ctx context.Context) error {
	var errs []error
	for _, h := range g.loaded("") {
		errs = append(errs, h.Close(ctx))
	}
	return errors.Join(errs...)
}

// Before implements core.Hook.
func (g *Gate) Before(ctx context.Context, ev *core.BeforeEvent) error {
	h, err := g.host(ctx, ev.WorkspaceID)
	if err != nil {
		return err
	}
	hooks := h.HooksFor(ev.Object.Name, eventOf(ev.Verb))
	for _, hook := range hooks {
		for _, c := range ev.Changes {
			if c.Refused() {
				continue
			}
			if err := g.ask(ctx, h, hook, ev, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func eventOf(v core.Verb) Event {
	switch v {
	case core.Create:
		return BeforeCreate
	case core.Delete:
		return BeforeDelete
	}
	return BeforeUpdate
}

// ask calls one hook about one record and does what it answers.
func (g *Gate) ask(ctx context.Context, h *Host, hook Hook, ev *core.BeforeEvent, c *core.Change) error {
	in := HookInput{Event: eventOf(ev.Verb), Object: ev.Object.Name, Record: map[string]json.RawMessage{}, Caller: ev.Principal.String()}
	if ev.Verb != core.Create {
		in.Old = map[string]json.RawMessage{}
	}
	for _, name := range hook.Fields {
		if ev.Object.Field(name) == nil {
			continue // the field was removed after the plugin was installed
		}
		in.Record[name] = metadata.AppendJSON(nil, c.Get(name))
		if in.Old != nil {
			in.Old[name] = metadata.AppendJSON(nil, c.Old(name))
		}
		if c.Changed(name) {
			in.Changed = append(in.Changed, name)
		}
	}
	answer, err := h.Before(ctx, hook, in)
	if err != nil {
		return err
	}
	if answer.Veto != nil {
		c.Refuse(answer.Veto.Err())
		return nil
	}
	for name, raw := range answer.Patch {
		v, err := patchValue(raw)
		if err == nil {
			err = c.Set(name, v)
		}
		if err != nil {
			return trellis.Wrap(trellis.CodeUnavailable, err, "the plugin %s sets %s to something it cannot hold", hook.Plugin, name)
		}
	}
	return nil
}

// patchValue reads a value with its numbers exact.
func patchValue(raw json.RawMessage) (any, error) {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("decode a patched value: %w", err)
	}
	return v, nil
}
