package graphql

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

const benchText = `query ($first: Int, $filter: OrderFilter) {
  orders(first: $first, filter: $filter, orderBy: [{amount: DESC_NULLS_LAST}]) {
    totalCount
    nodes { id number placedOn createdAt version amount { amount currency } account { id name region } lines(first: 5) { nodes { id product quantity } } }
    pageInfo { hasNextPage endCursor }
  }
}`

// BenchmarkPlan measures what a request costs before the engine: a miss reads,
// validates and flattens the text, a hit looks it up; both then compile the
// variables.
func BenchmarkPlan(b *testing.B) {
	s := schemaOf(b, shop(b), "boss")
	vars := map[string]any{"first": int64(20), "filter": map[string]any{"placedOn": map[string]any{"lt": "2026-01-01"}}}
	compile := func(b *testing.B, p *plan) {
		c := newCompiler(p.schema)
		if err := c.variables(p.op, vars); err != nil {
			b.Fatal(err)
		}
		if _, _, err := c.root(p.roots[0]); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("miss", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p, errs := newPlan(s, benchText, "")
			if errs != nil {
				b.Fatal(errs[0].Message)
			}
			compile(b, p)
		}
	})
	b.Run("hit", func(b *testing.B) {
		b.ReportAllocs()
		plans := newCache[planKey, *plan](1<<20, 1<<20)
		p, _ := newPlan(s, benchText, "")
		plans.put(planKey{text: benchText}, p, p.size)
		for b.Loop() {
			p, _ := plans.get(planKey{text: benchText})
			compile(b, p)
		}
	})
	b.Run("hit without variables", func(b *testing.B) {
		b.ReportAllocs()
		const text = `{ accounts(first: 20, filter: {region: {eq: north}}) { nodes { id name code region rating active } } }`
		plans := newCache[planKey, *plan](1<<20, 1<<20)
		p, _ := newPlan(s, text, "")
		plans.put(planKey{text: text}, p, p.size)
		for b.Loop() {
			p, _ := plans.get(planKey{text: text})
			c := newCompiler(p.schema)
			if _, _, err := c.root(p.roots[0]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("schema", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if newSchema(s.sight.snapshot, s.sight.rights, newStore(1<<20)).typ("Account").Kind != ast.Object {
				b.Fatal("no schema")
			}
		}
	})
}
