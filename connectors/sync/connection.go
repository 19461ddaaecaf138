package sync

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/egress"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/secrets"
	"github.com/trellishq/trellis/policy"
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

// Create checks everything that can be told without the remote system, all
// problems at once, and stores the connection, its secrets encrypted. The
// caller has checked that r's principal is an admin.
func (s *Service) Create(ctx context.Context, r *core.Request, n NewConnection) (*Connection, error) {
	values, err := s.check(ctx, r, n)
	if err != nil {
		return nil, err
	}
	c := &Connection{ID: trellis.NewID(), Workspace: r.View.Slug, Name: n.Name, Connector: n.Connector, Role: n.Role, Networks: append([]string{}, n.Networks...), Mapping: n.Mapping, Status: Ready}
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
	c.secrets = sealed
	_, err = s.db.Exec(ctx, `INSERT INTO trellis.connection (id, workspace_id, name, connector, role, settings, secrets, networks, mapping) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		c.ID, r.View.WorkspaceID, c.Name, c.Connector, c.Role, plainJSON, sealed, c.Networks, c.Mapping)
	if pg.SQLState(err) == pg.StateUniqueViolation {
		return nil, trellis.Errorf(trellis.CodeConflict, "there is a connection of this name").At("name")
	}
	if err != nil {
		return nil, pg.Error(err)
	}
	return c, nil
}

func (s *Service) check(ctx context.Context, r *core.Request, n NewConnection) (connectors.Values, error) {
	var problems trellis.Errors
	note := func(err error, path ...any) {
		for _, e := range trellis.Public(err) {
			problems = append(problems, e.At(path...))
		}
	}
	if n.Name == "" || len(n.Name) > 100 || clip(n.Name) != n.Name {
		note(trellis.Errorf(trellis.CodeInvalidInput, "a connection has a name of 100 characters at most"), "name")
	}
	if _, err := trellis.ParseID(n.Name); err == nil {
		note(trellis.Errorf(trellis.CodeInvalidInput, "a name must not look like an id"), "name")
	}
	if _, err := egress.ParseNetworks(n.Networks); err != nil {
		note(err, "networks")
	}
	known := r.View.Snapshot.Role(n.Role) != nil
	if !known {
		note(trellis.Errorf(trellis.CodeInvalidInput, "there is no role %q", n.Role), "role")
	}
	m, err := ParseMapping(n.Mapping, r.View.Snapshot)
	if err == nil && known {
		err = mayWrite(ctx, r, principal(r.View.WorkspaceID, trellis.ID{}, n.Name, n.Role), m)
	}
	note(err, "mapping")
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

// SetMapping checks and stores another mapping. Streams whose part of it differs
// are read again from their beginning by the next pull, and what that changes
// in records is written. The caller has checked that r's principal is an admin.
func (s *Service) SetMapping(ctx context.Context, r *core.Request, c *Connection, mapping string) error {
	m, err := ParseMapping(mapping, r.View.Snapshot)
	if err != nil {
		return err
	}
	if err := mayWrite(ctx, r, c.principal(r.View.WorkspaceID), m); err != nil {
		return err
	}
	if _, err := s.db.Exec(ctx, `UPDATE trellis.connection SET mapping = $2 WHERE id = $1`, c.ID, mapping); err != nil {
		return pg.Error(err)
	}
	c.Mapping = mapping
	return nil
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

// List gives the connections of a workspace by name, a thousand at most.
func (s *Service) List(ctx context.Context, workspace string) ([]*Connection, error) {
	return s.list(ctx, `WHERE w.slug = $1 ORDER BY c.name LIMIT 1000`, workspace)
}

func (s *Service) list(ctx context.Context, where string, args ...any) ([]*Connection, error) {
	rows, err := s.db.Query(ctx, selectConnection+where, args...)
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, scanConnection)
	return list, pg.Error(err)
}

// Get finds a connection of a workspace by name or id.
func (s *Service) Get(ctx context.Context, workspace, name string) (*Connection, error) {
	found, err := s.list(ctx, `WHERE w.slug = $1 AND (c.name = $2 OR c.id::text = $2)`, workspace, name)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, trellis.Errorf(trellis.CodeNotFound, "there is no connection %q", name)
	}
	return found[0], nil
}

// principal is whom a connection's writes are made by.
func (c *Connection) principal(workspace trellis.ID) *policy.Principal {
	return principal(workspace, c.ID, c.Name, c.Role)
}

func principal(workspace, id trellis.ID, name, role string) *policy.Principal {
	p := &policy.Principal{Kind: policy.KindConnection, ID: id, WorkspaceID: workspace, Name: name}
	p.SetRoles([]string{role})
	return p
}
