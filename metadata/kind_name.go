package metadata

import (
	"strings"
	"unicode"

	"github.com/trellishq/trellis/metadata/expr"
)

var personNameSpec = spec{
	of: expr.PersonNameType,
	columns: []layout{
		textPart("", expr.FullPart), textPart("_family", expr.FamilyPart), textPart("_given", expr.GivenPart),
	},
	keyed:    1,
	settings: setDefault, can: canOrder | canSearch,
	coerce: func(_ *Field, v any) (any, error) { return coercePersonName(v) },
}

// nameLengths are the most characters of the parts.
var nameLengths = map[string]int{"full": 255, "family": 120, "given": 120}

// coercePersonName reads an object of parts, or text, which is the full name.
func coercePersonName(v any) (any, error) {
	switch name := v.(type) {
	case expr.PersonName:
		v = map[string]any{"full": name.Full, "family": name.Family, "given": name.Given}
	case string:
		if !strings.HasPrefix(strings.TrimSpace(name), "{") {
			v = map[string]any{"full": name}
		}
	}
	parts, err := readParts(expr.PersonNameType, v, nameLengths)
	if err != nil {
		return nil, err
	}
	n := expr.PersonName{Full: parts["full"], Family: parts["family"], Given: parts["given"]}
	if n.Full == "" {
		n.Full = fullName(n.Family, n.Given)
	}
	if n.Full == "" {
		return nil, nil
	}
	return n, nil
}

// fullName puts a name together: family before given without a space when both
// are Chinese, else given before family.
func fullName(family, given string) string {
	switch {
	case family == "" || given == "":
		return family + given
	case isHan(family) && isHan(given):
		return family + given
	}
	return given + " " + family
}

func isHan(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.Is(unicode.Han, r) && r != '·' }) < 0
}
