// Package sample makes the CRM's sample data: accounts with their contacts and
// opportunities, products, and orders with lines whose amounts add up to the
// cent. The same seed makes the same data, names in Chinese and English.
//
// It writes through the engine like everybody, so the data obeys the rules and
// has its outbox.
package sample

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// Size says how much is made.
type Size struct {
	Accounts      int
	Contacts      int // spread over the accounts
	Opportunities int
	Products      int
	Orders        int // with 1 to 5 lines
}

// Demo is what `trellis serve --demo` loads.
var Demo = Size{Accounts: 20_000, Contacts: 60_000, Opportunities: 100_000, Products: 200, Orders: 500}

// Load makes the data. owners get the records in turn; empty means none.
// progress, when not nil, is told how many of all records are there.
func Load(ctx context.Context, e *core.Engine, r *core.Request, seed uint64, n Size, owners []trellis.ID, progress func(done, all int)) error {
	g := &generator{
		ctx: ctx, engine: e, req: r, rand: rand.New(rand.NewPCG(seed, 20_26)), owners: owners, progress: progress,
		all: n.Accounts + n.Contacts + n.Opportunities + n.Products + n.Orders,
	}
	accounts, err := g.many(n.Accounts, g.account)
	if err != nil {
		return err
	}
	if _, err = g.many(n.Contacts, func(i int) core.Op { return g.contact(i, accounts) }); err != nil {
		return err
	}
	if _, err = g.many(n.Opportunities, func(i int) core.Op { return g.opportunity(i, accounts) }); err != nil {
		return err
	}
	products, err := g.many(n.Products, g.product)
	if err != nil {
		return err
	}
	return g.orders(n.Orders, accounts, products)
}

type generator struct {
	ctx       context.Context
	engine    *core.Engine
	req       *core.Request
	rand      *rand.Rand
	owners    []trellis.ID
	progress  func(done, all int)
	done, all int
}

// chunk is how many records go into one transaction.
const chunk = 2_000

// many writes n records and gives their ids.
func (g *generator) many(n int, record func(i int) core.Op) ([]trellis.ID, error) {
	ids := make([]trellis.ID, 0, n)
	for len(ids) < n {
		ops := make([]core.Op, min(chunk, n-len(ids)))
		for i := range ops {
			ops[i] = record(len(ids) + i)
		}
		res, err := g.engine.Write(g.ctx, g.req, &core.Write{Ops: ops})
		if err != nil {
			return nil, fmt.Errorf("sample data: %w", err)
		}
		for _, r := range res {
			ids = append(ids, r.ID)
		}
		g.tell(len(ops))
	}
	return ids, nil
}

func (g *generator) tell(n int) {
	if g.done += n; g.progress != nil {
		g.progress(g.done, g.all)
	}
}

func pick[T any](g *generator, list []T) T { return list[g.rand.IntN(len(list))] }

// owner adds the owner in turn.
func (g *generator) owner(i int, values map[string]any) map[string]any {
	if len(g.owners) > 0 {
		values["owner"] = g.owners[i%len(g.owners)]
	}
	return values
}

func (g *generator) account(i int) core.Op {
	place := pick(g, places)
	return core.Op{Verb: core.Create, Object: "account", Values: g.owner(i, map[string]any{
		"code":          fmt.Sprintf("C26%06d", i+1),
		"name":          g.company(i, place),
		"phone":         g.phone(place),
		"email":         fmt.Sprintf("office%d@example.com", i+1),
		"country":       place.country,
		"region":        place.region,
		"industry":      pick(g, industries),
		"lifecycle":     pick(g, lifecycles),
		"creditLimit":   map[string]any{"amount": fmt.Sprint(1000 * (1 + g.rand.IntN(500))), "currency": place.currency},
		"annualRevenue": fmt.Sprintf("%d.%02d", 10_000+g.rand.IntN(90_000_000), g.rand.IntN(100)),
	})}
}

func (g *generator) contact(i int, accounts []trellis.ID) core.Op {
	at := i % len(accounts)
	return core.Op{Verb: core.Create, Object: "contact", Values: g.owner(at, map[string]any{
		"name": g.person(i), "account": accounts[at], "title": pick(g, titles),
		"mobile": fmt.Sprintf("+86 13%d %04d %04d", g.rand.IntN(10), g.rand.IntN(10_000), g.rand.IntN(10_000)),
		"email":  fmt.Sprintf("person%d@example.com", i+1),
	})}
}

func (g *generator) opportunity(i int, accounts []trellis.ID) core.Op {
	at := i % len(accounts)
	stage := pick(g, stages)
	values := map[string]any{
		"name": pick(g, needs) + fmt.Sprintf(" %d", i+1), "account": accounts[at], "stage": stage.name,
		"amount":      map[string]any{"amount": fmt.Sprintf("%d.%02d", 500+g.rand.IntN(2_000_000), g.rand.IntN(100)), "currency": "CNY"},
		"probability": int64(stage.probability),
		"closeDate":   fmt.Sprintf("2026-%02d-%02d", 1+g.rand.IntN(12), 1+g.rand.IntN(28)),
	}
	if stage.lost {
		values["lostReason"] = pick(g, lostReasons)
	}
	return core.Op{Verb: core.Create, Object: "opportunity", Values: g.owner(at, values)}
}

func (g *generator) product(i int) core.Op {
	return core.Op{Verb: core.Create, Object: "product", Values: map[string]any{
		"code": fmt.Sprintf("P%04d", i+1), "name": pick(g, goods) + fmt.Sprintf(" %d", 100+i),
		"price": map[string]any{"amount": fmt.Sprintf("%d.%02d", 10+g.rand.IntN(5000), g.rand.IntN(100)), "currency": "CNY"}, "uom": "pcs", "active": true,
	}}
}

// orders writes each order with its lines as one operation group; many groups
// share a transaction.
func (g *generator) orders(n int, accounts, products []trellis.ID) error {
	const groups = 100
	for from := 0; from < n; from += groups {
		var ops []core.Op
		for i := from; i < min(n, from+groups); i++ {
			ops = g.order(ops, i, accounts, products)
		}
		if _, err := g.engine.Write(g.ctx, g.req, &core.Write{Ops: ops}); err != nil {
			return fmt.Errorf("sample data: %w", err)
		}
		g.tell(min(groups, n-from))
	}
	return nil
}

func (g *generator) order(ops []core.Op, i int, accounts, products []trellis.ID) []core.Op {
	head := len(ops)
	at := g.rand.IntN(len(accounts))
	ops = append(ops, core.Op{Verb: core.Create, Object: "order", Values: g.owner(at, map[string]any{
		"number": fmt.Sprintf("SO26%05d", i+1), "account": accounts[at], "orderDate": fmt.Sprintf("2026-%02d-%02d", 1+g.rand.IntN(12), 1+g.rand.IntN(28)),
	})})
	total := 0
	for line := range 1 + g.rand.IntN(5) {
		quantity, cents := 1+g.rand.IntN(50), 1000+g.rand.IntN(500_000)
		total += quantity * cents
		ops = append(ops, core.Op{Verb: core.Create, Object: "orderLine", Values: map[string]any{
			"order": core.Ref(head), "lineNo": int64(line + 1), "product": pick(g, products), "quantity": fmt.Sprint(quantity),
			"price": g.money(cents), "amount": g.money(quantity * cents),
		}})
	}
	ops[head].Values["total"] = g.money(total)
	return ops
}

func (g *generator) money(cents int) map[string]any {
	return map[string]any{"amount": fmt.Sprintf("%d.%02d", cents/100, cents%100), "currency": "CNY"}
}
