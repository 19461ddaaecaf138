package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/connectors/catalog"
	syncer "github.com/trellishq/trellis/connectors/sync"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/access"
	metacatalog "github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/egress"
	corefiles "github.com/trellishq/trellis/core/files"
	"github.com/trellishq/trellis/core/identity"
	"github.com/trellishq/trellis/core/jobs"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/embedded"
	"github.com/trellishq/trellis/core/secrets"
	"github.com/trellishq/trellis/graphql"
	"github.com/trellishq/trellis/graphql/admin"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/plugins"
	"github.com/trellishq/trellis/plugins/wasm"
	"github.com/trellishq/trellis/policy"
	"github.com/trellishq/trellis/web"
)

// dataFlags say where a server keeps its data; every command that needs the
// database has them.
type dataFlags struct {
	Data        string `help:"Directory of the server's data." default:"data" env:"TRELLIS_DATA"`
	DatabaseURL string `name:"database-url" help:"Address of a PostgreSQL to use instead of the embedded one." env:"TRELLIS_DATABASE_URL"`
	Workspace   string `help:"Workspace." default:"main"`
	Verbose     bool   `short:"v" help:"Log more."`
}

// app is the wiring: everything a server is made of. Tests start the same.
type app struct {
	flags    dataFlags
	log      *slog.Logger
	pg       *embedded.Server // nil with a database of its own address
	db       *pg.DB
	catalog  *metacatalog.Catalog
	access   *access.Access
	engine   *core.Engine
	identity *identity.Identity
	runtime  *wasm.Runtime
	store    *plugins.Store
	gate     *plugins.Gate
	sync     *syncer.Service
	jobs     *jobs.Jobs
	files    *corefiles.Files
	view     *metacatalog.View // of the workspace, as it was at the start

	background sync.WaitGroup
	cancel     context.CancelFunc
	closers    []func(context.Context)
}

// openTime bounds the start: recovery after a crash can take long.
const openTime = 5 * time.Minute

// How often columns that are not filled yet are looked for, and old idempotency
// keys forgotten.
const (
	fillPause  = 5 * time.Second
	purgePause = time.Hour
)

// open connects to the data of a server, starting its PostgreSQL when no
// running server has, and brings tables up to date. work says that this
// process works jobs.
func open(ctx context.Context, f dataFlags, log *slog.Logger, work bool) (*app, error) {
	a := &app{flags: f, log: log}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.cancel = cancel
	starting, done := context.WithTimeout(ctx, openTime)
	defer done()
	if err := a.wire(starting, run, work); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *app) wire(ctx, run context.Context, work bool) error {
	if err := a.openDatabase(ctx, work); err != nil { // who works jobs stays
		return err
	}
	a.catalog = metacatalog.New(a.db, a.log)
	a.access = access.New(a.db)
	if err := a.openPlugins(ctx, run); err != nil {
		return err
	}
	a.engine = core.New(core.Options{DB: a.db, Catalog: a.catalog, Access: a.access, Hooks: []core.Hook{a.gate}, Log: a.log})
	a.identity = identity.New(a.db, a.engine, a.catalog, a.access)
	if err := a.openSync(ctx, work); err != nil {
		return err
	}
	var err error
	if a.view, err = a.openWorkspace(ctx); err != nil {
		return err
	}
	a.inBackground(run, "catalogue", a.catalog.Run)
	a.inBackground(run, "pending indexes", a.catalog.Resume)
	a.inBackground(run, "plugins", func(ctx context.Context) error { return a.gate.Run(ctx, a.db) })
	return nil
}

func (a *app) openDatabase(ctx context.Context, stays bool) error {
	if err := os.MkdirAll(a.flags.Data, 0o711); err != nil {
		return trellis.Wrap(trellis.CodeUnavailable, err, "the directory %s cannot be made: %v", a.flags.Data, errors.Unwrap(err))
	}
	address, err := a.databaseURL()
	if err != nil {
		return err
	}
	if address == "" {
		if a.pg, err = embedded.Start(ctx, embedded.Options{Dir: filepath.Join(a.flags.Data, "postgres"), Inherit: stays, Log: a.log}); err != nil {
			return err
		}
		a.closers = append(a.closers, func(ctx context.Context) { a.warn("stopping PostgreSQL", a.pg.Stop(ctx)) })
		address = a.pg.URL()
	}
	if a.db, err = pg.Open(ctx, address, pg.Options{}); err != nil {
		return err
	}
	a.closers = append(a.closers, func(context.Context) { a.db.Close() })
	conn, err := a.db.Acquire(ctx)
	if err != nil {
		return pg.Error(err)
	}
	err = pg.CheckText(ctx, conn.Conn())
	conn.Release()
	if err != nil {
		return err
	}
	if err := pg.Migrate(ctx, a.db); err != nil {
		return err
	}
	return a.keepDatabaseURL()
}

// databaseURL is the address given, or the one the server of this directory
// was started with, so that tools beside it need not be told; "" is embedded.
func (a *app) databaseURL() (string, error) {
	if a.flags.DatabaseURL != "" {
		return a.flags.DatabaseURL, nil
	}
	b, err := os.ReadFile(a.databaseFile())
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(b)), err
}

// keepDatabaseURL remembers an address that has proved good.
func (a *app) keepDatabaseURL() error {
	if a.flags.DatabaseURL == "" {
		return nil
	}
	if err := os.WriteFile(a.databaseFile(), []byte(a.flags.DatabaseURL+"\n"), 0o600); err != nil {
		return trellis.Wrap(trellis.CodeUnavailable, err, "the directory %s cannot be written to", a.flags.Data)
	}
	return nil
}

