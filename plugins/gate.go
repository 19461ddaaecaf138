package plugins

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

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

// workspaceHost is the host of one workspace and the policy version up to which
// its plugins are those of the store, -1 before they were read.
type workspaceHost struct {
	host *Host
	seen atomic.Int64
	turn sync.Mutex // held while reading the store, so that the last reading wins
}

var _ core.Hook = (*Gate)(nil)

// NewGate makes a gate; hosts are made when a workspace first writes.
func NewGate(runtime Runtime, store *Store, log *slog.Logger) *Gate {
	return &Gate{runtime: runtime, store: store, log: log, hosts: map[trellis.ID]*workspaceHost{}}
}

// Run keeps the hosts in step with the store until ctx ends.
func (g *Gate) Run(ctx context.Context, db *pg.DB) error {
	return db.Listen(ctx, []string{Channel}, func(_, payload string) {
		for _, w := range g.loaded(payload) {
			if err := w.reload(ctx); err != nil {
				g.log.Error("plugins could not be reloaded", "error", err)
			}
		}
	})
}

// loaded gives the host of one workspace, or all for "": after a lost
// connection anything may have changed.
func (g *Gate) loaded(workspace string) []*workspaceHost {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []*workspaceHost
	for id, w := range g.hosts {
		if workspace == "" || id.String() == workspace {
			out = append(out, w)
		}
	}
	return out
}

func (w *workspaceHost) reload(ctx context.Context) error {
	w.turn.Lock()
	defer w.turn.Unlock()
	return w.host.Reload(ctx)
}

// host finds or makes the host of a workspace, in step with the policy version
// a write is prepared with. Without its plugins nothing may be written there,
// so a failure to load the list is an error.
func (g *Gate) host(ctx context.Context, workspace trellis.ID, version int64) (*Host, error) {
	g.mu.Lock()
	w := g.hosts[workspace]
	if w == nil {
		w = &workspaceHost{host: NewHost(g.runtime, g.store, workspace, g.log)}
		w.seen.Store(-1)
		g.hosts[workspace] = w
	}
	g.mu.Unlock()
	if w.seen.Load() >= version {
		return w.host, nil
	}
	// Only writes that must not go on with what is loaded wait here.
	w.turn.Lock()
	defer w.turn.Unlock()
	if w.seen.Load() >= version {
		return w.host, nil
	}
	pkgs, err := g.store.Enabled(ctx, workspace)
	if err != nil {
		return nil, pg.Error(err)
	}
	// They are loaded for all writes to come, whatever becomes of this one.
	if err := w.host.Use(context.WithoutCancel(ctx), pkgs); err != nil {
		g.log.Error("a plugin could not be loaded", "error", err)
	}
	w.seen.Store(version)
	return w.host, nil
}

// Close ends all hosts.
func (g *Gate) Close(ctx context.Context) error {
	var errs []error
	for _, w := range g.loaded("") {
		errs = append(errs, w.host.Close(ctx))
	}
	return errors.Join(errs...)
}

// Before implements core.Hook.
func (g *Gate) Before(ctx context.Context, ev *core.BeforeEvent) error {
	h, err := g.host(ctx, ev.WorkspaceID, ev.PolicyVersion)
	if err != nil {
		return err
	}
	for _, hook := range h.HooksFor(ev.Object.Object, eventOf(ev.Verb)) {
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

// ask calls one hook about one record and does what it answers. The plugin is
// told of the object and the fields by the names it knows, which they may have
// no more.
func (g *Gate) ask(ctx context.Context, h *Host, hook Hook, ev *core.BeforeEvent, c *core.Change) error {
	in := HookInput{Event: eventOf(ev.Verb), Object: hook.Object, Record: map[string]json.RawMessage{}, Caller: ev.Principal.String()}
	if ev.Verb != core.Create {
		in.Old = map[string]json.RawMessage{}
	}
	for _, name := range hook.Fields {
		f := ev.Object.Field(name)
		if f == nil {
			continue // the field was removed after the plugin was installed
		}
		in.Record[name] = metadata.AppendJSON(nil, c.Get(f.Name))
		if in.Old != nil {
			in.Old[name] = metadata.AppendJSON(nil, c.Old(f.Name))
		}
		if c.Changed(f.Name) {
			in.Changed = append(in.Changed, name)
		}
	}
	answer, err := h.Before(ctx, hook, in)
	if err != nil {
		return refuseRecord(ctx, c, err)
	}
	if answer.Veto != nil {
		veto := *answer.Veto
		veto.Field = nameNow(ev.Object, veto.Field)
		c.Refuse(veto.Err())
		return nil
	}
	for name, raw := range answer.Patch {
		v, err := patchValue(raw)
		if err == nil {
			err = c.Set(nameNow(ev.Object, name), v)
		}
		if err != nil {
			c.Refuse(trellis.Wrap(trellis.CodeUnavailable, err, "the plugin %s sets %s to something it cannot hold", hook.Plugin, name))
			return nil
		}
	}
	return nil
}

// nameNow is the name that a field has which a plugin knows as name.
func nameNow(o *metadata.ObjectView, name string) string {
	if f := o.Field(name); f != nil {
		return f.Name
	}
	return name
}

// refuseRecord lets a plugin that fails refuse the record it failed on, so that
// one bad record does not hold up a batch. A request that is over is no
// plugin's fault.
func refuseRecord(ctx context.Context, c *core.Change, err error) error {
	var public *trellis.Error
	if ctx.Err() != nil || !errors.As(err, &public) {
		return err
	}
	c.Refuse(public)
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
