package metadata

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// ChangeOp says what happened to a component.
type ChangeOp string

// The operations. A component that was renamed may have changed as well.
const (
	OpAdd    ChangeOp = "add"
	OpRemove ChangeOp = "remove"
	OpRename ChangeOp = "rename"
	OpChange ChangeOp = "change"
	// OpRestore brings back what was removed and is still there, hidden.
	OpRestore ChangeOp = "restore"
)

// ChangeKind says what kind of component changed.
type ChangeKind string

// The kinds of components.
const (
	OfPackage ChangeKind = "package"
	OfObject  ChangeKind = "object"
	OfField   ChangeKind = "field"
	OfIndex   ChangeKind = "index"
	OfRule    ChangeKind = "rule"
	OfRole    ChangeKind = "role"
	OfPolicy  ChangeKind = "policy"
)

// Change is one difference between two definitions.
type Change struct {
	Op   ChangeOp   `json:"op"`
	Kind ChangeKind `json:"kind"`
	// Object is the object of a field, index or rule.
	Object string `json:"object,omitempty"`
	Name   string `json:"name"`
	Was    string `json:"was,omitempty"` // the old name
	// Attributes that differ, by their keys in YAML: kind, label, required.
	Attributes []string `json:"attributes,omitempty"`
	// Restored says that the columns of NewField were hidden until now.
	Restored bool `json:"restored,omitempty"`

	OldObject, NewObject *Object `json:"-"` // of objects, fields, indexes and rules
	OldField, NewField   *Field  `json:"-"`
	OldIndex, NewIndex   *Index  `json:"-"`
}

// String is the change in words, as "add field account.region".
func (c Change) String() string {
	name := c.Name
	if c.Object != "" {
		name = c.Object + "." + c.Name
	}
	s := fmt.Sprintf("%s %s %s", c.Op, c.Kind, name)
	attributes := c.Attributes
	if c.Op == OpRename {
		s += " (was " + c.Was + ")"
		// That it had the other name is said.
		attributes = slices.DeleteFunc(slices.Clone(attributes), func(key string) bool { return key == "formerly" })
	}
	if len(attributes) > 0 {
		s += ": " + strings.Join(attributes, ", ")
	}
	return s
}

// Diff lists the changes that lead from old to def, both normalised; old may be
// nil. Objects and fields are the same when their physical names are. What the
// two share costs nothing.
func Diff(old, def *Definition) []Change {
	if old == nil {
		old = &Definition{}
	}
	var out []Change
	out = append(out, diffList(OfPackage, old.Packages, def.Packages, func(p *Package) string { return p.Name })...)
	out = append(out, diffObjects(old, def.Objects)...)
	out = append(out, diffList(OfRole, old.Roles, def.Roles, func(r *Role) string { return r.Name })...)
	out = append(out, diffList(OfPolicy, old.Policies, def.Policies, func(p *Policy) string { return p.Name })...)
	return out
}

// TouchesAccess says that a role or a policy is among the changes.
func TouchesAccess(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Kind == OfRole || c.Kind == OfPolicy })
}

// diffList compares components that are told apart by name alone.
func diffList[T any](kind ChangeKind, old, now []*T, name func(*T) string) []Change {
	old, now = Differing(old, now)
	was := make(map[string]*T, len(old))
	for _, x := range old {
		was[name(x)] = x
	}
	var out []Change
	for _, x := range now {
		w := was[name(x)]
		delete(was, name(x))
		if w == nil {
			out = append(out, Change{Op: OpAdd, Kind: kind, Name: name(x)})
		} else if attrs := attributes(w, x); len(attrs) > 0 {
			out = append(out, Change{Op: OpChange, Kind: kind, Name: name(x), Attributes: attrs})
		}
	}
	for _, x := range old {
		if was[name(x)] != nil {
			out = append(out, Change{Op: OpRemove, Kind: kind, Name: name(x)})
		}
	}
	return out
}

