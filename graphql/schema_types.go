package graphql

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/trellishq/trellis/metadata"
)

// typ is a type with what its fields stand for. Those of no object are shared
// and never changed once they are made.
type typ struct {
	*ast.Definition
	binds []binding // of object types, one for each field
	// owner and part are of an object's type: its fields are made as they are
	// named (Schema.field).
	owner *objectSight
	part  part
}

// field finds a field, nil for none; bind is nil in input types.
func (t *typ) field(name string) (*ast.FieldDefinition, *binding) {
	for i, f := range t.Fields {
		if f.Name == name {
			return f, t.bind(i)
		}
	}
	return nil, nil
}

func (t *typ) bind(i int) *binding {
	if i < len(t.binds) {
		return &t.binds[i]
	}
	return nil
}

// bare is the type without fields, to be filled.
func (t *typ) bare() *typ {
	d := *t.Definition
	d.Fields = nil
	return &typ{Definition: &d}
}

func (t *typ) add(f *ast.FieldDefinition, bind *binding) {
	t.Fields = append(t.Fields, f)
	if bind != nil {
		t.binds = append(t.binds, *bind)
	}
}

// wideTypes have fields of every object. Nobody holds one in full but for a
// moment: a text is read against those of its fields that it names (reading).
// A builder adds an object's part by builder.wide.
var wideTypes = map[string]*struct {
	kind     ast.DefinitionKind
	help     string
	ownFirst bool // the fields of no object stand in front
	part     part // that has an object's fields
}{
	"Query":    {kind: ast.Object, part: queryPart},
	"Mutation": {kind: ast.Object, part: mutationPart, help: "Each field is one transaction; they run in the order given."},
	"BatchOperation": {kind: ast.InputObject, ownFirst: true, part: batchPart,
		help: "One operation: exactly one of the fields beside ref is given. A lookup may be \"@name\", the record of an earlier operation with that ref."},
	"BatchRecord": {kind: ast.Object, part: batchPart, help: "The record of an operation, in the field of its object."},
	"BatchResult": {kind: ast.Object},
}

// fixedPart is what is the same in all schemas.
type fixedPart struct {
	types      map[string]*typ
	directives map[string]*ast.DirectiveDefinition
}

// prelude is what every GraphQL schema has, parsed once and shared.
var prelude = sync.OnceValue(validator.PreludeDocument)

// unsupported are directives of the prelude that we do not carry out.
var unsupported = map[string]bool{"defer": true, "oneOf": true}

// fixed makes the types of no object.
var fixed = sync.OnceValue(func() *fixedPart {
	b := newBuilder(nil)
	p := &fixedPart{types: b.types, directives: map[string]*ast.DirectiveDefinition{}}
	for _, d := range prelude().Definitions {
		t := &typ{Definition: d}
		b.types[d.Name] = t
		for range d.Fields {
			t.binds = append(t.binds, binding{what: introspection})
		}
	}
	for _, d := range prelude().Directives {
		if !unsupported[d.Name] {
			p.directives[d.Name] = d
		}
	}
	for name := range wideTypes {
		b.wide(name)
	}
	b.scalars()
	b.operators()
	b.groupScalars()
	b.relationTypes()
	b.roots()
	b.mutationErrors()
	b.batches()
	share(p.types)
	return p
})

// builder makes types. Those of an object are made of the object and of what
// sight tells of the others, nothing else. It makes them in full for those who
// want to see the whole schema, and just what is wanted for a text.
type builder struct {
	sight *sight
	types map[string]*typ
	made  map[*ast.Definition]*typ
	helps map[*metadata.Field]string
	want  *wanted // nil for everything
}

// wanted is the one type, or the one field of a type, that a text names.
type wanted struct {
	typ, field string
	// What was found: the type without the fields that may be left out, the
	// field, and what that stands for.
	shell *ast.Definition
	def   *ast.FieldDefinition
	bind  *binding
}

func newBuilder(s *sight) *builder {
	return &builder{sight: s, types: map[string]*typ{}, made: map[*ast.Definition]*typ{}, helps: map[*metadata.Field]string{}}
}

// define adds a type, nil for one that nobody wants: nothing can be added to it.
func (b *builder) define(kind ast.DefinitionKind, name, description string) *ast.Definition {
	if b.want != nil && b.want.typ != name {
		return nil
	}
	d := &ast.Definition{Kind: kind, Name: name, Description: description}
	if b.want == nil {
		b.types[name] = b.typ(d)
	} else {
		b.want.shell = d
	}
	return d
}

// drop takes a type away that turned out not to be one.
func (b *builder) drop(d *ast.Definition) {
	switch {
	case d == nil:
	case b.want == nil:
		delete(b.types, d.Name)
	default:
		*b.want = wanted{typ: b.want.typ, field: b.want.field}
	}
}

// typ is what becomes of a definition, which may be defined later.
func (b *builder) typ(d *ast.Definition) *typ {
	t := b.made[d]
	if t == nil {
		t = &typ{Definition: d}
		b.made[d] = t
	}
	return t
}

