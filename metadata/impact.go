package metadata

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

// Use is one place that uses an object or a field.
type Use struct {
	// Kind says what uses it: rule, policy, formula, rollUp, default, index,
	// lookup, link, title, autoNumber, expression; layers above add their own.
	Kind string `json:"kind"`
	// Path is where it stands, as objects.order.rules.positive.
	Path string `json:"path"`
	Text string `json:"text,omitempty"` // the expression, when it is one
}

// Impact lists everything in a valid definition that uses a field, or the object
// itself when field is "": what would have to change before it can be removed.
// Expressions count by what they read, over lookups and lists too. What the
// field's own object says about the whole object is not among the uses of it.
func Impact(def *Definition, object, field string) []Use {
	im := &impact{object: object, field: field, index: complete(def)}
	im.engine = expr.New(im.index)
	for _, o := range def.Objects {
		im.of(o)
	}
	for _, p := range def.Policies {
		path := "policies." + p.Name
		if p.Object == object && (field == "" || slices.Contains(p.ReadFields, field) || slices.Contains(p.WriteFields, field)) {
			im.use("policy", path, p.Rule)
		} else if p.Object != everyObject.Name {
			im.text("policy", path+".rule", p.Object, p.Rule, expr.Row)
		}
	}
	return im.uses
}

type impact struct {
	object, field string
	index         *finder
	engine        *expr.Engine
	uses          []Use
}

func (im *impact) use(kind, path, text string) {
	im.uses = append(im.uses, Use{kind, path, text})
}

// is says that a name of the object o is the field asked for.
func (im *impact) is(o *Object, name string) bool {
	return im.field != "" && o.Name == im.object && name == im.field
}

func (im *impact) of(o *Object) {
	path := "objects." + o.Name
	if im.is(o, o.Title) {
		im.use("title", path+".title", "")
	}
	for _, x := range o.Indexes {
		named := slices.ContainsFunc(x.Fields, func(n string) bool { return im.is(o, n) }) ||
			x.Range != nil && (im.is(o, x.Range.From) || im.is(o, x.Range.To))
		if named {
			im.use("index", path+".indexes."+strings.Join(x.Fields, ","), x.Where)
		} else {
			im.text("index", path+".indexes."+strings.Join(x.Fields, ",")+".where", o.Name, x.Where, expr.Row)
		}
	}
	for _, r := range o.Rules {
		if im.is(o, r.Field) {
			im.use("rule", path+".rules."+r.Name, r.Rule)
		} else {
			im.text("rule", path+".rules."+r.Name, o.Name, r.Rule, expr.Validate)
		}
	}
	for _, f := range o.Fields {
		im.ofField(o, f, path+".fields."+f.Name)
	}
}

func (im *impact) ofField(o *Object, f *Field, path string) {
	if im.is(o, f.Name) { // its own settings go with it
		return
	}
	if im.field == "" && o.Name != im.object {
		if f.Target == im.object || slices.Contains(f.Targets, im.object) {
			im.use("lookup", path+".target", "")
		}
		if f.Link == im.object {
			im.use("link", path+".link", "")
		}
		if f.Expression != nil && f.Expression.Over == im.object {
			im.use("expression", path+".expression", "")
		}
	}
	im.value("formula", path+".formula", o.Name, f.Formula, expr.Formula, f.Type())
	im.value("default", path+".defaultRule", o.Name, f.DefaultRule, expr.Default, f.Type())
	if f.Number != nil && (strings.Contains(f.Number.Pattern, "{"+im.field+"}") || slices.Contains(f.Number.Scope, im.field)) && o.Name == im.object {
		im.use("autoNumber", path+".number", f.Number.Pattern)
	}
	if f.Expression != nil {
		first, _, _ := strings.Cut(strings.TrimPrefix(f.Expression.Over, "$"), ".")
		if strings.HasPrefix(f.Expression.Over, "$") && im.is(o, first) {
			im.use("expression", path+".expression", f.Expression.Over)
		}
	}
	if f.RollUp != nil {
		im.rollUp(o, f, path)
	}
}

func (im *impact) rollUp(o *Object, f *Field, path string) {
	child, lookup := im.list(o, f.RollUp.Relation)
	switch {
	case child == nil:
	case im.field == "" && child.Name == im.object, im.is(child, lookup), im.is(child, f.RollUp.Field):
		im.use("rollUp", path+".rollUp", f.RollUp.Where)
	default:
		im.text("rollUp", path+".rollUp.where", child.Name, f.RollUp.Where, expr.Row)
	}
}

// list finds the object and the lookup that a to-many relation of o comes from.
func (im *impact) list(o *Object, relation string) (*Object, string) {
	for _, c := range im.index.objects {
		for _, f := range c.Fields {
			if f.Inverse == relation && slices.Contains(f.points(), o.Name) {
				return c, f.Name
			}
		}
	}
	return nil, ""
}

func (im *impact) text(kind, path, object, src string, p expr.Profile) {
	if src == "" || !im.named(src) {
		return
	}
	if r, err := im.engine.Compile(object, src, p); err == nil && im.reads(object, r.Deps()) {
		im.use(kind, path, src)
	}
}

func (im *impact) value(kind, path, object, src string, p expr.Profile, want expr.Type) {
	if src == "" || !im.named(src) {
		return
	}
	if r, err := im.engine.CompileValue(object, src, p, want); err == nil && im.reads(object, r.Deps()) {
		im.use(kind, path, src)
	}
}

// named says that a text may use the field: it has its name, one it had, or the
// name of a list, or reads records whole.
func (im *impact) named(src string) bool {
	if im.field == "" {
		return true
	}
	o := im.index.objects[im.object]
	if o == nil {
		return false
	}
	f := o.Field(im.field)
	names := []string{im.field}
	if f != nil {
		for _, a := range f.Formerly {
			names = append(names, a.Name)
		}
		if f.Inverse != "" {
			names = append(names, f.Inverse)
		}
	}
	return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(src, n) }) || strings.Contains(src, "record ")
}

// reads says that one of the paths from an object goes over what is asked for.
func (im *impact) reads(object string, paths []expr.Path) bool {
	for _, p := range paths {
		o := im.index.objects[object]
		if len(p) == 0 && o != nil && o.Name == im.object && im.field != "" {
			return true // a whole record is compared
		}
		for _, step := range p {
			if o == nil {
				break
			}
			if im.is(o, step) {
				return true
			}
			next := ""
			if f := ownOrSystem(o, step); f != nil {
				next = f.Target
			} else if child, lookup := im.list(o, step); child != nil {
				if im.is(child, lookup) {
					return true
				}
				next = child.Name
			}
			if o = im.index.objects[next]; o != nil && im.field == "" && o.Name == im.object && object != im.object {
				return true
			}
		}
	}
	return false
}
