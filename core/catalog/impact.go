package catalog

import (
	"context"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Uses tells what uses an object, or one of its fields when field is not "",
// outside of the definition: layers above the catalogue know. The kind and the
// path of a Use are the layer's own.
type Uses func(ctx context.Context, v *View, object, field string) ([]metadata.Use, error)

// Impact lists everything that uses an object or a field: what the definition
// has, then what the others tell.
func Impact(ctx context.Context, v *View, object, field string, others ...Uses) ([]metadata.Use, error) {
	list := metadata.Impact(v.Definition(), object, field)
	for _, uses := range others {
		more, err := uses(ctx, v, object, field)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

// Removal is something that a plan removes and that is in use.
type Removal struct {
	Object string
	Field  string // "" when the whole object is removed
	Uses   []metadata.Use
}

// Removals lists what a plan from a view removes though it is used. What the
// definition itself has is told by the plan's own problems, unless the plan
// removes that as well.
func Removals(ctx context.Context, v *View, p *ddl.Plan, others ...Uses) ([]Removal, error) {
	var out []Removal
	for _, c := range p.Changes {
		if c.Op != metadata.OpRemove {
			continue
		}
		r := Removal{Object: c.Name}
		switch c.Kind {
		case metadata.OfObject:
		case metadata.OfField:
			r = Removal{Object: c.OldObject.Name, Field: c.Name}
		default:
			continue
		}
		var err error
		if r.Uses, err = Impact(ctx, v, r.Object, r.Field, others...); err != nil {
			return nil, err
		}
		if len(r.Uses) > 0 {
			out = append(out, r)
		}
	}
	return out, nil
}
