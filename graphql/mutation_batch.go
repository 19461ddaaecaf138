package graphql

import (
	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// batch compiles operations over several objects.
func (c *compiler) batch(n *node, w *writing) *trellis.Error {
	operations, err := c.argument(n, "operations")
	if err != nil {
		return err
	}
	onError, err := c.argument(n, "onError")
	if err != nil {
		return err
	}
	list := as[[]any](operations)
	if len(list) > MaxRows {
		return tooCostly("there are more than %d operations", MaxRows).At("operations")
	}
	w.perRow, w.refs = onError == "CONTINUE", map[string]int{}
	for i, given := range list {
		if err := c.batchOperation(w, as[map[string]any](given), []any{"operations", i}); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) batchOperation(w *writing, given map[string]any, path []any) *trellis.Error {
	r := row{}
	r.ref, _ = given["ref"].(string)
	at := len(w.ops)
	for key, v := range given {
		verb, ok := c.schema.batchVerb(key)
		if !ok { // ref
			continue
		}
		if r.object != nil || v == nil {
			return invalid("give exactly one operation, and not null").At(path...)
		}
		r.object = verb.object
		if err := w.batchAdd(&r, verb, v, path, key); err != nil {
			return err
		}
	}
	if r.object == nil {
		return invalid("give exactly one operation").At(path...)
	}
	r.path, r.op, r.end = path, at, len(w.ops)
	w.rows = append(w.rows, r)
	return w.remember(&r)
}

// remember lets later operations refer to a row.
func (w *writing) remember(r *row) *trellis.Error {
	if r.ref == "" {
		return nil
	}
	if _, taken := w.refs[r.ref]; taken || !isName(r.ref) || len(r.ref) > 40 {
		return invalid("a ref is a name of up to 40 letters, digits and _, each used once").At(extend(r.path, "ref")...)
	}
	w.refs[r.ref] = r.op
	return nil
}

func (w *writing) batchAdd(r *row, verb batchVerb, v any, path []any, key string) *trellis.Error {
	op := core.Op{Verb: verb.verb}
	at := extend(path, key)
	given, _ := v.(map[string]any)
	var err *trellis.Error
	switch verb.verb {
	case core.Create:
		return w.operation(r.object, op, given, at, 0)
	case core.Restore:
		if op.ID, err = parseID(v); err != nil {
			return err.At(at...)
		}
		return w.operation(r.object, op, nil, at, 0)
	case core.Upsert:
		if op.Key, err = r.object.upsertKey(as[[]any](given["key"])); err != nil {
			return err.At(extend(at, "key")...)
		}
	default:
		if err = setTarget(&op, given["id"], given["ifVersion"]); err != nil {
			return err.At(at...)
		}
	}
	input, ok := given["input"].(map[string]any)
	if !ok { // delete
		return w.operation(r.object, op, nil, at, 0)
	}
	return w.operation(r.object, op, input, extend(at, "input"), 0)
}
