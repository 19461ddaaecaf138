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
)

type applyCmd struct {
	dataFlags
	packages
	AllowLoss bool `name:"allow-loss" help:"Go on although data would be lost."`
}

// Run applies the packages and prints the revision.
func (c *applyCmd) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	def, problems := c.read(in)
	if def == nil {
		return problems
	}
	return c.with(ctx, func(a *app) error {
		planned, err := a.catalog.Refresh(ctx, c.Workspace)
		if err != nil {
			return err
		}
		if len(problems) > 0 {
			_, err := planPackages(ctx, a, c.Workspace, def, problems)
			return err
		}
		done, err := a.catalog.Apply(ctx, c.Workspace, catalog.Packages(def), catalog.Options{By: "system", AllowLoss: c.AllowLoss, IfRevision: planned.Revision})
		return printApplied(out, done, err)
	})
}

type exportCmd struct {
	dataFlags
	Out string `short:"o" default:"-" help:"Folder to write into; must have no files of the same names. Without it the files are printed, for plan and apply to read."`
}

// Run writes one folder per package.
func (c *exportCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		files, err := a.catalog.Export(ctx, c.Workspace)
		if err != nil {
			return err
		}
		if c.Out == "-" {
			return pack(out, files)
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
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
