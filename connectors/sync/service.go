package sync

import (
	"io/fs"
	"log/slog"

	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/egress"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/secrets"
)

// Service is the sync engine of all workspaces. It is safe for concurrent use.
type Service struct {
	db         *pg.DB
	engine     *core.Engine
	catalog    *catalog.Catalog
	gateway    *egress.Gateway
	box        *secrets.Box
	connectors []connectors.Connector
	files      fs.FS
	log        *slog.Logger
}

// Options of New. All are needed but Files and Log.
type Options struct {
	DB         *pg.DB
	Engine     *core.Engine
	Catalog    *catalog.Catalog
	Gateway    *egress.Gateway
	Box        *secrets.Box
	Connectors []connectors.Connector
	// Files is the folder that connectors of files may read; nil for none.
	Files fs.FS
	Log   *slog.Logger
}

// New makes the sync engine.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{db: o.DB, engine: o.Engine, catalog: o.Catalog, gateway: o.Gateway, box: o.Box, connectors: o.Connectors, files: o.Files, log: o.Log}
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
