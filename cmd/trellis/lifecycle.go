package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/trellishq/trellis/core/catalog"
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
			} else {
				fmt.Fprintln(out, "\nSomebody changed the tables past Trellis. Nothing is repaired by itself: change them back.")
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
		if err == nil && len(list) == 0 {
			fmt.Fprintln(out, "Nothing that was removed is kept.")
		}
		for _, r := range list {
			fmt.Fprintf(out, "%s, kept until %s\n", strings.TrimSpace(r.Object+" "+r.Field), r.Until.Format(time.DateOnly))
		}
		return err
	})
}

func printApplied(out io.Writer, done *catalog.Applied, err error) error {
	if err != nil {
		return err
	}
	if len(done.Plan.Changes) == 0 {
		fmt.Fprintln(out, "Nothing to change.")
	}
	for _, ch := range done.Plan.Changes {
		fmt.Fprintln(out, ch)
	}
	fmt.Fprintf(out, "revision %d\n", done.View.Revision)
	if done.Pending > 0 {
		fmt.Fprintf(out, "%d indexes are still to be built; the server goes on trying\n", done.Pending)
	}
	return nil
}

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
