package metadata

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// Limits and defaults are values that the field can hold; others are told with
// the place where they stand.
func TestBoundsFitTheirFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ field, path, words string }{
		{`kind: decimal, precision: 4, scale: 2, max: 99.99, min: -99.99, default: "99.99"`, "", ""},
		{`kind: decimal, precision: 4, scale: 2, max: 1e1`, "", ""},
		{`kind: decimal, precision: 4, scale: 2, max: 1e9`, "max", "at most 2 digits before the point"},
		{`kind: decimal, precision: 4, scale: 2, max: 100`, "max", "at most 2 digits before the point"},
		{`kind: decimal, precision: 4, scale: 2, min: -100`, "min", "at most 2 digits before the point"},
		{`kind: decimal, precision: 4, scale: 2, min: 0.001`, "min", "more than 2 decimal places"},
		{`kind: decimal, precision: 4, scale: 2, max: "1e1000000000"`, "max", ""},
		{`kind: decimal, precision: 4, scale: 2, max: NaN`, "max", "decimal number"},
		{`kind: decimal, precision: 4, scale: 2, max: Infinity`, "max", "decimal number"},
		{`kind: decimal, precision: 4, scale: 2, default: 1e9`, "default", "at most 2 digits before the point"},
		{`kind: decimal, precision: 4, scale: 2, default: 0.001`, "default", "more than 2 decimal places"},
		{`kind: percent, precision: 3, scale: 0, max: 1000`, "max", "at most 3 digits before the point"},
		{`kind: percent, max: 100`, "", ""},
		{`kind: currency, precision: 5, scale: 2, max: 1000`, "max", "at most 3 digits before the point"},
		{`kind: currency, precision: 5, scale: 2, default: "1000 EUR"`, "default", "at most 3 digits before the point"},
		{`kind: integer, max: 9007199254740991`, "", ""},
		{`kind: integer, max: 9007199254740992`, "max", ""},
		{`kind: integer, max: 1.5`, "max", ""},
		{`kind: integer, min: 5, max: 4`, "max", "less than min"},
		{`kind: integer, default: 9007199254740993`, "default", ""},
		{`kind: integer, max: 5, default: 6`, "default", "at most 5"},
		{`kind: rating, maxRating: 3, default: 4`, "default", "from 1 to 3"},
		{`kind: text, maxLength: 3, default: four`, "default", "at most 3 fit"},
		{`kind: duration, default: P999999999D`, "default", ""},
		{`kind: date, default: "0000-01-01"`, "default", ""},
	} {
		def, errs := Read(fstest.MapFS{
			"package.yaml":       {Data: []byte("name: custom\n")},
			"objects/thing.yaml": {Data: []byte("name: thing\nplural: things\nfields:\n  - {name: other, kind: text}\n  - {name: value, " + c.field + "}\n")},
		})
		if errs == nil {
			Normalize(def, nil)
			errs = Validate(def)
		}
		switch {
		case c.path == "" && errs != nil:
			t.Errorf("%s: %v", c.field, errs)
		case c.path == "":
		case len(errs) != 1 || fmt.Sprint(errs[0].Path) != "[objects thing fields value "+c.path+"]" || !strings.Contains(errs[0].Message, c.words) || !strings.Contains(errs.Error(), "objects/thing.yaml:5"):
			t.Errorf("%s: %v", c.field, errs)
		}
	}
}
