package graphql

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// A polymorphic lookup is an object with the reference itself and a field per
// target, null but for the one referred to; its filter has the same fields. (A
// union would need a fragment per target, and filters could not follow it.)

// refInput is the type of what is given for a polymorphic lookup.
const refInput = "RefInput"

func (b *builder) refTypes() {
	d := b.define(ast.InputObject, refInput, "A record of one of several objects.")
	input(d, "object", "The name of the object, as in account.", required("String"))
	input(d, "id", "", required("ID"))
}

// refs adds the types of an object's polymorphic lookups.
func (b *builder) refs(o *objectSight) {
	for _, f := range o.All {
		if f.Kind != metadata.KindPolymorphic || !o.readable(f.Name) || !b.defines(o.names.enum(f.Name), o.names.enumFilter(f.Name)) {
			continue
		}
		d := b.define(ast.Object, o.names.enum(f.Name), b.help(f))
		b.output(d, "object", "The name of the object, as in account.", named("String"), binding{what: partOf, part: expr.ObjectPart})
		b.output(d, "id", "", named("ID"), binding{what: partOf, part: expr.IDPart})
		in := b.define(ast.InputObject, o.names.enumFilter(f.Name), "Conditions on a reference, and on the record of each object it may refer to.")
		b.input(in, "isNull", "It refers to nothing.", named("Boolean"))
		b.input(in, "object", "The name of the object.", named("TextFilter"))
		b.input(in, "id", "", named("IDFilter"))
		for _, name := range f.Targets {
			t := b.sight.object(name)
			if t == nil || !t.read {
				continue
			}
			b.output(d, name, b.describe(t.Label, "", name), named(t.names.typ), binding{what: refRecord, object: t, field: f})
			b.input(in, name, b.describe(t.Label, "", name), named(t.names.lookupFilter))
		}
		if !o.filterable(f.Name) {
			b.drop(in)
		}
	}
}

// refParts compiles what is asked of a polymorphic lookup.
func (c *compiler) refParts(n *node, item *query.Item) (cost int, err *trellis.Error) {
	item.Kind, item.Field = query.Composite, n.bind.field.Name
	for _, child := range n.children {
		if !child.when.holds(c.vars) {
			continue
		}
		part := query.PartItem{Key: child.key, Part: child.bind.part}
		switch child.bind.what {
		case typeName:
			part.Text = child.parent
		case refRecord:
			s, err := c.selection(child)
			if err != nil {
				return 0, err
			}
			part.Target, part.Select = child.bind.object.Name, s.items
			cost = min(cost+1+s.cost, costly)
		}
		item.Parts = append(item.Parts, part)
	}
	return cost, nil
}

// reference compiles conditions on a polymorphic lookup: on its parts, and on
// the record of a target. One may not ask about a record one may not see.
func (f *filterer) reference(field *metadata.Field, given map[string]any, not bool) (expr.Pred, *trellis.Error) {
	var all []expr.Pred
	for _, key := range slices.Sorted(maps.Keys(given)) {
		p, err := f.referenceKey(field, key, given[key], not)
		if err != nil {
			return nil, err.At(key)
		}
		if p != nil {
			all = append(all, p)
		}
	}
	return join(all, not), nil
}

func (f *filterer) referenceKey(field *metadata.Field, key string, v any, not bool) (expr.Pred, *trellis.Error) {
	object := expr.Column{Field: field.Name, Part: expr.ObjectPart, Of: expr.TextType, Nullable: true}
	if key == "isNull" {
		return f.column(object, map[string]any{key: v}, not)
	}
	sub, ok := v.(map[string]any)
	if !ok {
		return nil, invalid("must not be null: for empty values use isNull")
	}
	switch key {
	case "object":
		return f.column(object, sub, not)
	case "id":
		return f.column(expr.Column{Field: field.Name, Part: expr.IDPart, Of: expr.IDType, Nullable: true}, sub, not)
	}
	return f.through(field, key, sub, not)
}
