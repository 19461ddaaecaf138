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
	target := v.now.objects[f.Target]
	switch {
	case f.Kind == KindUser && f.Target != "user":
		v.problem(f, "target", at, "a field of the kind user refers to user")
	case f.Target == "":
		v.problem(f, "target", at, "a target is missing: the object that the lookup refers to")
	case target == nil:
		v.problem(f, "target", at, "there is no object %q%s", short(f.Target), didYouMean(f.Target, v.objectNames()))
	case target.Implied && !o.Implied:
		v.problem(f, "target", at, "%s is made for a manyToMany field: define it as an object to refer to it", f.Target)
	}
	v.onDelete(o, f, at)
	v.inverse(f, target, at)
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
	case was.Linked() && f.Linked():
		if was.Target != f.Target || was.Link != f.Link {
			return fmt.Sprintf("it links records of %s over %s and cannot be turned to others; %s", was.Target, was.Link, instead)
		}
	case was.Kind == f.Kind:
		if f.spec().settings&setDigits == 0 || isComputed(f) {
			return ""
		}
		if was.Scale != f.Scale || was.Precision > f.Precision {
			return fmt.Sprintf("it has %s in all and %d after the point: it can only get more before the point; %s", plural(was.Precision, "digit"), was.Scale, instead)
		}
	case was.Kind == KindRating && f.Kind == KindInteger:
	case !was.Kind.IsText() || !takesText(f.Kind):
		return fmt.Sprintf("a field of the kind %s cannot become one of the kind %s; %s", was.Kind, f.Kind, instead)
	}
	return ""
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

// takesText says that the values of any kind of text may become values of this
// one. Rich text is not among them: what was never cleaned would be shown as
// markup.
func takesText(k Kind) bool {
	switch k {
	case KindText, KindLongText, KindEmail, KindPhone, KindURL, KindAutoNumber:
		return true
	}
	return false
}
