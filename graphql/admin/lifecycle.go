package admin

import (
	"context"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Drift compares the live tables with the metadata.
func (q *root) Drift(ctx context.Context) ([]*finding, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	list, err := q.api.catalog.Drift(ctx, r.View.Slug)
	if err != nil {
		return nil, err
	}
	out := make([]*finding, len(list))
	for i := range list {
		out[i] = &finding{&list[i]}
	}
	return out, nil
}

// Impact lists what uses an object or a field.
func (q *root) Impact(ctx context.Context, args struct {
	Object string
	Field  *string
}) ([]*use, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	out := []*use{}
	list, err := catalog.Impact(ctx, r.View, args.Object, given(args.Field), q.api.uses...)
	for _, u := range list {
		out = append(out, &use{u})
	}
	return out, err
}

// Hidden lists what was removed and can be restored.
func (q *root) Hidden(ctx context.Context) ([]*hidden, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	list, err := q.api.catalog.Hidden(ctx, r.View.Slug)
	out := make([]*hidden, len(list))
	for i, x := range list {
		out[i] = &hidden{x}
	}
	return out, err
}

// Undo takes a revision back.
func (q *root) Undo(ctx context.Context, args struct {
	Revision  Long
	AllowLoss *bool
}) (*applyResult, error) {
	return q.done(ctx, func(slug string, o catalog.Options) (*catalog.Applied, error) {
		o.AllowLoss = given(args.AllowLoss)
		return q.api.catalog.Undo(ctx, slug, int64(args.Revision), o)
	})
}

// Restore brings back what was removed.
func (q *root) Restore(ctx context.Context, args struct {
	Object string
	Field  *string
}) (*applyResult, error) {
	return q.done(ctx, func(slug string, o catalog.Options) (*catalog.Applied, error) {
		return q.api.catalog.Restore(ctx, slug, args.Object, given(args.Field), o)
	})
}

// done makes a change and answers as apply does.
func (q *root) done(ctx context.Context, change func(slug string, o catalog.Options) (*catalog.Applied, error)) (*applyResult, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	applied, refusal := change(r.View.Slug, catalog.Options{By: r.Principal.String()})
	problems, err := refused(refusal)
	if err != nil {
		return nil, err
	}
	if problems != nil {
		return &applyResult{plan{revision: r.View.Revision, problems: problems}}, nil //nolint:nilerr // a refusal is the answer
	}
	if err := q.renew(ctx, r); err != nil {
		return nil, err
	}
	return &applyResult{plan{revision: applied.View.Revision, made: applied.Plan}}, nil
}

// PlanUndo tells what taking a revision back would do.
func (q *root) PlanUndo(ctx context.Context, args struct{ Revision Long }) (*plan, error) {
	return q.plan(ctx, func(slug string) (*ddl.Plan, error) { return q.api.catalog.PlanUndo(ctx, slug, int64(args.Revision)) })
}

// finding resolves Finding.
type finding struct{ f *catalog.Finding }

func (f *finding) What() string      { return f.f.What }
func (f *finding) Kind() string      { return f.f.Kind }
func (f *finding) Object() *string   { return optional(f.f.Object) }
func (f *finding) Field() *string    { return optional(f.f.Field) }
func (f *finding) Name() string      { return f.f.Name }
func (f *finding) Expected() *string { return optional(f.f.Expected) }
func (f *finding) Found() *string    { return optional(f.f.Found) }

// use resolves Use.
type use struct{ u metadata.Use }

func (u *use) Kind() string  { return u.u.Kind }
func (u *use) Path() string  { return u.u.Path }
func (u *use) Text() *string { return optional(u.u.Text) }

// hidden resolves Hidden.
type hidden struct{ r *metadata.Removed }

func (h *hidden) Object() string  { return h.r.Object }
func (h *hidden) Field() *string  { return optional(h.r.Field) }
func (h *hidden) Until() DateTime { return DateTime{h.r.Until} }
