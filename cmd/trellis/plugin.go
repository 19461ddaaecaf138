package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/plugins"
	"github.com/trellishq/trellis/plugins/wasm"
)

type pluginCmd struct {
	Init    pluginInitCmd    `cmd:"" help:"Begin a plugin from a template."`
	Build   pluginBuildCmd   `cmd:"" help:"Compile a plugin."`
	Test    pluginTestCmd    `cmd:"" help:"Run a plugin's fixtures."`
	Admit   pluginAdmitCmd   `cmd:"" help:"Check a plugin as a server would, and install nothing."`
	Install pluginInstallCmd `cmd:"" help:"Check a plugin and put it into service."`
	List    pluginListCmd    `cmd:"" help:"List what is installed."`
	Remove  pluginRemoveCmd  `cmd:"" help:"Take a version out."`
}

type pluginInitCmd struct {
	Dir  string `arg:"" help:"Folder to make."`
	ID   string `name:"id" help:"Plugin id; the folder's name when absent."`
	Lang string `help:"Language: go." default:"go"`
}

// Run writes the template.
func (c *pluginInitCmd) Run(out io.Writer) error {
	id := c.ID
	if id == "" {
		id = filepath.Base(filepath.Clean(c.Dir))
	}
	if err := plugins.Init(c.Dir, id, c.Lang); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is ready: edit it, then\n  trellis plugin build %s\n  trellis plugin test %s\n  trellis plugin install %s\n", c.Dir, c.Dir, c.Dir, c.Dir)
	return nil
}

type pluginBuildCmd struct {
	Dir string `arg:"" default:"." type:"existingdir" help:"The plugin's folder."`
}

// Run compiles and prints the module's path.
func (c *pluginBuildCmd) Run(ctx context.Context, out io.Writer) error {
	path, err := plugins.Build(ctx, c.Dir)
	if err == nil {
		fmt.Fprintln(out, path)
	}
	return err
}

type pluginTestCmd struct {
	Dir    string `arg:"" default:"." type:"existingdir" help:"The plugin's folder."`
	Update bool   `help:"Write what the plugin answers into the fixtures."`
}

// Run runs the fixtures and fails when one fails.
func (c *pluginTestCmd) Run(ctx context.Context, out io.Writer) error {
	report, err := wasm.TestFolder(ctx, c.Dir, "", c.Update, logger(false))
	if err != nil {
		return err
	}
	for _, failed := range report.Failed {
		fmt.Fprintln(out, "FAIL", failed)
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d updated\n", report.Passed, len(report.Failed), report.Updated)
	if len(report.Failed) > 0 {
		return trellis.Errorf(trellis.CodeValidationFailed, "the plugin does not answer as its fixtures expect; --update takes its answers over")
	}
	return nil
}

type pluginAdmitCmd struct {
	Dir  string `arg:"" default:"." type:"existingdir" help:"The plugin's folder, built."`
	Data string `help:"Directory of the server's data." default:"data" env:"TRELLIS_DATA"`
}

// Run prints the digest of what may be loaded.
func (c *pluginAdmitCmd) Run(ctx context.Context, out io.Writer) error {
	a := app{flags: dataFlags{Data: c.Data}}
	pkg, err := wasm.AdmitFolder(ctx, c.Dir, a.keyDir(), a.cacheDir())
	if err == nil {
		fmt.Fprintf(out, "%s %s %s\n", pkg.Manifest.ID, pkg.Manifest.Version, pkg.Digest)
	}
	return err
}

type pluginInstallCmd struct {
	dataFlags
	Dir string `arg:"" default:"." type:"existingdir" help:"The plugin's folder, built."`
}

// Run admits and stores; a running server takes it up at once.
func (c *pluginInstallCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		pkg, err := wasm.AdmitFolder(ctx, c.Dir, a.keyDir(), a.cacheDir())
		if err != nil {
			return err
		}
		for _, h := range pkg.Manifest.Hooks {
			if err := checkHook(a, h); err != nil {
				return err
			}
		}
		if err := a.store.Install(ctx, a.view.WorkspaceID, pkg, "system"); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s %s is installed\n", pkg.Manifest.ID, pkg.Manifest.Version)
		return nil
	})
}

// checkHook refuses a plugin whose hooks name what the workspace does not have.
func checkHook(a *app, h plugins.Hook) error {
	o := a.view.Snapshot.Lookup(h.Object)
	if o == nil {
		return trellis.Errorf(trellis.CodeInvalidInput, "the hook %s is for an object %q that the workspace does not have", h.Entry, h.Object)
	}
	for _, f := range h.Fields {
		if o.Field(f) == nil {
			return trellis.Errorf(trellis.CodeInvalidInput, "the hook %s asks for %s.%s, which the workspace does not have", h.Entry, h.Object, f)
		}
	}
	return nil
}

type pluginListCmd struct{ dataFlags }

// Run prints a line per version.
func (c *pluginListCmd) Run(ctx context.Context, out io.Writer) error {
	return c.with(ctx, func(a *app) error {
		list, err := a.store.List(ctx, a.view.WorkspaceID)
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		for _, p := range list {
			state := "off"
			if p.Enabled {
				state = "on"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%d bytes\n", p.ID, p.Version, state, p.Bytes)
		}
		return firstError(err, w.Flush())
	})
}

type pluginRemoveCmd struct {
	dataFlags
	ID      string `arg:"" help:"Plugin id."`
	Version string `arg:"" help:"Version."`
}

// Run takes the version out; calls under way finish.
func (c *pluginRemoveCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app) error { return a.store.Remove(ctx, a.view.WorkspaceID, c.ID, c.Version) })
}
