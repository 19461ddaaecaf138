package sample

import (
	"fmt"

	"github.com/trellishq/trellis"
)

type opportunity struct {
	id    trellis.ID
	party *party
	won   bool
}

// line is one of a document. Quantities are whole, so that every amount can be
// computed in whole cents.
type line struct {
	id       trellis.ID
	product  product
	quantity int64
	price    cents
	discount int64 // per cent
	included bool  // the price includes tax
}

// The amounts of a line, as the formulas of the CRM compute them.

func (l line) amount() cents { return (cents(l.quantity) * l.price * cents(100-l.discount)).over(100) }

func (l line) gross() cents {
	if l.included {
		return l.amount()
	}
	return l.amount() + (l.amount() * cents(l.product.tax.rate)).over(100)
}

func grossOf(lines []line) (sum cents) {
	for _, l := range lines {
		sum += l.gross()
	}
	return sum
}

func (g *generator) lines(n int, currency string, included bool) []line {
	out := make([]line, n)
	for i := range out {
		p := pick(g, g.products)
		out[i] = line{product: p, quantity: int64(1 + g.rand.IntN(50)), price: p.in(currency), discount: int64(pick(g, []int{0, 0, 0, 5, 10})), included: included}
	}
	return out
}

// values are the fields that lines of all documents have.
func (l line) values(g *generator, n int) values {
	return values{
		"lineNo": int64(n + 1), "product": l.product.id, "uom": g.unit, "quantity": fmt.Sprint(l.quantity), "price": l.price.String(), "discount": fmt.Sprint(l.discount),
		"taxIncluded": l.included, "taxCode": l.product.tax.id, "taxRate": fmt.Sprint(l.product.tax.rate), "priceSource": "LIST",
	}
}

// head has the fields that all documents have.
func (g *generator) head(p *party, currency string, daysAgo int) values {
	v := values{
		"legalEntity": g.entities[p.entity], "account": p.id, "owner": p.owner, "currency": currency, "fxRate": g.rateOf(currency, daysAgo), "department": pick(g, g.departments),
	}
	if len(p.contacts) > 0 {
		v["contact"] = pick(g, p.contacts)
	}
	return v
}

// opportunities are five to an account over the years; four in ten have lines,
// and then the amount is theirs.
func (g *generator) opportunities() {
	g.each(g.Size.Opportunities, func(i int) {
		p := g.parties[i%len(g.parties)]
		s := pick(g, stages)
		currency := p.place.currency
		age := g.rand.IntN(span)
		var lines []line
		amount := cents(50_000 + g.rand.IntN(200_000_000))
		if g.chance(400) {
			lines = g.lines(1+g.rand.IntN(2), currency, true)
			amount = grossOf(lines)
		}
		v := values{
			"name": pick(g, needs) + fmt.Sprintf(" %d", i+1), "account": p.id, "owner": p.owner, "stage": s.name, "stageSet": g.stages.id, "processStage": g.stages.stages[s.name],
			"stageSince": g.ago(min(age, g.rand.IntN(90))).String(), "amount": money(amount, currency), "fxRate": g.rateOf(currency, age), "probability": fmt.Sprint(s.probability),
			"closeDate": g.closing(s, age).String(), "source": pick(g, sources), "type": pick(g, []string{"new", "new", "repeat", "upsell"}),
		}
		switch s.name {
		case "lost":
			v["lostReason"] = pick(g, lostReasons)
		case "won":
			v["wonReason"] = pick(g, []string{"price", "product", "service", "relation"})
		}
		o := opportunity{g.add("opportunity", v), p, s.name == "won"}
		for n, l := range lines {
			g.add("opportunityLine", values{"opportunity": o.id, "lineNo": int64(n + 1), "product": l.product.id, "quantity": fmt.Sprint(l.quantity), "price": l.price.String(), "discount": fmt.Sprint(l.discount)})
		}
		if len(p.contacts) > 0 && g.chance(300) {
			g.add("opportunityContact", values{"opportunity": o.id, "contact": pick(g, p.contacts), "role": pick(g, roles), "attitude": pick(g, attitudes)})
		}
		g.opps = append(g.opps, o)
	})
}

// closing is the close date: to come for what is open.
func (g *generator) closing(s stage, age int) (day interface{ String() string }) {
	if s.category == "open" {
		return g.ago(-g.rand.IntN(180))
	}
	return g.ago(age)
}

func (g *generator) quotes() {
	g.each(g.Size.Quotes, func(i int) {
		o := g.opps[i*7%len(g.opps)]
		age := g.rand.IntN(span)
		currency := o.party.place.currency
		v := g.head(o.party, currency, age)
		v["opportunity"], v["date"], v["validUntil"] = o.id, g.ago(age).String(), g.ago(age-30).String()
		v["priceBook"], v["paymentTerm"], v["state"] = g.books[currency], o.party.term.id, pick(g, []string{"draft", "approved", "done", "done"})
		id := g.add("quote", v)
		for n, l := range g.lines(1+g.rand.IntN(4), currency, true) {
			lv := l.values(g, n)
			lv["quote"], lv["floorPrice"], lv["cost"] = id, (l.price * 8 / 10).String(), (l.price * 6 / 10).String()
			g.add("quoteLine", lv)
		}
	})
}

// contracts have a plan of two or three payments, which add up.
func (g *generator) contracts() {
	g.each(g.Size.Contracts, func(i int) {
		p := g.parties[i*3%len(g.parties)]
		age := 30 + g.rand.IntN(span-30)
		currency := p.place.currency
		amount := cents(1_000_000 + g.rand.IntN(500_000_000))
		v := g.head(p, currency, age)
		v["title"], v["type"], v["amount"], v["paymentTerm"] = fmt.Sprintf("%s %d", pick(g, needs), i+1), pick(g, []string{"sale", "sale", "frame", "service"}), amount.String(), p.term.id
		v["startOn"], v["endOn"], v["signedOn"] = g.ago(age).String(), g.ago(age-365).String(), g.ago(age).String()
		if v["state"] = "active"; age > 365 {
			v["state"] = "closed"
		}
		id := g.add("contract", v)
		shares := pick(g, [][]int64{{30, 70}, {30, 60, 10}, {50, 50}})
		left := amount
		for n, share := range shares {
			part := (amount * cents(share)).over(100)
			if n == len(shares)-1 {
				part = left
			}
			left -= part
			g.add("paymentPlan", values{"contract": id, "lineNo": int64(n + 1), "name": fmt.Sprintf("第%d期", n+1), "percent": fmt.Sprint(share), "amount": part.String(), "dueOn": g.ago(age - 60*n).String()})
		}
		g.add("contractClause", values{"contract": id, "lineNo": int64(1), "code": "1.1", "text": "双方同意本合同适用中华人民共和国法律。", "risk": pick(g, []string{"low", "low", "mid", "high"})})
		g.add("contractSigner", values{"contract": id, "party": "ours", "employee": g.employees[0], "result": "signed", "signedAt": g.at(g.ago(age))})
	})
}
