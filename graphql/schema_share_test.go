package graphql

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// TestReadingIsTheSchema validates texts against the part of the schema that
// they speak of and against all of it: the errors must be the same.
func TestReadingIsTheSchema(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"boss", "clerk", "nobody"} {
		s := schemaOf(t, shop(t), role)
		full := s.everything()
		full.finish()
		for _, text := range differingTexts(t) {
			doc := func() *ast.QueryDocument {
				d, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, MaxTokens)
				if err != nil {
					return nil
				}
				return d
			}
			if doc() == nil {
				continue
			}
			part := doc()
			r, err := s.read(part)
			if err != nil {
				t.Fatal(err)
			}
			got := validator.ValidateWithRules(r.ast, part, textRules)
			want := validator.ValidateWithRules(full.ast, doc(), textRules)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %s\nin part: %v\nin full: %v", role, text, got, want)
			}
		}
	}
}

// differingTexts are the golden files' texts, and more by cutting names out and
// exchanging them.
func differingTexts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/plans/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no texts", err)
	}
	var texts []string
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, _, _ := strings.Cut(string(raw), "--- variables\n")
		texts = append(texts, text)
	}
	texts = append(texts, `{ nothing }`, `mutation { nothing }`, `subscription { x }`, `{ __typename __schema { types { name } } __type(name: "Order") { name } }`,
		`query ($a: NoSuch, $b: AccountFilter = {name: {eq: "x"}, orders: {some: {number: {eq: 1}}}}) { accounts(filter: $b) { nodes { id } } }`,
		`fragment F on Account { id orders { nodes { ...G } } } fragment G on Order { account { ...F } } { accounts { nodes { ...F } } }`,
		`{ account { ... on Order { id } ... on Account @include(if: {a: 1}) { id } ... on AccountFilter { id } } }`,
		`mutation { batch(operations: [{createAccount: {name: "A", code: 1, orders: {create: [{number: 3, nope: 1}]}}, nope: 1}]) { results { record { account { id } order { id } } } } }`,
		`fragment Q on Query { accounts { nodes { id } } } fragment M on Mutation { createAccount(input: {}) { id } } { ...Q } mutation M { ...M ...Q }`)
	words := []string{"accounts", "account", "orders", "name", "number", "createOrder", "AccountFilter", "Order", "id", "eq", "lines"}
	more := texts
	for i, text := range texts {
		for j, w := range words {
			more = append(more, strings.Replace(text, w, words[(i+j+1)%len(words)], 1), strings.ReplaceAll(text, w, w+"x"))
		}
	}
	return more
}

// TestTypesAreShared follows the types of objects over a change of the metadata
// and over role sets: only what changed, and what refers to it, is made again.
func TestTypesAreShared(t *testing.T) {
	t.Parallel()
	shared := newStore(64 << 20)
	schema := func(snap *metadata.Snapshot, role string) *Schema {
		engine, err := policy.NewEngine(shopWorkspace, snap)
		if err != nil {
			t.Fatal(err)
		}
		rights, err := engine.Rights(principalOf(role))
		if err != nil {
			t.Fatal(err)
		}
		return newSchema(snap, rights, shared)
	}
	def := shop(t)
	first := metadata.New(def, 1)
	next := def.Fork()
	o := next.Own("vault")
	o.Fields = append(o.Fields, &metadata.Field{Name: "depth", Kind: metadata.KindText, Column: "depth"})
	second := first.Next(next, 2)
	before, after := schema(first, "boss"), schema(second, "boss")
	for name, same := range map[string]bool{"Order": true, "OrderLine": true, "User": true, "Account": false, "Vault": false} {
		if b, a := before.typ(name), after.typ(name); b == nil || a == nil || (b == a) != same {
			t.Errorf("%s: shared %v, want %v", name, b == a, same)
		}
	}
	if after.typ("Vault").Fields.ForName("depth") == nil || after.typ("VaultFilter").Fields.ForName("depth") == nil {
		t.Error("the new field is missing")
	}
	if other := schema(second, "boss"); other.typ("Order") != after.typ("Order") {
		t.Error("equal role sets do not share")
	}
	if clerk := schema(second, "clerk"); clerk.typ("Account") == after.typ("Account") || clerk.typ("Account").Fields.ForName("secretMargin") != nil {
		t.Error("different sights share a type")
	}
}

// TestTypesForgotten works with a store that keeps next to nothing.
func TestTypesForgotten(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, shop(t), "boss")
	want := s.SDL()
	again := newSchema(s.sight.snapshot, s.sight.rights, newStore(1))
	if again.SDL() != want {
		t.Error("a store without room changes the schema")
	}
	if _, errs := newPlan(again, benchText, ""); errs != nil {
		t.Error(errs[0].Message)
	}
}
