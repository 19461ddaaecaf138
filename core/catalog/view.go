package catalog

import (
	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// View is one revision of a workspace. It is immutable; a request pins one and
// uses no other.
type View struct {
	WorkspaceID trellis.ID
	Slug        string
	Name        string
	Schema      string // in PostgreSQL
	Snapshot    *metadata.Snapshot
	Revision    int64
	// PolicyVersion rises with every change of roles or policies.
	PolicyVersion int64
}

// Definition is what the revision defines. It must not be changed; Fork it.
func (v *View) Definition() *metadata.Definition { return v.Snapshot.Definition() }

// next is the view of a later revision.
func (v *View) next(def *metadata.Definition, revision, policyVersion int64) *View {
	n := *v
	n.Snapshot = v.Snapshot.Next(def, revision)
	n.Revision, n.PolicyVersion = revision, policyVersion
	return &n
}
