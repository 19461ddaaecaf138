package graphql

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// typ writes a type as it is used: wrapped in lists and non-null, outermost
// first.
func (in *introspector) typ(n *node, t *ast.Type) error {
	var kind string
	var inner *ast.Type
	switch {
	case t.NonNull:
		bare := *t
		bare.NonNull = false
		kind, inner = "NON_NULL", &bare
	case t.Elem != nil:
		kind, inner = "LIST", t.Elem
	default:
		return in.definition(n, in.schema.ast.Types[t.NamedType])
	}
	return in.object(n, func(c *node) error {
		switch c.field.Name {
		case "kind":
			return in.text(kind)
		case "ofType":
			return in.typ(c, inner)
		}
		return in.null()
	})
}

// definition writes a named type, null for none.
func (in *introspector) definition(n *node, d *ast.Definition) error {
	if d == nil {
		return in.null()
	}
	return in.object(n, func(c *node) error { return in.definitionField(c, d) })
}

func (in *introspector) definitionField(n *node, d *ast.Definition) error {
	switch n.field.Name {
	case "kind":
		return in.text(string(d.Kind))
	case "name":
		return in.text(d.Name)
	case "description":
		return in.maybe(d.Description)
	case "fields":
		if d.Kind == ast.Object {
			return in.fields(n, d)
		}
	case "inputFields":
		if d.Kind == ast.InputObject {
			shown := in.current(n, d.Fields)
			return in.list(len(shown), func(i int) error {
				f := shown[i]
				return in.value(n, &inputValue{f.Name, f.Description, f.Type, f.DefaultValue, deprecation(f)})
			})
		}
	case "interfaces":
		if d.Kind == ast.Object {
			in.x.buf = append(in.x.buf, "[]"...)
			return nil
		}
	case "enumValues":
		if d.Kind == ast.Enum {
			return in.enumValues(n, d)
		}
	case "isOneOf":
		if d.Kind == ast.InputObject {
			return in.boolean(false)
		}
	}
	return in.null() // possibleTypes, ofType, specifiedByURL
}

func (in *introspector) fields(n *node, d *ast.Definition) error {
	shown := slices.DeleteFunc(slices.Clone(in.current(n, d.Fields)), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
	return in.list(len(shown), func(i int) error {
		return in.object(n, func(c *node) error { return in.field(c, shown[i]) })
	})
}

func (in *introspector) field(n *node, f *ast.FieldDefinition) error {
	switch n.field.Name {
	case "name":
		return in.text(f.Name)
	case "description":
		return in.maybe(f.Description)
	case "args":
		return in.arguments(n, f.Arguments)
	case "type":
		return in.typ(n, f.Type)
	case "isDeprecated":
		return in.boolean(deprecation(f) != "")
	}
	return in.maybe(deprecation(f)) // deprecationReason
}

func (in *introspector) enumValues(n *node, d *ast.Definition) error {
	return in.list(len(d.EnumValues), func(i int) error {
		v := d.EnumValues[i]
		return in.object(n, func(c *node) error {
			switch c.field.Name {
			case "name":
				return in.text(v.Name)
			case "description":
				return in.maybe(v.Description)
			case "isDeprecated":
				return in.boolean(false)
			}
			return in.null()
		})
	})
}
