package trellis_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// The rules of docs/architecture.md, held by reading the imports of every file.
// It parses files itself: what go list reports depends on build tags, and its
// result may be cached.

const module = "github.com/trellishq/trellis"

// tiers are read from the top of the program to its ground: a folder imports
// what stands in a later line. A name covers the folders below it that have no
// name of their own; imports within one name are free, but never in a circle.
var tiers = [][]string{
	{"bench", "e2e"},
	{"cmd/trellis"},
	{"web"},
	{"graphql/admin"},
	{"graphql"},
	{"plugins", "plugins/wasm", "plugins/native", "plugins/plugintest"},
	{"connectors/sync", "connectors/declarative", "connectors/catalog"},
	{"core/events", "core/flow", "core/identity", "core/files", "core/coretest", "bench/sample"},
	{"core"},
	{"core/access", "core/catalog", "core/query", "core/jobs", "core/pg", "core/pg/embedded", "core/secrets", "core/egress"},
	{"apps", "policy", "policy/policytest"},
	{"metadata", "metadata/ddl"},
	{"metadata/expr"},
	// What others write against imports nothing of ours: see alone.
	{".", "connectors", "connectors/connectortest", "plugins/sdk", "core/pg/pgtest"},
}

// within lists the imports between folders of one tier.
var within = map[string][]string{
	"plugins/wasm":             {"plugins"},
	"plugins/plugintest":       {"plugins"},
	"core/access":              {"core/catalog", "core/pg"},
	"core/catalog":             {"core/pg"},
	"core/jobs":                {"core/pg"},
	"core/pg/embedded":         {"core/pg"},
	"metadata/ddl":             {"metadata"},
	"policy/policytest":        {"policy"},
	"connectors/connectortest": {"connectors"},
}

// helpers are for tests: nothing else may import them.
var helpers = []string{
	"core/pg/pgtest", "core/coretest", "policy/policytest", "plugins/plugintest", "connectors/connectortest",
	"connectors/catalog/tryton/trytontest",
}

// alone imports the standard library and itself: what third parties write
// against pulls in nothing.
var alone = []string{".", "connectors", "plugins/sdk"}

// pure folders are values and functions: given the same, they answer the same.
var pure = []string{"metadata", "metadata/expr", "metadata/ddl", "policy"}

// impure is what those do not import. io/fs is an interface and no file.
var impure = []string{
	"os", "net", "net/http", "os/exec", "database/sql", "path/filepath", "log", "log/slog", "syscall",
	"github.com/jackc/pgx/v5",
}

// places says where a library may be imported: each has one job, in one place.
var places = map[string][]string{
	"github.com/casbin/casbin/v2":                {"policy"},
	"cel.dev/cel-go":                             {"metadata/expr"},
	"github.com/vektah/gqlparser/v2":             {"graphql", "e2e"},
	"github.com/graph-gophers/graphql-go":        {"graphql/admin"},
	"github.com/tetratelabs/wazero":              {"plugins/wasm"},
	"github.com/hashicorp/go-plugin":             {"plugins/native"},
	"github.com/riverqueue/river":                {"core/jobs", "connectors/sync", "cmd/trellis"},
	"github.com/alecthomas/kong":                 {"cmd/trellis", "bench"},
	"github.com/prometheus/client_golang":        {"web"},
	"golang.org/x/crypto/argon2":                 {"core/identity"},
	"golang.org/x/crypto/chacha20poly1305":       {"core/secrets"},
	"github.com/jackc/pgx/v5":                    {"core", "core/access", "core/catalog", "core/query", "core/jobs", "core/pg", "core/pg/embedded", "core/identity", "core/events", "core/files", "connectors/sync", "plugins", "bench", "core/pg/pgtest", "connectors/catalog/tryton/trytontest"},
	"go.yaml.in/yaml/v3":                         {"metadata", "policy/policytest", "plugins", "connectors/sync", "connectors/declarative", "cmd/trellis"},
	"github.com/cockroachdb/apd/v3":              {"metadata", "metadata/expr"},
	"github.com/fergusstrange/embedded-postgres": nil, // deletes a data directory of another version
}

