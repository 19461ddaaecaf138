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
	for _, o := range v.open {
		v.computed(o)
		if slices.ContainsFunc(o.Indexes, func(x *Index) bool { return x.Where != "" }) {
			v.conditions(v.computes().engine, o)
		}
		for _, r := range o.Rules {
			compile(r, []any{"objects", o.Name, "rules", r.Name}, o.Name, r.Rule, expr.Validate)
		}
	}
	for _, p := range v.openPolicies {
		if p.Rule != "" {
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
