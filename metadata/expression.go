package metadata

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

// The profiles of stored expressions.
const (
	ProfileRow      = "row"
	ProfileValidate = "validate"
	ProfileValue    = "value"
)

const maxOverHops = 3

// Path is where a record names the object that its expression is about: lookups,
// then a text or select field. It is nil when Over names the object itself.
func (x *Expression) Path() expr.Path {
	if path, ok := strings.CutPrefix(x.Over, "$"); ok {
		return strings.Split(path, ".")
	}
	return nil
}

// Compile checks a stored text against the object it is about. Errors are those
// of expr.Engine.Compile.
func (x *Expression) Compile(e *expr.Engine, object, text string) (*expr.Rule, error) {
	switch x.Profile {
	case ProfileValidate:
		return e.Compile(object, text, expr.Validate)
	case ProfileValue:
		return e.CompileValue(object, text, expr.Default, expr.DynType)
	}
	return e.Compile(object, text, expr.Row)
}

// expression checks what the texts of a field are about.
func (v *validator) expression(o *Object, f *Field, at []any) {
	x := f.Expression
	if f.Kind != KindExpression {
		return
	}
	if x == nil || x.Over == "" {
		v.problem(f, "expression", at, "over is missing: the object that record stands for in the text, or $ and a path to a field that names it")
		return
	}
	if profiles := []string{"", ProfileRow, ProfileValidate, ProfileValue}; !slices.Contains(profiles, x.Profile) {
		v.problem(f, "expression", at, "the profile is one of %s%s", oneOf(profiles[1:]), didYouMean(x.Profile, profiles))
	}
	path := x.Path()
	if path == nil {
		if t := v.now.object(x.Over); t == nil || t.Implied {
			v.problem(f, "expression", at, "there is no object %q%s", short(x.Over), didYouMean(x.Over, v.objectNames()))
		}
		return
	}
	if len(path) > maxOverHops+1 {
		v.problem(f, "expression", at, "the path goes over more than %d lookups", maxOverHops)
		return
	}
	for i, name := range path {
		next := ownOrSystem(o, name)
		switch last := i == len(path)-1; {
		case next == nil:
			v.problem(f, "expression", at, "%s has no field %q%s", o.Name, short(name), didYouMean(name, fieldNames(o.Fields)))
			return
		case last && next.Kind != KindText && next.Kind != KindSelect:
			v.problem(f, "expression", at, "the path ends at %s.%s, which is of the kind %s: an object is named by a text or select", o.Name, name, next.Kind)
		case !last && !next.Kind.IsLookup():
			v.problem(f, "expression", at, "the path goes over %s.%s, which is no lookup", o.Name, name)
			return
		case !last:
			if o = v.now.object(next.Target); o == nil {
				return // told at the lookup
			}
		}
	}
}
