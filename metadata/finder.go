package metadata

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

// finder finds the components of a definition, and who refers to them. What the
// definition shares with the one that a snapshot was made from is found there,
// so that making a finder costs what differs; without a snapshot everything
// differs.
//
// The definition must not get other components while it is used, but for those
// that put takes.
type finder struct {
	base *Snapshot // nil for none
	// list has the objects that are not base's, in order; objects finds them,
	// and has nil for what base has and the definition has not.
	list    []*Object
	objects map[string]*Object
	roles   map[string]*Role

	tables   map[string]*Object   // of list; made when first needed, as what follows
	pointers map[string][]pointer // the fields of list that refer to an object
	former   map[string]string    // names of list now, by former ones
	related  map[string]bool      // objects whose lists are not those of base
}

// pointer is a field that refers to an object.
type pointer struct {
	object *Object
	field  *Field
}

var _ expr.Schema = (*finder)(nil)

// find makes the finder of a definition that was made from current, nil for
// none.
func find(def, current *Definition) *finder {
	x := &finder{}
	if current != nil && current.snapshot != nil && x.after(def, current) {
		return x
	}
	x = &finder{list: def.Objects, objects: make(map[string]*Object, len(def.Objects)), roles: make(map[string]*Role, len(def.Roles))}
	for _, o := range def.Objects {
		x.objects[o.Name] = o
	}
	for _, r := range def.Roles {
		x.roles[r.Name] = r
	}
	return x
}

// after finds what differs. It is false for two objects of one name, where which
// is found depends on the order.
func (x *finder) after(def, current *Definition) bool {
	x.base, x.objects, x.roles = current.snapshot, map[string]*Object{}, current.snapshot.roles
	gone, come := Differing(current.Objects, def.Objects)
	for _, o := range gone {
		x.objects[o.Name] = nil
	}
	for _, o := range come {
		if x.object(o.Name) != nil {
			return false
		}
		x.objects[o.Name] = o
	}
	x.list = come
	if !slices.Equal(def.Roles, current.Roles) {
		x.roles = make(map[string]*Role, len(def.Roles))
		for _, r := range def.Roles {
			x.roles[r.Name] = r
		}
	}
	return true
}

// complete is a finder without a snapshot, for going through all objects.
func complete(def *Definition) *finder { return find(def, nil) }

// known is the view that base has of an object, nil when it has none or another.
func (x *finder) known(name string) *ObjectView {
	if x.base == nil {
		return nil
	}
	if _, differs := x.objects[name]; differs {
		return nil
	}
	return x.base.objects.get(name)
}

// object finds an object by name, nil for none.
func (x *finder) object(name string) *Object {
	if o, ok := x.objects[name]; ok || x.base == nil {
		return o
	}
	if v := x.base.objects.get(name); v != nil {
		return v.Object
	}
	return nil
}

// table finds an object by its table, nil for none.
func (x *finder) table(table string) *Object {
	if x.tables == nil {
		x.tables = make(map[string]*Object, len(x.list))
		for _, o := range x.list {
			x.tables[o.Table] = o
		}
	}
	if o := x.tables[table]; o != nil || x.base == nil {
		return o
	}
	if v := x.base.tables.get(table); v != nil && x.known(v.Name) == v {
		return v.Object
	}
	return nil
}

// has says that the definition has this very object.
func (x *finder) has(o *Object) bool { return x.object(o.Name) == o }

// put takes an object in the place of the one that had its name.
func (x *finder) put(o *Object) {
	x.objects[o.Name] = o
	x.list = slices.Clone(x.list)
	if i := slices.IndexFunc(x.list, func(was *Object) bool { return was.Name == o.Name }); i >= 0 {
		x.list[i] = o
	} else {
		x.list = append(x.list, o)
	}
	x.tables, x.pointers, x.former, x.related = nil, nil, nil, nil
}