// dials are names of net and net/http that reach another host. Only core/egress
// may, since what lies behind an address is given by customers; and programs
// that are no part of the server.
var dials = map[string][]string{
	"net":      {"Dial", "DialTimeout", "Dialer"},
	"net/http": {"Get", "Post", "PostForm", "Head", "DefaultClient", "DefaultTransport", "Transport"},
}

var mayDial = []string{"core/egress", "bench", "connectors/connectortest", "connectors/catalog/tryton/trytontest", "core/pg/embedded"}

// settings are read where the program starts. The others pass an environment on
// to a process they start, or hear from their parent with it.
var settings = []string{"cmd/trellis", "bench", "core/pg/embedded", "plugins", "plugins/wasm"}

// drawers are names of folders that collect what nobody thought about.
var drawers = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "base", "lib", "internal", "pkg"}

const maxLines = 600

func TestArchitecture(t *testing.T) {
	t.Parallel()
	problems, files := inspect(t, os.DirFS("."))
	for _, p := range problems {
		t.Error(p)
	}
	if files < 200 {
		t.Errorf("only %d files were read; is this still the root of the module?", files)
	}
}

// TestArchitectureFindsPlants holds the checker itself: each of these trees
// breaks one rule and nothing else.
func TestArchitectureFindsPlants(t *testing.T) {
	t.Parallel()
	file := func(pkg string, imports ...string) string {
		s := "package " + pkg + "\n"
		for _, i := range imports {
			s += fmt.Sprintf("import _ %q\n", strings.Replace(i, "~", module, 1))
		}
		return s
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"clean":                     {map[string]string{"core/a.go": file("core", "~/core/query", "~", "fmt"), "core/query/b.go": file("query", "~/policy"), "policy/c.go": file("policy", "~/metadata")}, ""},
		"to the left":               {map[string]string{"core/query/a.go": file("query", "~/core")}, "core/query/a.go: core/query may not import core"},
		"within a tier":             {map[string]string{"core/query/a.go": file("query", "~/core/pg")}, "core/query/a.go: core/query may not import core/pg"},
		"a test to the left":        {map[string]string{"core/query/a_test.go": file("query_test", "~/web")}, "core/query/a_test.go: core/query may not import web"},
		"a test within a tier":      {map[string]string{"core/catalog/a_test.go": file("catalog_test", "~/core/access")}, ""},
		"a helper in the product":   {map[string]string{"core/a.go": file("core", "~/core/pg/pgtest")}, "core/a.go: core/pg/pgtest is for tests"},
		"a helper in a test":        {map[string]string{"core/a_test.go": file("core_test", "~/core/pg/pgtest")}, ""},
		"a library in the contract": {map[string]string{"connectors/a.go": file("connectors", "github.com/google/uuid")}, "connectors/a.go: connectors imports the standard library alone, not github.com/google/uuid"},
		"the root in the contract":  {map[string]string{"connectors/a.go": file("connectors", "~")}, "connectors/a.go: connectors may not import ."},
		"a file in a pure folder":   {map[string]string{"metadata/a.go": file("metadata", "os")}, "metadata/a.go: metadata is pure and may not import os"},
		"SQL in a pure folder":      {map[string]string{"policy/a.go": file("policy", "github.com/jackc/pgx/v5/pgxpool")}, "policy/a.go: github.com/jackc/pgx/v5 may not be imported here"},
		"casbin elsewhere":          {map[string]string{"graphql/a.go": file("graphql", "github.com/casbin/casbin/v2/model")}, "graphql/a.go: github.com/casbin/casbin/v2 may not be imported here"},
		"a folder nobody knows":     {map[string]string{"extra/a.go": file("extra")}, "extra: is in no tier"},
		"a drawer":                  {map[string]string{"core/util/a.go": file("util")}, "core/util: util says nothing"},
		"a circle":                  {map[string]string{"graphql/x/a.go": file("x", "~/graphql/y"), "graphql/y/a.go": file("y", "~/graphql/x")}, "graphql/x: imports itself through graphql/y"},
		"a long file":               {map[string]string{"core/a.go": file("core") + strings.Repeat("\n", maxLines)}, "core/a.go: has 601 lines, more than 600"},
		"an init":                   {map[string]string{"core/a.go": "package core\nfunc init() {}\n"}, "core/a.go:2: func init registers behind one's back"},
		"a way out":                 {map[string]string{"web/a.go": "package web\nimport h \"net/http\"\nvar _ = h.DefaultClient\n"}, "web/a.go:3: http.DefaultClient goes past core/egress"},
		"the environment":           {map[string]string{"core/a.go": "package core\nimport \"os\"\nvar _ = os.Getenv(\"X\")\n"}, "core/a.go:3: os.Getenv: the environment is read in cmd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{}
			for path, text := range c.files {
				tree[path] = &fstest.MapFile{Data: []byte(text)}
			}
			problems, _ := inspect(t, tree)
			switch {
			case c.want == "" && len(problems) > 0:
				t.Errorf("found %q where nothing is wrong", problems)
			case c.want != "" && (len(problems) != 1 || problems[0] != c.want):
				t.Errorf("found %q, want %q", problems, c.want)
			}
		})
	}
}

