package metadata

import (
	"errors"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// expressions compiles the rules of objects and policies. It comes last, since
// it needs a definition that New accepts.
func (v *validator) expressions() {
	var engine *expr.Engine
	compile := func(component any, at []any, object, rule string, p expr.Profile) {
		if engine == nil {
			engine = expr.New(&ruleSchema{objects: v.now.objects})
		}
		if _, err := engine.Compile(object, rule, p); err != nil {
			v.compileProblems(component, at, err)
		}
	}
	for _, o := range v.def.Objects {
		if v.settled(o) {
			continue
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

func (v *validator) compileProblems(component any, at []any, err error) {
	var many trellis.Errors
	if !errors.As(err, &many) {
		many = trellis.Public(err)
	}
	for _, e := range many {
		v.problem(component, "rule", at, "%s", e.Message)
	}
}

// ruleSchema shows a definition to expressions, each object made when it is
// first asked for.
type ruleSchema struct {
	objects map[string]*Object
	// relations by the object they list records on, made when first needed.
	relations map[string][]*Relation
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
	for _, r := range s.relationsOf(o.Name) {
		v.relate(r)
	}
	return v.expr, true
}

func (s *ruleSchema) relationsOf(object string) []*Relation {
	if s.relations == nil {
		s.relations = map[string][]*Relation{}
		for _, o := range s.objects {
			for _, f := range o.Fields {
				if f.Inverse != "" {
					s.relations[f.Target] = append(s.relations[f.Target], &Relation{Name: f.Inverse, Object: o.Name, Field: f})
				}
			}
		}
	}
	return s.relations[object]
}
