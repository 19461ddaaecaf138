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
	// PolicyVersion rises with every change of roles or policies, and of what
	// else decides about writes: see TouchPolicy.
	PolicyVersion int64
}

// laterThan says that v is to take the place of old. Neither number ever falls.
func (v *View) laterThan(old *View) bool {
	return v.Revision > old.Revision || v.Revision == old.Revision && v.PolicyVersion > old.PolicyVersion
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
