package metadata

import (
	"slices"
	"strings"
	"testing"
)

// TestEverySettingOfEveryKindIsUsed: the package of settings has, for each kind,
// each setting that fits it, so that what is said of the package (it comes back
// as it was, from YAML and from a database) is said of all of them.
func TestEverySettingOfEveryKindIsUsed(t *testing.T) {
	t.Parallel()
	def, errs := Read(settings)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	all := append(slices.Clone(allSettings),
		given{key: "default", of: setDefault, isOn: func(f *Field) bool { return f.Default != "" }})
	for _, k := range Kinds {
		var fields []*Field
		for _, o := range def.Objects {
			for _, f := range o.Fields {
				if f.Kind == k {
					fields = append(fields, f)
				}
			}
		}
		if len(fields) == 0 {
			t.Errorf("the package has no field of the kind %s", k)
		}
		for _, g := range all {
			if k == KindRollUp && g.key == "result" {
				continue // nobody writes it: it follows from what is computed
			}
			if g.fits(specOf(k)) && !slices.ContainsFunc(fields, g.isOn) {
				t.Errorf("the package has no field of the kind %s with %s", k, g.key)
			}
		}
	}
	for _, k := range formulaResults {
		if !slices.ContainsFunc(def.Object("sample").Fields, func(f *Field) bool { return f.Result == k }) {
			t.Errorf("the package has no formula of %s", k)
		}
	}
}

// TestTextsComeBack: whatever people write into a label is there after YAML, as
// one line of text or as several.
func TestTextsComeBack(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"yes", "no", "~", "null", "1", "0x1F", "1e3", "2026-01-31", "=", "<<", "- a", "? b", ": c", "# d", "a: b", "a #b", "{x}", "[x]", "*x", "&x", "!x", "%x", "@x", "`x", "|", ">",
		`"quoted"`, "'quoted'", `back\slash`, " leading", "trailing ", "two\nlines", "ends in a line\n", "\nbegins with one", "a\n\n\nb", "a\n  indented\nb", "  indented\nfirst", "tab\there", "\tfirst", "cr\rlf\r\n",
		"emoji 🙂", "中文：标签", "nel\u0085x", "ls\u2028x", "bom\ufeffx", "\u00a0nbsp", "del\u007fx", strings.Repeat("long ", 60), "...", "---", "--- x", "%YAML 1.1",
	} {
		def := &Definition{Packages: []*Package{{Name: CustomPackage}}, Objects: []*Object{{
			Name: "thing", Plural: "things", Package: CustomPackage, Description: Texts{"en": text}.Label(),
			Rules: []*ValidationRule{{Name: "ok", Rule: text, Message: Texts{"en": text}.Label(), Package: CustomPackage}},
		}}}
		again, errs := Read(asFolder(Write(def)))
		if len(errs) > 0 {
			t.Errorf("%q: %v", text, errs)
			continue
		}
		o := again.Objects[0]
		for _, got := range []string{o.Description.Text("en"), o.Rules[0].Rule, o.Rules[0].Message.Text("en")} {
			if got != text {
				t.Errorf("%q comes back as %q", text, got)
			}
		}
	}
}
