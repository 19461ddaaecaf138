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

// TestEqualSightsAreOne: what role sets see of an object is kept once when it is
// the same, whatever the words of their policies; and those with the same
// policies have one schema.
func TestEqualSightsAreOne(t *testing.T) {
	t.Parallel()
	def := shop(t)
	for _, role := range []string{"north", "south", "narrow", "twin"} {
		def.Roles = append(def.Roles, &metadata.Role{Name: role})
	}
	policyOf := func(role, rule string, fields ...string) {
		def.Policies = append(def.Policies, &metadata.Policy{Name: role + "Reads", Role: role, Object: "order", Actions: []metadata.Action{metadata.ActionRead}, Rule: rule, ReadFields: fields})
	}
	policyOf("north", "record.version > 1")
	policyOf("south", "record.version > 2")
	policyOf("narrow", "record.version > 1", "number")
	policyOf("twin", "record.version > 1")
	snap := metadata.New(def, 1)
	engine, err := policy.NewEngine(shopWorkspace, snap)
	if err != nil {
		t.Fatal(err)
	}
	shared := newStore(1 << 20)
	see := func(roles ...string) (*objectSight, string) {
		p := principalOf("x")
		p.SetRoles(roles)
		rights, err := engine.Rights(p)
		if err != nil {
			t.Fatal(err)
		}
		s := newSchema(snap, rights, shared)
		return s.sight.object("order"), rights.Key()
	}
	north, northKey := see("north")
	south, southKey := see("south")
	narrow, _ := see("narrow")
	both, _ := see("north", "narrow")
	_, twinKey := see("twin")
	if north == nil || north != south || north != both || north == narrow {
		t.Errorf("sights %p %p %p %p", north, south, both, narrow)
	}
	if northKey != twinKey || northKey == southKey {
		t.Error("schemas are shared by equal policies, and by no others")
	}
}

// TestManyRoleSetsStayBounded sees the shop as thousands of combinations of
// roles: what is kept of them has an end.
func TestManyRoleSetsStayBounded(t *testing.T) {
	t.Parallel()
	def := shop(t)
	var fields []string
	for _, o := range def.Objects {
		if o.Name == "order" {
			for _, f := range o.Fields {
				fields = append(fields, f.Name)
			}
		}
	}
	const roles = 11
	for i := range roles {
		name := fmt.Sprintf("part%d", i)
		def.Roles = append(def.Roles, &metadata.Role{Name: name})
		def.Policies = append(def.Policies, &metadata.Policy{Name: name, Role: name, Object: "order", Actions: []metadata.Action{metadata.ActionRead},
			Rule: fmt.Sprintf("record.version > %d", i), ReadFields: []string{fields[i%len(fields)]}})
	}
	snap := metadata.New(def, 1)
	engine, err := policy.NewEngine(shopWorkspace, snap)
	if err != nil {
		t.Fatal(err)
	}
	const room = 40 << 10
	shared := newStore(room)
	for set := 1; set < 1<<roles; set++ {
		p := principalOf("x")
		var list []string
		for i := range roles {
			if set&(1<<i) != 0 {
				list = append(list, fmt.Sprintf("part%d", i))
			}
		}
		p.SetRoles(list)
		rights, err := engine.Rights(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, errs := newPlan(newSchema(snap, rights, shared), "{ orders { nodes { id } } }", ""); errs != nil {
			t.Fatal(errs[0].Message)
		}
	}
	if size := shared.sights.kept.size + shared.sights.trial.size + shared.names.kept.size + shared.names.trial.size; size > room {
		t.Errorf("%d bytes are kept, more than %d", size, room)
	}
}
