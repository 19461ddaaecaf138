package metadata

import (
	"maps"
	"slices"
	"strings"
)

// Former names. A component that is renamed lists the name it had in Formerly:
// Normalize finds the running component under it, so that the physical name and
// the data go on, and rewrites what refers to it by name (targets, titles,
// indexes, policies and their fields). Texts of CEL are not rewritten: in them a
// former name means the component for as long as it is listed. The APIs answer
// to it until its date.

// Live lists the former names that still answer on a day, YYYY-MM-DD.
func Live(list []*Alias, day string) []string {
	var names []string
	for _, a := range list {
		if a.Until == "" || a.Until >= day {
			names = append(names, a.Name)
		}
	}
	return names
}

// Renamed gives the former names a component has after it is called now: the
// list it had, with was in front and without now.
func Renamed(list []*Alias, was, now, until string) []*Alias {
	out := []*Alias{{Name: was, Until: until}}
	for _, a := range list {
		if a.Name != now && a.Name != was {
			out = append(out, a)
		}
	}
	return out
}

// renames rewrites references to components by names they had.
type renames struct {
	def, current *Definition
	*finder
	mine map[any]bool // components that may be changed
}

// followRenames rewrites references to former names in what the draft does not
// share, and everywhere when one of these names is new. A component that the draft shares
// is replaced by a copy when it has one.
func followRenames(def, current *Definition, was *finder) {
	_, objects := Differing(current.Objects, def.Objects)
	_, policies := Differing(current.Policies, def.Policies)
	n := &renames{def: def, current: current, finder: find(def, current), mine: make(map[any]bool, len(objects)+len(policies))}
	for _, o := range objects {
		n.mine[o] = true
	}
	for _, p := range policies {
		n.mine[p] = true
	}
	if freshNames(objects, was) {
		objects, policies = def.Objects, def.Policies
	}
	// The objects first: what fields are called depends on whose they are.
	n.rewrite(objects, n.targets)
	n.finder = find(def, current)
	n.rewrite(objects, n.fields)
	for i, p := range policies {
		switch {
		case n.mine[p]:
			n.policy(p)
		case n.ofPolicy(p):
			def.Policies[i] = p.Clone()
			def.origin.alias(def.Policies[i], p)
			n.policy(def.Policies[i])
		}
	}
}

// rewrite changes some objects, or copies of those that are not the draft's own.
func (n *renames) rewrite(list []*Object, change func(*Object)) {
	for _, o := range list {
		if n.mine[o] {
			change(o)
			continue
		}
		c := o.Clone()
		if change(c); equalJSON(o, c) {
			continue
		}
		n.def.Objects[position(n.def.Objects, o)] = c
		n.def.origin.alias(c, o)
		n.mine[c] = true
	}
}

// freshNames says that one of the objects has a former name that was not listed:
// then others may still refer to it.
func freshNames(objects []*Object, was *finder) bool {
	for _, o := range objects {
		old := was.object(o.Name)
		for _, a := range o.Formerly {
			if old == nil || !had(old.Formerly, a.Name) {
				return true
			}
		}
		for _, f := range o.Fields {
			for _, a := range f.Formerly {
				if old == nil || !slices.ContainsFunc(old.Fields, func(f *Field) bool { return had(f.Formerly, a.Name) }) {
					return true
				}
			}
		}
	}
	return false
}

func (n *renames) ofPolicy(p *Policy) bool {
	c := p.Clone()
	n.policy(c)
	return !equalJSON(p, c)
}

func (n *renames) policy(p *Policy) {
	p.Object = n.objectName(p.Object)
	n.names(p.Object, p.ReadFields)
	n.names(p.Object, p.WriteFields)
}

// targets follows the names of objects.
func (n *renames) targets(o *Object) {
	for _, f := range o.Fields {
		f.Target, f.Link = n.objectName(f.Target), n.objectName(f.Link)
		for i, t := range f.Targets {
			f.Targets[i] = n.objectName(t)
		}
		if f.Expression != nil && f.Expression.Path() == nil {
			f.Expression.Over = n.objectName(f.Expression.Over)
		}
	}
}

// fields follows the names of fields.
func (n *renames) fields(o *Object) {
	own := func(name string) string { return n.field(o.Name, name) }
	o.Title = own(o.Title)
	for _, x := range o.Indexes {
		n.names(o.Name, x.Fields)
		if x.Range != nil {
			x.Range.From, x.Range.To = own(x.Range.From), own(x.Range.To)
		}
	}
	for _, r := range o.Rules {
		r.Field = own(r.Field)
	}
	for _, f := range o.Fields {
		if f.RollUp != nil && f.RollUp.Field != "" {
			if rel := n.relation(o.Name, f.RollUp.Relation); rel != nil {
				f.RollUp.Field = n.field(rel.object.Name, f.RollUp.Field)
			}
		}
		if f.Number != nil {
			n.names(o.Name, f.Number.Scope)
			f.Number.Pattern = n.pattern(o, f.Number.Pattern)
		}
		if f.Expression != nil && f.Expression.Path() != nil {
			first, rest, more := strings.Cut(strings.TrimPrefix(f.Expression.Over, "$"), ".")
			if f.Expression.Over = "$" + own(first); more {
				f.Expression.Over += "." + rest
			}
		}
	}
}

// pattern follows the fields that a pattern of numbers names.
func (n *renames) pattern(o *Object, pattern string) string {
	for _, f := range o.Fields {
		for _, a := range f.Formerly {
			if o.Field(a.Name) == nil {
				pattern = strings.ReplaceAll(pattern, "{"+a.Name+"}", "{"+f.Name+"}")
			}
		}
	}
	return pattern
}

func (n *renames) names(object string, list []string) {
	for i, name := range list {
		list[i] = n.field(object, name)
	}
}

func (n *renames) objectName(name string) string {
	if now := n.formerly(name); now != "" {
		return now
	}
	return name
}

// formerObjects maps the former names of objects to those they have now.
func formerObjects(objects []*Object, live shards[*ObjectView], old map[string]string) map[string]string {
	out := old
	for _, o := range objects {
		for _, a := range o.Formerly {
			if live.get(a.Name) == nil && out[a.Name] != o.Name {
				if out = maps.Clone(out); out == nil {
					out = map[string]string{}
				}
				out[a.Name] = o.Name
			}
		}
	}
	return out
}
