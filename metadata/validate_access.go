package metadata

import (
	"maps"
	"slices"
	"strings"
)

func (v *validator) roles() {
	seen, near := map[string]bool{}, alike{}
	for i, r := range v.def.Roles {
		at := []any{"roles", called(r.Name, i)}
		if seen[r.Name] {
			v.problem(r, "name", at, "there are two roles of that name")
		} else if first := near.of(r.Name); first != "" {
			v.problem(r, "name", at, differInCase, r.Name, first)
		}
		seen[r.Name] = true
		if why := nameProblem(r.Name); why != "" {
			v.problem(r, "name", at, "%s", why)
		} else if r.Name == "roles" {
			v.problem(r, "name", at, "%q is reserved: choose another name", r.Name)
		}
		v.label(r, "label", at, r.Label, maxLabel)
		for j, name := range r.Inherits {
			if v.now.roles[name] == nil {
				v.problem(r, "inherits", at, "there is no role %q%s", short(name), didYouMean(name, slices.Collect(maps.Keys(v.now.roles))))
			} else if slices.Contains(r.Inherits[:j], name) {
				v.problem(r, "inherits", at, "the role %q stands twice", name)
			}
		}
	}
	v.inheritance()
}

// inheritance refuses cycles and chains over 8: casbin would stop silently.
func (v *validator) inheritance() {
	const walking = -1
	depth := map[string]int{} // roles in the longest chain from here
	var way []string
	var walk func(r *Role) int
	walk = func(r *Role) int {
		switch d := depth[r.Name]; {
		case d == walking:
			v.problem(r, "inherits", []any{"roles", r.Name}, "the role inherits from itself: %s", strings.Join(append(way[slices.Index(way, r.Name):], r.Name), " → "))
			return 0
		case d > 0:
			return d
		}
		depth[r.Name], way = walking, append(way, r.Name)
		d := 0
		for _, name := range r.Inherits {
			if parent := v.now.roles[name]; parent != nil {
				d = max(d, walk(parent))
			}
		}
		depth[r.Name], way = d+1, way[:len(way)-1]
		return d + 1
	}
	for _, r := range v.def.Roles {
		if walk(r) > maxInheritance {
			v.problem(r, "inherits", []any{"roles", r.Name}, "roles inherit over more than %d steps", maxInheritance)
			return
		}
	}
}

var actions = []Action{ActionRead, ActionCreate, ActionUpdate, ActionDelete, ActionExport, ActionAggregate, ActionShare, ActionAny}

func (v *validator) policies() {
	if len(v.openPolicies) == 0 {
		return
	}
	open := make(map[*Policy]bool, len(v.openPolicies))
	for _, p := range v.openPolicies {
		open[p] = true
	}
	seen := make(map[string]bool, len(v.def.Policies))
	for i, p := range v.def.Policies {
		at := []any{"policies", called(p.Name, i)}
		if seen[p.Name] {
			v.problem(p, "name", at, "there are two policies of that name; it is unique in the workspace")
		}
		seen[p.Name] = true
		if open[p] {
			v.policy(p, at)
		}
	}
}

func (v *validator) policy(p *Policy, at []any) {
	if why := nameProblem(p.Name); why != "" {
		v.problem(p, "name", at, "%s", why)
	}
	if v.now.roles[p.Role] == nil {
		v.problem(p, "role", at, "there is no role %q%s", short(p.Role), didYouMean(p.Role, slices.Collect(maps.Keys(v.now.roles))))
	}
	if p.Effect != Allow && p.Effect != Deny {
		v.problem(p, "effect", at, "the effect is allow or deny, in small letters")
	}
	if len(p.Actions) == 0 {
		v.problem(p, "actions", at, "actions are missing: %s", oneOf(actions))
	}
	for i, a := range p.Actions {
		if !slices.Contains(actions, a) {
			v.problem(p, "actions", at, "there is no action %q: it is one of %s%s", short(string(a)), oneOf(actions), didYouMean(string(a), actionNames(actions)))
		} else if slices.Contains(p.Actions[:i], a) {
			v.problem(p, "actions", at, "the action %q stands twice", a)
		}
	}
	v.ruleText(p, at, p.Rule, false)
	v.policyFields(p, at)
}

func actionNames(list []Action) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = string(a)
	}
	return out
}

func (v *validator) policyFields(p *Policy, at []any) {
	o := v.now.object(p.Object)
	if p.Object == "*" {
		o = everyObject
	}
	if o != nil && o.Implied {
		v.problem(p, "object", at, "%s follows the right to the field that it links for: define it as an object to give it policies", o.Name)
		return
	}
	if o == nil {
		v.problem(p, "object", at, "there is no object %q%s", short(p.Object), didYouMean(p.Object, v.objectNames()))
		return
	}
	for _, l := range []struct {
		key  string
		list []string
	}{{"readFields", p.ReadFields}, {"writeFields", p.WriteFields}} {
		for i, name := range l.list {
			if ownOrSystem(o, name) == nil {
				v.problem(p, l.key, at, "there is no field %q%s", short(name), didYouMean(name, fieldNames(o.Fields)))
			} else if slices.Contains(l.list[:i], name) {
				v.problem(p, l.key, at, "the field %q stands twice", name)
			}
		}
	}
}

// everyObject is what all objects have in common: the policies on "*" see it.
var everyObject = &Object{Name: "*", Unowned: true}