// formerly is the name that an object has which had this one; "" for none.
func (x *finder) formerly(name string) string {
	if x.former == nil {
		x.former = map[string]string{}
		for _, o := range x.list {
			for _, a := range o.Formerly {
				x.former[a.Name] = o.Name
			}
		}
	}
	now := x.former[name]
	if now == "" && x.base != nil {
		if now = x.base.formerly[name]; x.known(now) == nil {
			now = ""
		}
	}
	if now == "" || x.object(name) != nil {
		return ""
	}
	return now
}

// field finds the name that a field of an object has which had this one; the
// name itself when there is none.
func (x *finder) field(object, name string) string {
	o := x.object(object)
	if o == nil || o.Field(name) != nil {
		return name
	}
	for _, f := range slices.Backward(o.Fields) {
		if had(f.Formerly, name) {
			return f.Name
		}
	}
	return name
}

// relation finds a to-many relation of an object that is no link, nil for none.
// Of two, which Validate refuses, it takes that of the first object.
func (x *finder) relation(object, name string) *pointer {
	if name == "" {
		return nil
	}
	var found *pointer
	for _, p := range x.pointersOf()[object] {
		if p.field.Inverse == name && p.field.Kind != KindManyToMany {
			found = &p
			break
		}
	}
	if x.base == nil {
		return found
	}
	if v := x.base.objects.get(object); v != nil {
		if r := v.Relation(name); r != nil && !r.Linked() {
			if from := x.known(r.Of); from != nil && (found == nil || from.Name < found.object.Name) {
				return &pointer{from.Object, r.Field}
			}
		}
	}
	return found
}

// pointersOf has the fields of list that refer to objects, by these.
func (x *finder) pointersOf() map[string][]pointer {
	if x.pointers == nil {
		x.pointers = make(map[string][]pointer, len(x.list))
		for _, o := range x.list {
			for _, f := range o.Fields {
				for _, target := range f.points() {
					x.pointers[target] = append(x.pointers[target], pointer{o, f})
				}
			}
		}
	}
	return x.pointers
}

// pointersTo lists the fields that make a list on an object, or refer to it.
func (x *finder) pointersTo(object string) []pointer {
	out := slices.Clip(x.pointersOf()[object])
	if x.base == nil {
		return out
	}
	v := x.base.objects.get(object)
	if v == nil {
		return out
	}
	for _, list := range [][]*Relation{v.Referrers, v.Links} {
		for _, r := range list {
			if from := x.known(r.Of); from != nil && (!r.Linked() || r.Back()) {
				out = append(out, pointer{from.Object, r.Field})
			}
		}
	}
	return out
}

// Object implements expr.Schema. The object "*" has what all have.
func (x *finder) Object(name string) (*expr.Object, bool) {
	o := x.object(name)
	if name == everyObject.Name {
		o = everyObject
	}
	if o == nil {
		return nil, false
	}
	if v := x.known(name); v != nil && !x.relatedAnew(name) {
		return v.expression(), true
	}
	v := newObjectView(o)
	for _, p := range x.pointersTo(o.Name) {
		v.refer(&ObjectView{Object: p.object}, p.field)
	}
	v.settle()
	return v.expression(), true
}

// relatedAnew says that other fields refer to an object than did.
func (x *finder) relatedAnew(name string) bool {
	if x.related == nil {
		x.related = map[string]bool{}
		for changed, is := range x.objects {
			var was *Object
			if v := x.base.objects.get(changed); v != nil {
				was = v.Object
			}
			touches(was, is, x.related)
			touches(is, was, x.related)
		}
	}
	return x.related[name]
}

// position finds an object in a definition's list, which is sorted or nearly so.
func position(list []*Object, o *Object) int {
	i, found := named(list, o.Name)
	if found && list[i] == o {
		return i
	}
	return slices.Index(list, o)
}

// named finds a name in a sorted list of objects.
func named(list []*Object, name string) (int, bool) {
	return slices.BinarySearchFunc(list, name, func(o *Object, name string) int { return strings.Compare(o.Name, name) })
}
