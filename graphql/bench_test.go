package graphql

import (
	"fmt"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
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
		c := p.compiler()
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
		plans := newCache[planKey, *plan](1<<20, 1<<20, 1<<18)
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
		plans := newCache[planKey, *plan](1<<20, 1<<20, 1<<18)
		p, _ := newPlan(s, text, "")
		plans.put(planKey{text: text}, p, p.size)
		for b.Loop() {
			p, _ := plans.get(planKey{text: text})
			c := p.compiler()
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

// BenchmarkRevision measures what the first text costs that names a field just
// added: the next snapshot, its policies, and the types that the text speaks of.
// It must not depend on how many objects there are.
func BenchmarkRevision(b *testing.B) {
	for _, objects := range []int{10, 100, 1000, 2000} {
		b.Run(fmt.Sprintf("objects=%d", objects), func(b *testing.B) {
			b.ReportAllocs()
			def := manyObjects(objects)
			snap, shared := metadata.New(def, 1), newStore(48<<20)
			engine, err := policy.NewEngine(shopWorkspace, snap)
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				next := def.Fork()
				o := next.Own("thing5")
				name := fmt.Sprintf("more%d", i)
				o.Fields = append(o.Fields, &metadata.Field{Name: name, Kind: metadata.KindText, Column: name})
				changed := snap.Next(next, int64(i+2))
				if engine, err = engine.Next(changed); err != nil {
					b.Fatal(err)
				}
				rights, err := engine.Rights(principalOf("boss"))
				if err != nil {
					b.Fatal(err)
				}
				if _, errs := newPlan(newSchema(changed, rights, shared), "{ things5(filter: {"+name+": {isNull: true}}) { nodes { id "+name+" next { f1 } } } }", ""); errs != nil {
					b.Fatal(errs[0].Message)
				}
			}
		})
	}
}

// manyObjects are objects of 20 fields with lookups among them.
func manyObjects(n int) *metadata.Definition {
	def := &metadata.Definition{Objects: metadata.SystemObjects(), Roles: []*metadata.Role{{Name: "boss"}}, Policies: []*metadata.Policy{{
		Name: "boss", Role: "boss", Object: "*", Actions: []metadata.Action{metadata.ActionAny}, Rule: "record.version > 0"}}}
	for i := range n {
		o := &metadata.Object{Name: fmt.Sprintf("thing%d", i), Plural: fmt.Sprintf("things%d", i)}
		for j := range 19 {
			o.Fields = append(o.Fields, &metadata.Field{Name: fmt.Sprintf("f%d", j), Kind: metadata.KindText})
		}
		o.Fields = append(o.Fields, &metadata.Field{Name: "next", Kind: metadata.KindLookup, Target: fmt.Sprintf("thing%d", max(0, i-1)), Inverse: fmt.Sprintf("followers%d", i)})
		def.Objects = append(def.Objects, o)
	}
	metadata.Normalize(def, nil)
	return def
}
