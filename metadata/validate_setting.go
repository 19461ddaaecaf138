package metadata

import "cmp"

// given is a setting as a field has it.
type given struct {
	key  string
	of   setting // the setting, or
	can  ability // what the kind must be able to
	isOn func(*Field) bool
}

var allSettings = []given{
	{key: "maxLength", of: setMaxLength, isOn: func(f *Field) bool { return f.MaxLength != 0 }},
	{key: "precision", of: setDigits, isOn: func(f *Field) bool { return f.Precision != 0 }},
	{key: "scale", of: setDigits, isOn: func(f *Field) bool { return f.Scale != 0 }},
	{key: "options", of: setOptions, isOn: func(f *Field) bool { return len(f.Options) > 0 }},
	{key: "target", of: setTarget, isOn: func(f *Field) bool { return f.Target != "" }},
	{key: "targets", of: setTargets, isOn: func(f *Field) bool { return len(f.Targets) > 0 }},
	{key: "link", of: setLink, isOn: func(f *Field) bool { return f.Link != "" }},
	{key: "inverse", of: setInverse, isOn: func(f *Field) bool { return f.Inverse != "" }},
	{key: "onDelete", of: setOnDelete, isOn: func(f *Field) bool { return f.OnDelete != "" }},
	{key: "min", of: setRange, isOn: func(f *Field) bool { return f.Min != "" }},
	{key: "max", of: setRange, isOn: func(f *Field) bool { return f.Max != "" }},
	{key: "maxRating", of: setMaxRating, isOn: func(f *Field) bool { return f.MaxRating != 0 }},
	{key: "formula", of: setFormula, isOn: func(f *Field) bool { return f.Formula != "" }},
	{key: "result", of: setFormula | setRollUp, isOn: func(f *Field) bool { return f.Result != "" }},
	{key: "rollUp", of: setRollUp, isOn: func(f *Field) bool { return f.RollUp != nil }},
	{key: "number", of: setNumber, isOn: func(f *Field) bool { return f.Number != nil }},
	{key: "expression", of: setExpression, isOn: func(f *Field) bool { return f.Expression != nil }},
	{key: "files", of: setFiles, isOn: func(f *Field) bool { return f.Files != nil }},
	{key: "searchable", can: canSearch, isOn: func(f *Field) bool { return f.Searchable }},
	{key: "unique", can: canUnique, isOn: func(f *Field) bool { return f.Unique }},
	{key: "indexed", can: canIndex, isOn: func(f *Field) bool { return f.Indexed }},
}

// misplaced tells settings that the kind does not have.
func (v *validator) misplaced(f *Field, at []any) {
	for _, g := range allSettings {
		if !g.isOn(f) || g.fits(f.spec()) || f.Kind != f.ValueKind() && g.fits(specOf(cmp.Or(f.ValueKind(), KindText))) {
			continue
		}
		if where := kindsWith(g.fits); where != "" {
			v.problem(f, g.key, at, "a field of the kind %s has no %s: that is for %s", f.Kind, g.key, where)
		} else {
			v.problem(f, g.key, at, "a field of the kind %s has no %s", f.Kind, g.key)
		}
	}
}

func (g given) fits(s *spec) bool { return s.settings&g.of != 0 || s.can&g.can != 0 }
