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
