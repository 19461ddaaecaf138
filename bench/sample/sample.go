package sample

import (
	"context"
	"fmt"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/metadata/expr"
)

// Size says how much is made. Lines, roles, shipments, invoices and payments
// follow from it.
type Size struct {
	Employees     int
	Accounts      int
	Contacts      int // spread over the accounts
	Leads         int
	Products      int
	Opportunities int
	Quotes        int
	Contracts     int
	Orders        int // with 1 to 5 lines; seven in eight are invoiced
	Activities    int
	Visits        int
	Tasks         int
}

// Full is the CRM of a company of some size: 1.5 million records.
var Full = Size{
	Employees: 40, Accounts: 20_000, Contacts: 60_000, Leads: 10_000, Products: 1_000, Opportunities: 100_000,
	Quotes: 20_000, Contracts: 6_000, Orders: 80_000, Activities: 60_000, Visits: 10_000, Tasks: 20_000,
}

// Scale is Full by a factor. The organisation stays, and a few of each are left
// however small the factor.
func Scale(factor float64) Size {
	n := func(full int) int { return max(8, int(float64(full)*factor)) }
	return Size{
		Employees: Full.Employees, Accounts: n(Full.Accounts), Contacts: n(Full.Contacts), Leads: n(Full.Leads), Products: n(Full.Products),
		Opportunities: n(Full.Opportunities), Quotes: n(Full.Quotes), Contracts: n(Full.Contracts), Orders: n(Full.Orders),
		Activities: n(Full.Activities), Visits: n(Full.Visits), Tasks: n(Full.Tasks),
	}
}

// Options of Generate and Load.
type Options struct {
	Seed uint64
	Size Size
	// Day is the last day of the three years that the data is about.
	Day expr.Date
	// Owners get the records in turn; empty means none.
	Owners []trellis.ID
	// Progress, when not nil, is told how many records are there.
	Progress func(done int)
}

// Report is what is known of the data that cannot be seen in it.
type Report struct {
	Records int
	// Duplicates are pairs of accounts: one and its near copy.
	Duplicates [][2]trellis.ID
	// Short are payments that a bank's charges were taken from, Twice those that
	// came a second time, Unmatched those that nothing was settled with.
	Short, Twice, Unmatched []trellis.ID
}

// Load makes the data and writes it.
func Load(ctx context.Context, e *core.Engine, r *core.Request, o Options) (*Report, error) {
	done := 0
	return Generate(o, func(ops []core.Op) error {
		if _, err := e.Write(ctx, r, &core.Write{Ops: ops}); err != nil {
			return fmt.Errorf("sample data: %w", err)
		}
		if done += len(ops); o.Progress != nil {
			o.Progress(done)
		}
		return nil
	})
}

// Generate makes the data, batch by batch; what a record refers to is in its
// own batch or an earlier one. An error of sink ends it.
func Generate(o Options, sink func([]core.Op) error) (*Report, error) {
	g := newGenerator(o, sink)
	for _, part := range []func(){
		g.organisation, g.reference, g.goods, g.pools, g.accounts, g.contacts, g.leads,
		g.tags, g.targets, g.opportunities, g.quotes, g.contracts, g.orders, g.settle, g.activities, g.visits, g.tasks,
	} {
		part()
		g.flush()
		if g.err != nil {
			return nil, g.err
		}
	}
	return &g.report, nil
}
