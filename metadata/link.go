package metadata

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/trellishq/trellis"
)

// MaxLinks bounds the ids of one change of a manyToMany field.
const MaxLinks = 1_000

// The lookups of an implied link between records of one object.
const (
	sourceSide = "source"
	targetSide = "target"
)

// linkSides finds the two lookups of a link between from, the object of the
// manyToMany field, and to: those named after the objects, or source and target,
// else the first that cascades. Between records of one object they must have
// these names.
func linkSides(link *Object, from, to string) (near, far *Field) {
	side := func(object string, names ...string) *Field {
		var found *Field
		for _, f := range link.Fields {
			if !f.Kind.IsLookup() || f.Target != object || f.OnDelete != Cascade {
				continue
			}
			if slices.Contains(names, f.Name) {
				return f
			}
			if found == nil && from != to {
				found = f
			}
		}
		return found
	}
	if from == to {
		return side(from, sourceSide), side(to, targetSide)
	}
	return side(from, from, sourceSide), side(to, to, targetSide)
}

// linkName is what a link is called that nobody named.
func linkName(o *Object, f *Field) string { return o.Name + pascal(f.Name) }

// nameLinks fills the links that manyToMany fields did not name. A field that
// is there already, under an old name perhaps, keeps its link.
func nameLinks(objects []*Object, current *Definition) {
	for _, o := range objects {
		for _, f := range o.Fields {
			if f.Kind != KindManyToMany || f.Link != "" {
				continue
			}
			f.Link = linkName(o, f)
			if was := former(current, o, f); was != nil && was.Kind == KindManyToMany {
				f.Link = was.Link
			}
		}
	}
}

// former is the field of current that f goes on, nil for none.
func former(current *Definition, o *Object, f *Field) *Field {
	for _, w := range current.Objects {
		if w.Name != o.Name && !had(o.Formerly, w.Name) && (o.Table == "" || w.Table != o.Table) {
			continue
		}
		for _, x := range w.Fields {
			if x.Name == f.Name || had(f.Formerly, x.Name) || f.Column != "" && x.Column == f.Column {
				return x
			}
		}
	}
	return nil
}

func had(names []*Alias, name string) bool {
	return slices.ContainsFunc(names, func(a *Alias) bool { return a.Name == name })
}

// implyLinks makes the link objects that nobody defined, keeps those that are
// there, and takes away those whose field is gone. A link that somebody added
// to is theirs from then on.
func implyLinks(def, current *Definition, was *finder) {
	const rounds = 4 // a link that is made anew may lose fields that needed others
	for range rounds {
		if !implyLinksOnce(def, find(def, current), was) {
			return
		}
	}
}

// implyLinksOnce says whether it changed anything.
func implyLinksOnce(def *Definition, x, was *finder) (changed bool) {
	fields, concerned := x.linking(def)
	if len(concerned) == 0 {
		return false
	}
	needed := map[string]bool{}
	for _, p := range fields {
		name := p.field.Link
		if p.object.Extends || p.field.Target == "" || needed[name] {
			continue
		}
		there := x.object(name)
		if there != nil && there.Extends {
			there = nil
		}
		if there != nil && !there.Implied {
			continue
		}
		needed[name] = true
		old := there
		if old == nil {
			if old = was.object(name); old == nil || !old.Implied {
				old = hiddenLink(def, p.object, p.field)
			}
		}
		link, same := impliedLink(p.object, p.field, old)
		switch {
		case there != nil && !same:
			def.Objects[position(def.Objects, there)] = link
			changed = true
		case there == nil && nameProblem(link.Plural) == "":
			def.Objects = append(def.Objects, link)
			changed = true
		}
	}
	idle := func(name string) bool {
		o := x.object(name)
		return o != nil && o.Implied && !needed[name]
	}
	maps.DeleteFunc(concerned, func(name string, _ bool) bool { return !idle(name) })
	if len(concerned) > 0 {
		def.Objects = slices.DeleteFunc(def.Objects, func(o *Object) bool { return o.Implied && concerned[o.Name] })
		changed = true
	}
	return changed
}