// source is one file, as far as the rules go.
type source struct {
	name, folder, unit string
	test               bool
	imports            []string
	syntax             *ast.File
}

// inspect gives every break of a rule in the tree, in order, and how many files
// it has read.
func inspect(t *testing.T, tree fs.FS) (problems []string, files int) {
	t.Helper()
	graph := map[string][]string{}
	set := token.NewFileSet()
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && (base[0] == '.' || base == "testdata" || base == "node_modules" || name == "tools" || name == "data") {
				return fs.SkipDir
			}
			if slices.Contains(drawers, base) {
				problems = append(problems, fmt.Sprintf("%s: %s says nothing", name, base))
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		files++
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		f := &source{name: name, folder: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), syntax: syntax}
		f.unit = unitOf(f.folder)
		for _, i := range syntax.Imports {
			f.imports = append(f.imports, strings.Trim(i.Path.Value, "\"`"))
		}
		if !f.test {
			graph[f.folder] = append(graph[f.folder], f.ours()...)
		}
		problems = append(problems, f.check(set, bytes.Count(text, []byte("\n")))...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(problems, circles(graph)...), files
}

// unitOf is the name in tiers that covers a folder, "" when none does.
func unitOf(folder string) string {
	for unit := folder; unit != "."; unit = path.Dir(unit) {
		if tierOf(unit) >= 0 {
			return unit
		}
	}
	if folder == "." {
		return "."
	}
	return ""
}

func tierOf(unit string) int {
	return slices.IndexFunc(tiers, func(t []string) bool { return slices.Contains(t, unit) })
}

// ours are the folders of this module that the file imports.
func (f *source) ours() []string {
	var out []string
	for _, i := range f.imports {
		if i == module {
			out = append(out, ".")
		} else if rest, ok := strings.CutPrefix(i, module+"/"); ok {
			out = append(out, rest)
		}
	}
	return out
}

// below says that the file lies in one of the folders, at any depth.
func (f *source) below(folders []string) bool {
	return slices.ContainsFunc(folders, func(s string) bool { return f.folder == s || strings.HasPrefix(f.folder, s+"/") })
}

func (f *source) check(set *token.FileSet, lines int) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, f.name+": "+fmt.Sprintf(format, args...)) }
	if lines > maxLines {
		say("has %d lines, more than %d", lines, maxLines)
	}
	if f.unit == "" {
		return append(out, f.folder+": is in no tier")
	}
	for _, folder := range f.ours() {
		to := unitOf(folder)
		switch {
		case slices.Contains(helpers, folder):
			if !f.test && f.unit != "bench" && !f.below(helpers) {
				say("%s is for tests", folder)
			} else if tierOf(to) < tierOf(f.unit) && !f.test {
				say("%s may not import %s", f.unit, folder)
			}
		case to == f.unit || tierOf(to) > tierOf(f.unit) && !slices.Contains(alone, f.unit):
		case tierOf(to) == tierOf(f.unit) && (f.test || slices.Contains(within[f.unit], to)):
		default:
			say("%s may not import %s", f.unit, folder)
		}
	}
	for _, i := range f.imports {
		f.checkLibrary(i, say)
	}
	if !f.test {
		out = append(out, f.checkUse(set)...)
	}
	return out
}