func (a *app) databaseFile() string { return filepath.Join(a.flags.Data, "database-url") }

func (a *app) keyDir() string   { return filepath.Join(a.flags.Data, "keys") }
func (a *app) cacheDir() string { return filepath.Join(a.flags.Data, "cache") }

func (a *app) openPlugins(ctx, run context.Context) error {
	var err error
	if a.runtime, err = wasm.NewRuntime(run, a.keyDir(), a.cacheDir()); err != nil {
		return err
	}
	a.closers = append(a.closers, func(ctx context.Context) { a.warn("closing plugins", a.runtime.Close(ctx)) })
	a.store = plugins.NewStore(a.db)
	a.gate = plugins.NewGate(a.runtime, a.store, a.log)
	a.closers = append(a.closers, func(ctx context.Context) { a.warn("closing plugins", a.gate.Close(ctx)) })
	return nil
}

func (a *app) openSync(ctx context.Context, work bool) error {
	box, err := secrets.Load(a.keyDir())
	if err != nil {
		return err
	}
	files, err := a.openFiles()
	if err != nil {
		return err
	}
	a.sync = syncer.New(syncer.Options{DB: a.db, Engine: a.engine, Catalog: a.catalog, Gateway: egress.New(nil), Box: box, Connectors: catalog.All(), Files: files, Log: a.log})
	a.jobs = jobs.New(a.db, a.log)
	river.AddWorker(a.jobs.Workers, &syncer.PullWorker{Service: a.sync})
	a.jobs.Every("fill", fillPause, a.engine.FillAll)
	a.jobs.Every("purgeHidden", purgePause, func(ctx context.Context) error { return a.catalog.Purge(ctx, time.Now()) })
	a.jobs.Every("purgeKeys", purgePause, a.engine.PurgeKeys)
	uploads, err := corefiles.OpenDir(filepath.Join(a.flags.Data, "uploads"))
	if err != nil {
		return err
	}
	a.closers = append(a.closers, func(context.Context) { a.warn("closing the folder of uploads", uploads.Close()) })
	a.files = corefiles.New(a.db, uploads, a.engine)
	a.jobs.Every("purgeFiles", purgePause, a.files.PurgeAll)
	if err := a.jobs.Migrate(ctx); err != nil {
		return err
	}
	return a.jobs.Open(work)
}

// openFiles opens the folder that connectors of files may read, and nothing
// outside it.
func (a *app) openFiles() (fs.FS, error) {
	dir := filepath.Join(a.flags.Data, "files")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, trellis.Wrap(trellis.CodeUnavailable, err, "the directory %s cannot be made", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeUnavailable, err, "the directory %s cannot be opened", dir)
	}
	a.closers = append(a.closers, func(context.Context) { a.warn("closing the folder of files", root.Close()) })
	return root.FS(), nil
}

// openWorkspace makes the workspace when it is not there, with the CRM in it.
func (a *app) openWorkspace(ctx context.Context) (*metacatalog.View, error) {
	if a.flags.Workspace != "main" {
		return a.catalog.Current(ctx, a.flags.Workspace)
	}
	v, err := a.catalog.EnsureMain(ctx)
	if err != nil || len(v.Definition().Roles) > 0 {
		return v, err
	}
	crm, problems := metadata.Read(apps.CRM())
	if len(problems) > 0 {
		return nil, problems
	}
	done, err := a.catalog.Apply(ctx, "main", metacatalog.Packages(crm), metacatalog.Options{By: "system", Summary: "the CRM, version " + version})
	if err != nil {
		return nil, err
	}
	return done.View, nil
}

// inBackground runs what must go on as long as the process does.
func (a *app) inBackground(ctx context.Context, name string, do func(context.Context) error) {
	a.background.Go(func() {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("stopped", "part", name, "error", err)
		}
	})
}

// system is a request as the system itself: for commands whose user has the
// data directory, and with it everything.
func (a *app) system(ctx context.Context) (*core.Request, error) {
	return a.engine.Begin(ctx, a.flags.Workspace, policy.System(a.view.WorkspaceID))
}

// server makes the HTTP server over the parts.
func (a *app) server(secure bool) *web.Server {
	data := graphql.New(graphql.Options{Engine: a.engine, Log: a.log})
	adm := admin.New(admin.Options{
		Engine: a.engine, Catalog: a.catalog, Identity: a.identity, Data: data,
		Connections: connections{a}, Plugins: installed{a}, Uses: a.uses(), Log: a.log,
	})
	return web.New(web.Options{
		Identity: a.identity, Engine: a.engine, Files: a.files, Data: data.Handler(web.Workspace), Admin: adm.Handler(web.Workspace),
		GraphiQL: http.StripPrefix("/graphiql", graphql.GraphiQL()), Log: a.log, Secure: secure,
		Ready: func(ctx context.Context) error { return a.db.Ping(ctx) },
	})
}

// uses tell what uses an object or a field outside of the definition.
func (a *app) uses() []metacatalog.Uses {
	return []metacatalog.Uses{a.engine.Uses, a.sync.Uses, a.store.Uses}
}

// close ends everything in the opposite order of the start.
func (a *app) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	a.cancel()
	a.background.Wait()
	for i := len(a.closers) - 1; i >= 0; i-- {
		a.closers[i](ctx)
	}
}

func (a *app) warn(what string, err error) {
	if err != nil {
		a.log.Warn(what, "error", err)
	}
}
