package graphql

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// introspector writes the caller's own schema. It walks the nodes of the query
// like any other answer; n is always the node whose children are asked.
type introspector struct {
	x      *execution
	schema *wholeSchema
}

// introspect writes __schema or __type.
func (x *execution) introspect(n *node) error {
	in := &introspector{x: x, schema: x.plan.schema.whole()}
	if n.bind.what == rootSchema {
		return in.object(n, in.schemaField)
	}
	name, problem := x.c.argument(n, "name")
	if problem != nil {
		return problem
	}
	return in.definition(n, in.schema.ast.Types[as[string](name)])
}

func (in *introspector) object(n *node, field func(*node) error) error {
	return (&answerer{x: in.x}).object(n, func(child *node) error {
		if len(in.x.buf) > maxIntroBytes {
			return tooCostly("the answer is longer than %d bytes", maxIntroBytes)
		}
		return field(child)
	})
}

func (in *introspector) list(n int, element func(int) error) error {
	return (&answerer{x: in.x}).list(n, element)
}

func (in *introspector) null() error {
	in.x.buf = append(in.x.buf, "null"...)
	return nil
}

func (in *introspector) text(s string) error {
	in.x.buf = appendString(in.x.buf, s)
	return nil
}

// maybe writes a text that is null when empty.
func (in *introspector) maybe(s string) error {
	if s == "" {
		return in.null()
	}
	return in.text(s)
}

func (in *introspector) boolean(b bool) error {
	text := "false"
	if b {
		text = "true"
	}
	in.x.buf = append(in.x.buf, text...)
	return nil
}

func (in *introspector) schemaField(n *node) error {
	s := in.schema
	switch n.field.Name {
	case "types":
		return in.list(len(s.types), func(i int) error { return in.definition(n, s.types[i]) })
	case "queryType":
		return in.definition(n, s.ast.Query)
	case "mutationType":
		return in.definition(n, s.ast.Mutation)
	case "directives":
		return in.directives(n)
	}
	return in.null() // subscriptionType, description
}

func (in *introspector) directives(n *node) error {
	var all []*ast.DirectiveDefinition
	for _, d := range in.schema.ast.Directives {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *ast.DirectiveDefinition) int { return strings.Compare(a.Name, b.Name) })
	return in.list(len(all), func(i int) error {
		return in.object(n, func(c *node) error { return in.directiveField(c, all[i]) })
	})
}

func (in *introspector) directiveField(n *node, d *ast.DirectiveDefinition) error {
	switch n.field.Name {
	case "name":
		return in.text(d.Name)
	case "description":
		return in.maybe(d.Description)
	case "isRepeatable":
		return in.boolean(d.IsRepeatable)
	case "locations":
		return in.list(len(d.Locations), func(i int) error { return in.text(string(d.Locations[i])) })
	}
	return in.arguments(n, d.Arguments)
}

func (in *introspector) arguments(n *node, args ast.ArgumentDefinitionList) error {
	return in.list(len(args), func(i int) error {
		a := args[i]
		return in.value(n, &inputValue{a.Name, a.Description, a.Type, a.DefaultValue, ""})
	})
}

// inputValue is an argument or a field of an input object.
type inputValue struct {
	name, description string
	typ               *ast.Type
	standard          *ast.Value
	deprecated        string // the reason, "" for what is not
}

func (in *introspector) value(n *node, v *inputValue) error {
	return in.object(n, func(c *node) error {
		switch c.field.Name {
		case "name":
			return in.text(v.name)
		case "description":
			return in.maybe(v.description)
		case "type":
			return in.typ(c, v.typ)
		case "defaultValue":
			if v.standard != nil {
				return in.text(v.standard.String())
			}
		case "isDeprecated":
			return in.boolean(v.deprecated != "")
		case "deprecationReason":
			return in.maybe(v.deprecated)
		}
		return in.null()
	})
}
