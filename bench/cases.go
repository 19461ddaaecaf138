package bench

import (
	"fmt"
	"slices"
	"time"

	"github.com/trellishq/trellis"
)

// Case is one kind of request, asked again and again with other variables.
type Case struct {
	Name string
	// Query is the GraphQL text; variables are made by vars.
	Query string
	// Target is the most that the cost may be, in costs of the floor.
	Target float64
	// Page is what architecture.md says a floor costs, in milliseconds of CPU; 0
	// where it does not say.
	Page  float64
	Write bool
	// Slow says that one request is much work: few are enough to compare.
	Slow bool
	vars func(s Size, i int) map[string]any
}

// variants is how many different variables a read is asked with.
const variants = 64

// variants of this case: a slow one has no variables.
func (k *Case) variants() int {
	if k.Slow {
		return 1
	}
	return variants
}

const (
	readTarget  = 1.25
	writeTarget = 1.5
)

// Cases are all that is measured by CPU.
var Cases = slices.Concat(requests, aggregates)

var requests = []Case{
	{Name: "one", Target: readTarget, Page: 0.065, vars: oneVars, Query: `query ($id: ID!) {
  opportunity(id: $id) { id name stage amount { amount currency } probability closeDate source nextStep createdAt version }
}`},
	{Name: "list", Target: readTarget, Page: 0.175, vars: listVars, Query: `query ($stage: OpportunityStage!, $from: Date!) {
  opportunities(first: 50, filter: {stage: {eq: $stage}, closeDate: {gte: $from}}, orderBy: [{closeDate: ASC}]) {
    nodes { id name stage amount { amount currency } probability closeDate score }
  }
}`},
	{Name: "nested", Target: readTarget, Page: 0.63, vars: beforeVars(accounts), Query: `query ($before: DateTime!) {
  accounts(first: 20, filter: {createdAt: {lt: $before}}, orderBy: [{createdAt: DESC}]) {
    nodes {
      id name region industry
      contacts(first: 5) { nodes { id name email } }
      opportunities(first: 5) { nodes { id name stage amount { amount currency } } }
    }
  }
}`},
	{Name: "wide", Target: readTarget, Page: 1.71, vars: beforeVars(opportunities), Query: `query ($before: DateTime!) {
  opportunities(first: 500, filter: {createdAt: {lt: $before}}, orderBy: [{createdAt: DESC}]) {
    nodes { id createdAt createdBy updatedAt updatedBy version name stage amount { amount currency } probability closeDate source nextStep score renewal }
  }
}`},
	{Name: "related", Target: readTarget, vars: relatedVars, Query: `query ($stage: OpportunityStage!, $from: Date!, $region: String!) {
  opportunities(first: 20, filter: {stage: {eq: $stage}, closeDate: {gte: $from}, account: {region: {eq: $region}}}, orderBy: [{closeDate: ASC}]) {
    nodes { id name amount { amount currency } closeDate account { id name } }
  }
}`},
	{Name: "insert", Target: writeTarget, Page: 0.373, Write: true, vars: insertVars, Query: `mutation ($input: OpportunityInput!) {
  createOpportunity(input: $input) {
    record { id name stage amount { amount currency } probability closeDate version account { id name } }
    errors { code path message }
  }
}`},
	{Name: "order", Target: writeTarget, Write: true, vars: orderVars, Query: `mutation ($input: OrderInput!) {
  createOrder(input: $input) {
    record {
      id number state total { amount currency } net { amount currency } lineCount account { id name }
      lines(first: 20, orderBy: [{lineNo: ASC}]) { nodes { id lineNo quantity amount { amount currency } } }
    }
    errors { code path message }
  }
}`},
}

// oneVars names a record that the role may see.
func oneVars(s Size, i int) map[string]any {
	n := random(opportunities, -1-i).IntN(s.Opportunities)
	for source(n) == "partner" {
		n = (n + 1) % s.Opportunities
	}
	return map[string]any{"id": s.id(opportunities, n)}
}

func listVars(_ Size, i int) map[string]any {
	r := random(opportunities, -1-i)
	// The last month is left out, so that there are always enough.
	return map[string]any{"stage": pick(r, stages), "from": closeDate(r.IntN(closeDays - 30)).Format(time.DateOnly)}
}

func relatedVars(s Size, i int) map[string]any {
	v := listVars(s, i)
	v["region"] = regions[1+i%(len(regions)-1)]
	return v
}

// beforeVars begins somewhere in the later half of the years.
func beforeVars(k kind) func(Size, int) map[string]any {
	return func(s Size, i int) map[string]any {
		n := s.count(k)
		return map[string]any{"before": s.created(k, n/2+random(k, -1-i).IntN(n/2)).Format(time.RFC3339Nano)}
	}
}

// visibleAccount is one whose region the role may see.
func visibleAccount(s Size, i int) trellis.ID {
	n := random(accounts, -1-i).IntN(s.Accounts)
	for region(n) == regions[0] {
		n = (n + 1) % s.Accounts
	}
	return s.id(accounts, n)
}

func insertVars(s Size, i int) map[string]any {
	r := random(opportunities, -1-i)
	return map[string]any{"input": map[string]any{
		"name": fmt.Sprintf("New %s", pick(r, words)), "account": visibleAccount(s, i), "stage": "need",
		"amount":      map[string]any{"amount": fmt.Sprintf("%d.%02d", 1000+r.IntN(100_000), 1+r.IntN(99)), "currency": "EUR"},
		"probability": fmt.Sprintf("%d.25", r.IntN(99)), "closeDate": closeDate(r.IntN(closeDays)).Format(time.DateOnly), "source": "website",
	}}
}

// orderLines is how many lines an order has.
const orderLines = 20

func orderVars(s Size, i int) map[string]any {
	r := random(products, -1-i)
	// With as many digits as their fields keep: so they come into the outbox.
	money := func(cents int, more string) map[string]any {
		return map[string]any{"amount": fmt.Sprintf("%d.%02d%s", cents/100, cents%100, more), "currency": "EUR"}
	}
	var lines []any
	total := 0
	for n := range orderLines {
		quantity, price := 1+r.IntN(9), 1000+r.IntN(100_000)
		total += quantity * price
		lines = append(lines, map[string]any{
			"lineNo": n + 1, "product": s.id(products, r.IntN(s.Products)), "quantity": fmt.Sprintf("%d.0000", quantity),
			"price": money(price, "0000"), "amount": money(quantity*price, ""),
		})
	}
	return map[string]any{"input": map[string]any{
		"number": trellis.NewID().String(), "account": visibleAccount(s, i), "orderDate": "2026-03-01", "total": money(total, ""),
		"lines": map[string]any{"create": lines},
	}}
}
