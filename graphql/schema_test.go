package graphql

import (
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestSchemaGolden holds the schema of each role as people see it.
func TestSchemaGolden(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"boss", "clerk", "nobody"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			golden(t, "schema_"+role+".graphql", schemaOf(t, shop(t), role).SDL())
		})
	}
}

// TestSchemaIsValid loads the printed schema with the standard's own rules:
// what is built without text must be what the text would give.
func TestSchemaIsValid(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"boss", "clerk", "nobody"} {
		sdl := schemaOf(t, shop(t), role).SDL()
		if _, err := gqlparser.LoadSchema(&ast.Source{Input: sdl}); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
}

// TestSchemaHasBindings finds fields that execution would not know.
func TestSchemaHasBindings(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, shop(t), "boss")
	whole := s.whole()
	for _, d := range whole.typs {
		if d.Kind != ast.Object {
			continue
		}
		for i, f := range d.Fields {
			if d.bind(i) == nil {
				t.Errorf("%s.%s has no binding", d.Name, f.Name)
			}
			if whole.ast.Types[f.Type.Name()] == nil {
				t.Errorf("%s.%s has the unknown type %s", d.Name, f.Name, f.Type)
			}
		}
	}
}

// TestSchemaHides looks for anything that names what a role may not see.
func TestSchemaHides(t *testing.T) {
	t.Parallel()
	sdl := strings.ToLower(schemaOf(t, shop(t), "clerk").SDL())
	for _, hidden := range []string{"vault", "secretmargin", "orderline", "lines", "active", "seenat", "reports", "user", "team", "deleteorder", "deleteaccount", "updateaccount"} {
		if strings.Contains(sdl, hidden) {
			t.Errorf("the clerk's schema has %q", hidden)
		}
	}
}

func TestNamesCollide(t *testing.T) {
	t.Parallel()
	def := shop(t)
	for _, o := range def.Objects {
		if o.Name == "vault" { // its update input would be AccountPatch's neighbour
			o.Name, o.Plural = "accountPatch", "accountPatches"
		}
	}
	s := schemaOf(t, def, "boss")
	if d := s.whole().ast.Types["AccountPatch"]; d == nil || d.Kind != ast.Object {
		t.Error("an object keeps its own name")
	}
	if d := s.whole().ast.Types["AccountPatch_"]; d == nil || d.Kind != ast.InputObject {
		t.Error("a derived type gives way")
	}
	if !slices.ContainsFunc(s.whole().ast.Mutation.Fields, func(f *ast.FieldDefinition) bool {
		a := f.Arguments.ForName("input")
		return f.Name == "updateAccount" && a != nil && a.Type.Name() == "AccountPatch_"
	}) {
		t.Error("updateAccount takes the renamed type")
	}
}
