package metadata

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

var (
	booleanSpec = spec{of: expr.BoolType, columns: single(expr.BoolType, StoredBool), settings: setDefault, can: canSort | canGroup | canIndex,
		coerce: func(_ *Field, v any) (any, error) { return coerceBool(v) }}
	selectSpec = spec{of: expr.SelectType, columns: single(expr.SelectType, StoredText), settings: setOptions | setDefault,
		can: canKey | canSearch, coerce: (*Field).coerceOption, check: checkOptions}
)

func coerceBool(v any) (any, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(v) {
		case "true", "yes", "1":
			return true, nil
		case "false", "no", "0":
			return false, nil
		}
	}
	return nil, invalid("must be true or false")
}

func (f *Field) coerceOption(v any) (any, error) {
	s, ok := v.(string)
	if ok {
		for _, o := range f.Options {
			if o.Name == s {
				return s, nil
			}
		}
	}
	return nil, f.notAnOption()
}

func (f *Field) notAnOption() error {
	const most = 50 // names in a sentence
	names := make([]string, len(f.Options))
	for i, o := range f.Options {
		names[i] = o.Name
	}
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return invalid("must be one of %s", strings.Join(names, ", "))
}

func checkOptions(v *validator, f *Field, at []any) {
	if n := len(f.Options); n == 0 || n > MaxOptions {
		v.problem(f, "options", at, "a %s has 1 to %d options", f.Kind, MaxOptions)
		return
	}
	seen := map[string]bool{}
	for i, o := range f.Options {
		where := append(slices.Clone(at), "options", called(o.Name, i))
		if why := optionProblem(o.Name); why != "" {
			v.problem(o, "name", where, "%s", why)
		} else if seen[o.Name] {
			v.problem(o, "name", where, "there are two options of that name")
		}
		seen[o.Name] = true
		v.label(o, "label", where, o.Label, maxLabel)
		if why := nameProblem(o.Color); o.Color != "" && why != "" {
			v.problem(o, "color", where, "a color is the name of one, as in blue")
		}
	}
}