func diffObjects(from *Definition, now []*Object) []Change {
	old, now := Differing(from.Objects, now)
	was := make(map[string]*Object, len(old))
	for _, o := range old {
		was[o.Table] = o
	}
	var out []Change
	for _, o := range now {
		w := was[o.Table]
		delete(was, o.Table)
		switch {
		case w == o:
			continue
		case w == nil:
			op := OpAdd
			if w = &(Object{Name: o.Name, Table: o.Table}); from.hiddenTable(o.Table) != nil {
				op, w = OpRestore, from.hiddenTable(o.Table).ObjectWas
			}
			out = append(out, Change{Op: op, Kind: OfObject, Name: o.Name, NewObject: o})
		case w.Name != o.Name:
			out = append(out, Change{Op: OpRename, Kind: OfObject, Name: o.Name, Was: w.Name, Attributes: attributes(w, o), OldObject: w, NewObject: o})
		default:
			if attrs := attributes(w, o); len(attrs) > 0 {
				out = append(out, Change{Op: OpChange, Kind: OfObject, Name: o.Name, Attributes: attrs, OldObject: w, NewObject: o})
			}
		}
		out = append(out, markRestored(from, within(w, o))...)
	}
	for _, o := range old {
		if was[o.Table] != nil {
			out = append(out, Change{Op: OpRemove, Kind: OfObject, Name: o.Name, OldObject: o})
		}
	}
	return out
}

// within compares the fields, indexes and rules of one object.
func within(old, now *Object) []Change {
	out := diffFields(old, now)
	indexes := diffList(OfIndex, old.Indexes, now.Indexes, indexName)
	for i := range indexes {
		indexes[i].OldIndex, indexes[i].NewIndex = findIndex(old, indexes[i].Name), findIndex(now, indexes[i].Name)
	}
	out = append(out, indexes...)
	out = append(out, diffList(OfRule, old.Rules, now.Rules, func(r *ValidationRule) string { return r.Name })...)
	for i := range out {
		out[i].Object, out[i].OldObject, out[i].NewObject = now.Name, old, now
	}
	return out
}

func indexName(x *Index) string { return x.Name }

func findIndex(o *Object, name string) *Index {
	for _, x := range o.Indexes {
		if x.Name == name {
			return x
		}
	}
	return nil
}

func diffFields(old, now *Object) []Change {
	was := make(map[string]*Field, len(old.Fields))
	for _, f := range old.Fields {
		was[f.Column] = f
	}
	paired := pairs(old, now)
	var out []Change
	for _, f := range now.Fields {
		w := was[f.Column]
		if w == nil {
			w = paired[f]
		}
		if w == nil {
			out = append(out, Change{Op: OpAdd, Kind: OfField, Name: f.Name, NewField: f})
			continue
		}
		delete(was, w.Column)
		c := Change{Op: OpChange, Kind: OfField, Name: f.Name, OldField: w, NewField: f, Attributes: attributes(w, f)}
		if w.Name != f.Name {
			c.Op, c.Was = OpRename, w.Name
		}
		if w != f && (c.Op == OpRename || len(c.Attributes) > 0) {
			out = append(out, c)
		}
	}
	for _, f := range old.Fields {
		if was[f.Column] != nil {
			out = append(out, Change{Op: OpRemove, Kind: OfField, Name: f.Name, OldField: f})
		}
	}
	return out
}

// pairs finds the fields that took the place of others in new columns, since
// their values are of another kind: they have the same name, or list it as one
// they had.
func pairs(old, now *Object) map[*Field]*Field {
	was, is := map[string]*Field{}, map[string]bool{}
	for _, f := range now.Fields {
		is[f.Column] = true
	}
	for _, f := range old.Fields {
		if !is[f.Column] {
			was[f.Name] = f
		}
	}
	if len(was) == 0 {
		return nil
	}
	columns := map[string]bool{}
	for _, f := range old.Fields {
		columns[f.Column] = true
	}
	out := map[*Field]*Field{}
	take := func(f *Field, name string) {
		if w := was[name]; w != nil && out[f] == nil && !columns[f.Column] && !f.Linked() && !w.Linked() {
			out[f] = w
			delete(was, name)
		}
	}
	for _, f := range now.Fields {
		take(f, f.Name)
	}
	for _, f := range now.Fields {
		for _, a := range f.Formerly {
			take(f, a.Name)
		}
	}
	return out
}

// markRestored tells which fields come back from what is hidden.
func markRestored(from *Definition, changes []Change) []Change {
	for i, c := range changes {
		if c.Kind != OfField || c.NewField == nil || from.hiddenField(c.NewObject.Table, c.NewField.Column) == nil {
			continue
		}
		if changes[i].Restored = true; c.Op == OpAdd {
			changes[i].Op = OpRestore
		}
	}
	return changes
}

