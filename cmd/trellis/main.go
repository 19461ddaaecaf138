// Command trellis is the server and its tools: one program that keeps its own
// PostgreSQL, serves the APIs and the console, and changes metadata, people,
// plugins and connections beside a running server.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones of people and workspaces, where the machine knows none

	"github.com/alecthomas/kong"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/plugins/wasm"
)

// cli is every command with its flags. Flags and environment are read here
// alone.
type cli struct {
	Serve     serveCmd     `cmd:"" help:"Run the server."`
	Plan      planCmd      `cmd:"" help:"Show what applying a package folder would do."`
	Apply     applyCmd     `cmd:"" help:"Make a package folder live."`
	Export    exportCmd    `cmd:"" help:"Write the workspace's metadata as package folders."`
	Undo      undoCmd      `cmd:"" help:"Take a revision of the metadata back."`
	Restore   restoreCmd   `cmd:"" help:"Bring back a removed object or field, or list what is kept."`
	Drift     driftCmd     `cmd:"" help:"Compare the live tables with the metadata."`
	User      userCmd      `cmd:"" help:"People who sign in."`
	APIKey    apiKeyCmd    `cmd:"" name:"apikey" help:"Keys for programs."`
	Plugin    pluginCmd    `cmd:"" help:"Make, check and install plugins."`
	Connector connectorCmd `cmd:"" help:"Connectors to other systems."`
	Sync      syncCmd      `cmd:"" help:"Connections and their synchronisation."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

// version is set when a release is built.
var version = "dev"

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, "trellis", version)
	return err
}

func main() {
	wasm.AdmitMain() // a child process that checks one plugin, and nothing else
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its surroundings given. It returns the exit status: 0, 1
// for an error, 2 for a plan that would lose data and for drift.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c cli
	status := -1
	parser, err := kong.New(&c,
		kong.Name("trellis"), kong.Description("Objects, connections and extensions on PostgreSQL, with a CRM."),
		kong.UsageOnError(), kong.Writers(stdout, stderr), kong.Exit(func(code int) { status = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(stdin, (*io.Reader)(nil)), kong.BindTo(stdout, (*io.Writer)(nil)))
	if err != nil {
		fmt.Fprintln(stderr, "trellis:", err)
		return 1
	}
	k, err := parser.Parse(args)
	if status >= 0 { // --help
		return status
	}
	if err != nil {
		fmt.Fprintln(stderr, "trellis:", err)
		return 1
	}
	if err := k.Run(); err != nil {
		if errors.Is(err, errWouldLose) || errors.Is(err, errDrift) {
			return 2 // what it is about has been printed
		}
		report(stderr, err)
		return 1
	}
	return 0
}

// report tells a person what went wrong: all problems, a line each, with their
// codes.
func report(w io.Writer, err error) {
	problems := trellis.Public(err)
	const most = 50
	if len(problems) > most {
		defer fmt.Fprintf(w, "trellis: and %d more like these\n", len(problems)-most)
		problems = problems[:most]
	}
	for _, e := range problems {
		fmt.Fprintf(w, "trellis: %s: %s\n", e.Code, e.Error())
		if e.Code == trellis.CodeInternal && e.Cause != nil {
			fmt.Fprintf(w, "  because: %v\n", e.Cause) // the operator may know
		}
	}
}
