package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/connectors/catalog"
	syncer "github.com/trellishq/trellis/connectors/sync"
)

type connectorCmd struct {
	List connectorListCmd `cmd:"" help:"List the connectors and what they must be told."`
	Test connectorTestCmd `cmd:"" help:"Test a connection: address, login, rights."`
}

type connectorListCmd struct{}

// Run prints each connector with its settings.
func (connectorListCmd) Run(out io.Writer) error {
	for _, c := range catalog.All() {
		s := c.Spec()
		fmt.Fprintf(out, "%s  %s\n", s.Name, s.About.EN)
		for _, set := range s.Settings {
			fmt.Fprintf(out, "  %-14s %-8s %s\n", set.Name, set.Kind, strings.Join(traits(set), ", "))
		}
	}
	return nil
}

func traits(set connectors.Setting) []string {
	var out []string
	if set.Required {
		out = append(out, "required")
	}
	if set.Secret {
		out = append(out, "secret")
	}
	if set.Default != nil {
		out = append(out, fmt.Sprintf("default %v", set.Default))
	}
	if set.Help.EN != "" {
		out = append(out, set.Help.EN)
	}
	return out
}

type connectorTestCmd struct {
	dataFlags
	Connection string `arg:"" help:"Name of the connection."`
}

// Run makes one exchange with the remote system.
func (c *connectorTestCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		conn, err := a.sync.Get(ctx, c.Workspace, c.Connection)
		if err != nil {
			return err
		}
		if err := a.sync.Test(ctx, a.view.WorkspaceID, conn); err != nil {
			return err
		}
		fmt.Fprintln(out, "the connection works")
		return nil
	})
}

type syncCmd struct {
	Connect syncConnectCmd `cmd:"" help:"Make a connection from a YAML file."`
	Run     syncRunCmd     `cmd:"" help:"Pull now and wait for the end."`
	Status  syncStatusCmd  `cmd:"" help:"Show connections, progress and dead letters."`
	Retry   syncRetryCmd   `cmd:"" help:"Make a paused connection ready and its dead letters due."`
}

type syncConnectCmd struct {
	dataFlags
	File string `short:"f" required:"" help:"YAML: name, connector, role, settings, networks, mapping." type:"existingfile"`
}

// connectionFile is the YAML of a connection. $NAME in a setting is taken from
// the environment, so that secrets need not stand in files.
type connectionFile struct {
	Name      string         `yaml:"name"`
	Connector string         `yaml:"connector"`
	Role      string         `yaml:"role"`
	Settings  map[string]any `yaml:"settings"`
	Networks  []string       `yaml:"networks"`
	Mapping   yaml.Node      `yaml:"mapping"`
}

// Run checks and stores the connection and prints its id.
func (c *syncConnectCmd) Run(ctx context.Context, out io.Writer) error {
	n, err := readConnection(c.File)
	if err != nil {
		return err
	}
	return c.with(ctx, func(a *app) error {
		r, err := a.system(ctx)
		if err != nil {
			return err
		}
		conn, err := a.sync.Create(ctx, r, n)
		if err == nil {
			fmt.Fprintln(out, conn.ID)
		}
		return err
	})
}

func readConnection(path string) (n syncer.NewConnection, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return n, trellis.Wrap(trellis.CodeNotFound, err, "%s cannot be read", path)
	}
	var f connectionFile
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return n, trellis.Errorf(trellis.CodeInvalidInput, "%s cannot be read: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	mapping, err := yaml.Marshal(&f.Mapping)
	if err != nil {
		return n, trellis.Wrap(trellis.CodeInvalidInput, err, "the mapping in %s cannot be read", path)
	}
	for name, v := range f.Settings {
		if s, ok := v.(string); ok && strings.HasPrefix(s, "$") {
			f.Settings[name] = os.Getenv(s[1:])
		}
	}
	return syncer.NewConnection{Name: f.Name, Connector: f.Connector, Role: f.Role, Settings: f.Settings, Networks: f.Networks, Mapping: string(mapping)}, nil
}

type syncRunCmd struct {
	dataFlags
	Connection string        `arg:"" help:"Name of the connection."`
	Timeout    time.Duration `help:"How long to wait for the end." default:"30m"`
}

