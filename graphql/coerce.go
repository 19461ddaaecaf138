package graphql

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// coercer turns variables and literals into values of their types: string,
// json.Number, int64 (Int and Long), bool, nil, []any, map[string]any. Custom
// scalars are checked for their JSON shape here and read where they are used.
type coercer struct {
	schema *Schema
	inputs *inputs // some of the schema's types at hand, or nil
	vars   map[string]any
}

// typ finds the type of a value.
func (c *coercer) typ(name string) *typ {
	if t := fixed().types[name]; t != nil {
		return t
	}
	if c.inputs != nil {
		return c.inputs.typ(name)
	}
	return c.schema.typ(name)
}

// field finds a field of an input type.
func (c *coercer) field(t *typ, name string) *ast.FieldDefinition {
	if f := t.Fields.ForName(name); f != nil {
		return f
	}
	if c.inputs != nil {
		return c.inputs.field(t, name)
	}
	f, _ := c.schema.field(t, name)
	return f
}

// as is a value whose type is known already: by coercion, or because we put it
// there. It gives the zero value rather than panic.
func as[T any](v any) T {
	t, _ := v.(T)
	return t
}

// variables coerces the variables of an operation. The errors' paths begin
// with the variable.
func (c *coercer) variables(op *ast.OperationDefinition, given map[string]any) *trellis.Error {
	if len(op.VariableDefinitions) == 0 {
		return nil
	}
	c.vars = make(map[string]any, len(op.VariableDefinitions))
	for _, d := range op.VariableDefinitions {
		v, ok := given[d.Variable]
		var err *trellis.Error
		switch {
		case ok:
			v, err = c.json(d.Type, v)
		case d.DefaultValue != nil:
			v, err = c.literal(d.Type, d.DefaultValue)
		case d.Type.NonNull:
			err = invalid("the variable must be given")
		default:
			continue
		}
		if err != nil {
			return err.At("variables", d.Variable)
		}
		c.vars[d.Variable] = v
	}
	return nil
}

// json coerces a decoded JSON value; lists and objects in place.
func (c *coercer) json(t *ast.Type, v any) (any, *trellis.Error) {
	if v == nil {
		return nil, nullFor(t)
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for i, e := range list {
			var err *trellis.Error
			if list[i], err = c.json(t.Elem, e); err != nil {
				return nil, err.At(i)
			}
		}
		return list, nil
	}
	def := c.typ(t.NamedType)
	if def.Kind != ast.InputObject {
		return leaf(def.Definition, v)
	}
	given, ok := v.(map[string]any)
	if !ok {
		return nil, invalid("must be an object of type %s", def.Name)
	}
	for name, e := range given {
		f := c.field(def, name)
		if f == nil {
			return nil, invalid("Field %q is not defined by type %q.", clip(name, 100), def.Name)
		}
		v, err := c.json(f.Type, e)
		if err != nil {
			return nil, err.At(name)
		}
		given[name] = v
	}
	return given, missing(def.Definition, given)
}

// literal coerces a value of the text. An absent variable inside an object
// leaves its key out.
func (c *coercer) literal(t *ast.Type, v *ast.Value) (any, *trellis.Error) {
	switch {
	case v.Kind == ast.Variable:
		value := c.vars[v.Raw]
		if value == nil {
			return nil, nullFor(t)
		}
		return value, nil
	case v.Kind == ast.NullValue:
		return nil, nullFor(t)
	case t.Elem != nil:
		return c.literalList(t, v)
	}
	def := c.typ(t.NamedType)
	if def.Kind == ast.InputObject {
		return c.literalObject(def, v)
	}
	raw, err := literalLeaf(def.Definition, v)
	if def.Name == jsonScalar {
		raw, err = c.literalJSON(v, 0)
	}
	if err != nil {
		return nil, err
	}
	return leaf(def.Definition, raw)
}

func (c *coercer) literalList(t *ast.Type, v *ast.Value) (any, *trellis.Error) {
	if v.Kind != ast.ListValue {
		e, err := c.literal(t.Elem, v)
		return []any{e}, err
	}
	out := make([]any, len(v.Children))
	for i, child := range v.Children {
		var err *trellis.Error
		if out[i], err = c.literal(t.Elem, child.Value); err != nil {
			return nil, err.At(i)
		}
	}
	return out, nil
}

