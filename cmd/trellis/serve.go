package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/identity"
	"github.com/trellishq/trellis/metadata"
)

type serveCmd struct {
	dataFlags
	Listen        string  `help:"Address to listen on." default:"127.0.0.1:8080" env:"TRELLIS_LISTEN"`
	Demo          bool    `help:"Load sample data into an empty workspace."`
	DemoScale     float64 `name:"demo-scale" help:"How much: 1 is 1.5 million records." default:"0.01"`
	AdminEmail    string  `name:"admin-email" help:"E-mail address of the first admin." default:"admin@example.com" env:"TRELLIS_ADMIN_EMAIL"`
	AdminPassword string  `name:"admin-password" help:"Password of the first admin; made and printed when absent." env:"TRELLIS_ADMIN_PASSWORD"`
	SecureCookies bool    `name:"secure-cookies" help:"Browsers reach the server by HTTPS alone." env:"TRELLIS_SECURE_COOKIES"`
}

func logger(verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

// gcPercent lets the small heap of a server grow to a few times what lives in
// it before it is collected: with Go's default, collecting took a third of the
// CPU of small requests. GOGC overrides it.
const gcPercent = 400

// maxDemoScale is fifteen million records of sample data.
const maxDemoScale = 10

// Run serves until it is told to stop.
func (c *serveCmd) Run(ctx context.Context, out io.Writer) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if c.Demo && !(c.DemoScale > 0 && c.DemoScale <= maxDemoScale) {
		return trellis.Errorf(trellis.CodeInvalidInput, "--demo-scale is more than 0 and at most %d", maxDemoScale)
	}
	// The port comes first: a mistake there is told before anything is made.
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return listenError(c.Listen, err)
	}
	defer l.Close() // Serve closes it too
	lock, err := c.claim()
	if err != nil {
		return err
	}
	defer lock.Close() // the lock goes with it
	a, err := open(ctx, c.dataFlags, logger(c.Verbose), true)
	if err != nil {
		return err
	}
	defer a.close()
	who, err := c.firstAdmin(ctx, a)
	if err != nil {
		return err
	}
	if c.Demo {
		if err := loadDemo(ctx, a, c.DemoScale, out); err != nil {
			return err
		}
	}
	return c.serve(ctx, a, l, out, who)
}

// claim makes this the one server of the data directory. The kernel lets go of
// the lock when the process ends, however it does.
func (c *serveCmd) claim() (*os.File, error) {
	if err := os.MkdirAll(c.Data, 0o711); err != nil {
		return nil, trellis.Wrap(trellis.CodeUnavailable, err, "the directory %s cannot be made: %v", c.Data, errors.Unwrap(err))
	}
	f, err := os.OpenFile(filepath.Join(c.Data, "serving"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeUnavailable, err, "the directory %s cannot be written to", c.Data)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, trellis.Wrap(trellis.CodeConflict, err, "another server uses the directory %s already; choose another with --data", c.Data)
	}
	return f, nil
}

func (c *serveCmd) serve(ctx context.Context, a *app, l net.Listener, out io.Writer, who string) error {
	if err := a.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if err := a.sync.Resume(ctx, a.jobs); err != nil {
		return err
	}
	srv := a.server(c.SecureCookies)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	fmt.Fprintf(out, "\nTrellis is ready.\n\n  Console   http://%s/\n  GraphiQL  http://%s/graphiql\n  %s\n\n", l.Addr(), l.Addr(), who)
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
	case <-pgDone(a):
		err = trellis.Wrap(trellis.CodeUnavailable, a.pg.Err(), "PostgreSQL has ended and could not be started again")
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return errors.Join(err, srv.Shutdown(stopping), a.jobs.Stop(stopping))
}

func pgDone(a *app) <-chan struct{} {
	if a.pg == nil {
		return nil
	}
	return a.pg.Done()
}

// firstAdmin makes somebody who can sign in when nobody can, and says who.
func (c *serveCmd) firstAdmin(ctx context.Context, a *app) (string, error) {
	some, err := a.identity.HasUsers(ctx, a.view.WorkspaceID)
	if err != nil {
		return "", err
	}
	if some {
		return "Sign in   with an account you have (bin/trellis user --help)", nil
	}
	password := c.AdminPassword
	if password == "" {
		password = rand.Text()[:20]
	}
	r, err := a.system(ctx)
	if err != nil {
		return "", err
	}
	u, err := a.identity.CreateUser(ctx, r, identity.NewUser{Name: "Administrator", Email: c.AdminEmail, Password: password, Roles: adminRoles(a.view.Definition())})
	if err != nil {
		return "", err
	}
	if c.AdminPassword != "" {
		return "Sign in   " + u.Email + " with the password given", nil
	}
	return "Sign in   " + u.Email + "  password  " + password, nil
}

func adminRoles(d *metadata.Definition) []string {
	var names []string
	for _, r := range d.Roles {
		if r.Admin {
			names = append(names, r.Name)
		}
	}
	return names
}

func listenError(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return trellis.Wrap(trellis.CodeConflict, err, "another program listens on %s already; choose another address with --listen", address)
	case errors.Is(err, syscall.EACCES):
		return trellis.Wrap(trellis.CodeForbidden, err, "listening on %s is not allowed to this user", address)
	}
	return trellis.Wrap(trellis.CodeInvalidInput, err, "%s is no address to listen on, such as 127.0.0.1:8080", address)
}
