package sample

import (
	"fmt"

	"github.com/trellishq/trellis"
)

// orders are four to an account: old ones done, shipped and invoiced, a few
// void, the latest on their way.
func (g *generator) orders() {
	g.each(g.Size.Orders, func(i int) {
		p := g.parties[i%len(g.parties)]
		age := g.rand.IntN(span)
		currency := p.place.currency
		lines := g.lines(1+g.rand.IntN(5), currency, p.place.zh)
		state := g.orderState(age)
		v := g.head(p, currency, age)
		v["orderDate"], v["requestedOn"], v["state"], v["taxIncluded"] = g.ago(age).String(), g.ago(age-14).String(), state, p.place.zh
		v["priceBook"], v["paymentTerm"], v["shipAddress"], v["channel"] = g.books[currency], p.term.id, p.ship, pick(g, []string{"sales", "sales", "sales", "dealer"})
		switch {
		case state == "void":
			v["voidReason"] = "客户取消"
		case p.limited:
			v["creditReason"] = "财务放行"
		}
		id := g.add("order", v)
		for n := range lines {
			lv := lines[n].values(g, n)
			lv["order"], lv["cost"], lv["warehouse"] = id, (lines[n].price * 6 / 10).String(), g.warehouses[p.entity]
			lines[n].id = g.add("orderLine", lv)
		}
		switch state {
		case "done":
			g.ship(id, p, lines, age)
			g.invoice(id, p, lines, age, currency)
		case "partly":
			g.ship(id, p, lines[:1], age)
		case "released":
			if g.chance(500) { // invoiced before it is shipped
				g.invoice(id, p, lines, age, currency)
			}
		}
	})
}

func (g *generator) orderState(age int) string {
	switch {
	case g.chance(20):
		return "void"
	case age > 45:
		return "done"
	}
	return pick(g, []string{"draft", "inApproval", "approved", "released", "released", "partly", "done", "done"})
}

func (g *generator) ship(order trellis.ID, p *party, lines []line, age int) {
	left := g.ago(max(age-3, 0))
	id := g.add("shipment", values{
		"order": order, "owner": p.owner, "warehouse": g.warehouses[p.entity], "state": "signed", "carrier": "顺丰", "trackingNo": fmt.Sprintf("SF%012d", g.made),
		"shippedAt": left.String() + "T08:00:00Z", "signedAt": g.ago(max(age-6, 0)).String() + "T09:30:00Z",
	})
	for n, l := range lines {
		g.add("shipmentLine", values{"shipment": id, "lineNo": int64(n + 1), "orderLine": l.id, "quantity": fmt.Sprint(l.quantity)})
	}
}

// receivable is an invoice that somebody has to pay.
type receivable struct {
	id       trellis.ID
	party    *party
	gross    cents
	currency string
	age, due int // days ago; due is negative for the future
}

// invoice bills an order, one in ten in two parts. One invoice in a hundred is
// taken back by a red one.
func (g *generator) invoice(order trellis.ID, p *party, lines []line, age int, currency string) {
	parts := [][]line{lines}
	if len(lines) > 1 && g.chance(100) {
		parts = [][]line{lines[:1], lines[1:]}
	}
	age = max(age-7, 0)
	for _, part := range parts {
		red := g.chance(10)
		v := g.invoiceHead(order, p, age, currency, part[0].included)
		if v["state"] = "issued"; red {
			v["state"] = "redIssued"
		}
		id := g.add("invoice", v)
		g.invoiceLines(id, part, 1)
		if red {
			r := g.invoiceHead(order, p, age, currency, part[0].included)
			r["kind"], r["redOf"], r["redConfirmNo"], r["state"] = "red", id, fmt.Sprintf("R%08d", g.made), "issued"
			g.invoiceLines(g.add("invoice", r), part, -1)
			continue
		}
		g.due = append(g.due, receivable{id, p, grossOf(part), currency, age, age - p.term.days})
	}
}

func (g *generator) invoiceHead(order trellis.ID, p *party, age int, currency string, included bool) values {
	v := g.head(p, currency, age)
	v["order"], v["date"], v["dueOn"], v["taxIncluded"] = order, g.ago(age).String(), g.ago(age-p.term.days).String(), included
	v["kind"], v["profile"], v["paymentTerm"], v["invoiceNo"] = "digitalSpecial", p.profile, p.term.id, fmt.Sprintf("26%018d", g.made)
	return v
}

func (g *generator) invoiceLines(invoice trellis.ID, lines []line, sign int64) {
	for n, l := range lines {
		v := l.values(g, n)
		v["invoice"], v["orderLine"], v["quantity"] = invoice, l.id, fmt.Sprint(sign*l.quantity)
		g.add("invoiceLine", v)
	}
}
