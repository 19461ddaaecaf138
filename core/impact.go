package core

import (
	"context"
	"fmt"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// UseStored is the kind of metadata.Use of a text in a field of the kind
// expression; its path names the record.
const UseStored = "storedExpression"

// maxStored bounds how many stored expressions of one object are told.
const maxStored = 100

// Uses tells which stored expressions would not compile without an object or a
// field, 100 at most of each object that holds some. It is a catalog.Uses.
func (e *Engine) Uses(ctx context.Context, v *catalog.View, object, field string) ([]metadata.Use, error) {
	var holders []*metadata.Object
	for _, o := range v.Definition().Objects {
		for _, f := range o.Fields {
			if f.Kind == metadata.KindExpression && !(o.Name == object && (field == "" || field == f.Name)) {
				holders = append(holders, o)
				break
			}
		}
	}
	if len(holders) == 0 {
		return nil, nil
	}
	r, err := e.Begin(ctx, v.Slug, policy.System(v.WorkspaceID))
	if err != nil {
		return nil, err
	}
	var uses []metadata.Use
	for _, o := range holders {
		broken, err := e.newlyBroken(ctx, r, without(v.Definition(), object, field), o.Name)
		if err != nil {
			return nil, err
		}
		for _, b := range broken {
			uses = append(uses, metadata.Use{Kind: UseStored, Path: fmt.Sprintf("records.%s.%s.%s", b.Object, b.ID, b.Field)})
		}
	}
	return uses, nil
}

// newlyBroken is BrokenExpressions without those that are broken already.
func (e *Engine) newlyBroken(ctx context.Context, r *Request, draft *metadata.Definition, object string) ([]BrokenExpression, error) {
	then, err := e.BrokenExpressions(ctx, r, draft, object, maxStored)
	if err != nil || len(then) == 0 {
		return nil, err
	}
	now, err := e.BrokenExpressions(ctx, r, r.View.Definition(), object, maxStored)
	if err != nil {
		return nil, err
	}
	type text struct{ field, id string }
	was := make(map[text]bool, len(now))
	for _, b := range now {
		was[text{b.Field, b.ID.String()}] = true
	}
	var out []BrokenExpression
	for _, b := range then {
		if !was[text{b.Field, b.ID.String()}] {
			out = append(out, b)
		}
	}
	return out, nil
}

// without is a definition with an object or a field taken away, and nothing
// else put right: what refers to it is not asked.
func without(def *metadata.Definition, object, field string) *metadata.Definition {
	out := def.Fork()
	for i, o := range out.Objects {
		if o.Name != object {
			continue
		}
		if field == "" {
			out.Objects = append(out.Objects[:i], out.Objects[i+1:]...)
			return out
		}
		own := out.Own(object)
		for j, f := range own.Fields {
			if f.Name == field {
				own.Fields = append(own.Fields[:j], own.Fields[j+1:]...)
				return out
			}
		}
	}
	return out
}
