package graphql

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// TestCompileGolden holds what texts become. A file has a text, its variables
// and the trees, each part behind a line "--- name".
func TestCompileGolden(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, shop(t), "boss")
	files, err := filepath.Glob("testdata/plans/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text, rest, _ := strings.Cut(string(raw), "--- variables\n")
			variables, _, _ := strings.Cut(rest, "--- tree\n")
			got := compileText(t, s, text, variables)
			golden(t, "plans/"+filepath.Base(path), text+"--- variables\n"+variables+"--- tree\n"+got)
		})
	}
}

// compileText is what a text becomes, or its errors, for golden files.
func compileText(t *testing.T, s *Schema, text, variables string) string {
	t.Helper()
	vars, problem := decodeVariables([]byte(strings.TrimSpace(variables)))
	if problem != nil {
		t.Fatal(problem)
	}
	p, errs := newPlan(s, text, "")
	if errs != nil {
		return "{" + string(AppendErrors(nil, errs)) + "}\n"
	}
	c := newCompiler(s)
	if err := c.variables(p.op, vars); err != nil {
		return "variables: " + err.Error() + "\n"
	}
	var d dumper
	for _, n := range p.roots {
		if !n.when.holds(c.vars) {
			continue
		}
		if p.op.Operation == ast.Mutation {
			w, err := c.writing(n)
			if err != nil {
				d.line("%s: %s %v", n.key, err.Code, err)
				continue
			}
			d.writing(w)
			continue
		}
		q, cost, err := c.root(n)
		if err != nil {
			d.line("%s: %s %v", n.key, err.Code, err)
			continue
		}
		d.line("cost %d", cost)
		d.query(n.key, q)
	}
	return d.b.String()
}
