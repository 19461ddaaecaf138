package metadata

import (
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"
)

// settings is a package that uses every setting there is.
var settings = os.DirFS("testdata/settings")

// TestEverySettingComesBack: what can be written in YAML is read, written and
// read again without a change, setting by setting.
func TestEverySettingComesBack(t *testing.T) {
	t.Parallel()
	def, errs := Read(settings)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	used := map[string]bool{}
	collect(reflect.ValueOf(def).Elem(), used)
	for _, of := range []any{Package{}, Object{}, Field{}, Option{}, RollUp{}, AutoNumber{}, Expression{}, Files{}, Alias{}, Index{}, IndexRange{}, ValidationRule{}, Role{}, Policy{}} {
		for f := range reflect.TypeOf(of).Fields() {
			key := reflect.TypeOf(of).Name() + "." + f.Name
			if f.IsExported() && f.Tag.Get("yaml") != "-" && !used[key] {
				t.Errorf("the package does not use %s", key)
			}
		}
	}
	Normalize(def, nil)
	if errs := Validate(def); len(errs) > 0 {
		t.Fatal(errs)
	}
	written := Write(def)
	again, errs := Read(asFolder(written))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	Normalize(again, def)
	for name, text := range Write(again) {
		if string(text) != string(written[name]) {
			t.Errorf("%s is written anew as\n%s\nwas\n%s", name, text, written[name])
		}
	}
	if changes := Diff(def, again); len(changes) > 0 {
		t.Errorf("it comes back with %v", changes)
	}
}

// collect notes which settings are not at their zero value somewhere.
func collect(v reflect.Value, used map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			collect(v.Elem(), used)
		}
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), used)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
				used[v.Type().Name()+"."+f.Name] = true
				collect(v.Field(i), used)
			}
		}
	}
}

func settingsFile(t testing.TB, name string) string {
	t.Helper()
	text, err := fs.ReadFile(settings, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Words that other languages keep for themselves, and texts that a database or a
// browser would stumble over: each is refused with its place, or does no harm.
func TestNamesAndTextsThatCannotBe(t *testing.T) {
	t.Parallel()
	const head = "name: thing\nplural: things\nfields:\n  - {name: ok, kind: text}\n"
	for line, want := range map[string]string{
		"  - {name: __proto__, kind: text}\n":                                     "__proto__",
		"  - {name: __typename, kind: text}\n":                                    "__typename",
		"  - {name: true, kind: text}\n":                                          "true",
		"  - {name: in, kind: text}\n":                                            "in",
		"  - {name: a" + strings.Repeat("b", 40) + ", kind: text}\n":              "40",
		"  - {name: day, kind: date, default: \"0000-01-01\"}\n":                  "default",
		"  - {name: day, kind: date, formerly: [{name: d, until: 0000-01-01}]}\n": "formerly",
		"  - {name: n, kind: decimal, precision: 39, scale: 2}\n":                 "precision",
		"  - {name: n, kind: decimal, precision: 4, scale: 2, default: 100.00}\n": "default",
		"  - {name: n, kind: text, label: {en: \"a\\0b\"}}\n":                     "label",
		"  - {name: n, kind: text, help: {en: \"a\xffb\"}}\n":                     "UTF-8",
		"  - {name: n, kind: text, colour: red}\n":                                "colour",
	} {
		def, errs := Read(asFolder(map[string][]byte{"package.yaml": []byte("name: custom\n"), "objects/thing.yaml": []byte(head + line)}))
		if def != nil {
			Normalize(def, nil)
			errs = AllProblems(errs, Validate(def))
		}
		if len(errs) == 0 || !strings.Contains(errs.Error(), want) || !strings.Contains(errs.Error(), "objects/thing.yaml") || errs[0].Code == "" {
			t.Errorf("%q: %v", line, errs)
		}
	}
}