// wide is the part of a wide type that is being built.
func (b *builder) wide(name string) *ast.Definition {
	if t := b.types[name]; t != nil {
		return t.Definition
	}
	w := wideTypes[name]
	return b.define(w.kind, name, w.help)
}

// defines says that one of the types is wanted.
func (b *builder) defines(names ...string) bool {
	return b.want == nil || slices.Contains(names, b.want.typ)
}

// asks says that a field of a type is wanted.
func (b *builder) asks(d *ast.Definition, name string) bool {
	return b.want == nil || d != nil && b.want.field == name
}

// fields are those of an object that may be wanted in a type.
func (b *builder) fields(d *ast.Definition, o *objectSight) []*metadata.Field {
	if b.want == nil {
		return o.All
	}
	if d == nil || b.want.field == "" {
		return nil
	}
	if i := o.Position(b.want.field); i >= 0 && o.All[i].Name == b.want.field {
		return o.All[i : i+1]
	}
	return nil
}

// relations are those that may be wanted in a type.
func (b *builder) relations(d *ast.Definition, all []*metadata.Relation) []*metadata.Relation {
	if b.want == nil {
		return all
	}
	if d != nil && b.want.field != "" {
		for i, r := range all {
			if r.Name == b.want.field {
				return all[i : i+1]
			}
		}
	}
	return nil
}

// output adds a field to an object type.
func (b *builder) output(d *ast.Definition, name, description string, t *ast.Type, bind binding, args ...*ast.ArgumentDefinition) {
	if !b.asks(d, name) {
		return
	}
	f, own := &ast.FieldDefinition{Name: name, Description: description, Type: t, Arguments: args}, bind
	if b.want == nil {
		b.typ(d).add(f, &own)
	} else {
		b.want.def, b.want.bind = f, &own
	}
}

// input adds a field to an input type.
func (b *builder) input(d *ast.Definition, name, description string, t *ast.Type) {
	if b.want == nil {
		input(d, name, description, t)
	} else if b.asks(d, name) && b.want.def == nil {
		b.want.def = &ast.FieldDefinition{Name: name, Description: description, Type: t}
	}
}

// input adds a field that is there whatever is wanted: one of few, or one that
// must be given.
func input(d *ast.Definition, name, description string, t *ast.Type) {
	if d != nil {
		d.Fields = append(d.Fields, &ast.FieldDefinition{Name: name, Description: description, Type: t})
	}
}

// has says that a field was added to a type already.
func (b *builder) has(d *ast.Definition, name string) bool {
	return d != nil && d.Fields.ForName(name) != nil || b.want != nil && b.want.def != nil && b.asks(d, name)
}

func arg(name, description string, t *ast.Type) *ast.ArgumentDefinition {
	return &ast.ArgumentDefinition{Name: name, Description: description, Type: t}
}

func argDefault(name, description, typ string, kind ast.ValueKind, raw string) *ast.ArgumentDefinition {
	a := arg(name, description, named(typ))
	a.DefaultValue = &ast.Value{Kind: kind, Raw: raw, ExpectedType: a.Type}
	return a
}

// nameOf is one of the types that fields refer to by name.
type nameOf struct {
	name     string
	required bool
}

// fixedNames are those of the types of no object: most fields refer to one of
// them, so all fields of all schemas share them. Nil until they are made.
var fixedNames atomic.Pointer[map[nameOf]*ast.Type]

func named(name string) *ast.Type    { return nameOf{name, false}.of() }
func required(name string) *ast.Type { return nameOf{name, true}.of() }

func (n nameOf) of() *ast.Type {
	if shared := fixedNames.Load(); shared != nil {
		if t := (*shared)[n]; t != nil {
			return t
		}
	}
	return &ast.Type{NamedType: n.name, NonNull: n.required}
}

// share keeps the names of types for all fields to come.
func share(types map[string]*typ) {
	names := map[nameOf]*ast.Type{}
	for name := range types {
		for _, n := range []nameOf{{name, false}, {name, true}} {
			names[n] = n.of()
		}
	}
	fixedNames.Store(&names)
}

// listOf is [name!], requiredList [name!]!.
func listOf(name string) *ast.Type       { return ast.ListType(required(name), nil) }
func requiredList(name string) *ast.Type { return ast.NonNullListType(required(name), nil) }

// help describes a field, in one text for all types it occurs in. Nobody reads
// it but in a whole schema.
func (b *builder) help(f *metadata.Field) string {
	if b.want != nil {
		return ""
	}
	text, ok := b.helps[f]
	if !ok {
		text = describe(f.Label, f.Description, f.Name)
		b.helps[f] = text
	}
	return text
}

// describe is the function, for types that somebody will read.
func (b *builder) describe(label, description metadata.Label, name string) string {
	if b.want != nil {
		return ""
	}
	return describe(label, description, name)
}

// describe is what people read of a component in the schema.
func describe(label, description metadata.Label, name string) string {
	text := label.In("en", name)
	if zh := label.Text("zh"); zh != "" && zh != text {
		text += " · " + zh
	}
	if d := description.In("en", ""); d != "" {
		text += "\n\n" + d
	}
	return text
}
