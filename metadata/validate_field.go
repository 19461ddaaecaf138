package metadata

import (
	"fmt"
	"slices"
)

func (v *validator) field(o *Object, f *Field, at []any) {
	if why := nameProblem(f.Name); why != "" {
		v.problem(f, "name", at, "%s", why)
	} else if reservedFields[f.Name] {
		v.problem(f, "name", at, "%q is reserved: choose another name", f.Name)
	} else if slices.ContainsFunc(systemFields, func(s *Field) bool { return s.Name == f.Name }) {
		v.problem(f, "name", at, "every object has %q from the system: leave it out", f.Name)
	}
	v.label(f, "label", at, f.Label, maxLabel)
	v.label(f, "description", at, f.Description, maxDescription)
	if !isKind(f.Kind) {
		if f.Kind == "" {
			v.problem(f, "kind", at, "a kind is missing: one of %s", oneOf(Kinds))
		} else {
			v.problem(f, "kind", at, "there is no kind %q: it is one of %s%s", short(string(f.Kind)), oneOf(Kinds), didYouMean(string(f.Kind), kindNames()))
		}
		return
	}
	v.misplaced(f, at)
	v.size(f, at)
	v.options(f, at)
	v.lookup(o, f, at)
	if _, why := f.ParseDefault(); why != "" {
		v.problem(f, "default", at, "%s", why)
	} else if f.Default != "" && f.Unique {
		v.problem(f, "default", at, "a unique field has no default: the second record would have it too")
	}
}

// misplaced tells settings that the kind does not have.
func (v *validator) misplaced(f *Field, at []any) {
	text := f.Kind == KindText || f.Kind == KindEmail || f.Kind == KindPhone
	number := f.Kind == KindDecimal || f.Kind == KindCurrency
	for _, s := range []struct {
		key   string
		set   bool
		fits  bool
		where string
	}{
		{"maxLength", f.MaxLength != 0, text, "text, email and phone"},
		{"precision", f.Precision != 0, number, "decimal and currency"},
		{"scale", f.Scale != 0, number, "decimal and currency"},
		{"options", len(f.Options) > 0, f.Kind == KindSelect, "select"},
		{"target", f.Target != "", f.Kind.IsLookup(), "lookup"},
		{"inverse", f.Inverse != "", f.Kind.IsLookup(), "lookup and user"},
		{"onDelete", f.OnDelete != "", f.Kind.IsLookup(), "lookup and user"},
		{"searchable", f.Searchable, f.Kind.IsText(), "text, email, phone and select"},
		{"unique", f.Unique, f.Kind != KindBoolean && f.Kind != KindCurrency, "every kind but boolean and currency"},
	} {
		if s.set && !s.fits {
			v.problem(f, s.key, at, "a field of the kind %s has no %s: that is for %s", f.Kind, s.key, s.where)
		}
	}
}

func (v *validator) size(f *Field, at []any) {
	switch f.Kind {
	case KindText, KindEmail, KindPhone:
		switch {
		case f.MaxLength < 1 || f.MaxLength > MaxLength:
			v.problem(f, "maxLength", at, "a text has 1 to %d characters", MaxLength)
		case f.MaxLength > MaxKeyLength && (f.Unique || f.Indexed):
			v.problem(f, "maxLength", at, "a text with unique or indexed has at most %d characters", MaxKeyLength)
		}
	case KindDecimal, KindCurrency:
		if f.Precision < 1 || f.Precision > maxPrecision {
			v.problem(f, "precision", at, "a number has 1 to %d digits", maxPrecision)
		}
		if f.Scale < 0 || f.Scale > maxScale || f.Scale > f.Precision {
			v.problem(f, "scale", at, "there are 0 to %d digits after the point, and not more than digits in all", min(maxScale, max(f.Precision, 0)))
		}
	}
}

func (v *validator) options(f *Field, at []any) {
	if f.Kind != KindSelect {
		return
	}
	if n := len(f.Options); n == 0 || n > MaxOptions {
		v.problem(f, "options", at, "a select has 1 to %d options", MaxOptions)
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

func (v *validator) lookup(o *Object, f *Field, at []any) {
	if !f.Kind.IsLookup() {
		return
	}
	target := v.now.objects[f.Target]
	switch {
	case f.Kind == KindUser && f.Target != "user":
		v.problem(f, "target", at, "a field of the kind user refers to user")
	case f.Target == "":
		v.problem(f, "target", at, "a target is missing: the object that the lookup refers to")
	case target == nil:
		v.problem(f, "target", at, "there is no object %q%s", short(f.Target), didYouMean(f.Target, v.objectNames()))
	}
	switch f.OnDelete {
	case SetNull, Restrict, Cascade:
	default:
		v.problem(f, "onDelete", at, "onDelete is one of %s", oneOf([]OnDelete{SetNull, Restrict, Cascade}))
	}
	if f.OnDelete == Cascade && f.Target == o.Name && f.Required {
		v.problem(f, "onDelete", at, "no first record could be made: a cascade to the same object cannot be required")
	}
	if f.Inverse == "" {
		return
	}
	if why := nameProblem(f.Inverse); why != "" {
		v.problem(f, "inverse", at, "%s", why)
	} else if reservedFields[f.Inverse] {
		v.problem(f, "inverse", at, "%q is reserved: choose another name", f.Inverse)
	} else if target != nil && ownOrSystem(target, f.Inverse) != nil {
		v.problem(f, "inverse", at, "%s has a field %q already", target.Name, f.Inverse)
	}
}

// cannotBecome says why the field was cannot be changed into f while its data
// stays, "" when it can.
func cannotBecome(was, f *Field) string {
	const instead = "add another field and remove this one"
	switch {
	case was.Kind.IsLookup() && f.Kind.IsLookup():
		if was.Target != f.Target {
			return fmt.Sprintf("it refers to %s and cannot be turned to %s; %s", was.Target, f.Target, instead)
		}
	case was.Kind == f.Kind:
		if f.Kind != KindDecimal && f.Kind != KindCurrency {
			return ""
		}
		if was.Scale != f.Scale || was.Precision > f.Precision {
			return fmt.Sprintf("it has %s in all and %d after the point: it can only get more before the point; %s", plural(was.Precision, "digit"), was.Scale, instead)
		}
	case f.Kind == KindSelect || !was.Kind.IsText() || !f.Kind.IsText():
		return fmt.Sprintf("a field of the kind %s cannot become one of the kind %s; %s", was.Kind, f.Kind, instead)
	}
	return ""
}
