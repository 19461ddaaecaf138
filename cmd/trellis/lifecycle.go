package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// errDrift makes drift exit with status 2.
var errDrift = errors.New("the tables are not as the metadata says")

type driftCmd struct {
	dataFlags
	JSON bool `name:"json" help:"Print the findings as JSON."`
}

// Run compares live tables with the metadata.
func (c *driftCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		found, err := a.catalog.Drift(ctx, c.Workspace)
		if err != nil {
			return err
		}
		if c.JSON {
			if err := printJSON(out, append([]catalog.Finding{}, found...)); err != nil {
				return err
			}
		} else {
			for _, f := range found {
				fmt.Fprintln(out, f)
			}
			if len(found) == 0 {
				fmt.Fprintln(out, "The tables are as the metadata says.")
			}
		}
		if len(found) > 0 {
			return errDrift
		}
		return nil
	})
}

type undoCmd struct {
	dataFlags
	Revision  int64 `arg:"" help:"The revision to take back."`
	AllowLoss bool  `name:"allow-loss" help:"Go on although data would be lost."`
}

// Run takes a revision back by another.
func (c *undoCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		done, err := a.catalog.Undo(ctx, c.Workspace, c.Revision, catalog.Options{By: "system", AllowLoss: c.AllowLoss})
		return printApplied(out, done, err)
	})
}

type restoreCmd struct {
	dataFlags
	Object string `arg:"" optional:"" help:"The removed object, or the object of a removed field. Without it, what could be restored is listed."`
	Field  string `arg:"" optional:"" help:"The removed field."`
}

// Run brings back what was removed, or lists it.
func (c *restoreCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		if c.Object != "" {
			done, err := a.catalog.Restore(ctx, c.Workspace, c.Object, c.Field, catalog.Options{By: "system"})
			return printApplied(out, done, err)
		}
		list, err := a.catalog.Hidden(ctx, c.Workspace)
		for _, r := range list {
			fmt.Fprintf(out, "%s %s until %s\n", r.Object, r.Field, r.Until.Format(time.DateOnly))
		}
		return err
	})
}

func printApplied(out io.Writer, done *catalog.Applied, err error) error {
	if err != nil {
		return err
	}
	for _, ch := range done.Plan.Changes {
		fmt.Fprintln(out, ch)
	}
	fmt.Fprintf(out, "revision %d\n", done.View.Revision)
	return nil
}

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// planAgainst plans from one folder to another, without a database: what may be
// lost is told, and nothing is counted.
func planAgainst(dir, against string) (*ddl.Plan, error) {
	old, problems := metadata.Read(os.DirFS(against))
	if len(problems) > 0 {
		return nil, problems
	}
	metadata.Normalize(old, nil)
	if errs := metadata.Validate(old); len(errs) > 0 {
		return nil, errs
	}
	def, problems := metadata.Read(os.DirFS(dir))
	if def == nil {
		return nil, problems
	}
	metadata.Normalize(def, old)
	metadata.Intern(def, old)
	if errs := metadata.AllProblems(problems, metadata.ValidateChange(def, old)); len(errs) > 0 {
		return nil, errs
	}
	return ddl.Make(old, def, "ws_main")
}

// planned is a plan as --json prints it.
type planned struct {
	Changes []string                  `json:"changes"`
	Steps   []ddl.Step                `json:"steps"`
	Loses   []string                  `json:"loses"`
	Impact  map[string][]metadata.Use `json:"impact"`
}
