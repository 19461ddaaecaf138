package sample

import (
	"fmt"

	"github.com/trellishq/trellis"
)

// The share of payments that are not as they should be, in thousandths.
const (
	unmatched = 50
	short     = 10
	twice     = 5
)

// charges is what a bank takes of a payment that comes short.
const charges = cents(1500)

// settle pays what is due: most in full, some in two parts, some late and not
// yet. What was matched is settled.
func (g *generator) settle() {
	g.each(len(g.due), func(i int) {
		r := g.due[i]
		switch {
		case r.due < 0 && g.chance(700), g.chance(40): // not due, or somebody does not pay
		case r.gross > 10*charges && g.chance(short):
			id := g.pay(r, r.gross-charges, charges)
			g.allocate(id, r, r.gross-charges)
			g.report.Short = append(g.report.Short, id)
		case g.chance(50):
			half := r.gross.over(2)
			g.allocate(g.pay(r, half, 0), r, half)
			if g.chance(600) {
				g.allocate(g.pay(r, r.gross-half, 0), r, r.gross-half)
			}
		case g.chance(unmatched):
			g.report.Unmatched = append(g.report.Unmatched, g.pay(r, r.gross, 0))
		default:
			g.allocate(g.pay(r, r.gross, 0), r, r.gross)
			if g.chance(twice) {
				g.report.Twice = append(g.report.Twice, g.pay(r, r.gross, 0))
			}
		}
	})
}

func (g *generator) pay(r receivable, amount, fee cents) trellis.ID {
	age := max(min(r.age, r.due+g.rand.IntN(20)-10), 0)
	bank := g.banks[r.currency][r.party.entity]
	return g.add("payment", values{
		"legalEntity": g.entities[r.party.entity], "owner": r.party.owner, "direction": "in", "account": r.party.id, "date": g.ago(age).String(), "amount": amount.String(), "fee": fee.String(),
		"currency": r.currency, "fxRate": g.rateOf(r.currency, age), "method": "bank", "bankAccount": bank, "bankRef": fmt.Sprintf("B%010d", g.made), "payerName": r.party.name, "state": "posted",
	})
}

func (g *generator) allocate(payment trellis.ID, r receivable, amount cents) {
	g.add("allocation", values{"payment": payment, "invoice": r.id, "amount": amount.String(), "mode": "auto", "at": g.at(g.ago(max(min(r.age, r.due), 0)))})
}
