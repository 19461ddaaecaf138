package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// errWouldLose makes plan exit with status 2.
var errWouldLose = errors.New("the plan would lose data")

type planCmd struct {
	dataFlags
	Folder    string `short:"f" required:"" help:"Package folder." type:"existingdir"`
	Against   string `help:"Another package folder to compare with, instead of the workspace: needs no database." type:"existingdir"`
	AllowLoss bool   `name:"allow-loss" help:"Exit with 0 although data would be lost."`
	JSON      bool   `name:"json" help:"Print the plan as JSON."`
}

// Run prints the steps, with their locks and what would be lost.
func (c *planCmd) Run(ctx context.Context, out io.Writer) error {
	if c.Against != "" {
		p, err := planAgainst(c.Folder, c.Against)
		if err != nil {
			return err
		}
		return c.print(out, p, nil)
	}
	return c.with(ctx, func(a *app) error {
		v, err := a.catalog.Refresh(ctx, c.Workspace)
		if err != nil {
			return err
		}
		p, _, err := planFolder(ctx, a, c.Workspace, c.Folder)
		if err != nil {
			return err
		}
		removed, err := catalog.Removals(ctx, v, p, a.uses()...)
		if err != nil {
			return err
		}
		return c.print(out, p, removed)
	})
}

func (c *planCmd) print(out io.Writer, p *ddl.Plan, removed []catalog.Removal) error {
	uses := map[string][]metadata.Use{}
	for _, r := range removed {
		name := r.Object
		if r.Field != "" {
			name += "." + r.Field
		}
		uses[name] = r.Uses
	}
	if c.JSON {
		full := planned{Changes: []string{}, Steps: append([]ddl.Step{}, p.Steps...), Loses: append([]string{}, p.Loses()...), Impact: uses}
		for _, ch := range p.Changes {
			full.Changes = append(full.Changes, ch.String())
		}
		if err := printJSON(out, full); err != nil {
			return err
		}
	} else {
		printPlan(out, p)
		for _, name := range slices.Sorted(maps.Keys(uses)) {
			for _, u := range uses[name] {
				fmt.Fprintf(out, "-- %s is used by the %s at %s\n", name, u.Kind, u.Path)
			}
		}
	}
	if len(p.Loses()) > 0 && !c.AllowLoss {
		return errWouldLose
	}
	return nil
}

// planFolder reads and plans a folder. The error is all problems of both.
func planFolder(ctx context.Context, a *app, workspace, dir string) (*ddl.Plan, *metadata.Definition, error) {
	def, problems := metadata.Read(os.DirFS(dir))
	if def == nil {
		return nil, nil, problems
	}
	p, err := a.catalog.Plan(ctx, workspace, catalog.Packages(def))
	if len(problems) == 0 {
		return p, def, err
	}
	var found trellis.Errors
	if !errors.As(err, &found) {
		return nil, nil, problems
	}
	return nil, nil, metadata.AllProblems(problems, found)
}

func printPlan(out io.Writer, p *ddl.Plan) {
	if len(p.Changes) == 0 {
		fmt.Fprintln(out, "Nothing to change.")
		return
	}
	for _, c := range p.Changes {
		fmt.Fprintln(out, c)
	}
	for _, s := range p.Steps {
		online := "online"
		if !s.Online {
			online = "blocks"
		}
		fmt.Fprintf(out, "\n-- %s, lock: %s, %s\n%s;\n", s.Kind, s.Lock, online, s.SQL)
		if s.Loses != "" {
			fmt.Fprintf(out, "-- LOSES %s\n", s.Loses)
			for _, sample := range s.Samples {
				fmt.Fprintf(out, "--   such as %q\n", sample)
			}
		}
	}
}

type applyCmd struct {
	dataFlags
	Folder    string `short:"f" required:"" help:"Package folder." type:"existingdir"`
	AllowLoss bool   `name:"allow-loss" help:"Go on although data would be lost."`
}

// Run applies the folder and prints the revision.
func (c *applyCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		planned, err := a.catalog.Refresh(ctx, c.Workspace)
		if err != nil {
			return err
		}
		_, def, err := planFolder(ctx, a, c.Workspace, c.Folder)
		if err != nil {
			return err
		}
		done, err := a.catalog.Apply(ctx, c.Workspace, catalog.Packages(def), catalog.Options{By: "system", AllowLoss: c.AllowLoss, IfRevision: planned.Revision})
		if err != nil {
			return err
		}
		return printApplied(out, done, nil)
	})
}

type exportCmd struct {
	dataFlags
	Out string `short:"o" default:"." help:"Folder to write into; must have no files of the same names."`
}

// Run writes one folder per package.
func (c *exportCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		files, err := a.catalog.Export(ctx, c.Workspace)
		if err != nil {
			return err
		}
		names := make([]string, 0, len(files))
		for name := range files {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			path := filepath.Join(c.Out, filepath.FromSlash(name))
			if err := writeNew(path, files[name]); err != nil {
				return err
			}
			fmt.Fprintln(out, path)
		}
		return nil
	})
}

func writeNew(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return trellis.Wrap(trellis.CodeUnavailable, err, "the folder of %s cannot be made", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // metadata is for everyone who works on it
	if err != nil {
		return trellis.Wrap(trellis.CodeConflict, err, "%s cannot be written: %v", path, errors.Unwrap(err))
	}
	_, err = f.Write(data)
	return firstError(err, f.Close())
}
