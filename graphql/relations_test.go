package graphql

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/metadata"
)

// TestRelationsInSchema holds what the relation kinds make of a schema, for who
// may do all and for who may do little.
func TestRelationsInSchema(t *testing.T) {
	t.Parallel()
	folder, problems := metadata.Read(os.DirFS("testdata/relations"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	def := metadata.Merge(&metadata.Definition{Objects: metadata.SystemObjects()}, folder)
	metadata.Normalize(def, nil)
	if problems := metadata.Validate(def); len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, role := range []string{"boss", "clerk"} {
		sdl := schemaOf(t, def, role).SDL()
		golden(t, "relations_"+role+".graphql", types(sdl, "Lead", "LeadFilter", "LeadInput", "LeadPatch", "LinksInput", "Note", "NoteAbout", "NoteAboutFilter", "NoteInput", "RefInput", "File", "FileInput"))
		if _, err := gqlparser.LoadSchema(&ast.Source{Input: sdl}); err != nil {
			t.Errorf("%s: %v", role, err)
		}
		if strings.Contains(sdl, "LeadProductInterest") {
			t.Errorf("%s sees a link that nobody defined", role)
		}
	}
}

// types cuts the definitions of some types out of a schema.
func types(sdl string, names ...string) string {
	var b strings.Builder
	in := false
	for line := range strings.Lines(sdl) {
		words := strings.Fields(line)
		if len(words) > 1 && (words[0] == "type" || words[0] == "input" || words[0] == "union") {
			in = slices.Contains(names, words[1])
		}
		if in && !strings.Contains(line, `"""`) {
			b.WriteString(line)
		}
		in = in && line != "}\n"
	}
	return b.String()
}
