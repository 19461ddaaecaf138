package core

import (
	"context"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// Hook runs before records are written, outside any transaction and holding no
// connection. It may change the values to be written or refuse a record. It
// can run more than once for one write (the write path repeats when somebody
// else changed the record), so it must have no effect but its answer.
type Hook interface {
	// Before is given the changes of one object in one write, in order. It may
	// set fields through Change.Set and refuse a record through Change.Refuse.
	// An error refuses the whole write; it should be a *trellis.Error.
	Before(ctx context.Context, ev *BeforeEvent) error
}

// BeforeEvent is what a hook sees.
type BeforeEvent struct {
	WorkspaceID trellis.ID
	Workspace   string // its slug
	// PolicyVersion is that of the view the write is prepared with. What a hook
	// keeps of the workspace must not be older: see catalog.TouchPolicy.
	PolicyVersion int64
	Principal     *policy.Principal
	Object        *metadata.ObjectView
	Verb          Verb // Create, Update or Delete
	Depth         int  // of the write: see Request.Depth
	Changes       []*Change
}
