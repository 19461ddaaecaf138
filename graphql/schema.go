package graphql

import (
	"slices"
	"strings"
	"sync"
	"weak"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// Schema is what one role set may ask of one revision. It is a view: types, and
// their fields one by one, are made when a text speaks of them, and are gone with
// its plan. It is safe for concurrent use, and shared by all who see the same.
type Schema struct {
	sight   *sight
	mutates func() bool

	mu   sync.Mutex
	full weak.Pointer[wholeSchema] // as long as somebody reads it
}

func newSchema(snap *metadata.Snapshot, rights policy.Rights, shared *store) *Schema {
	s := &Schema{sight: newSight(snap, rights, shared)}
	s.mutates = sync.OnceValue(func() bool {
		return rights.Might(metadata.ActionCreate, metadata.ActionUpdate, metadata.ActionDelete) && s.sight.any((*objectSight).writable)
	})
	return s
}

// schemaSize is the memory of a schema, roughly.
const schemaSize = 64 << 10

// SDL writes the schema as text, for tools that generate code from it.
func (s *Schema) SDL() string {
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(s.whole().ast)
	return b.String()
}

// typ finds a type by its name, nil for none. A wide type has the fields that
// stand in every schema, an object's type those that must be given; the others
// are found by field.
func (s *Schema) typ(name string) *typ {
	if t := fixed().types[name]; t != nil {
		if name == "Mutation" && !s.mutates() {
			return nil
		}
		return t
	}
	for _, view := range s.sight.names.typeOwners(name) {
		o := s.sight.object(view.Name)
		if o == nil {
			continue
		}
		if p := o.names.part(name); p != noPart {
			w := wanted{typ: name}
			s.make(o, p, &w)
			if w.shell != nil {
				return &typ{Definition: w.shell, owner: o, part: p}
			}
		}
	}
	return nil
}

// make looks for what is wanted in a part of an object.
func (s *Schema) make(o *objectSight, p part, w *wanted) {
	(&builder{sight: s.sight, want: w}).part(o, p)
}

// field finds a field of a type; bind is nil in input types.
func (s *Schema) field(t *typ, name string) (*ast.FieldDefinition, *binding) {
	if f, bind := t.field(name); f != nil {
		return f, bind
	}
	if wideTypes[t.Name] != nil {
		return s.wideField(t.Name, name)
	}
	if t.owner == nil {
		return nil, nil
	}
	w := wanted{typ: t.Name, field: name}
	if s.make(t.owner, t.part, &w); w.def == nil {
		return s.formerField(t, name)
	}
	return w.def, w.bind
}

// wideField finds a field of a wide type.
func (s *Schema) wideField(t, name string) (*ast.FieldDefinition, *binding) {
	if f, bind := fixed().types[t].field(name); f != nil {
		if s.has(t, name) {
			return f, bind
		}
		return nil, nil
	}
	for _, view := range s.sight.names.fieldOwners(name) {
		if o := s.sight.object(view.Name); o != nil {
			w := wanted{typ: t, field: name}
			if s.make(o, wideTypes[t].part, &w); w.def != nil {
				return w.def, w.bind
			}
		}
	}
	return nil, nil
}

// has says whether a field that depends on what the role set may do at all is
// in its schema.
func (s *Schema) has(typ, field string) bool {
	switch typ + "." + field {
	case "Query.nothing":
		return !s.sight.any(func(o *objectSight) bool { return o.read })
	case "Query.search":
		return s.sight.any(func(o *objectSight) bool { return o.read && o.searchable() })
	case "BatchResult.record":
		return s.sight.any(func(o *objectSight) bool { return o.read && o.writable() })
	}
	return true
}

// batchVerb is what a key of BatchOperation does.
func (s *Schema) batchVerb(key string) (batchVerb, bool) {
	for _, view := range s.sight.names.fieldOwners(key) {
		if o := s.sight.object(view.Name); o != nil {
			for _, v := range o.verbs() {
				if v.name == key {
					return batchVerb{o, v.verb}, true
				}
			}
		}
	}
	return batchVerb{}, false
}

// sightKey is what a sight depends on: the object, what is visible of it, and
// names that gave way.
type sightKey struct {
	object  *metadata.ObjectView
	visible string
	bent    string
}

// store has what schemas share, over role sets and revisions: how objects are
// seen, and what they are called.
type store struct {
	sights *cache[sightKey, *objectSight]
	names  *cache[nameKey, *objectNames]
}

type nameKey struct {
	object *metadata.ObjectView
	bent   string
}

// newStore makes a store of about so many bytes.
func newStore(size int) *store {
	return &store{
		sights: newCache[sightKey, *objectSight](size/2, size/2, size/8),
		names:  newCache[nameKey, *objectNames](size/2, size/2, size/8),
	}
}

// wholeSchema is a schema in full, for those who want to see all of it.
type wholeSchema struct {
	ast   *ast.Schema
	types []*ast.Definition // by name
	typs  map[string]*typ
}

// whole makes all types, which takes long where there are many objects.
func (s *Schema) whole() *wholeSchema {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.full.Value(); w != nil {
		return w
	}
	w := s.everything()
	w.prune()
	w.finish()
	s.full = weak.Make(w)
	return w
}

// everything has also the types that nothing refers to.
func (s *Schema) everything() *wholeSchema {
	w := &wholeSchema{typs: map[string]*typ{}, ast: &ast.Schema{
		Types: map[string]*ast.Definition{}, Directives: fixed().directives,
		PossibleTypes: map[string][]*ast.Definition{}, Implements: map[string][]*ast.Definition{},
	}}
	for name, t := range fixed().types {
		if wideTypes[name] == nil {
			w.typs[name] = t
		}
	}
	var parts []map[string]*typ
	for _, o := range s.sight.all() {
		b := newBuilder(s.sight)
		for p := range allParts {
			b.part(o, p)
		}
		b.formerFields(o)
		parts = append(parts, b.types)
		for name, t := range b.types {
			if wideTypes[name] == nil {
				w.typs[name] = t
			}
		}
	}
	for name := range wideTypes {
		if t := s.widened(name, parts); len(t.Fields) > 0 {
			w.typs[name] = t
		}
	}
	if !s.mutates() {
		delete(w.typs, "Mutation")
	}
	return w
}

// widened is a wide type with the fields of all objects.
func (s *Schema) widened(name string, parts []map[string]*typ) *typ {
	t := fixed().types[name].bare()
	own := func() {
		for i, f := range fixed().types[name].Fields {
			if s.has(name, f.Name) {
				t.add(f, fixed().types[name].bind(i))
			}
		}
	}
	if wideTypes[name].ownFirst {
		own()
	}
	for _, p := range parts {
		if part := p[name]; part != nil {
			for i, f := range part.Fields {
				t.add(f, part.bind(i))
			}
		}
	}
	if !wideTypes[name].ownFirst {
		own()
	}
	return t
}

// prune drops the types that nothing refers to, as a lookup's filter where no
// lookup leads.
func (w *wholeSchema) prune() {
	reached := map[string]*typ{}
	var reach func(name string)
	reach = func(name string) {
		t := w.typs[name]
		if t == nil || reached[name] != nil {
			return
		}
		reached[name] = t
		for _, f := range t.Fields {
			reach(f.Type.Name())
			for _, a := range f.Arguments {
				reach(a.Type.Name())
			}
		}
		for _, member := range t.Types {
			reach(member)
		}
	}
	for _, d := range prelude().Definitions {
		reach(d.Name)
	}
	reach("Query")
	reach("Mutation")
	w.typs = reached
}

func (w *wholeSchema) finish() {
	for name, t := range w.typs {
		w.types = append(w.types, t.Definition)
		w.ast.Types[name] = t.Definition
		possible(w.ast, t.Definition, func(name string) *ast.Definition { return w.typs[name].Definition })
	}
	w.ast.Query, w.ast.Mutation = w.ast.Types["Query"], w.ast.Types["Mutation"]
	slices.SortFunc(w.types, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
}

// possible notes which objects a type may be.
func possible(s *ast.Schema, d *ast.Definition, find func(string) *ast.Definition) {
	switch d.Kind {
	case ast.Object:
		s.PossibleTypes[d.Name] = []*ast.Definition{d}
	case ast.Union:
		for _, member := range d.Types {
			s.PossibleTypes[d.Name] = append(s.PossibleTypes[d.Name], find(member))
			s.Implements[member] = append(s.Implements[member], d)
		}
	}
}