func (c *coercer) literalObject(def *typ, v *ast.Value) (any, *trellis.Error) {
	if v.Kind != ast.ObjectValue {
		return nil, invalid("must be an object of type %s", def.Name)
	}
	out := make(map[string]any, len(v.Children))
	for _, child := range v.Children {
		f := c.field(def, child.Name)
		if f == nil {
			return nil, invalid("Field %q is not defined by type %q.", clip(child.Name, 100), def.Name)
		}
		if child.Value.Kind == ast.Variable {
			if _, ok := c.vars[child.Value.Raw]; !ok {
				continue
			}
		}
		var err *trellis.Error
		if out[child.Name], err = c.literal(f.Type, child.Value); err != nil {
			return nil, err.At(child.Name)
		}
	}
	return out, missing(def.Definition, out)
}

func nullFor(t *ast.Type) *trellis.Error {
	if t.NonNull {
		return invalid("must not be null")
	}
	return nil
}

func missing(def *ast.Definition, given map[string]any) *trellis.Error {
	for _, f := range def.Fields {
		if _, ok := given[f.Name]; !ok && f.Type.NonNull {
			return invalid("must be given").At(f.Name)
		}
	}
	return nil
}

// literalLeaf is a literal as its JSON form.
func literalLeaf(def *ast.Definition, v *ast.Value) (any, *trellis.Error) {
	switch v.Kind {
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw), nil
	case ast.BooleanValue:
		return v.Raw == "true", nil
	case ast.StringValue, ast.BlockValue:
		if def.Kind != ast.Enum {
			return v.Raw, nil
		}
	case ast.EnumValue:
		if def.Kind == ast.Enum {
			return v.Raw, nil
		}
	}
	return nil, invalid("must be of type %s", def.Name)
}

// leaf coerces a scalar or enum value that is not null. It takes its own
// results too.
func leaf(def *ast.Definition, v any) (any, *trellis.Error) {
	if def.Name == jsonScalar {
		return jsonValue(v)
	}
	text, isText := v.(string)
	if isText && (strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text)) {
		return nil, invalid("must be valid UTF-8 text without zero bytes")
	}
	switch {
	case def.Kind == ast.Enum:
		if isText && def.EnumValues.ForName(text) != nil {
			return text, nil
		}
		return nil, invalid("must be one of the values of %s", def.Name)
	case def.Name == "Int":
		return whole(v, 1<<31-1)
	case def.Name == "Long":
		return whole(v, metadata.MaxInteger)
	case def.Name == "Boolean":
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, invalid("must be true or false")
	case isText:
		return text, nil
	}
	if n, ok := v.(json.Number); ok && (def.Name == "Decimal" || def.Name == "ID" && isDigits(string(n))) {
		return string(n), nil
	}
	return nil, invalid("must be of type %s", def.Name)
}

// whole reads a whole number of up to ±most.
func whole(v any, most int64) (any, *trellis.Error) {
	n, ok := v.(int64)
	if num, isNumber := v.(json.Number); isNumber {
		i, err := strconv.ParseInt(string(num), 10, 64)
		n, ok = i, err == nil
	}
	if !ok || n > most || n < -most {
		return nil, invalid("must be a whole number up to ±%d", most)
	}
	return n, nil
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789") == "" && s != ""
}

// argument gives the value of an argument of a field, its default applied; nil
// when it is absent or null.
func (c *coercer) argument(n *node, name string) (any, *trellis.Error) {
	def := n.field.Definition.Arguments.ForName(name)
	if def == nil {
		return nil, nil
	}
	a := n.field.Arguments.ForName(name)
	if a != nil && a.Value.Kind == ast.Variable {
		if _, ok := c.vars[a.Value.Raw]; !ok {
			a = nil
		}
	}
	if a == nil {
		if def.DefaultValue == nil {
			return nil, nullFor(def.Type)
		}
		return c.literal(def.Type, def.DefaultValue)
	}
	v, err := c.literal(def.Type, a.Value)
	if err != nil {
		return nil, err.At(name)
	}
	return v, nil
}