// linking lists the manyToMany fields whose link has to be looked at, in order,
// and the names of these links: they are in what differs from the snapshot, or
// name an object that does.
func (x *finder) linking(def *Definition) (fields []pointer, links map[string]bool) {
	links = map[string]bool{}
	mark := func(o *Object) {
		if o.Implied {
			links[o.Name] = true
		}
		for _, f := range o.Fields {
			if f.Kind == KindManyToMany {
				links[f.Link] = true
			}
		}
	}
	for _, o := range x.list {
		mark(o)
	}
	if x.base != nil {
		for name := range x.objects {
			if v := x.base.objects.get(name); v != nil {
				if mark(v.Object); len(x.linkers(name)) > 0 {
					links[name] = true
				}
			}
		}
	}
	for _, o := range x.list {
		for _, f := range o.Fields {
			if f.Kind == KindManyToMany {
				fields = append(fields, pointer{o, f})
			}
		}
	}
	if x.base == nil {
		return fields, links
	}
	for name := range links {
		fields = append(fields, x.linkers(name)...)
	}
	slices.SortStableFunc(fields, func(a, b pointer) int {
		return cmp.Or(position(def.Objects, a.object)-position(def.Objects, b.object), slices.Index(a.object.Fields, a.field)-slices.Index(b.object.Fields, b.field))
	})
	return fields, links
}

// linkers lists the fields of objects that the snapshot shares whose link is
// called so. They are found over the objects that the link refers to.
func (x *finder) linkers(link string) (out []pointer) {
	v := x.base.objects.get(link)
	if v == nil {
		return nil
	}
	for _, side := range v.Fields {
		for _, target := range side.points() {
			from := x.known(target)
			if from == nil {
				continue
			}
			for _, r := range from.Links {
				p := pointer{from.Object, r.Field}
				if !r.Back() && r.Field.Link == link && !slices.Contains(out, p) {
					out = append(out, p)
				}
			}
		}
	}
	return out
}

// hiddenLink is the link that was hidden with a field that comes back, or with
// its object; nil for none.
func hiddenLink(def *Definition, o *Object, f *Field) *Object {
	if o.Table == "" || def.hiddenTable(o.Table) == nil && def.hiddenField(o.Table, f.Column) == nil {
		return nil
	}
	var last *Removed
	for _, r := range def.Removed {
		was := r.ObjectWas
		if was == nil || !was.Implied || was.Name != f.Link || len(was.Fields) != 2 || was.Fields[0].Target != o.Name || was.Fields[1].Target != f.Target {
			continue
		}
		if last == nil || r.Until.After(last.Until) {
			last = r
		}
	}
	if last == nil {
		return nil
	}
	return last.ObjectWas.Clone()
}

// impliedLink is the link of a field: was itself when it is still right, else
// an object that goes on with its table and columns.
func impliedLink(o *Object, f *Field, was *Object) (link *Object, same bool) {
	near, far := o.Name, f.Target
	if near == far || isSystemField(near) || isSystemField(far) {
		near, far = sourceSide, targetSide
	}
	side := func(name, target string) *Field {
		return &Field{Name: name, Kind: KindLookup, Package: f.Package, Label: Texts{"en": name}.Label(), Required: true, Target: target, OnDelete: Cascade}
	}
	link = &Object{
		Name: f.Link, Plural: f.Link + "Links", Package: f.Package, Label: f.Label, Unowned: true, Implied: true,
		Fields:  []*Field{side(near, o.Name), side(far, f.Target)},
		Indexes: []*Index{{Fields: []string{near, far}, Unique: true, Package: f.Package}},
	}
	if was == nil {
		return link, false
	}
	if len(was.Fields) != 2 || len(was.Indexes) != 1 || len(was.Rules) > 0 {
		c := was.Clone()
		c.Implied = false
		return c, false
	}
	link.Table = was.Table
	for i, f := range link.Fields {
		f.Column = was.Fields[i].Column
	}
	link.Indexes[0].Name = was.Indexes[0].Name
	if equalJSON(link, was) {
		return was, true
	}
	return link, false
}

func isSystemField(name string) bool {
	return slices.ContainsFunc(systemFields, func(f *Field) bool { return f.Name == name })
}

