package core

import (
	"context"
)

// runHooks lets the before-hooks see and change the rows. They run outside any
// transaction. What they refuse is noted in the rows; an error is the request's.
func (e *Engine) runHooks(ctx context.Context, r *Request, rows []*row) error {
	if len(e.hooks) == 0 {
		return nil
	}
	for _, group := range byObject(rows) {
		for _, verb := range []Verb{Create, Update, Delete} {
			ev := &BeforeEvent{WorkspaceID: r.View.WorkspaceID, Workspace: r.View.Slug, PolicyVersion: r.View.PolicyVersion, Principal: r.Principal, Object: group[0].object, Verb: verb, Depth: r.Depth}
			for _, w := range group {
				if w.err == nil && w.verb == verb && w.changes() {
					ev.Changes = append(ev.Changes, &Change{w})
				}
			}
			if len(ev.Changes) == 0 {
				continue
			}
			for _, h := range e.hooks {
				if err := h.Before(ctx, ev); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
