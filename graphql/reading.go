package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// reading is the part of a schema that one text speaks of, in the form in which
// gqlparser validates: it looks types up in a map, so all that it will look up
// is put there first. The walk follows gqlparser's own. Names that are not in
// the schema stay out, for it to complain of.
type reading struct {
	schema *Schema
	ast    *ast.Schema
	typs   map[string]*typ
	binds  map[*ast.FieldDefinition]*binding
}

// read finds the types of a text.
func (s *Schema) read(doc *ast.QueryDocument) (*reading, error) {
	r := &reading{schema: s, typs: map[string]*typ{}, binds: map[*ast.FieldDefinition]*binding{}, ast: &ast.Schema{
		Types: map[string]*ast.Definition{}, Directives: fixed().directives,
		PossibleTypes: map[string][]*ast.Definition{}, Implements: map[string][]*ast.Definition{},
	}}
	for _, op := range doc.Operations {
		r.operation(op)
	}
	for _, f := range doc.Fragments {
		r.selections(r.typ(f.TypeCondition), f.SelectionSet)
	}
	return r, s.sight.problem()
}

func (r *reading) operation(op *ast.OperationDefinition) {
	for _, v := range op.VariableDefinitions {
		r.typ(v.Type.Name())
		if v.DefaultValue != nil {
			r.value(v.Type, v.DefaultValue)
		}
	}
	var root *typ
	switch op.Operation {
	case ast.Query, "":
		if root = r.typ("Query"); root != nil {
			r.ast.Query = root.Definition
		}
	case ast.Mutation:
		if root = r.typ("Mutation"); root != nil {
			r.ast.Mutation = root.Definition
		}
	}
	r.selections(root, op.SelectionSet)
}

// typ takes a type in, nil for none. Wide types come without the fields that
// nobody has named yet.
func (r *reading) typ(name string) *typ {
	if t := r.typs[name]; t != nil {
		return t
	}
	t := r.schema.typ(name)
	if t == nil {
		return nil
	}
	if wideTypes[name] != nil {
		t = t.bare()
	} // an object's type is this reading's own
	r.typs[name] = t
	r.ast.Types[name] = t.Definition
	possible(r.ast, t.Definition, func(name string) *ast.Definition {
		if member := r.typ(name); member != nil {
			return member.Definition
		}
		return nil
	})
	return t
}

func (r *reading) field(t *typ, name string) *ast.FieldDefinition {
	f, bind := t.field(name)
	if f == nil {
		if f, bind = r.schema.field(t, name); f != nil {
			t.Fields = append(t.Fields, f)
		}
	}
	if f != nil && bind != nil {
		r.binds[f] = bind
	}
	return f
}

func (r *reading) selections(t *typ, set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			r.selected(t, sel)
		case *ast.InlineFragment:
			in := t
			if sel.TypeCondition != "" {
				in = r.typ(sel.TypeCondition)
			}
			r.directives(sel.Directives)
			r.selections(in, sel.SelectionSet)
		case *ast.FragmentSpread:
			r.directives(sel.Directives)
		}
	}
}

func (r *reading) selected(t *typ, sel *ast.Field) {
	r.directives(sel.Directives)
	if sel.Name == "__typename" {
		r.typ("String")
		return
	}
	var f *ast.FieldDefinition
	if t != nil {
		f = r.field(t, sel.Name)
	}
	if f == nil {
		r.selections(nil, sel.SelectionSet)
		return
	}
	r.arguments(f.Arguments, sel.Arguments)
	r.selections(r.typ(f.Type.Name()), sel.SelectionSet)
}

func (r *reading) directives(list ast.DirectiveList) {
	for _, d := range list {
		if def := r.ast.Directives[d.Name]; def != nil {
			r.arguments(def.Arguments, d.Arguments)
		}
	}
}

func (r *reading) arguments(defs ast.ArgumentDefinitionList, given ast.ArgumentList) {
	for _, a := range given {
		if def := defs.ForName(a.Name); def != nil {
			r.value(def.Type, a.Value)
		}
	}
}

// value takes in the types of a literal, and of what is inside it.
func (r *reading) value(of *ast.Type, v *ast.Value) {
	t := r.typ(of.Name())
	switch v.Kind {
	case ast.ListValue:
		for _, child := range v.Children {
			r.value(of, child.Value)
		}
	case ast.ObjectValue:
		for _, child := range v.Children {
			if t == nil {
				return
			}
			if f := r.field(t, child.Name); f != nil {
				r.value(f.Type, child.Value)
			}
		}
	}
}

// inputs are the types of values that the text speaks of, for reading variables
// without asking the schema.
func (r *reading) inputs() *inputs {
	in := &inputs{schema: r.schema, types: map[string]*typ{}, fields: map[fieldOf]*ast.FieldDefinition{}}
	for name, t := range r.typs {
		if t.Kind != ast.Object && t.Kind != ast.Union && wideTypes[name] == nil && fixed().types[name] == nil {
			in.types[name] = t
		}
	}
	return in
}
