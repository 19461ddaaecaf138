package graphql

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// wheres adds the mutations of all records that a filter finds.
func (b *builder) wheres(d *ast.Definition, o *objectSight) {
	n := o.names
	const limit = " In one transaction, 1,000 at most: more are refused."
	filter := arg("filter", "Which of the records that you may read.", required(n.filter))
	if o.read && o.update {
		b.output(d, n.updateMany, "Changes all records that the filter finds."+limit, named(n.listPayload), binding{what: rootUpdateWhere, object: o},
			filter, arg("input", "", required(n.patch)), onceArg)
	}
	if o.read && o.remove {
		b.output(d, n.removeMany, "Puts all records that the filter finds into the trash, with their children."+limit, named("DeleteManyPayload"),
			binding{what: rootDeleteWhere, object: o}, filter, onceArg)
	}
}

// onceArg is the idempotency key of a mutation.
var onceArg = arg("idempotencyKey", "For 24 hours the same mutation with the same key is done once, and answered alike.", named("String"))

// maxKey bounds idempotency keys, in bytes.
const maxKey = 200

// once reads the idempotency key of a mutation, "" for none.
func (c *compiler) once(n *node) (string, *trellis.Error) {
	given, err := c.argument(n, "idempotencyKey")
	if err != nil || given == nil {
		return "", err
	}
	key, _ := given.(string)
	if key == "" || len(key) > maxKey {
		return "", invalid("an idempotency key has 1 to %d bytes", maxKey).At("idempotencyKey")
	}
	return key, nil
}

// foundTries is how often records are looked for when others change them
// between that and the write.
const foundTries = 3

// where carries out an update or delete by a filter.
func (x *execution) where(n *node) error {
	answer := &answerer{x: x, root: n}
	if err := answer.prepare(n); err != nil {
		return err
	}
	for try := 1; ; try++ {
		w, problem := x.found(n)
		if problem != nil {
			return problem
		}
		if cost := x.cost + answer.cost*len(w.Ops); cost > MaxCost {
			return tooCostly("the answer could have %d records; %d is the most", cost, MaxCost)
		}
		results, err := x.api.engine.Write(x.ctx, x.r, w)
		if trellis.CodeOf(err) == trellis.CodeVersionConflict && try < foundTries {
			continue
		}
		if err != nil {
			return err
		}
		x.cost += answer.cost * len(results)
		rows := make([]row, len(results))
		for i, res := range results {
			rows[i] = row{object: n.bind.object, id: res.ID}
		}
		return answer.payload(n, rows)
	}
}

// found makes the operations on what the filter finds.
func (x *execution) found(n *node) (*core.Write, error) {
	c, o := x.c, n.bind.object
	key, problem := c.once(n)
	if problem != nil {
		return nil, problem
	}
	given, problem := c.argument(n, "filter")
	if problem != nil {
		return nil, problem
	}
	filter, problem := c.filter(o, as[map[string]any](given))
	if problem != nil {
		return nil, problem
	}
	op := core.Op{Verb: core.Delete, Object: o.Name, Path: []any{"filter"}}
	var input any
	if n.bind.what == rootUpdateWhere {
		if input, problem = c.argument(n, "input"); problem != nil {
			return nil, problem
		}
		one := &writing{sight: c.sight}
		if problem = one.operation(o, core.Op{Verb: core.Update}, as[map[string]any](input), []any{"input"}, 0); problem != nil {
			return nil, problem
		}
		if len(one.ops) > 1 {
			return nil, invalid("children cannot be created under all records of a filter").At("input")
		}
		op = one.ops[0]
	}
	w := &core.Write{IdempotencyKey: key, Input: []any{string(op.Verb), o.Name, given, input}}
	matched, err := x.api.engine.Matching(x.ctx, x.r, o.Name, filter, MaxRows)
	if err != nil {
		return nil, err
	}
	w.Ops = slices.Grow(w.Ops, len(matched))
	for _, m := range matched {
		op.ID, op.IfVersion = m.ID, m.Version
		w.Ops = append(w.Ops, op)
	}
	return w, nil
}
