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
	multiSelectSpec = spec{of: expr.TextListType, columns: single(expr.TextListType, StoredTexts), settings: setOptions | setDefault,
		can: canIndex, coerce: (*Field).coerceOptions, check: checkOptions}
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

// coerceOptions gives the options in the order of the field, each once; none is
// null. Text has them between commas or semicolons.
func (f *Field) coerceOptions(v any) (any, error) {
	var given []any
	switch v := v.(type) {
	case string:
		for _, s := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ';' }) {
			given = append(given, strings.TrimSpace(s))
		}
	case []string:
		for _, s := range v {
			given = append(given, s)
		}
	case []any:
		given = v
	default:
		return nil, invalid("must be a list of options")
	}
	if len(given) > MaxOptions {
		return nil, invalid("has more than %d options", MaxOptions)
	}
	chosen := make(map[string]bool, len(given))
	for _, g := range given {
		s, err := f.coerceOption(g)
		if err != nil {
			return nil, err
		}
		chosen[s.(string)] = true
	}
	var out []string
	for _, o := range f.Options {
		if chosen[o.Name] {
			out = append(out, o.Name)
		}
	}
	if out == nil {
		return nil, nil
	}
	return out, nil
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
