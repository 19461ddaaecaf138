package metadata

import (
	"reflect"
	"testing"
)

func TestNumberPatterns(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string][]NumberPart{
		"C{yy}{######}":       {{Text: "C"}, {Day: "yy"}, {Digits: 6}},
		"{####}":              {{Digits: 4}},
		"{team}-{yyyy}.{#}/x": {{Field: "team"}, {Text: "-"}, {Day: "yyyy"}, {Text: "."}, {Digits: 1}, {Text: "/x"}},
	} {
		if got, why := (&AutoNumber{Pattern: pattern}).Parts(); why != "" || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %s", pattern, got, why)
		}
	}
	for _, pattern := range []string{"", "C", "{##", "##}", "{##}{#}", "{}{#}", "{Team}{#}", "{###################}", "{#}{dd}}"} {
		if got, why := (&AutoNumber{Pattern: pattern}).Parts(); why == "" {
			t.Errorf("%s is taken: %+v", pattern, got)
		}
	}
}
