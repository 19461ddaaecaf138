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

// renames finds components by the names they had.
type renames struct {
	objects map[string]string            // name now, by former name
	fields  map[string]map[string]string // by object's name now
}

// formerNames collects the former names of a definition that nothing has now;
// nil when there are none.
func formerNames(def *Definition) *renames {
	f := &renames{map[string]string{}, map[string]map[string]string{}}
	for _, o := range def.Objects {
		for _, a := range o.Formerly {
			f.objects[a.Name] = o.Name
		}
		for _, x := range o.Fields {
			for _, a := range x.Formerly {
				if o.Field(a.Name) == nil {
					if f.fields[o.Name] == nil {
						f.fields[o.Name] = map[string]string{}
					}
					f.fields[o.Name][a.Name] = x.Name
				}
			}
		}
	}
	if len(f.objects) > 0 {
		for _, o := range def.Objects {
			delete(f.objects, o.Name)
		}
	}
	if len(f.objects)+len(f.fields) == 0 {
		return nil
	}
	return f
}

// freshNames says that an unshared object has a former name that current does
// not know: then others may still refer to it.
func freshNames(objects []*Object, current *Definition) bool {
	known := map[string]*Object{}
	for _, o := range objects {
		if len(o.Formerly) > 0 || slices.ContainsFunc(o.Fields, func(f *Field) bool { return len(f.Formerly) > 0 }) {
			known[o.Name] = nil
		}
	}
	if len(known) == 0 {
		return false
	}
	for _, o := range current.Objects {
		if _, asked := known[o.Name]; asked {
			known[o.Name] = o
		}
	}
	listed := func(o *Object, name string) bool {
		return o != nil && slices.ContainsFunc(o.Fields, func(f *Field) bool { return had(f.Formerly, name) })
	}
	for _, o := range objects {
		was := known[o.Name]
		for _, a := range o.Formerly {
			if was == nil || !had(was.Formerly, a.Name) {
				return true
			}
		}
		for _, f := range o.Fields {
			for _, a := range f.Formerly {
				if !listed(was, a.Name) {
					return true
				}
			}
		}
	}
	return false
}

// follow rewrites references to former names. A component that def shares with
// current is replaced by a copy when it has one.
func (n *renames) follow(def *Definition, objects []*Object, policies []*Policy, everywhere bool) {
	mine := make(map[any]bool, len(objects)+len(policies))
	for _, o := range objects {
		mine[o] = true
	}
	for _, p := range policies {
		mine[p] = true
	}
	for i, o := range def.Objects {
		if mine[o] {
			n.object(o, def)
		} else if everywhere && n.mentioned(o, def) {
			def.Objects[i] = o.Clone()
			def.origin.alias(def.Objects[i], o)
			n.object(def.Objects[i], def)
		}
	}
	for i, p := range def.Policies {
		if mine[p] {
			n.policy(p)
		} else if everywhere && n.ofPolicy(p) {
			def.Policies[i] = p.Clone()
			def.origin.alias(def.Policies[i], p)
			n.policy(def.Policies[i])
		}
	}
}

// mentioned says that rewriting would change the object.
func (n *renames) mentioned(o *Object, def *Definition) bool {
	c := o.Clone()
	n.object(c, def)
	return !equalJSON(o, c)
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

func (n *renames) object(o *Object, def *Definition) {
	own := func(name string) string { return n.fieldName(o.Name, name) }
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
		f.Target, f.Link = n.objectName(f.Target), n.objectName(f.Link)
		for i, t := range f.Targets {
			f.Targets[i] = n.objectName(t)
		}
		if f.RollUp != nil && f.RollUp.Field != "" {
			f.RollUp.Field = n.fieldName(childOf(def, o, f.RollUp.Relation), f.RollUp.Field)
		}
		if f.Number != nil {
			n.names(o.Name, f.Number.Scope)
			for was, now := range n.fields[o.Name] {
				f.Number.Pattern = strings.ReplaceAll(f.Number.Pattern, "{"+was+"}", "{"+now+"}")
			}
		}
		if f.Expression != nil {
			f.Expression.Over = n.over(o.Name, f.Expression.Over)
		}
	}
}

// over follows an object's name, or the first step of "$path".
func (n *renames) over(object, over string) string {
	path, isPath := strings.CutPrefix(over, "$")
	if !isPath {
		return n.objectName(over)
	}
	first, rest, more := strings.Cut(path, ".")
	over = "$" + n.fieldName(object, first)
	if more {
		over += "." + rest
	}
	return over
}

// childOf is the object whose lookup gives a relation its name, "" for none.
func childOf(def *Definition, o *Object, relation string) string {
	for _, c := range def.Objects {
		for _, f := range c.Fields {
			if f.Inverse == relation && (f.Target == o.Name || slices.Contains(f.Targets, o.Name)) {
				return c.Name
			}
		}
	}
	return ""
}

func (n *renames) names(object string, list []string) {
	for i, name := range list {
		list[i] = n.fieldName(object, name)
	}
}

func (n *renames) objectName(name string) string {
	if now := n.objects[name]; now != "" {
		return now
	}
	return name
}

func (n *renames) fieldName(object, name string) string {
	if now := n.fields[object][name]; now != "" {
		return now
	}
	return name
}

// formerObjects maps the former names of objects to those they have now.
func formerObjects(objects []*Object, live map[string]*ObjectView, old map[string]string) map[string]string {
	out := old
	for _, o := range objects {
		for _, a := range o.Formerly {
			if live[a.Name] == nil && out[a.Name] != o.Name {
				if out = maps.Clone(out); out == nil {
					out = map[string]string{}
				}
				out[a.Name] = o.Name
			}
		}
	}
	return out
}
