package admin

import (
	"context"

	graphql "github.com/graph-gophers/graphql-go"

	"github.com/trellishq/trellis"
)

func errAbsent(what string) *trellis.Error {
	return trellis.Errorf(trellis.CodeUnavailable, "this server runs without %s", what)
}

// Connections lists the connections to other systems.
func (q *root) Connections(ctx context.Context) ([]*connection, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	if q.api.connections == nil {
		return nil, errAbsent("connections")
	}
	list, err := q.api.connections.Connections(ctx, r)
	if err != nil {
		return nil, err
	}
	out := make([]*connection, len(list))
	for i := range list {
		out[i] = &connection{&list[i]}
	}
	return out, nil
}

// CreateConnection stores a connection.
func (q *root) CreateConnection(ctx context.Context, args struct {
	Input struct {
		Name, Connector, Role, Config, Mapping string
		Networks                               *[]string
	}
}) (*connection, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	if q.api.connections == nil {
		return nil, errAbsent("connections")
	}
	in := args.Input
	if r.View.Snapshot.Role(in.Role) == nil {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "there is no role of this name").At("input", "role")
	}
	made, err := q.api.connections.CreateConnection(ctx, r, NewConnection{
		Name: in.Name, Connector: in.Connector, Role: in.Role, Config: []byte(in.Config), Networks: given(in.Networks), Mapping: in.Mapping,
	})
	if err != nil {
		return nil, err
	}
	return &connection{made}, nil
}

// SyncConnection starts a pull.
func (q *root) SyncConnection(ctx context.Context, args struct{ ID graphql.ID }) (graphql.ID, error) {
	r, err := admin(ctx)
	if err != nil {
		return "", err
	}
	if q.api.connections == nil {
		return "", errAbsent("connections")
	}
	id, err := parseID(args.ID)
	if err != nil {
		return "", err
	}
	run, err := q.api.connections.SyncConnection(ctx, r, id)
	return graphql.ID(run.String()), err
}

// Plugins lists the installed plugins.
func (q *root) Plugins(ctx context.Context) ([]*plugin, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	if q.api.plugins == nil {
		return nil, errAbsent("plugins")
	}
	list, err := q.api.plugins.Plugins(ctx, r)
	if err != nil {
		return nil, err
	}
	out := make([]*plugin, len(list))
	for i := range list {
		out[i] = &plugin{&list[i]}
	}
	return out, nil
}

// connection resolves Connection.
type connection struct{ c *Connection }

func (c *connection) ID() graphql.ID       { return graphql.ID(c.c.ID.String()) }
func (c *connection) Name() string         { return c.c.Name }
func (c *connection) Connector() string    { return c.c.Connector }
func (c *connection) Status() string       { return c.c.Status }
func (c *connection) Problem() *string     { return optional(c.c.Problem) }
func (c *connection) LastRunAt() *DateTime { return when(c.c.LastRunAt) }

// plugin resolves Plugin.
type plugin struct{ p *Plugin }

func (p *plugin) ID() string      { return p.p.ID }
func (p *plugin) Version() string { return p.p.Version }
func (p *plugin) Enabled() bool   { return p.p.Enabled }
