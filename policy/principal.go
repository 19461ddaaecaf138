package policy

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// Kind says what sort of actor a principal is.
type Kind string

// The kinds of principals.
const (
	KindUser       Kind = "user"
	KindKey        Kind = "key"
	KindConnection Kind = "connection"
	KindPlugin     Kind = "plugin"
	KindSystem     Kind = "system"
)

// Principal is who acts: the answer of identity, made once per request or
// session. It must not be changed after it was handed to an Engine.
type Principal struct {
	Kind        Kind
	ID          trellis.ID
	WorkspaceID trellis.ID
	// Name is for people: logs, explanations, the audit.
	Name string
	// Roles it holds today, sorted and unique (SetRoles), without those they
	// inherit. An unknown role gives nothing.
	Roles []string
	// ValidUntil is the earliest end of the roles held for a time; zero for
	// none. Later requests are denied until identity answers anew.
	ValidUntil time.Time
	// User is what rules may know of the person behind the principal, nil for
	// none: then every rule that asks fails.
	User *UserFacts
	// Attributes are further values for rules: user.<name>. They cannot replace
	// those of expr.UserFields.
	Attributes map[string]any

	system bool
}

// UserFacts are what row rules may ask of a person.
type UserFacts struct {
	ID           trellis.ID
	Email        string
	Name         string
	Teams        []trellis.ID
	Subordinates []trellis.ID // direct and indirect
}

// System is the engine itself: migrations, sample data, retention. It may do
// everything in its workspace and is the only principal without a policy. A
// Principal literal with KindSystem has no rights at all.
func System(workspace trellis.ID) *Principal {
	return &Principal{Kind: KindSystem, WorkspaceID: workspace, Name: "system", system: true}
}

// IsSystem says that p was made by System.
func (p *Principal) IsSystem() bool { return p != nil && p.system }

// SetRoles stores the roles sorted and without doubles.
func (p *Principal) SetRoles(roles []string) {
	p.Roles = slices.Compact(slices.Sorted(slices.Values(roles)))
}

// String is what createdBy and the audit store: "user:<id>", "key:<id>",
// "connection:<id>", "plugin:<id>" or "system".
func (p *Principal) String() string {
	if p.Kind == KindSystem {
		return string(KindSystem)
	}
	return string(p.Kind) + ":" + p.ID.String()
}

// Users and roles are one namespace in casbin: prefixes keep them apart.
const (
	rolePrefix = "r:"
	userPrefix = "u:"
)

// subject is the user behind the principal as casbin names it, "" for none.
func (p *Principal) subject() string {
	switch {
	case p.Kind == KindUser:
		return userPrefix + p.ID.String()
	case p.User != nil && !p.User.ID.IsZero():
		return userPrefix + p.User.ID.String()
	}
	return ""
}

// userVars is what rules may ask of the user. Without a person behind the
// principal there is nothing to ask: a null id would be equal to the owner of
// every record that has none.
func (p *Principal) userVars() map[string]any {
	u := p.User
	if u == nil {
		return nil
	}
	vars := make(map[string]any, 6+len(p.Attributes))
	for name, v := range p.Attributes {
		vars[name] = v
	}
	for _, f := range expr.UserFields() {
		delete(vars, f.Name)
	}
	vars["id"], vars["teams"], vars["roles"] = u.ID, u.Teams, p.Roles
	vars["email"], vars["name"] = textOrNull(u.Email), textOrNull(u.Name)
	vars["subordinates"] = u.Subordinates
	if !slices.Contains(u.Subordinates, u.ID) {
		vars["subordinates"] = append(slices.Clip(u.Subordinates), u.ID)
	}
	return vars
}

// textOrNull is null for empty text, as in records.
func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

type contextKey struct{}

// WithPrincipal puts the principal into the context of a request.
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// FromContext gives the principal of the request; an UNAUTHENTICATED error
// when there is none.
func FromContext(ctx context.Context) (*Principal, error) {
	p, _ := ctx.Value(contextKey{}).(*Principal)
	if p == nil {
		return nil, errNobody()
	}
	return p, nil
}

func errNobody() *trellis.Error {
	return trellis.Errorf(trellis.CodeUnauthenticated, "sign in first")
}

// joinRoles writes a role set for people.
func joinRoles(roles []string) string {
	if len(roles) == 0 {
		return "no role"
	}
	return strings.Join(roles, ", ")
}
