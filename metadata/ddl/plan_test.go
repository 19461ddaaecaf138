package ddl_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

var update = flag.Bool("update", false, "write the expected parts of testdata anew")

const stepsMark = "-- steps --\n"

// Each file under testdata holds a package folder before and after a change,
// and the steps between them.
func TestPlans(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, ok := strings.Cut(string(data), stepsMark)
			if !ok {
				t.Fatal("the file has no steps")
			}
			got := planned(t, folders(input))
			if *update {
				if err := os.WriteFile(file, []byte(input+stepsMark+got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// folders reads the sections "-- before/name --" and "-- after/name --".
func folders(input string) fstest.MapFS {
	fsys := fstest.MapFS{}
	var last *fstest.MapFile
	for line := range strings.Lines(input) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(name, " --") {
			last = &fstest.MapFile{}
			fsys[strings.TrimSuffix(name, " --")] = last
		} else if last != nil {
			last.Data = append(last.Data, line...)
		}
	}
	for _, dir := range []string{"before", "after"} {
		fsys[dir+"/package.yaml"] = &fstest.MapFile{Data: []byte("name: shop\n")}
	}
	return fsys
}

func planned(t *testing.T, fsys fs.FS) string {
	t.Helper()
	old := read(t, fsys, "before", nil)
	def := read(t, fsys, "after", old)
	plan, err := ddl.Make(old, def, "ws_main")
	if err != nil {
		return "problem: " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, c := range plan.Changes {
		fmt.Fprintf(&b, "# %s\n", c)
	}
	for _, s := range plan.Steps {
		online := ""
		if !s.Online {
			online = ", not online"
		}
		fmt.Fprintf(&b, "%s (%s, lock %s%s)\n\t%s\n", s.Kind, s.Phase, s.Lock, online, strings.ReplaceAll(s.SQL, "\n", "\n\t"))
		if s.Loses != "" {
			fmt.Fprintf(&b, "\tloses %s\n", s.Loses)
		}
	}
	return b.String()
}

func read(t *testing.T, fsys fs.FS, dir string, current *metadata.Definition) *metadata.Definition {
	t.Helper()
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	def, errs := metadata.Read(sub)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	metadata.Normalize(def, current)
	if errs := metadata.ValidateChange(def, current); len(errs) > 0 {
		t.Fatal(errs)
	}
	return def
}

func TestSchema(t *testing.T) {
	t.Parallel()
	for slug, ok := range map[string]bool{"main": true, "a1_b": true, "": false, "Main": false, "1a": false, "a-b": false, strings.Repeat("a", 41): false, `a";drop`: false} {
		schema, err := ddl.Schema(slug)
		if ok != (err == nil) || ok && schema != "ws_"+slug {
			t.Errorf("%q gives %q, %v", slug, schema, err)
		}
		if !ok && trellis.CodeOf(err) != trellis.CodeInvalidInput {
			t.Errorf("%q has the code %s", slug, trellis.CodeOf(err))
		}
	}
}

// Kinds that cannot follow on data are refused here too, should somebody plan
// what was not validated.
func TestNoPlanForOtherKinds(t *testing.T) {
	t.Parallel()
	old := &metadata.Definition{Objects: []*metadata.Object{{Name: "a", Plural: "as", Fields: []*metadata.Field{{Name: "n", Kind: metadata.KindInteger}}}}}
	metadata.Normalize(old, nil)
	def := old.Fork()
	def.Own("a").Fields[0].Kind = metadata.KindDate
	metadata.Normalize(def, old)
	if plan, err := ddl.Make(old, def, "ws_main"); err == nil {
		t.Errorf("planned %v", plan.Steps)
	}
}

// What is computed and was removed comes back with its column, its data and its
// indexes; only another type needs another column.
func TestComputedFieldsAreRestored(t *testing.T) {
	t.Parallel()
	total := &metadata.Field{Name: "total", Kind: metadata.KindFormula, Result: metadata.KindInteger, Formula: "record.n * 2", Indexed: true}
	first := &metadata.Definition{Objects: []*metadata.Object{{Name: "thing", Plural: "things", Fields: []*metadata.Field{{Name: "n", Kind: metadata.KindInteger}, total}}}}
	metadata.Normalize(first, nil)
	removed := first.Fork()
	gone := removed.Own("thing")
	gone.Fields = gone.Fields[:1]
	metadata.Normalize(removed, first)
	plan, err := ddl.Make(first, removed, "ws_main")
	if err != nil {
		t.Fatal(err)
	}
	removed.Removed = plan.Hidden
	for formula, want := range map[string]string{
		"record.n * 2":             `[show createIndex]`,
		"record.n > 2":             `[dropColumn addColumn createIndex]`,
		`record.n > 2 ? "a" : "b"`: `[dropColumn addColumn createIndex]`,
		"now < record.when":        `[dropColumn]`,
	} {
		back := removed.Fork()
		thing, f := back.Own("thing"), total.Clone()
		if f.Formula = formula; strings.Contains(formula, "?") {
			f.Result = metadata.KindText
		} else if !strings.Contains(formula, "*") {
			f.Result = metadata.KindBoolean
		}
		if strings.Contains(formula, "when") {
			f.Indexed = false
			thing.Fields = append(thing.Fields, &metadata.Field{Name: "when", Kind: metadata.KindDateTime})
		}
		thing.Fields = append(thing.Fields, f)
		metadata.Normalize(back, removed)
		if errs := metadata.ValidateChange(back, removed); len(errs) > 0 {
			t.Fatal(errs)
		}
		plan, err := ddl.Make(removed, back, "ws_main")
		if err != nil {
			t.Fatal(err)
		}
		var kinds []ddl.Kind
		for _, s := range plan.Steps {
			if s.Field == "total" {
				kinds = append(kinds, s.Kind)
			}
		}
		if got := fmt.Sprint(kinds); got != want {
			t.Errorf("%s: %s, want %s", formula, got, want)
		}
	}
}
