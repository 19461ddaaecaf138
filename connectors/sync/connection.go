package sync

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/egress"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/secrets"
	"github.com/trellishq/trellis/policy"
)

// Service is the sync engine of all workspaces. It is safe for concurrent use.
type Service struct {
	db         *pg.DB
	engine     *core.Engine
	catalog    *catalog.Catalog
	gateway    *egress.Gateway
	box        *secrets.Box
	connectors []connectors.Connector
	log        *slog.Logger
}

// Options of New. All are needed but Log.
type Options struct {
	DB         *pg.DB
	Engine     *core.Engine
	Catalog    *catalog.Catalog
	Gateway    *egress.Gateway
	Box        *secrets.Box
	Connectors []connectors.Connector
	Log        *slog.Logger
}

// New makes the sync engine.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{db: o.DB, engine: o.Engine, catalog: o.Catalog, gateway: o.Gateway, box: o.Box, connectors: o.Connectors, log: o.Log}
}

// Status of a connection.
type Status string

// The statuses. A paused connection waits for a person, and Problem says why.
const (
	Ready   Status = "ready"
	Running Status = "running"
	Waiting Status = "waiting" // for the remote system, or after a failure
	Paused  Status = "paused"
)

// Connection is a system to be kept in step with.
type Connection struct {
	ID        trellis.ID
	Workspace string // slug
	Name      string
	Connector string
	// Role is what the connection may do here.
	Role      string
	Settings  connectors.Values // without secrets
	Networks  []string          // private networks it may reach
	Mapping   string            // YAML
	Status    Status
	Problem   string
	LastRunAt *time.Time

	secrets []byte
}

// NewConnection is what an admin gives.
type NewConnection struct {
	Name      string
	Connector string
	Role      string
	Settings  map[string]any // secrets included
	Networks  []string
	Mapping   string
}

// Connector finds a connector of the catalogue by name, nil for none.
func (s *Service) Connector(name string) connectors.Connector {
	for _, c := range s.connectors {
		if c.Spec().Name == name {
			return c
		}
	}
	return nil
}

// Connectors is the catalogue.
func (s *Service) Connectors() []connectors.Connector { return s.connectors }

