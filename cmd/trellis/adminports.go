package main

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/trellishq/trellis"
	syncer "github.com/trellishq/trellis/connectors/sync"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/graphql/admin"
)

// connections gives the admin API what it needs of sync.
type connections struct{ *app }

var _ admin.Connections = connections{}

// Connections implements admin.Connections.
func (c connections) Connections(ctx context.Context, r *core.Request) ([]admin.Connection, error) {
	list, err := c.sync.List(ctx, r.View.Slug)
	out := make([]admin.Connection, len(list))
	for i, conn := range list {
		out[i] = adminConnection(conn)
	}
	return out, err
}

func adminConnection(c *syncer.Connection) admin.Connection {
	return admin.Connection{ID: c.ID, Name: c.Name, Connector: c.Connector, Status: string(c.Status), Problem: c.Problem, LastRunAt: c.LastRunAt}
}

// CreateConnection implements admin.Connections.
func (c connections) CreateConnection(ctx context.Context, r *core.Request, n admin.NewConnection) (*admin.Connection, error) {
	dec := json.NewDecoder(bytes.NewReader(n.Config))
	dec.UseNumber()
	settings := map[string]any{}
	if err := dec.Decode(&settings); err != nil {
		return nil, trellis.Wrap(trellis.CodeInvalidInput, err, "must be a JSON object").At("config")
	}
	conn, err := c.sync.Create(ctx, r, syncer.NewConnection{Name: n.Name, Connector: n.Connector, Role: n.Role, Settings: settings, Networks: n.Networks, Mapping: n.Mapping})
	if err != nil {
		return nil, err
	}
	out := adminConnection(conn)
	return &out, nil
}

// SyncConnection implements admin.Connections.
func (c connections) SyncConnection(ctx context.Context, r *core.Request, id trellis.ID) (trellis.ID, error) {
	conn, err := c.sync.Get(ctx, r.View.Slug, id.String())
	if err != nil {
		return trellis.ID{}, err
	}
	return conn.ID, c.sync.Enqueue(ctx, c.jobs, conn)
}

// installed gives the admin API what it needs of plugins.
type installed struct{ *app }

var _ admin.Plugins = installed{}

// Plugins implements admin.Plugins.
func (p installed) Plugins(ctx context.Context, r *core.Request) ([]admin.Plugin, error) {
	list, err := p.store.List(ctx, r.View.WorkspaceID)
	out := make([]admin.Plugin, len(list))
	for i, in := range list {
		out[i] = admin.Plugin{ID: in.ID, Version: in.Version, Enabled: in.Enabled}
	}
	return out, err
}
