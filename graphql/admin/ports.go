package admin

import (
	"context"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// Connections is what the admin API needs of the connections to other systems.
// The caller has been found to be an admin. Errors are *trellis.Error, with
// paths inside NewConnection.
type Connections interface {
	// Connections lists those of the workspace by name.
	Connections(ctx context.Context, r *core.Request) ([]Connection, error)
	// CreateConnection stores a connection, its credentials encrypted.
	CreateConnection(ctx context.Context, r *core.Request, c NewConnection) (*Connection, error)
	// SyncConnection starts a pull in the background and gives the run's id;
	// NOT_FOUND when there is no such connection.
	SyncConnection(ctx context.Context, r *core.Request, id trellis.ID) (run trellis.ID, err error)
}

// Connection is a connection as it is listed: without its settings.
type Connection struct {
	ID        trellis.ID
	Name      string
	Connector string
	Status    string
	Problem   string     // why it is paused, "" when it is not
	LastRunAt *time.Time // nil when it never ran
}

// NewConnection is a connection to be made.
type NewConnection struct {
	Name, Connector, Role string
	Config                []byte   // a JSON object, secrets included
	Networks              []string // private networks it may reach, as 10.1.0.0/16
	Mapping               string   // YAML
}

// Plugins is what the admin API needs of the installed plugins. The caller has
// been found to be an admin.
type Plugins interface {
	// Plugins lists those of the workspace by id.
	Plugins(ctx context.Context, r *core.Request) ([]Plugin, error)
}

// Plugin is an installed plugin.
type Plugin struct {
	ID      string
	Version string
	Enabled bool
}
