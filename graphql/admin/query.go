package admin

import (
	"context"

	graphql "github.com/graph-gophers/graphql-go"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	data "github.com/trellishq/trellis/graphql"
)

// root resolves Query and Mutation.
type root struct{ api *API }

// Viewer is for everybody who is signed in.
func (q *root) Viewer(ctx context.Context) *viewer {
	return &viewer{q.api, request(ctx)}
}

// viewer resolves Viewer.
type viewer struct {
	api *API
	r   *core.Request
}

func (v *viewer) Principal() string { return v.r.Principal.String() }
func (v *viewer) Name() string      { return v.r.Principal.Name }
func (v *viewer) Admin() bool       { return v.r.Policy.IsAdmin(v.r.Principal) }
func (v *viewer) Workspace() string { return v.r.View.Slug }

// Roles is never null.
func (v *viewer) Roles() []string { return append([]string{}, v.r.Principal.Roles...) }

func (v *viewer) UserID() *graphql.ID {
	u := v.r.Principal.User
	if u == nil || u.ID.IsZero() {
		return nil
	}
	id := graphql.ID(u.ID.String())
	return &id
}

func (v *viewer) Email() *string {
	if u := v.r.Principal.User; u != nil {
		return optional(u.Email)
	}
	return nil
}

func (v *viewer) Objects() ([]*object, error) {
	s, err := v.api.data.SchemaFor(v.r)
	if err != nil {
		return nil, err
	}
	out := []*object{}
	for _, info := range s.Objects() {
		if info.Read {
			out = append(out, seen(info))
		}
	}
	return out, nil
}

// Objects lists all objects, for admins.
func (q *root) Objects(ctx context.Context) ([]*object, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	s, err := q.api.data.SchemaFor(r)
	if err != nil {
		return nil, err
	}
	known := map[string]*data.ObjectInfo{}
	for _, info := range s.Objects() {
		known[info.Name] = info
	}
	var out []*object
	for _, name := range r.View.Snapshot.Names() {
		out = append(out, whole(r.View.Snapshot.Lookup(name), known[name]))
	}
	return out, nil
}

// Object finds one object, for admins.
func (q *root) Object(ctx context.Context, args struct{ Name string }) (*object, error) {
	all, err := q.Objects(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if o.Name() == args.Name {
			return o, nil
		}
	}
	return nil, nil
}

// Roles lists the workspace's roles.
func (q *root) Roles(ctx context.Context) ([]*role, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	out := []*role{}
	for _, o := range r.View.Definition().Roles {
		out = append(out, &role{o})
	}
	return out, nil
}

// Revision is the one the workspace is at.
func (q *root) Revision(ctx context.Context) (Long, error) {
	r, err := admin(ctx)
	if err != nil {
		return 0, err
	}
	return Long(r.View.Revision), nil
}

// Bounds of history.
const (
	historyLength = 20
	maxHistory    = 200
)

// History lists what was applied.
func (q *root) History(ctx context.Context, args struct {
	First  *int32
	Before *Long
}) ([]*revision, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	first := historyLength
	if args.First != nil {
		first = int(*args.First)
	}
	if first < 1 || first > maxHistory {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "must be from 1 to %d", maxHistory).At("first")
	}
	if args.Before != nil && *args.Before < 1 {
		return []*revision{}, nil // nothing is before the first
	}
	list, err := q.api.catalog.History(ctx, r.View.Slug, int64(given(args.Before)), first)
	if err != nil {
		return nil, err
	}
	out := make([]*revision, len(list))
	for i := range list {
		out[i] = &revision{&list[i]}
	}
	return out, nil
}

// revision resolves Revision.
type revision struct{ r *catalog.Revision }

func (r *revision) Revision() Long  { return Long(r.r.Revision) }
func (r *revision) At() DateTime    { return DateTime{r.r.At} }
func (r *revision) By() string      { return r.r.By }
func (r *revision) Summary() string { return r.r.Summary }

func (r *revision) Changes() []string { return inWords(r.r.Changes) }

func (r *revision) Steps() []*step { return steps(r.r.Steps) }
