package sync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/core/egress"
)

// perSecond is the most requests a connection makes to its remote system.
const perSecond = 50

// open opens a connection with its secrets, and gives what closes it.
func (s *Service) open(ctx context.Context, workspace trellis.ID, c *Connection) (connectors.Connection, func(), error) {
	connector := s.Connector(c.Connector)
	if connector == nil {
		return nil, nil, connectors.ConfigError("", "this server has no connector %q", c.Connector)
	}
	spec := connector.Spec()
	values, err := s.values(workspace, c, spec)
	if err != nil {
		return nil, nil, err
	}
	cfg := connectors.Config{Values: values, Log: s.log.With("connection", c.Name)}
	if spec.Files {
		cfg.Files = s.files
	}
	idle := func() {}
	if spec.Network {
		networks, err := egress.ParseNetworks(c.Networks)
		if err != nil {
			return nil, nil, connectors.ConfigError("", "%s", trellis.Public(err).Error())
		}
		cfg.HTTP = s.gateway.Client(egress.Rules{Private: networks, PerSecond: perSecond})
		idle = cfg.HTTP.CloseIdleConnections
	}
	conn, err := connector.Open(ctx, cfg)
	if err != nil {
		idle()
		return nil, nil, err
	}
	return conn, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := conn.Close(ctx); err != nil {
			s.log.Warn("closing a connection", "connection", c.Name, "error", err)
		}
		idle()
	}, nil
}

// values are the settings with the secrets.
func (s *Service) values(workspace trellis.ID, c *Connection, spec connectors.Spec) (connectors.Values, error) {
	opened, err := s.box.Open(c.secrets, place(workspace, c.ID))
	if err != nil {
		return nil, connectors.ConfigError("", "%s", trellis.Public(err).Error())
	}
	raw := map[string]any{}
	if err := json.Unmarshal(opened, &raw); err != nil {
		return nil, err
	}
	for k, v := range c.Settings {
		raw[k] = v
	}
	return spec.Resolve(raw)
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

// readLimit is what one Read may take.
const readLimit = time.Minute

// read calls the connector within its limits and checks what it answers. end
// says that nothing is left for now.
func (p *pull) read(ctx context.Context, stream string, cur connectors.Cursor) (records []connectors.Record, next connectors.Cursor, end bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			p.service.log.Error("a connector panics", "connection", p.conn.Name, "panic", r, "stack", string(debug.Stack()))
			err = broken("it panics")
		}
	}()
	b, next, err := p.source.Read(ctx, stream, cur)
	if end = err == io.EOF; err != nil && !end { //nolint:errorlint // the contract says io.EOF itself: a cut connection may wrap it
		return nil, "", false, err
	}
	switch {
	case len(next) > connectors.MaxCursor:
		return nil, "", false, broken("a cursor of %d bytes; the most is %d", len(next), connectors.MaxCursor)
	case !storable(string(next)):
		return nil, "", false, broken("a cursor that is no text")
	case len(b.Records) > connectors.MaxBatch:
		return nil, "", false, broken("a batch of %d records; the most is %d", len(b.Records), connectors.MaxBatch)
	case !end && next == cur:
		return nil, "", false, broken("a batch after which the cursor is where it was")
	}
	return b.Records, next, end, nil
}

// broken is an error for a connector that does not keep its contract.
func broken(format string, args ...any) error {
	return trellis.Errorf(trellis.CodeUnavailable, "the connector breaks its contract: %s", fmt.Sprintf(format, args...))
}

// fault finds what an error asks of us: a Fault, or one of the kinds bare.
func fault(err error) *connectors.Fault {
	var f *connectors.Fault
	if errors.As(err, &f) {
		return f
	}
	for _, kind := range []error{connectors.ErrBackOff, connectors.ErrAuth, connectors.ErrConfig, connectors.ErrCursor} {
		if errors.Is(err, kind) {
			return &connectors.Fault{Kind: kind, Message: kind.Error(), Cause: err}
		}
	}
	return nil
}

// faultError is what an admin is told of an error of a connector or of our own.
func faultError(err error) error {
	if err == nil {
		return nil
	}
	f := fault(err)
	var own *trellis.Error
	switch {
	case f == nil && errors.As(err, &own):
		return own
	case f == nil:
		return trellis.Wrap(trellis.CodeUnavailable, err, "the remote system does not answer as it should")
	case errors.Is(f.Kind, connectors.ErrAuth):
		return trellis.Wrap(trellis.CodeForbidden, err, "%s", f.Message)
	case errors.Is(f.Kind, connectors.ErrBackOff):
		return trellis.Wrap(trellis.CodeRateLimited, err, "%s", f.Message)
	}
	return trellis.Wrap(trellis.CodeInvalidInput, err, "%s", f.Message)
}
