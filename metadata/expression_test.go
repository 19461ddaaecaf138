package metadata

import (
	"strings"
	"testing"
)

func TestWhatExpressionsAreAbout(t *testing.T) {
	t.Parallel()
	for over, want := range map[string]string{
		"lead": "", "$lead.name": "", "$name": "", "laed": `did you mean "lead"`, "": "over is missing", "$lead": "which is of the kind lookup",
		"$name.name": "which is no lookup", "$lead.nome": `did you mean "name"`, "$": "has no field", "$lead.lead.lead.lead.lead.name": "more than 3 lookups",
	} {
		def := leads()
		def.Objects = append(def.Objects, &Object{Name: "rule", Plural: "rules", Label: Texts{"en": "Rule"}.Label(), Fields: []*Field{
			{Name: "name", Kind: KindText, Label: Texts{"en": "Name"}.Label()},
			{Name: "lead", Kind: KindLookup, Target: "lead", Label: Texts{"en": "Lead"}.Label()},
			{Name: "when", Kind: KindExpression, Label: Texts{"en": "When"}.Label(), Expression: &Expression{Over: over}},
		}})
		Normalize(def, nil)
		errs := Validate(def)
		if want == "" && len(errs) > 0 || want != "" && (len(errs) != 1 || !strings.Contains(errs.Error(), want)) {
			t.Errorf("%q: got %v, want %q", over, errs, want)
		}
	}
}
