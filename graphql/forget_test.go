package graphql_test

import (
	"testing"

	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/access"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/graphql"
)

// TestNothingIsRemembered asks the same of an API that has been asked before and
// of one that has just begun, policies and metadata included.
func TestNothingIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	for _, role := range []string{"boss", "clerk", "nobody"} {
		for _, c := range []struct {
			text      string
			variables map[string]any
		}{
			{`{ accounts(orderBy: [{name: ASC}]) { totalCount nodes { name region orders { nodes { number } } } } }`, nil},
			{`query ($f: AccountFilter) { accounts(filter: $f) { nodes { name } } }`, map[string]any{"f": map[string]any{"and": []any{map[string]any{"name": map[string]any{"iContains": "a"}}}}}},
			{`query ($f: AccountFilter) { accounts(filter: $f) { nodes { name } } }`, map[string]any{"f": map[string]any{"secretMargin": map[string]any{"gt": "1"}}}},
			{`query ($o: [OrderOrderBy!]) { orders(orderBy: $o) { nodes { number account { name } } } }`, map[string]any{"o": []any{map[string]any{"account": map[string]any{"name": "DESC"}}}}},
			{`{ __type(name: "Account") { fields { name type { name } args { name } } } }`, nil},
			{`{ vaults { nodes { id } } }`, nil},
			{`{ accounts { nodes { nope } } }`, nil},
			{`mutation { nothing }`, nil},
		} {
			fresh := graphql.New(graphql.Options{SchemaBytes: 1, PlanBytes: 1, Engine: core.New(core.Options{DB: w.db, Catalog: catalog.New(w.db, nil), Access: access.New(w.db)})})
			want := w.ask(fresh, role, c.text, c.variables)
			for range 3 {
				if got := w.ask(w.api, role, c.text, c.variables); got != want {
					t.Errorf("%s: %s\nremembered %s\nforgotten  %s", role, c.text, got, want)
				}
			}
		}
	}
}
