package metadata

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
)

// All problems of a broken folder, as people see them: each file under
// testdata/problems holds a folder and what is said about it, with code, path,
// file and line.
func TestProblems(t *testing.T) {
	t.Parallel()
	for _, file := range testFiles(t, "testdata/problems/*.txt") {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			list := readSections(t, file)
			want := &list[len(list)-1]
			def, errs := Read(folder(list[:len(list)-1], ""))
			if def != nil {
				Normalize(def, nil)
				errs = AllProblems(errs, Validate(def))
			}
			got := ""
			for _, e := range errs {
				got += string(e.Code) + " " + e.Error() + "\n"
			}
			if *update {
				want.text = got
				writeSections(t, file, list)
			}
			if got != want.text {
				t.Errorf("got\n%s\nwant\n%s", got, want.text)
			}
			for _, e := range errs {
				if e.Code != trellis.CodeInvalidInput && e.Code != trellis.CodeValidationFailed || strings.Contains(e.Message, "%!") {
					t.Errorf("%v has the code %s", e, e.Code)
				}
			}
		})
	}
}

// Files made to hurt: each is refused at its place, with few problems, and
// reading it costs no more than its length.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	const head = "name: thing\nplural: things\n"
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	many := "fields:\n" + strings.Repeat("  - {nam: x}\n", 60_000)
	for name, c := range map[string]struct{ text, want string }{
		"zero byte":      {head + "title: a\x00b\n", "INVALID_INPUT : this is not YAML: there is a control character, U+0000 (objects/thing.yaml:3)"},
		"escaped zero":   {head + "title: \"a\\0b\"\n", `VALIDATION_FAILED objects.thing.title: there is no field "a\x00b" (objects/thing.yaml:3)`},
		"escape":         {head + "label: {en: \"a\\eb\"}\n", "VALIDATION_FAILED objects.thing.label: the text in en has control characters (objects/thing.yaml:3)"},
		"not UTF-8":      {head + "title: \"\xff\"\n", "INVALID_INPUT : this is not YAML: there are bytes that are not UTF-8 (objects/thing.yaml:3)"},
		"surrogate":      {head + "title: \"\\ud800\"\n", "INVALID_INPUT : this is not YAML: found invalid Unicode character escape code (objects/thing.yaml:3)"},
		"bomb":           {bomb, `INVALID_INPUT : unknown key "a0" (objects/thing.yaml:1)`},
		"bomb in place":  {head + "fields: &a [*a, *a]\n", "INVALID_INPUT fields: anchors and aliases (& and *) are not used here: write the value itself (objects/thing.yaml:3)"},
		"merged keys":    {head + "label:\n  <<: {en: x}\n", "INVALID_INPUT label.<<: a value is needed here (objects/thing.yaml:4)"},
		"deep list":      {head + "fields: " + strings.Repeat("[", 500_000), "INVALID_INPUT : this is not YAML: exceeded max depth of 10000 (objects/thing.yaml:3)"},
		"deep map":       {head + "label: " + strings.Repeat("{en: ", 9_000) + strings.Repeat("}", 9_000), "INVALID_INPUT label.en: a value is needed here (objects/thing.yaml:3)"},
		"other tags":     {head + "title: !!binary aGk=\n", "INVALID_INPUT title: a text is needed here (objects/thing.yaml:3)"},
		"own tags":       {head + "title: !run rm\n", "INVALID_INPUT title: a text is needed here (objects/thing.yaml:3)"},
		"a key as a map": {head + "{a: b}: c\n", "INVALID_INPUT : a key must be a plain word (objects/thing.yaml:3)"},
		"many problems":  {head + many, `INVALID_INPUT fields[0]: unknown key "nam"; did you mean "name"? (objects/thing.yaml:4)`},
		"numbers":        {head + "fields: [{name: a, kind: text, maxLength: 0x10}]\n", "INVALID_INPUT fields.a.maxLength: a whole number is needed here (objects/thing.yaml:3)"},
	} {
		def, errs := Read(asFolder(map[string][]byte{"package.yaml": []byte("name: shop\n"), "objects/thing.yaml": []byte(c.text)}))
		if def != nil {
			Normalize(def, nil)
			errs = AllProblems(errs, Validate(def))
		}
		var got []string
		for _, e := range errs {
			got = append(got, string(e.Code)+" "+strings.TrimPrefix(e.Error(), " "))
		}
		if len(got) == 0 || len(got) > 2*maxProblems || got[0] != strings.Replace(c.want, " : ", " ", 1) {
			t.Errorf("%s: %d problems, %.300q, want %q", name, len(got), got[:min(1, len(got))], c.want)
		}
	}
}
