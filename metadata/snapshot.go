package metadata

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/trellishq/trellis/metadata/expr"
)

// Snapshot is one revision of a workspace's metadata, indexed for reading. It
// is immutable and safe for any number of readers.
type Snapshot struct {
	Revision int64
	def      *Definition
	objects  shards[*ObjectView]
	plurals  shards[*ObjectView]
	tables   shards[*ObjectView]
	names    []string
	formerly map[string]string // names of objects now, by former names
	roles    map[string]*Role

	exprsOnce    sync.Once
	exprs        *expr.Engine
	computations sync.Map // fieldKey → *Computation
}

// ObjectView is an object with what follows from the others: all its fields,
// system ones first, and the relations that point at it.
type ObjectView struct {
	*Object
	All       []*Field    // system fields, then own
	Relations []*Relation // to-many: who points here, in order of name
	// Links are the to-many lists over link objects, in order of name: the
	// object's manyToMany fields, and those of others that point here.
	Links []*Relation
	// Referrers are all lookups that point here, with or without a list: what
	// a delete has to look after.
	Referrers []*Relation

	order    []uint16       // positions in All, in order of name
	formerly map[string]int // positions in All by names that fields had

	exprOnce sync.Once
	expr     *expr.Object
}

// Relation is a to-many list on the object that a lookup refers to, or on
// either side of a manyToMany field.
type Relation struct {
	Name   string // the Inverse, or the manyToMany field's own name; "" for no list
	Object string // whose records are listed
	Field  *Field // the lookup on Object, or the manyToMany field
	Of     string // the object that has Field
	On     string // the object that has the list
	back   bool
}

// Linked says that the list goes over a link object.
func (r *Relation) Linked() bool { return r.Field.Kind == KindManyToMany }

// Back says that a linked list is the one on the target of its field.
func (r *Relation) Back() bool { return r.back }

// Sides finds the link object of a linked list, its lookup to the record that
// has the list, and its lookup to the records listed.
func (s *Snapshot) Sides(r *Relation) (link *ObjectView, near, far *Field) {
	link = s.objects.get(r.Field.Link)
	near, far = linkSides(link.Object, r.Of, r.Field.Target)
	if r.Back() {
		near, far = far, near
	}
	return link, near, far
}

// New indexes a definition that Validate found without problems. The
// definition must not be changed afterwards.
func New(def *Definition, revision int64) *Snapshot {
	s := &Snapshot{Revision: revision, def: def.unplaced(), roles: make(map[string]*Role, len(def.Roles))}
	objects, plurals := make(map[string]*ObjectView, len(def.Objects)), make(map[string]*ObjectView, len(def.Objects))
	tables := make(map[string]*ObjectView, len(def.Objects))
	for _, o := range def.Objects {
		v := newObjectView(o)
		objects[o.Name], plurals[o.Plural], tables[o.Table] = v, v, v
	}
	for _, from := range objects {
		for _, f := range from.All {
			for _, target := range f.points() {
				if t := objects[target]; t != nil {
					t.refer(from, f)
				}
			}
		}
	}
	for _, v := range objects {
		v.settle()
	}
	for _, r := range def.Roles {
		s.roles[r.Name] = r
	}
	s.objects, s.plurals, s.tables = s.objects.with(nil, objects), s.plurals.with(nil, plurals), s.tables.with(nil, tables)
	s.names = slices.Sorted(maps.Keys(objects))
	s.formerly = formerObjects(def.Objects, s.objects, nil)
	s.def.snapshot = s
	return s
}

func newObjectView(o *Object) *ObjectView {
	v := &ObjectView{Object: o, All: append(SystemFields(o), o.Fields...)}
	v.order = make([]uint16, len(v.All))
	for i, f := range v.All {
		v.order[i] = uint16(i)
		if f.Linked() {
			v.Links = append(v.Links, &Relation{Name: f.Name, Object: f.Target, Field: f, Of: o.Name, On: o.Name})
		}
	}
	slices.SortFunc(v.order, func(a, b uint16) int { return strings.Compare(v.All[a].Name, v.All[b].Name) })
	for i, f := range v.All {
		for _, a := range f.Formerly {
			if v.Position(a.Name) >= 0 {
				continue
			}
			if v.formerly == nil {
				v.formerly = map[string]int{}
			}
			v.formerly[a.Name] = i
		}
	}
	return v
}

// points lists the objects that the field refers to.
func (f *Field) points() []string {
	switch {
	case f.Kind == KindPolymorphic:
		return f.Targets
	case f.Target != "":
		return []string{f.Target}
	}
	return nil
}

// refer adds what a field of another object that points here brings.
func (v *ObjectView) refer(from *ObjectView, f *Field) {
	r := &Relation{Name: f.Inverse, Object: from.Name, Field: f, Of: from.Name, On: v.Name}
	switch {
	case f.Kind == KindManyToMany:
		if r.back = true; f.Inverse != "" {
			v.Links = append(v.Links, r)
		}
		return
	case f.Inverse != "":
		v.Relations = append(v.Relations, r)
	}
	if !f.System() {
		v.Referrers = append(v.Referrers, r)
	}
}

