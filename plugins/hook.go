package plugins

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/trellishq/trellis/metadata"
)

// HookInput is what a hook is told. The host passes on the fields the hook
// asked for, and no others.
type HookInput struct {
	Event  Event  `json:"event"`
	Object string `json:"object"`
	// Record is the image as it would be written, all requested fields of it,
	// not only the changed ones. Values are JSON as in the data API.
	Record map[string]json.RawMessage `json:"record"`
	// Old is the image before an update or delete, nil for a create.
	Old map[string]json.RawMessage `json:"old,omitempty"`
	// Changed names the fields in which Record and Old differ.
	Changed []string `json:"changed,omitempty"`
	// Caller names the principal, such as user:<id>.
	Caller string `json:"caller"`
}

// HookResult is what a hook wants. Both fields nil means: go ahead.
type HookResult struct {
	// Patch holds changed fields, all of them among the hook's Fields.
	Patch map[string]json.RawMessage
	Veto  *Veto
}

// only gives the part of the input that was asked for.
func (in HookInput) only(fields []string) HookInput {
	pick := func(from map[string]json.RawMessage) map[string]json.RawMessage {
		if from == nil {
			return nil
		}
		out := make(map[string]json.RawMessage, len(fields))
		for _, f := range fields {
			if v, ok := from[f]; ok {
				out[f] = v
			}
		}
		return out
	}
	in.Record, in.Old = pick(in.Record), pick(in.Old)
	in.Changed = slices.DeleteFunc(slices.Clone(in.Changed), func(f string) bool { return !slices.Contains(fields, f) })
	return in
}

// answer holds a result against what the hook may do.
func (h Hook) answer(r Result) (HookResult, *Failure) {
	switch r.Status {
	case StatusVeto:
		return HookResult{Veto: r.Veto}, nil
	case StatusError:
		return HookResult{}, &Failure{FailedReport, fmt.Errorf("%s", plain(r.Message, maxMessage))}
	case StatusOK:
		return HookResult{}, nil
	}
	if h.Mode != ModeTransform && len(r.Patch) > 0 {
		return HookResult{}, &Failure{FailedAnswer, fmt.Errorf("a hook of mode %s cannot change fields", h.Mode)}
	}
	for field := range r.Patch {
		if !slices.Contains(h.Fields, field) {
			return HookResult{}, &Failure{FailedAnswer, fmt.Errorf("it changes %q, which is not among its fields", clip(field))}
		}
	}
	return HookResult{Patch: r.Patch}, nil
}

// HooksFor gives the hooks for an event of an object, under the name it has or
// one it had, in the order they run, a fresh slice.
func (h *Host) HooksFor(o *metadata.Object, event Event) []Hook {
	isNamed := func(name string) bool {
		return name == o.Name || slices.ContainsFunc(o.Formerly, func(a *metadata.Alias) bool { return a.Name == name })
	}
	var out []Hook
	for _, p := range h.current().plugins {
		for _, hook := range p.pkg.Manifest.Hooks {
			if isNamed(hook.Object) && slices.Contains(hook.Events, event) {
				hook.Plugin, hook.Version = p.pkg.Manifest.ID, p.pkg.Manifest.Version
				out = append(out, hook)
			}
		}
	}
	slices.SortFunc(out, func(a, b Hook) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Modes, a.Mode), slices.Index(Modes, b.Mode)),
			cmp.Compare(a.Order, b.Order),
			cmp.Compare(a.Plugin, b.Plugin),
			cmp.Compare(a.Entry, b.Entry))
	})
	return out
}

// Before calls one hook that HooksFor gave. An error means that the write must
// not happen: TIMEOUT when the plugin ran out of time, UNAVAILABLE for every
// other failure of the plugin, both naming it.
func (h *Host) Before(ctx context.Context, hook Hook, in HookInput) (HookResult, error) {
	input, err := json.Marshal(in.only(hook.Fields))
	if err != nil {
		return HookResult{}, fmt.Errorf("encode the input of plugin %s: %w", hook.Plugin, err)
	}
	result, err := h.Call(ctx, hook.Plugin, hook.Entry, input)
	if err != nil {
		return HookResult{}, err
	}
	answer, failure := hook.answer(result)
	if failure != nil {
		h.log.WarnContext(ctx, "plugin failed", "plugin", hook.Plugin, "entry", hook.Entry, "error", failure)
		return HookResult{}, failure.public(hook.Plugin, hook.Entry)
	}
	return answer, nil
}
