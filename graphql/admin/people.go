package admin

import (
	"context"

	graphql "github.com/graph-gophers/graphql-go"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/identity"
)

// Users lists the people who may sign in.
func (q *root) Users(ctx context.Context) ([]*user, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	list, err := q.api.people.Users(ctx, r)
	if err != nil {
		return nil, err
	}
	out := make([]*user, len(list))
	for i := range list {
		out[i] = &user{&list[i]}
	}
	return out, nil
}

// CreateUser lets a person in.
func (q *root) CreateUser(ctx context.Context, args struct {
	Input struct {
		Name, Email string
		Password    *string
		Roles       []string
	}
}) (*user, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	in := args.Input
	made, err := q.api.people.CreateUser(ctx, r, identity.NewUser{Name: in.Name, Email: in.Email, Password: given(in.Password), Roles: in.Roles})
	if err != nil {
		return nil, err
	}
	return &user{made}, nil
}

// user resolves User.
type user struct{ u *identity.User }

func (u *user) ID() graphql.ID { return graphql.ID(u.u.ID.String()) }
func (u *user) Name() string   { return u.u.Name }
func (u *user) Email() string  { return u.u.Email }
func (u *user) Active() bool   { return u.u.Active }

// Roles is never null.
func (u *user) Roles() []string { return append([]string{}, u.u.Roles...) }

// APIKeys lists the keys, without the keys themselves.
func (q *root) APIKeys(ctx context.Context) ([]*apiKey, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	list, err := q.api.people.Keys(ctx, r)
	if err != nil {
		return nil, err
	}
	out := make([]*apiKey, len(list))
	for i := range list {
		out[i] = &apiKey{&list[i]}
	}
	return out, nil
}

// CreateAPIKey makes a key; it is shown this once.
func (q *root) CreateAPIKey(ctx context.Context, args struct{ Name, Role string }) (*newKey, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	id, key, err := q.api.people.CreateKey(ctx, r, args.Name, args.Role)
	if err != nil {
		return nil, err
	}
	return &newKey{id, key}, nil
}

// RevokeAPIKey ends a key.
func (q *root) RevokeAPIKey(ctx context.Context, args struct{ ID graphql.ID }) (bool, error) {
	r, err := admin(ctx)
	if err != nil {
		return false, err
	}
	id, err := parseID(args.ID)
	if err != nil {
		return false, err
	}
	return q.api.people.RevokeKey(ctx, r, id)
}

func parseID(id graphql.ID) (trellis.ID, error) {
	v, err := trellis.ParseID(string(id))
	if err != nil {
		return v, trellis.Errorf(trellis.CodeInvalidInput, "must be an id").At("id")
	}
	return v, nil
}

// apiKey resolves ApiKey.
type apiKey struct{ k *identity.APIKey }

func (k *apiKey) ID() graphql.ID        { return graphql.ID(k.k.ID.String()) }
func (k *apiKey) Name() string          { return k.k.Name }
func (k *apiKey) Role() string          { return k.k.Role }
func (k *apiKey) CreatedAt() DateTime   { return DateTime{k.k.CreatedAt} }
func (k *apiKey) LastUsedAt() *DateTime { return when(k.k.LastUsedAt) }
func (k *apiKey) Revoked() bool         { return k.k.Revoked }

// newKey resolves NewApiKey.
type newKey struct {
	id  trellis.ID
	key string
}

func (k *newKey) ID() graphql.ID { return graphql.ID(k.id.String()) }
func (k *newKey) Key() string    { return k.key }
