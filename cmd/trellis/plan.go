package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// errWouldLose makes plan exit with status 2.
var errWouldLose = errors.New("the plan would lose data")

type planCmd struct {
	dataFlags
	packages
	Against   string `help:"Another folder to compare with, such as an export of the workspace, instead of the workspace: needs no database."`
	AllowLoss bool   `name:"allow-loss" help:"Exit with 0 although data would be lost."`
	JSON      bool   `name:"json" help:"Print the plan as JSON."`
}

// Run prints the steps, with their locks, what would be lost and what uses the
// things that would be removed.
func (c *planCmd) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	def, problems := c.read(in)
	if def == nil {
		return problems
	}
	if c.Against != "" {
		p, removed, err := planAgainst(ctx, def, problems, c.Against)
		if err != nil {
			return err
		}
		return c.print(out, p, removed)
	}
	return c.with(ctx, func(a *app) error {
		v, err := a.catalog.Refresh(ctx, c.Workspace)
		if err != nil {
			return err
		}
		p, err := planPackages(ctx, a, c.Workspace, def, problems)
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

// planPackages plans what was read. The error is all problems of both.
func planPackages(ctx context.Context, a *app, workspace string, def *metadata.Definition, problems trellis.Errors) (*ddl.Plan, error) {
	p, err := a.catalog.Plan(ctx, workspace, catalog.Packages(def))
	if len(problems) == 0 {
		return p, err
	}
	var found trellis.Errors
	if !errors.As(err, &found) {
		return nil, problems
	}
	return nil, metadata.AllProblems(problems, found)
}

// planAgainst plans what would happen to a workspace that has just what another
// folder holds, without a database: what may be lost is told, and nothing is
// counted.
func planAgainst(ctx context.Context, folder *metadata.Definition, problems trellis.Errors, against string) (*ddl.Plan, []catalog.Removal, error) {
	old, found := readFolder(against)
	if old != nil {
		metadata.Normalize(old, nil)
		found = metadata.AllProblems(found, metadata.Validate(old))
	}
	if len(found) > 0 {
		for _, e := range found {
			e.Message += ", in " + against
		}
		return nil, nil, found
	}
	def := metadata.Merge(old, folder)
	metadata.Normalize(def, old)
	metadata.Intern(def, old)
	if errs := metadata.AllProblems(problems, metadata.ValidateChange(def, old)); len(errs) > 0 {
		return nil, nil, errs
	}
	p, err := ddl.Make(old, def, "ws_main")
	if err != nil {
		return nil, nil, err
	}
	removed, err := catalog.Removals(ctx, &catalog.View{Snapshot: metadata.New(old, 0)}, p)
	return p, removed, err
}

func (c *planCmd) print(out io.Writer, p *ddl.Plan, removed []catalog.Removal) error {
	if c.JSON {
		if err := printJSON(out, jsonPlan(p, removed)); err != nil {
			return err
		}
	} else {
		printPlan(out, p, removed, c.AllowLoss)
	}
	if len(p.Loses()) > 0 && !c.AllowLoss {
		return errWouldLose
	}
	return nil
}

func printPlan(out io.Writer, p *ddl.Plan, removed []catalog.Removal, allowed bool) {
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
	if len(removed) > 0 {
		fmt.Fprintln(out)
	}
	for _, r := range removed {
		for _, u := range r.Uses {
			fmt.Fprintf(out, "-- %s %s by the %s at %s\n", removedName(r), used(u), u.Kind, u.Path)
		}
	}
	if len(p.Loses()) > 0 && !allowed {
		fmt.Fprintln(out, "\nThis loses data. If it is meant, apply it with --allow-loss.")
	}
}

// used tells what stays behind from what the plan changes too: a definition in
// which something still named what is gone would not have been valid.
func used(u metadata.Use) string {
	if strings.HasPrefix(u.Path, "objects.") || strings.HasPrefix(u.Path, "policies.") {
		return "was used, until this change,"
	}
	return "is still used"
}

func removedName(r catalog.Removal) string {
	if r.Field == "" {
		return r.Object
	}
	return r.Object + "." + r.Field
}

// planned is a plan as --json prints it.
type planned struct {
	Changes []string                  `json:"changes"`
	Steps   []ddl.Step                `json:"steps"`
	Loses   []string                  `json:"loses"`
	Impact  map[string][]metadata.Use `json:"impact"`
}

func jsonPlan(p *ddl.Plan, removed []catalog.Removal) planned {
	full := planned{Changes: []string{}, Steps: append([]ddl.Step{}, p.Steps...), Loses: append([]string{}, p.Loses()...), Impact: map[string][]metadata.Use{}}
	for _, ch := range p.Changes {
		full.Changes = append(full.Changes, ch.String())
	}
	for _, r := range removed {
		full.Impact[removedName(r)] = r.Uses
	}
	return full
}
