package graphql

import (
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
)

// order compiles orderBy.
func (c *compiler) order(o *objectSight, terms []any) ([]query.Order, *trellis.Error) {
	if len(terms) > MaxOrder {
		return nil, tooCostly("there are more than %d sort terms", MaxOrder).At("orderBy")
	}
	out := make([]query.Order, 0, len(terms))
	for i, t := range terms {
		term, err := c.orderTerm(o, as[map[string]any](t), nil)
		if err != nil {
			return nil, err.At("orderBy", i)
		}
		out = append(out, term)
	}
	return out, nil
}

func (c *compiler) orderTerm(o *objectSight, given map[string]any, hops []string) (query.Order, *trellis.Error) {
	if len(given) != 1 {
		return query.Order{}, invalid("give exactly one field in each sort term")
	}
	if len(hops) > MaxNested {
		return query.Order{}, tooCostly("a sort term goes over more than %d lookups", MaxNested)
	}
	for name, v := range given {
		f := o.Field(name)
		switch v := v.(type) {
		case map[string]any:
			term, err := c.orderTerm(c.sight.target(f), v, append(hops, f.Name))
			if err != nil {
				return term, err.At(name)
			}
			return term, nil
		case string:
			desc, first := directionOf(v)
			return query.Order{Hops: hops, Field: f.Name, Desc: desc, NullsFirst: first}, nil
		}
		return query.Order{}, invalid("must not be null").At(name)
	}
	return query.Order{}, nil
}

// directionOf reads an OrderDirection.
func directionOf(v string) (desc, nullsFirst bool) {
	desc = strings.HasPrefix(v, "DESC")
	return desc, desc && v != "DESC_NULLS_LAST" || v == "ASC_NULLS_FIRST"
}