// checkLibrary judges an import that is not ours.
func (f *source) checkLibrary(name string, say func(string, ...any)) {
	first, _, _ := strings.Cut(name, "/")
	if name == module || strings.HasPrefix(name, module+"/") {
		return
	}
	if !f.test && slices.Contains(alone, f.unit) && strings.Contains(first, ".") {
		say("%s imports the standard library alone, not %s", f.unit, name)
		return
	}
	if !f.test && slices.Contains(pure, f.unit) && slices.Contains(impure, name) {
		say("%s is pure and may not import %s", f.unit, name)
	}
	for library, where := range places {
		if (name == library || strings.HasPrefix(name, library+"/")) && !slices.Contains(where, f.unit) && !f.below(where) && !f.test {
			say("%s may not be imported here", library)
		}
	}
}

// checkUse looks for what is used past its one place.
func (f *source) checkUse(set *token.FileSet) []string {
	var out []string
	say := func(at ast.Node, format string, args ...any) {
		out = append(out, fmt.Sprintf("%s:%d: %s", f.name, set.Position(at.Pos()).Line, fmt.Sprintf(format, args...)))
	}
	names := map[string]string{} // local name → import path
	for _, i := range f.syntax.Imports {
		p := strings.Trim(i.Path.Value, "\"`")
		local := path.Base(p)
		if i.Name != nil {
			local = i.Name.Name
		}
		names[local] = p
	}
	selected := func(e ast.Expr) (pkg, name string) {
		if s, ok := e.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				return names[x.Name], s.Sel.Name
			}
		}
		return "", ""
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" && !f.below([]string{"plugins/sdk", "plugins/plugintest"}) {
				say(n, "func init registers behind one's back")
			}
		case *ast.CompositeLit:
			if pkg, name := selected(n.Type); pkg == "net/http" && name == "Client" && !f.below(mayDial) {
				say(n, "http.Client goes past core/egress")
			}
		case *ast.SelectorExpr:
			pkg, name := selected(n)
			if slices.Contains(dials[pkg], name) && !f.below(mayDial) {
				say(n, "%s.%s goes past core/egress", path.Base(pkg), name)
			}
			if pkg == "os" && slices.Contains([]string{"Getenv", "LookupEnv", "Environ"}, name) && !f.below(settings) && !f.below(helpers) {
				say(n, "os.%s: the environment is read in cmd", name)
			}
		}
		return true
	})
	return out
}

// circles gives the first way from each folder back to itself, one per circle.
func circles(graph map[string][]string) []string {
	var out []string
	done := map[string]bool{}
	var walk func(folder string, way []string)
	walk = func(folder string, way []string) {
		if at := slices.Index(way, folder); at >= 0 {
			out = append(out, fmt.Sprintf("%s: imports itself through %s", folder, strings.Join(way[at+1:], ", ")))
			return
		}
		if done[folder] {
			return
		}
		way = append(slices.Clip(way), folder)
		for _, next := range slices.Compact(slices.Sorted(slices.Values(graph[folder]))) {
			walk(next, way)
		}
		done[folder] = true
	}
	for _, folder := range slices.Sorted(maps.Keys(graph)) {
		walk(folder, nil)
	}
	return out
}