// Create checks everything that can be told without the remote system, all
// problems at once, and stores the connection, its secrets encrypted. The
// caller has checked that r's principal is an admin.
func (s *Service) Create(ctx context.Context, r *core.Request, n NewConnection) (*Connection, error) {
	values, err := s.check(r, n)
	if err != nil {
		return nil, err
	}
	c := &Connection{ID: trellis.NewID(), Workspace: r.View.Slug, Name: n.Name, Connector: n.Connector, Role: n.Role, Networks: n.Networks, Mapping: n.Mapping, Status: Ready}
	plain, secret := s.Connector(n.Connector).Spec().Split(values)
	c.Settings = plain
	plainJSON, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	secretJSON, err := json.Marshal(secret)
	if err != nil {
		return nil, err
	}
	sealed, err := s.box.Seal(secretJSON, place(r.View.WorkspaceID, c.ID))
	if err != nil {
		return nil, err
	}
	networks := append([]string{}, n.Networks...)
	_, err = s.db.Exec(ctx, `INSERT INTO trellis.connection (id, workspace_id, name, connector, role, settings, secrets, networks, mapping) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		c.ID, r.View.WorkspaceID, c.Name, c.Connector, c.Role, plainJSON, sealed, networks, c.Mapping)
	if pg.SQLState(err) == "23505" {
		return nil, trellis.Errorf(trellis.CodeConflict, "there is a connection of this name").At("name")
	}
	return c, pg.Error(err)
}

func (s *Service) check(r *core.Request, n NewConnection) (connectors.Values, error) {
	var problems trellis.Errors
	note := func(err error, path ...any) {
		for _, e := range trellis.Public(err) {
			problems = append(problems, e.At(path...))
		}
	}
	if n.Name == "" || len(n.Name) > 100 {
		note(trellis.Errorf(trellis.CodeInvalidInput, "a connection has a name of 100 characters at most"), "name")
	}
	if r.View.Snapshot.Role(n.Role) == nil {
		note(trellis.Errorf(trellis.CodeInvalidInput, "there is no role %q", n.Role), "role")
	}
	if _, err := egress.ParseNetworks(n.Networks); err != nil {
		note(err, "networks")
	}
	if _, err := ParseMapping(n.Mapping, r.View.Snapshot); err != nil {
		note(err, "mapping")
	}
	c := s.Connector(n.Connector)
	if c == nil {
		note(trellis.Errorf(trellis.CodeInvalidInput, "there is no connector %q", n.Connector), "connector")
		return nil, problems.Err()
	}
	values, err := c.Spec().Resolve(n.Settings)
	if err != nil {
		for _, e := range settingErrors(err) {
			note(e, "config")
		}
	}
	return values, problems.Err()
}

// settingErrors turns the joined problems of Spec.Resolve into ours.
func settingErrors(err error) []error {
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	out := make([]error, len(list))
	for i, e := range list {
		var f *connectors.Fault
		out[i] = trellis.Errorf(trellis.CodeInvalidInput, "%s", e.Error())
		if errors.As(e, &f) && f.Setting != "" {
			out[i] = trellis.Errorf(trellis.CodeInvalidInput, "%s", f.Message).At(f.Setting)
		}
	}
	return out
}

func place(workspace, connection trellis.ID) secrets.Place {
	return secrets.Place{Workspace: workspace.String(), Connection: connection.String()}
}

const selectConnection = `SELECT c.id, w.slug, c.name, c.connector, c.role, c.settings, c.secrets, c.networks, c.mapping, c.status, coalesce(c.problem, ''), c.last_run_at
	FROM trellis.connection c JOIN trellis.workspace w ON w.id = c.workspace_id `

func scanConnection(row pgx.CollectableRow) (*Connection, error) {
	c := &Connection{}
	var settings []byte
	err := row.Scan(&c.ID, &c.Workspace, &c.Name, &c.Connector, &c.Role, &settings, &c.secrets, &c.Networks, &c.Mapping, &c.Status, &c.Problem, &c.LastRunAt)
	if err == nil {
		err = json.Unmarshal(settings, &c.Settings)
	}
	return c, err
}

// List gives the connections of a workspace by name.
func (s *Service) List(ctx context.Context, workspace string) ([]*Connection, error) {
	rows, err := s.db.Query(ctx, selectConnection+`WHERE w.slug = $1 ORDER BY c.name LIMIT 1000`, workspace)
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, scanConnection)
	return list, pg.Error(err)
}

// Get finds a connection of a workspace by name or id.
func (s *Service) Get(ctx context.Context, workspace, name string) (*Connection, error) {
	rows, err := s.db.Query(ctx, selectConnection+`WHERE w.slug = $1 AND (c.name = $2 OR c.id::text = $2)`, workspace, name)
	if err != nil {
		return nil, pg.Error(err)
	}
	c, err := pgx.CollectOneRow(rows, scanConnection)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, trellis.Errorf(trellis.CodeNotFound, "there is no connection %q", name)
	}
	return c, pg.Error(err)
}

// open opens a connection with its secrets.
func (s *Service) open(ctx context.Context, workspace trellis.ID, c *Connection) (connectors.Connection, func(), error) {
	connector := s.Connector(c.Connector)
	if connector == nil {
		return nil, nil, connectors.ConfigError("", "this server has no connector %q", c.Connector)
	}
	opened, err := s.box.Open(c.secrets, place(workspace, c.ID))
	if err != nil {
		return nil, nil, connectors.ConfigError("", "%s", trellis.Public(err).Error())
	}
	raw := map[string]any{}
	if err := json.Unmarshal(opened, &raw); err != nil {
		return nil, nil, err
	}
	for k, v := range c.Settings {
		raw[k] = v
	}
	values, err := connector.Spec().Resolve(raw)
	if err != nil {
		return nil, nil, err
	}
	networks, err := egress.ParseNetworks(c.Networks)
	if err != nil {
		return nil, nil, connectors.ConfigError("", "%s", trellis.Public(err).Error())
	}
	client := s.gateway.Client(egress.Rules{Private: networks, PerSecond: 50})
	conn, err := connector.Open(ctx, connectors.Config{Values: values, HTTP: client, Log: s.log.With("connection", c.Name)})
	if err != nil {
		client.CloseIdleConnections()
		return nil, nil, err
	}
	return conn, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := conn.Close(ctx); err != nil {
			s.log.Warn("closing a connection", "connection", c.Name, "error", err)
		}
		client.CloseIdleConnections()
	}, nil
}

// Test opens the connection and makes the cheapest exchange with it.
func (s *Service) Test(ctx context.Context, workspace trellis.ID, c *Connection) error {
	conn, done, err := s.open(ctx, workspace, c)
	if err != nil {
		return faultError(err)
	}
	defer done()
	t, ok := conn.(connectors.Tester)
	if !ok {
		return nil
	}
	return faultError(t.Test(ctx))
}

// faultError is what an admin is told of a connector's error.
func faultError(err error) error {
	var f *connectors.Fault
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &f):
		return trellis.Wrap(trellis.CodeUnavailable, err, "the remote system does not answer as it should")
	case f.Kind == connectors.ErrAuth:
		return trellis.Wrap(trellis.CodeForbidden, err, "%s", f.Message)
	case f.Kind == connectors.ErrBackOff:
		return trellis.Wrap(trellis.CodeRateLimited, err, "%s", f.Message)
	}
	return trellis.Wrap(trellis.CodeInvalidInput, err, "%s", f.Message)
}

// principal is whom a connection's writes are made by.
func (c *Connection) principal(workspace trellis.ID) *policy.Principal {
	p := &policy.Principal{Kind: policy.KindConnection, ID: c.ID, WorkspaceID: workspace, Name: c.Name}
	p.SetRoles([]string{c.Role})
	return p
}

// setStatus notes how a connection is doing.
func (s *Service) setStatus(ctx context.Context, id trellis.ID, st Status, problem string) error {
	if !slices.Contains([]Status{Ready, Running, Waiting, Paused}, st) {
		return errors.New("sync: no such status")
	}
	_, err := s.db.Exec(ctx, `UPDATE trellis.connection SET status = $2, problem = NULLIF($3, ''), last_run_at = CASE WHEN $2 = 'running' THEN now() ELSE last_run_at END WHERE id = $1`, id, st, problem)
	return pg.Error(err)
}
