package admin

import (
	"context"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	data "github.com/trellishq/trellis/graphql"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Plan tells what changes would do.
func (q *root) Plan(ctx context.Context, args struct{ Changes []changeInput }) (*plan, error) {
	return q.plan(ctx, func(slug string) (*ddl.Plan, error) { return q.api.catalog.Plan(ctx, slug, draft(args.Changes)) })
}

func (q *root) plan(ctx context.Context, make func(slug string) (*ddl.Plan, error)) (*plan, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	// The revision is read first: if another comes between, the plan is for the
	// later one, and applying it is refused.
	v, err := q.api.catalog.Refresh(ctx, r.View.Slug)
	if err != nil {
		return nil, err
	}
	made, err := make(r.View.Slug)
	problems, err := refused(err)
	if err != nil {
		return nil, err
	}
	out := &plan{revision: v.Revision, made: made, problems: problems}
	if made != nil {
		out.removals, err = catalog.Removals(ctx, v, made, q.api.uses...)
	}
	return out, err
}

// AddField makes one field live.
func (q *root) AddField(ctx context.Context, args addFieldInput) (*applyResult, error) {
	return q.apply(ctx, []changeInput{{AddField: &args}}, catalog.Options{})
}

// Apply makes changes live.
func (q *root) Apply(ctx context.Context, args struct {
	Changes   []changeInput
	AllowLoss *bool
	Revision  *Long
}) (*applyResult, error) {
	if args.Revision != nil && *args.Revision < 1 {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "must be a revision of the workspace").At("revision")
	}
	return q.apply(ctx, args.Changes, catalog.Options{AllowLoss: given(args.AllowLoss), IfRevision: int64(given(args.Revision))})
}

func (q *root) apply(ctx context.Context, changes []changeInput, o catalog.Options) (*applyResult, error) {
	return q.done(ctx, func(slug string, by catalog.Options) (*catalog.Applied, error) {
		o.By = by.By
		return q.api.catalog.Apply(ctx, slug, draft(changes), o)
	})
}

// renew lets the later fields of the same request see what was applied.
func (q *root) renew(ctx context.Context, r *core.Request) error {
	now, err := q.api.engine.Begin(ctx, r.View.Slug, r.Principal)
	if err == nil {
		*r = *now
	}
	return err
}

// refused takes apart what is wrong with a change and what went wrong.
func refused(err error) (trellis.Errors, error) {
	if err == nil {
		return nil, nil
	}
	problems := trellis.Public(err)
	for _, p := range problems {
		if !data.IsRefusal(p.Code) {
			return nil, err
		}
	}
	return problems, nil
}

// plan resolves Plan.
type plan struct {
	revision int64
	made     *ddl.Plan // nil when refused
	problems trellis.Errors
	removals []catalog.Removal
}

func (p *plan) Revision() Long { return Long(p.revision) }

// Changes is never null.
func (p *plan) Changes() []string {
	if p.made == nil {
		return []string{}
	}
	return inWords(p.made.Changes)
}

func inWords(changes []metadata.Change) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = c.String()
	}
	return out
}

// Impact is never null.
func (p *plan) Impact() []*removal {
	out := make([]*removal, len(p.removals))
	for i := range p.removals {
		out[i] = &removal{&p.removals[i]}
	}
	return out
}

// Problems is never null.
func (p *plan) Problems() []*problem {
	out := make([]*problem, len(p.problems))
	for i, e := range p.problems {
		out[i] = &problem{e}
	}
	return out
}

// Steps is never null.
func (p *plan) Steps() []*step {
	if p.made == nil {
		return []*step{}
	}
	return steps(p.made.Steps)
}

// Loses is never null.
func (p *plan) Loses() []string {
	if p.made == nil {
		return []string{}
	}
	return append([]string{}, p.made.Loses()...)
}

// applyResult resolves ApplyResult. Its revision is the one the workspace is at.
type applyResult struct{ plan }

// removal resolves Impact.
type removal struct{ r *catalog.Removal }

func (r *removal) Object() string { return r.r.Object }
func (r *removal) Field() *string { return optional(r.r.Field) }

func (r *removal) Uses() []*use {
	out := make([]*use, len(r.r.Uses))
	for i, u := range r.r.Uses {
		out[i] = &use{u}
	}
	return out
}

// problem resolves Problem.
type problem struct{ e *trellis.Error }

func (p *problem) Code() string    { return string(p.e.Code) }
func (p *problem) Path() string    { return trellis.PathString(p.e.Path) }
func (p *problem) Message() string { return p.e.Message }

// step resolves Step.
type step struct{ s *ddl.Step }

func steps(list []ddl.Step) []*step {
	out := make([]*step, len(list))
	for i := range list {
		out[i] = &step{&list[i]}
	}
	return out
}

func (s *step) SQL() string    { return s.s.SQL }
func (s *step) Lock() string   { return string(s.s.Lock) }
func (s *step) Online() bool   { return s.s.Online }
func (s *step) Loses() *string { return optional(s.s.Loses) }