// Run enqueues a pull, works on jobs beside a running server, and waits until
// the connection has nothing left to read or is paused.
func (c *syncRunCmd) Run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	a, err := open(ctx, c.dataFlags, logger(c.Verbose), true)
	if err != nil {
		return err
	}
	defer a.close()
	conn, err := a.sync.Get(ctx, c.Workspace, c.Connection)
	if err != nil {
		return err
	}
	if conn.Status == syncer.Paused {
		return trellis.Errorf(trellis.CodeUnavailable, "the connection is paused: %s", conn.Problem)
	}
	if err := a.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	defer func() { a.warn("stopping jobs", a.jobs.Stop(context.WithoutCancel(ctx))) }()
	if err := a.sync.Enqueue(ctx, a.jobs, conn); err != nil {
		return err
	}
	if err := waitForEnd(ctx, a, conn); err != nil {
		return err
	}
	return printStatus(ctx, a, out, c.Workspace, c.Connection)
}

// waitForEnd returns when a pull later than the one conn knows of has ended, in
// this process or another.
func waitForEnd(ctx context.Context, a *app, conn *syncer.Connection) error {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return trellis.Wrap(trellis.CodeTimeout, ctx.Err(), "the pull goes on in the server; this command waited long enough")
		case <-tick.C:
		}
		now, err := a.sync.Get(ctx, conn.Workspace, conn.ID.String())
		if err != nil {
			return err
		}
		switch began := now.LastRunAt != nil && (conn.LastRunAt == nil || now.LastRunAt.After(*conn.LastRunAt)); {
		case now.Status == syncer.Paused:
			return trellis.Errorf(trellis.CodeUnavailable, "the connection is paused: %s", now.Problem)
		case began && now.Status == syncer.Ready:
			return nil
		}
	}
}

type syncStatusCmd struct {
	dataFlags
	Connection string `arg:"" optional:"" help:"Name of one connection."`
	JSON       bool   `name:"json" help:"As JSON."`
}

// Run prints how connections are doing.
func (c *syncStatusCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		if c.JSON {
			return printStatusJSON(ctx, a, out, c.Workspace, c.Connection)
		}
		if c.Connection != "" {
			return printStatus(ctx, a, out, c.Workspace, c.Connection)
		}
		list, err := a.sync.List(ctx, c.Workspace)
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		for _, conn := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", conn.Name, conn.Connector, conn.Status, conn.Problem)
		}
		return firstError(err, w.Flush())
	})
}

// mostLetters is how many dead letters are shown.
const mostLetters = 50

// state is how a connection is doing.
type state struct {
	Name        string              `json:"name"`
	Status      syncer.Status       `json:"status"`
	Problem     string              `json:"problem"`
	Streams     []syncer.Progress   `json:"streams"`
	DeadLetters []syncer.DeadLetter `json:"deadLetters"`
}

func readState(ctx context.Context, a *app, workspace, name string) (s state, err error) {
	conn, err := a.sync.Get(ctx, workspace, name)
	if err != nil {
		return s, err
	}
	s = state{Name: conn.Name, Status: conn.Status, Problem: conn.Problem}
	if s.Streams, err = a.sync.Progress(ctx, conn.ID); err != nil {
		return s, err
	}
	s.DeadLetters, err = a.sync.DeadLetters(ctx, conn.ID, mostLetters)
	return s, err
}

func printStatus(ctx context.Context, a *app, out io.Writer, workspace, name string) error {
	s, err := readState(ctx, a, workspace, name)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s  %s %s\n", s.Name, s.Status, s.Problem)
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, p := range s.Streams {
		fmt.Fprintf(w, "  %s\t%d batches\t%d read\t%d written\n", p.Stream, p.Batches, p.Records, p.Written)
	}
	for _, l := range s.DeadLetters {
		fmt.Fprintf(w, "  not taken over: %s %s\t%s\t%s\n", l.Stream, l.Key, l.Code, l.Reason)
	}
	return w.Flush()
}

func printStatusJSON(ctx context.Context, a *app, out io.Writer, workspace, name string) error {
	if name == "" {
		return trellis.Errorf(trellis.CodeInvalidInput, "--json needs the name of a connection")
	}
	s, err := readState(ctx, a, workspace, name)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(s)
}

type syncRetryCmd struct {
	dataFlags
	Connection string `arg:"" help:"Name of the connection."`
}

// Run undoes the pause.
func (c *syncRetryCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app) error {
		conn, err := a.sync.Get(ctx, c.Workspace, c.Connection)
		if err != nil {
			return err
		}
		return a.sync.Retry(ctx, conn.ID)
	})
}
