package metadata

import (
	"maps"
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

// Snapshot is one revision of a workspace's metadata, indexed for reading. It
// is immutable and safe for any number of readers.
type Snapshot struct {
	Revision int64
	def      *Definition
	objects  map[string]*ObjectView
	plurals  map[string]*ObjectView
	names    []string
	roles    map[string]*Role
}

// ObjectView is an object with what follows from the others: all its fields,
// system ones first, and the relations that point at it.
type ObjectView struct {
	*Object
	All       []*Field    // system fields, then own
	Relations []*Relation // to-many: who points here, in order of name
	fields    map[string]*Field
	relations map[string]*Relation
	expr      *expr.Object
}

// Relation is a to-many list on the object a lookup refers to.
type Relation struct {
	Name   string // the lookup's Inverse
	Object string // whose records are listed
	Field  *Field // the lookup on Object
}

// New indexes a definition that Validate found without problems. The
// definition must not be changed afterwards.
func New(def *Definition, revision int64) *Snapshot {
	s := &Snapshot{
		Revision: revision,
		def:      def,
		objects:  make(map[string]*ObjectView, len(def.Objects)+2),
		plurals:  make(map[string]*ObjectView, len(def.Objects)+2),
		roles:    make(map[string]*Role, len(def.Roles)),
	}
	for _, o := range def.Objects {
		v := newObjectView(o)
		s.objects[o.Name], s.plurals[o.Plural] = v, v
	}
	for _, v := range s.objects {
		for _, f := range v.All {
			if t := s.objects[f.Target]; t != nil && f.Inverse != "" {
				t.relate(&Relation{Name: f.Inverse, Object: v.Name, Field: f})
			}
		}
	}
	for _, v := range s.objects {
		slices.SortFunc(v.Relations, func(a, b *Relation) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, r := range def.Roles {
		s.roles[r.Name] = r
	}
	s.names = slices.Sorted(maps.Keys(s.objects))
	return s
}

func newObjectView(o *Object) *ObjectView {
	v := &ObjectView{Object: o, All: append(SystemFields(o), o.Fields...)}
	v.fields = make(map[string]*Field, len(v.All))
	v.relations = map[string]*Relation{}
	v.expr = &expr.Object{Name: o.Name, Fields: make(map[string]*expr.Field, len(v.All)), Relations: map[string]*expr.Relation{}}
	for _, f := range v.All {
		v.fields[f.Name] = f
		v.expr.Fields[f.Name] = exprField(f)
	}
	return v
}

// relate adds a to-many relation.
func (v *ObjectView) relate(r *Relation) {
	v.Relations, v.relations[r.Name] = append(v.Relations, r), r
	v.expr.Relations[r.Name] = &expr.Relation{Name: r.Name, Target: r.Object}
}

func exprField(f *Field) *expr.Field {
	e := &expr.Field{Name: f.Name, Type: f.Type(), Nullable: !f.NotNull(), Ref: f.Target}
	e.Kept = f.system && f.Name != "owner" && f.Name != "team" || f.Kind == KindFormula || f.Kind == KindRollUp
	for _, o := range f.Options {
		e.Options = append(e.Options, o.Name)
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

// Lookup finds an object by name, nil for none.
func (s *Snapshot) Lookup(name string) *ObjectView { return s.objects[name] }

// LookupPlural finds an object by its plural, nil for none.
func (s *Snapshot) LookupPlural(plural string) *ObjectView { return s.plurals[plural] }

// Role finds a role by name, nil for none.
func (s *Snapshot) Role(name string) *Role { return s.roles[name] }

// Object gives expressions their view of an object; it makes a Snapshot an
// expr.Schema.
func (s *Snapshot) Object(name string) (*expr.Object, bool) {
	v := s.objects[name]
	if v == nil {
		return nil, false
	}
	return v.expr, true
}

// Field finds a field, own or system, nil for none.
func (v *ObjectView) Field(name string) *Field { return v.fields[name] }

// Relation finds a to-many relation, nil for none.
func (v *ObjectView) Relation(name string) *Relation { return v.relations[name] }
