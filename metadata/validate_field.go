package metadata

import (
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
	v.label(f, "help", at, f.Help, maxDescription)
	if !isKind(f.Kind) {
		if f.Kind == kindEncrypted {
			v.problem(f, "kind", at, "the kind encrypted is reserved and not there yet")
		} else if f.Kind == "" {
			v.problem(f, "kind", at, "a kind is missing: one of %s", oneOf(Kinds))
		} else {
			v.problem(f, "kind", at, "there is no kind %q: it is one of %s%s", short(string(f.Kind)), oneOf(Kinds), didYouMean(string(f.Kind), kindNames()))
		}
		return
	}
	v.misplaced(f, at)
	if check := f.spec().check; check != nil {
		check(v, f, at)
	}
	v.lookup(o, f, at)
	v.polymorphic(o, f, at)
	v.link(o, f, at)
	v.expression(o, f, at)
	v.computedField(o, f, at)
	v.defaultRule(f, at)
	v.number(o, f, at)
	if _, why := f.ParseDefault(); why != "" {
		v.problem(f, "default", at, "%s", why)
	} else if f.Default != "" && f.Unique {
		v.problem(f, "default", at, "a unique field has no default: the second record would have it too")
	}
}

func (v *validator) lookup(o *Object, f *Field, at []any) {
	if !f.Kind.IsLookup() {
		return
	}
	target := v.now.object(f.Target)
	switch {
	case f.Kind == KindUser && f.Target != "user":
		v.problem(f, "target", at, "a field of the kind user refers to user")
	case f.Target == "":
		v.problem(f, "target", at, "a target is missing: the object that the lookup refers to")
	case target == nil && o.Implied: // told at the manyToMany
	case target == nil:
		v.problem(f, "target", at, "there is no object %q%s", short(f.Target), didYouMean(f.Target, v.objectNames()))
	case target.Implied && !o.Implied:
		v.problem(f, "target", at, "%s is made for a manyToMany field: define it as an object to refer to it", f.Target)
	}
	v.onDelete(o, f, at)
	v.inverse(f, target, at)
}

// defaultRule checks where a default that is computed may stand; what it says is
// compiled later.
func (v *validator) defaultRule(f *Field, at []any) {
	switch {
	case f.DefaultRule == "":
		return
	case f.Default != "":
		v.problem(f, "defaultRule", at, "there is default or defaultRule, not both")
	case f.spec().settings&setDefault == 0 && !f.Kind.IsLookup():
		v.problem(f, "defaultRule", at, "a field of the kind %s has no default", f.Kind)
	}
	v.ruleTextAt(f, "defaultRule", at, f.DefaultRule, false)
}
