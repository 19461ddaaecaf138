package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/bench/sample"
	"github.com/trellishq/trellis/core/identity"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata/expr"
)

// demoPeople are let in with the sample data: two sellers, who own the records
// in turn, their manager, and one who may only read.
var demoPeople = []struct {
	name, email, role string
	owns              bool
}{
	{"李娜 Li Na", "lina@example.com", "salesRep", true},
	{"Tom Weber", "tom@example.com", "salesRep", true},
	{"王芳 Wang Fang", "wangfang@example.com", "salesManager", false},
	{"Alex Audit", "alex@example.com", "auditor", false},
}

// demoSeed makes the sample data the same everywhere.
const demoSeed = 1

// loadDemo fills a workspace without accounts. The scale is a share of
// sample.Full.
func loadDemo(ctx context.Context, a *app, scale float64, out io.Writer) error {
	r, err := a.system(ctx)
	if err != nil {
		return err
	}
	some, err := a.engine.Query(ctx, r, &query.Query{List: &query.List{Object: "account", First: 1, Shape: []query.ListItem{{Key: "n", Kind: query.TotalCount}}}}, nil)
	if err != nil || string(some) != `{"n":0}` {
		return err
	}
	password := rand.Text()[:16]
	var owners []trellis.ID
	for _, p := range demoPeople {
		u, err := a.identity.CreateUser(ctx, r, identity.NewUser{Name: p.name, Email: p.email, Password: password, Roles: []string{p.role}})
		if trellis.CodeOf(err) == trellis.CodeConflict {
			continue // from an earlier start that did not come this far
		}
		if err != nil {
			return err
		}
		if p.owns {
			owners = append(owners, u.ID)
		}
	}
	start := time.Now()
	size := sample.Scale(scale)
	fmt.Fprintf(out, "Loading sample data: %d accounts, %d contacts, %d opportunities, %d orders …\n", size.Accounts, size.Contacts, size.Opportunities, size.Orders)
	last := 0
	report, err := sample.Load(ctx, a.engine, r, sample.Options{
		Seed: demoSeed, Size: size, Day: expr.DateOf(start.UTC()), Owners: owners,
		Progress: func(done int) {
			if done >= last+10_000 {
				last = done
				fmt.Fprintf(out, "  %d records\n", done)
			}
		},
	})
	if err != nil {
		return err
	}
	if err := analyze(ctx, a); err != nil {
		return err
	}
	fmt.Fprintf(out, "  %d records in %s\n\nSample people, all with the password  %s\n", report.Records, time.Since(start).Round(100*time.Millisecond), password)
	for _, p := range demoPeople {
		fmt.Fprintf(out, "  %-24s %s\n", p.email, p.role)
	}
	return nil
}

// analyze lets the planner know the new data before anybody asks; the server
// would find out by itself minutes later.
func analyze(ctx context.Context, a *app) error {
	_, err := a.db.Exec(ctx, "ANALYZE")
	return err
}
