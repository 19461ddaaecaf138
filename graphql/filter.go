package graphql

import (
	"maps"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// filterer compiles one filter. Conditions are two-valued, as people read
// them: not finds exactly the records that its filter does not, those with
// empty values included. Keys are taken in order of name, so that equal
// filters become equal trees and share their SQL.
type filterer struct {
	sight *sight
	count int
	depth int
}

func (c *compiler) filter(o *objectSight, given map[string]any) (expr.Pred, *trellis.Error) {
	f := &filterer{sight: c.sight}
	p, err := f.object(o, given, false)
	if err != nil {
		return nil, err.At("filter")
	}
	return expr.Fold(p), nil
}

// object compiles the conditions on a record of o, or their complement.
func (f *filterer) object(o *objectSight, given map[string]any, not bool) (expr.Pred, *trellis.Error) {
	if f.depth++; f.depth > MaxNested {
		return nil, tooCostly("the filter nests more than %d deep", MaxNested)
	}
	defer func() { f.depth-- }()
	var all []expr.Pred
	for _, key := range sortedKeys(given) {
		p, err := f.condition(o, key, given[key], not)
		if err != nil {
			return nil, err.At(key)
		}
		if p != nil {
			all = append(all, p)
		}
	}
	return join(all, not), nil
}

// join is all of the conditions, or any of their complements.
func join(parts []expr.Pred, not bool) expr.Pred {
	if not {
		return expr.Or(parts)
	}
	return expr.And(parts)
}

func (f *filterer) condition(o *objectSight, key string, v any, not bool) (expr.Pred, *trellis.Error) {
	switch key {
	case "and":
		return f.several(o, v, not, false)
	case "or":
		return f.several(o, v, not, true)
	case "not":
		if v == nil {
			return nil, nil
		}
		return f.object(o, as[map[string]any](v), !not)
	}
	given, ok := v.(map[string]any)
	if !ok {
		return nil, invalid("must not be null: for empty values use isNull")
	}
	if field := o.Field(key); field != nil && !field.Linked() {
		if field.Kind.IsLookup() {
			return f.lookup(field, given, not)
		}
		if field.Kind == metadata.KindPolymorphic {
			return f.reference(field, given, not)
		}
		return f.operators(o, field, given, not)
	}
	return f.list(o.Relation(key), given, not)
}

// several compiles and: […] and or: […].
func (f *filterer) several(o *objectSight, v any, not, or bool) (expr.Pred, *trellis.Error) {
	if v == nil {
		return nil, nil
	}
	var parts []expr.Pred
	for i, e := range as[[]any](v) {
		if f.count++; f.count > MaxConditions {
			return nil, tooManyConditions()
		}
		p, err := f.object(o, as[map[string]any](e), not)
		if err != nil {
			return nil, err.At(i)
		}
		parts = append(parts, p)
	}
	return join(parts, not != or), nil
}

func tooManyConditions() *trellis.Error {
	return tooCostly("the filter has more than %d conditions", MaxConditions)
}

// lookup compiles conditions on the record a lookup refers to. isNull means
// what the answer shows: a record that is not there or not visible is null.
func (f *filterer) lookup(field *metadata.Field, given map[string]any, not bool) (expr.Pred, *trellis.Error) {
	if f.count++; f.count > MaxConditions {
		return nil, tooManyConditions()
	}
	return f.through(field, field.Target, given, not)
}

// through compiles conditions on the record of the target that a field refers
// to.
func (f *filterer) through(field *metadata.Field, object string, given map[string]any, not bool) (expr.Pred, *trellis.Error) {
	target := f.sight.object(object)
	hop := func(cond expr.Pred, absent bool) expr.Pred {
		return expr.Hop{Field: field.Name, Target: object, Cond: cond, Not: absent}
	}
	var all []expr.Pred
	rest := given
	if v, ok := given["isNull"]; ok {
		rest = maps.Clone(given)
		delete(rest, "isNull")
		if v != nil {
			all = append(all, hop(expr.Always, (v == true) != not))
		}
	}
	if len(rest) > 0 {
		cond, err := f.object(target, rest, false)
		if err != nil {
			return nil, err
		}
		all = append(all, hop(cond, not))
	}
	return join(all, not), nil
}

// list compiles some, none and every over a to-many relation.
func (f *filterer) list(r *metadata.Relation, given map[string]any, not bool) (expr.Pred, *trellis.Error) {
	target := f.sight.object(r.Object)
	var all []expr.Pred
	for _, key := range sortedKeys(given) {
		if f.count++; f.count > MaxConditions {
			return nil, tooManyConditions()
		}
		v, ok := given[key].(map[string]any)
		if !ok {
			continue
		}
		// every: none that does not.
		cond, err := f.object(target, v, key == "every")
		if err != nil {
			return nil, err.At(key)
		}
		all = append(all, expr.Some{Relation: r.Name, Target: r.Object, Cond: cond, Not: (key != "some") != not})
	}
	return join(all, not), nil
}
