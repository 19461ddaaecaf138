package graphql

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// jsonScalar is the one scalar whose values may be lists and objects.
const jsonScalar = "JSON"

// jsonValue is a value of the scalar JSON as text, so that a string is a string
// and is not read as JSON itself. It takes its own results too.
func jsonValue(v any) (any, *trellis.Error) {
	switch v := v.(type) {
	case json.RawMessage:
		return v, nil
	case string:
		return json.RawMessage(metadata.AppendJSON(nil, v)), nil
	}
	out, err := (&metadata.Field{Kind: metadata.KindJSON}).Coerce(v)
	if err != nil {
		return nil, trellis.Public(err)[0]
	}
	return out, nil
}

// literalJSON is a literal of the scalar JSON, its variables replaced.
func (c *coercer) literalJSON(v *ast.Value, depth int) (any, *trellis.Error) {
	if depth > metadata.MaxJSONDepth { // its text is refused at the same depth
		return nil, invalid("has more than %d arrays and objects inside each other", metadata.MaxJSONDepth)
	}
	var err *trellis.Error
	switch v.Kind {
	case ast.Variable:
		return c.vars[v.Raw], nil
	case ast.NullValue:
		return nil, nil
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw), nil
	case ast.BooleanValue:
		return v.Raw == "true", nil
	case ast.ListValue:
		out := make([]any, len(v.Children))
		for i, child := range v.Children {
			if out[i], err = c.literalJSON(child.Value, depth+1); err != nil {
				return nil, err.At(i)
			}
		}
		return out, nil
	case ast.ObjectValue:
		out := make(map[string]any, len(v.Children))
		for _, child := range v.Children {
			if _, twice := out[child.Name]; twice {
				return nil, invalid("has the key %q twice", clip(child.Name, 100))
			}
			if out[child.Name], err = c.literalJSON(child.Value, depth+1); err != nil {
				return nil, err.At(child.Name)
			}
		}
		return out, nil
	}
	return v.Raw, nil // text, and what looks like an enum's value
}
