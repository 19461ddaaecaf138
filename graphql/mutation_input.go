package graphql

import (
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/metadata"
)

// writing is one top-level mutation as operations.
type writing struct {
	sight  *sight
	ops    []core.Op
	rows   []row
	perRow bool
	// rowByRow makes each row a transaction of its own: with CONTINUE, a record
	// must not be written without the children given with it.
	rowByRow bool
	key      string         // of idempotency, "" for none
	refs     map[string]int // batch: ref → operation
}

// writing compiles the arguments of a mutation.
func (c *compiler) writing(n *node) (*writing, *trellis.Error) {
	key, err := c.once(n)
	if err != nil {
		return nil, err
	}
	w := &writing{sight: c.sight, key: key}
	o := n.bind.object
	switch n.bind.what {
	case rootCreate:
		given, err := c.argument(n, "input")
		if err != nil {
			return nil, err
		}
		return w, w.add(row{object: o}, core.Op{Verb: core.Create}, given, []any{"input"})
	case rootUpdate:
		return w, c.update(n, w)
	case rootDelete, rootRestore:
		return w, c.drop(n, w)
	case rootCreateMany, rootUpsertMany:
		return w, c.many(n, w)
	}
	return w, c.batch(n, w)
}

func (c *compiler) update(n *node, w *writing) *trellis.Error {
	op := core.Op{Verb: core.Update}
	if err := c.target(n, &op); err != nil {
		return err
	}
	given, err := c.argument(n, "input")
	if err != nil {
		return err
	}
	return w.add(row{object: n.bind.object}, op, given, []any{"input"})
}

func (c *compiler) drop(n *node, w *writing) *trellis.Error {
	op := core.Op{Verb: core.Delete}
	if n.bind.what == rootRestore {
		op.Verb = core.Restore
	}
	if err := c.target(n, &op); err != nil {
		return err
	}
	return w.add(row{object: n.bind.object}, op, nil, []any{"id"})
}

// target reads id and ifVersion.
func (c *compiler) target(n *node, op *core.Op) *trellis.Error {
	id, err := c.argument(n, "id")
	if err != nil {
		return err
	}
	version, err := c.argument(n, "ifVersion")
	if err != nil {
		return err
	}
	return setTarget(op, id, version)
}

func setTarget(op *core.Op, id, version any) *trellis.Error {
	var err *trellis.Error
	if op.ID, err = parseID(id); err != nil {
		return err.At("id")
	}
	if version == nil {
		return nil
	}
	if op.IfVersion = as[int64](version); op.IfVersion < 1 {
		return invalid("must be 1 or more").At("ifVersion")
	}
	return nil
}

func (c *compiler) many(n *node, w *writing) *trellis.Error {
	inputs, err := c.argument(n, "inputs")
	if err != nil {
		return err
	}
	onError, err := c.argument(n, "onError")
	if err != nil {
		return err
	}
	op := core.Op{Verb: core.Create}
	if n.bind.what == rootUpsertMany {
		key, err := c.argument(n, "key")
		if err != nil {
			return err
		}
		op.Verb = core.Upsert
		if op.Key, err = n.bind.object.upsertKey(as[[]any](key)); err != nil {
			return err.At("key")
		}
	}
	list := as[[]any](inputs)
	if len(list) > MaxRows {
		return tooCostly("there are more than %d inputs", MaxRows).At("inputs")
	}
	w.perRow = onError == "CONTINUE"
	for i, given := range list {
		if err := w.add(row{object: n.bind.object}, op, given, []any{"inputs", i}); err != nil {
			return err
		}
	}
	w.rowByRow = w.perRow && len(w.ops) > len(w.rows)
	return nil
}

// upsertKey checks that the fields given are one unique key.
func (o *objectSight) upsertKey(given []any) ([]string, *trellis.Error) {
	names := make([]string, len(given))
	for i, v := range given {
		names[i] = as[string](v)
	}
	slices.Sort(names)
	for _, k := range o.upsertKeys() {
		if slices.Equal(slices.Sorted(slices.Values(k)), names) {
			return k, nil
		}
	}
	return nil, invalid("the fields given are not exactly those of one unique key")
}

// add appends a row: its own operation and those of its children.
func (w *writing) add(r row, op core.Op, given any, path []any) *trellis.Error {
	r.op, r.path = len(w.ops), path
	values, _ := given.(map[string]any)
	if err := w.operation(r.object, op, values, path, 0); err != nil {
		return err
	}
	r.end = len(w.ops)
	w.rows = append(w.rows, r)
	return nil
}

// operation appends one operation, then its children, which refer to it.
func (w *writing) operation(o *objectSight, op core.Op, given map[string]any, path []any, depth int) *trellis.Error {
	if len(w.ops) >= core.MaxOps {
		return tooCostly("one mutation writes more than %d records", core.MaxOps)
	}
	if depth > MaxNested {
		return tooCostly("records nest more than %d deep", MaxNested).At(path...)
	}
	op.Object, op.Path = o.Name, path
	if op.Values == nil && given != nil {
		op.Values = make(map[string]any, len(given))
	}
	at := len(w.ops)
	w.ops = append(w.ops, op)
	for _, name := range sortedKeys(given) {
		f := o.Field(name)
		if f == nil {
			if err := w.children(o.Relation(name), given[name], at, extend(path, name), depth); err != nil {
				return err
			}
			continue
		}
		v, err := w.value(f, given[name])
		if err != nil {
			return err.At(extend(path, name)...)
		}
		op.Values[name] = v
	}
	return nil
}

// sortedKeys are the keys of a map in order.
func sortedKeys(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// value resolves references between the operations of a batch; what a value is
// worth is for the engine to say.
func (w *writing) value(f *metadata.Field, v any) (any, *trellis.Error) {
	text, ok := v.(string)
	if ref, isMap := v.(map[string]any); isMap && f.Kind == metadata.KindPolymorphic {
		text, ok = ref["id"].(string)
	}
	if w.refs == nil || !ok || !f.Kind.IsLookup() && f.Kind != metadata.KindPolymorphic || len(text) == 0 || text[0] != '@' {
		return v, nil
	}
	op, known := w.refs[text[1:]]
	if !known {
		return nil, invalid("no earlier operation has this ref")
	}
	return core.Ref(op), nil
}

// children appends the records given inside their parent.
func (w *writing) children(r *metadata.Relation, given any, parent int, path []any, depth int) *trellis.Error {
	if r == nil { // the placeholder of an input without fields
		return nil
	}
	groups, _ := given.(map[string]any)
	list, _ := groups["create"].([]any)
	child := w.sight.child(r)
	for i, v := range list {
		at := extend(path, "create", i)
		values := as[map[string]any](v)
		if _, set := values[r.Field.Name]; set {
			return invalid("the parent is set already").At(extend(at, r.Field.Name)...)
		}
		op := core.Op{Verb: core.Create, Values: make(map[string]any, len(values)+1)}
		op.Values[r.Field.Name] = core.Ref(parent)
		if err := w.operation(child, op, values, at, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// extend is path with more elements, in memory of its own.
func extend(path []any, more ...any) []any {
	return append(slices.Clip(slices.Clone(path)), more...)
}
