package metadata

import (
	"errors"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// expressions compiles the rules of objects and policies. It comes last, since
// it needs a definition that New accepts.
func (v *validator) expressions() {
	compile := func(component any, at []any, object, rule string, p expr.Profile) {
		if _, err := v.computes().engine.Compile(object, rule, p); err != nil {
			v.compileProblems(component, "rule", at, err)
		}
	}
	for _, o := range v.def.Objects {
		if v.settled(o) {
			continue
		}
		v.computed(o)
		if slices.ContainsFunc(o.Indexes, func(x *Index) bool { return x.Where != "" }) {
			v.conditions(v.computes().engine, o)
		}
		for _, r := range o.Rules {
			compile(r, []any{"objects", o.Name, "rules", r.Name}, o.Name, r.Rule, expr.Validate)
		}
	}
	for _, p := range v.def.Policies {
		if p.Rule != "" && (v.narrowed || v.was.policies[p.Name] != p) {
			compile(p, []any{"policies", p.Name}, p.Object, p.Rule, expr.Row)
		}
	}
}

func (v *validator) compileProblems(component any, key string, at []any, err error) {
	var many trellis.Errors
	if !errors.As(err, &many) {
		many = trellis.Public(err)
	}
	for _, e := range many {
		v.problem(component, key, at, "%s", e.Message)
	}
}

// ruleSchema shows a definition to expressions, each object made when it is
// first asked for.
type ruleSchema struct {
	objects map[string]*Object
	// pointers are the fields that refer to an object, made when first needed.
	pointers map[string][]pointer
}

var _ expr.Schema = (*ruleSchema)(nil)

// Object implements expr.Schema. The object "*" has what all have.
func (s *ruleSchema) Object(name string) (*expr.Object, bool) {
	o := s.objects[name]
	if name == everyObject.Name {
		o = everyObject
	}
	if o == nil {
		return nil, false
	}
	v := newObjectView(o)
	for _, p := range s.pointersTo(o.Name) {
		v.refer(&ObjectView{Object: p.object}, p.field)
	}
	v.settle()
	return v.expr, true
}

// pointer is a field that refers to an object.
type pointer struct {
	object *Object
	field  *Field
}

func (s *ruleSchema) pointersTo(object string) []pointer {
	if s.pointers == nil {
		s.pointers = make(map[string][]pointer, len(s.objects))
		for _, o := range s.objects {
			for _, f := range o.Fields {
				for _, target := range f.points() {
					s.pointers[target] = append(s.pointers[target], pointer{o, f})
				}
			}
		}
	}
	return s.pointers[object]
}