// settle brings the relations into order.
func (v *ObjectView) settle() {
	byName := func(a, b *Relation) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(v.Relations, byName)
	slices.SortFunc(v.Links, byName)
	slices.SortFunc(v.Referrers, func(a, b *Relation) int {
		return cmp.Or(strings.Compare(a.Object, b.Object), strings.Compare(a.Field.Name, b.Field.Name))
	})
}

// expression is the object as expressions see it, made when the first asks.
func (v *ObjectView) expression() *expr.Object {
	v.exprOnce.Do(func() {
		fields, relations := make(map[string]*expr.Field, len(v.All)), map[string]*expr.Relation{}
		for _, f := range v.All {
			if !f.Linked() {
				fields[f.Name] = exprField(f)
			}
		}
		for _, list := range [][]*Relation{v.Relations, v.Links} {
			for _, r := range list {
				relations[r.Name] = &expr.Relation{Name: r.Name, Target: r.Object}
			}
		}
		for was, i := range v.formerly {
			if f := v.All[i]; !f.Linked() {
				fields[was] = fields[f.Name]
			} else if relations[was] == nil {
				relations[was] = relations[f.Name]
			}
		}
		v.expr = &expr.Object{Name: v.Name, Fields: expr.Table(fields), Relations: expr.Table(relations)}
	})
	return v.expr
}

// systemExprs are the system fields as expressions see them: one for all objects.
var systemExprs = func() map[*Field]*expr.Field {
	of := make(map[*Field]*expr.Field, len(systemFields))
	for _, f := range systemFields {
		of[f] = newExprField(f)
	}
	return of
}()

func exprField(f *Field) *expr.Field {
	if e := systemExprs[f]; e != nil {
		return e
	}
	return newExprField(f)
}

func newExprField(f *Field) *expr.Field {
	e := &expr.Field{Name: f.Name, Type: f.Type(), Nullable: !f.NotNull(), Ref: f.Target}
	e.Kept = f.system && f.Name != "owner" && f.Name != "team" || f.Kind == KindFormula || f.Kind == KindRollUp
	if len(f.Options) > 0 {
		e.Options = make([]string, len(f.Options))
	}
	for i, o := range f.Options {
		e.Options[i] = o.Name
	}
	return e
}

// NotNull says that the column itself refuses null: only system fields do.
// Required is held by the engine, so that a field can become required while
// old records lack it.
func (f *Field) NotNull() bool {
	return f.system && (f.Name == "id" || f.Name == "version" || f.Name == "createdAt" || f.Name == "updatedAt" || f.Name == "createdBy" || f.Name == "updatedBy")
}

// Definition is what the snapshot was made from. It must not be changed: use
// Clone.
func (s *Snapshot) Definition() *Definition { return s.def }

// Names lists the objects by name, in order.
func (s *Snapshot) Names() []string { return s.names }

// Lookup finds an object by its name, or by one it had; nil for none.
func (s *Snapshot) Lookup(name string) *ObjectView {
	if v := s.objects.get(name); v != nil {
		return v
	}
	if len(s.formerly) == 0 {
		return nil
	}
	return s.objects.get(s.formerly[name])
}

// Former maps the names that objects had to those they have. It must not be
// changed.
func (s *Snapshot) Former() map[string]string { return s.formerly }

// LookupPlural finds an object by its plural, nil for none.
func (s *Snapshot) LookupPlural(plural string) *ObjectView { return s.plurals.get(plural) }

// Role finds a role by name, nil for none.
func (s *Snapshot) Role(name string) *Role { return s.roles[name] }

// Object gives expressions their view of an object; it makes a Snapshot an
// expr.Schema.
func (s *Snapshot) Object(name string) (*expr.Object, bool) {
	v := s.Lookup(name)
	if v == nil {
		return nil, false
	}
	return v.expression(), true
}

// Field finds a field, own or system, by its name or one it had: the field's
// Name is the one it has. Nil for none.
func (v *ObjectView) Field(name string) *Field {
	if i := v.Position(name); i >= 0 {
		return v.All[i]
	}
	return nil
}

// Position is where a field stands in All, by its name or one it had; -1 for
// none.
func (v *ObjectView) Position(name string) int {
	i, found := slices.BinarySearchFunc(v.order, name, func(at uint16, name string) int { return strings.Compare(v.All[at].Name, name) })
	if found {
		return int(v.order[i])
	}
	if at, ok := v.formerly[name]; ok {
		return at
	}
	return -1
}

// Relation finds a to-many relation, by its name or one that its manyToMany
// field had; nil for none.
func (v *ObjectView) Relation(name string) *Relation {
	for _, list := range [][]*Relation{v.Relations, v.Links} {
		i, found := slices.BinarySearchFunc(list, name, func(r *Relation, name string) int { return strings.Compare(r.Name, name) })
		if found {
			return list[i]
		}
	}
	if i, ok := v.formerly[name]; ok && v.All[i].Linked() {
		return v.Relation(v.All[i].Name)
	}
	return nil
}