// attributes lists the keys in which two components differ, apart from their
// names and, of an object, what it holds.
func attributes[T any](a, b *T) []string {
	if a == b {
		return nil
	}
	va, vb := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	var out []string
	for _, k := range attributeKeys(va.Type()) {
		if x, y := va.Field(k.at), vb.Field(k.at); !same(x, y) {
			out = append(out, k.key)
		}
	}
	return out
}

// attribute is a key of a component and the field of the struct that has it.
type attribute struct {
	key string
	at  int
}

var knownAttributes sync.Map // reflect.Type → []attribute

func attributeKeys(of reflect.Type) []attribute {
	if known, ok := knownAttributes.Load(of); ok {
		return known.([]attribute)
	}
	var keys []attribute
	for i := range of.NumField() {
		key, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		switch key {
		case "", "-", "name", "fields", "indexes", "rules", "table", "column":
			if !(key == "fields" && of == reflect.TypeFor[Index]()) {
				continue
			}
		}
		keys = append(keys, attribute{key, i})
	}
	knownAttributes.Store(of, keys)
	return keys
}

// same compares two values; an empty list is no list.
func same(x, y reflect.Value) bool {
	switch x.Kind() {
	case reflect.Slice:
		if x.Len() == 0 && y.Len() == 0 {
			return true
		}
	case reflect.String:
		return x.String() == y.String()
	case reflect.Bool:
		return x.Bool() == y.Bool()
	case reflect.Int:
		return x.Int() == y.Int()
	}
	return reflect.DeepEqual(x.Interface(), y.Interface())
}

// Intern puts the components of current in the place of equal ones of def, so
// that later steps see what did not change. Both must be normalised. An object
// that differs keeps def's pointer.
func Intern(def, current *Definition) {
	if current == nil {
		return
	}
	def.Packages = intern(def, def.Packages, current.Packages, func(p *Package) string { return p.Name })
	def.Objects = intern(def, def.Objects, current.Objects, func(o *Object) string { return o.Name })
	def.Roles = intern(def, def.Roles, current.Roles, func(r *Role) string { return r.Name })
	def.Policies = intern(def, def.Policies, current.Policies, func(p *Policy) string { return p.Name })
}

func intern[T any](def *Definition, list, current []*T, name func(*T) string) []*T {
	out := slices.Clone(list)
	old, now := differing(current, out)
	was := make(map[string]*T, len(old))
	for _, i := range old {
		was[name(current[i])] = current[i]
	}
	for _, i := range now {
		w, x := was[name(out[i])], out[i]
		if w != nil && equalJSON(w, x) {
			def.origin.alias(w, x) // problems are told where the draft has it
			def.origin.aliasParts(w, x)
			out[i] = w
		}
	}
	return out
}

// Differing gives what one of two lists has and the other has not, by pointer,
// each in its order.
func Differing[T any](old, now []*T) (o, n []*T) {
	gone, come := differing(old, now)
	for _, i := range gone {
		o = append(o, old[i])
	}
	for _, i := range come {
		n = append(n, now[i])
	}
	return o, n
}

// differing is Differing, as positions.
func differing[T any](old, now []*T) (gone, come []int) {
	gone, come = outOfStep(old, now)
	if len(gone) == 0 || len(come) == 0 {
		return gone, come
	}
	moved := make(map[*T]bool, len(gone))
	for _, i := range gone {
		moved[old[i]] = false
	}
	come = slices.DeleteFunc(come, func(j int) bool {
		_, both := moved[now[j]]
		if both {
			moved[now[j]] = true
		}
		return both
	})
	return slices.DeleteFunc(gone, func(i int) bool { return moved[old[i]] }), come
}

// outOfStep goes through two lists side by side and gives the positions that
// have no counterpart. What is left out of each is the same in the same order.
func outOfStep[T any](old, now []*T) (gone, come []int) {
	i, j := 0, 0
	for i < len(old) && j < len(now) {
		switch {
		case old[i] == now[j]:
		case j+1 < len(now) && old[i] == now[j+1]:
			come = append(come, j)
			j++
		case i+1 < len(old) && old[i+1] == now[j]:
			gone = append(gone, i)
			i++
		default:
			gone, come = append(gone, i), append(come, j)
		}
		i, j = i+1, j+1
	}
	for ; i < len(old); i++ {
		gone = append(gone, i)
	}
	for ; j < len(now); j++ {
		come = append(come, j)
	}
	return gone, come
}