// link checks a manyToMany field and the object between.
func (v *validator) link(o *Object, f *Field, at []any) {
	if f.Kind != KindManyToMany {
		return
	}
	if f.Required {
		v.problem(f, "required", at, "a manyToMany cannot be required: write a rule that asks for its records")
	}
	target := v.now.object(f.Target)
	switch {
	case f.Target == "":
		v.problem(f, "target", at, "a target is missing: the object whose records are linked")
		return
	case target == nil || target.Extends:
		v.problem(f, "target", at, "there is no object %q%s", short(f.Target), didYouMean(f.Target, v.objectNames()))
		return
	case target.Implied || o.Implied:
		v.problem(f, "target", at, "the link of a manyToMany cannot be linked itself: define it as an object")
		return
	}
	v.inverse(f, target, at)
	link := v.now.object(f.Link)
	if link == nil {
		why := nameProblem(f.Link)
		if why == "" {
			why = fmt.Sprintf("the name %q leaves no room for its plural", f.Link)
		}
		v.problem(f, "link", at, "%s: name the link by a shorter one", why)
		return
	}
	near, far := linkSides(link, o.Name, f.Target)
	if near == nil || far == nil || near == far {
		v.problem(f, "link", at, "%s is no link between %s and %s: it needs a lookup with onDelete: cascade to each, named source and target when both are the same object", link.Name, o.Name, f.Target)
		return
	}
	unique := slices.ContainsFunc(link.Indexes, func(x *Index) bool {
		return x.Unique && x.Where == "" && x.Range == nil && len(x.Fields) == 2 && slices.Contains(x.Fields, near.Name) && slices.Contains(x.Fields, far.Name)
	})
	if !unique {
		v.problem(f, "link", at, "%s needs a unique index over %s and %s, or two records could be linked twice", link.Name, near.Name, far.Name)
	}
}

// inverse checks the name of the list on a target.
func (v *validator) inverse(f *Field, target *Object, at []any) {
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

// LinkChange is the canonical value given for a manyToMany field: which records
// are linked afterwards. These alone when Replace is set, else Add more and
// Remove fewer. No id stands twice.
type LinkChange struct {
	Replace     bool
	Add, Remove []trellis.ID
}

// coerceLinks reads {add, remove} or {set}, or a list of ids, which is set.
func coerceLinks(v any) (any, error) {
	var c LinkChange
	var err error
	switch v := v.(type) {
	case LinkChange:
		c = v
	case []trellis.ID:
		c = LinkChange{Replace: true, Add: v}
	case []any:
		c.Replace = true
		c.Add, err = linkIDs(v)
	case map[string]any:
		c, err = linkParts(v)
	default:
		return nil, invalid("needs add and remove, or set, with ids of records")
	}
	if err != nil {
		return nil, err
	}
	if len(c.Add)+len(c.Remove) > MaxLinks {
		return nil, invalid("links %d records at once at most", MaxLinks)
	}
	c.Add, c.Remove = distinct(c.Add), distinct(c.Remove)
	if slices.ContainsFunc(c.Add, func(id trellis.ID) bool { return slices.Contains(c.Remove, id) }) {
		return nil, invalid("adds and removes the same record")
	}
	return c, nil
}

func linkParts(parts map[string]any) (c LinkChange, err error) {
	for key, v := range parts {
		into := &c.Add
		switch key {
		case "add":
		case "remove":
			into = &c.Remove
		case "set":
			c.Replace = c.Replace || v != nil
		default:
			return c, invalid("has no part %q: give add and remove, or set", short(key))
		}
		list, ok := v.([]any)
		switch {
		case v == nil:
			continue
		case !ok:
			return c, invalid("needs lists of ids")
		case parts["set"] != nil && key != "set":
			return c, invalid("takes add and remove, or set, not both")
		}
		if *into, err = linkIDs(list); err != nil {
			return c, err
		}
	}
	return c, nil
}

func linkIDs(list []any) ([]trellis.ID, error) {
	if len(list) > MaxLinks {
		return nil, invalid("links %d records at once at most", MaxLinks)
	}
	out := make([]trellis.ID, 0, len(list))
	for _, v := range list {
		id, err := coerceID(v)
		if err != nil || id == nil {
			return nil, invalid("must be ids of records")
		}
		out = append(out, id.(trellis.ID))
	}
	return out, nil
}

func distinct(ids []trellis.ID) []trellis.ID {
	seen := make(map[trellis.ID]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id trellis.ID) bool {
		twice := seen[id]
		seen[id] = true
		return twice
	})
}
