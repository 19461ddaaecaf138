package admin

import (
	"context"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	data "github.com/trellishq/trellis/graphql"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Plan tells what changes would do.
func (q *root) Plan(ctx context.Context, args struct{ Changes []changeInput }) (*plan, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	made, err := q.api.catalog.Plan(ctx, r.View.Slug, draft(args.Changes))
	problems, err := refused(err)
	return &plan{made, problems}, err
}

// AddField makes one field live.
func (q *root) AddField(ctx context.Context, args addFieldInput) (*applyResult, error) {
	return q.apply(ctx, []changeInput{{AddField: &args}}, false)
}

// Apply makes changes live.
func (q *root) Apply(ctx context.Context, args struct {
	Changes   []changeInput
	AllowLoss *bool
}) (*applyResult, error) {
	return q.apply(ctx, args.Changes, given(args.AllowLoss))
}

func (q *root) apply(ctx context.Context, changes []changeInput, allowLoss bool) (*applyResult, error) {
	r, err := admin(ctx)
	if err != nil {
		return nil, err
	}
	applied, refusal := q.api.catalog.Apply(ctx, r.View.Slug, draft(changes), catalog.Options{By: r.Principal.String(), AllowLoss: allowLoss})
	problems, err := refused(refusal)
	if err != nil {
		return nil, err
	}
	if problems != nil {
		return &applyResult{revision: r.View.Revision, plan: plan{nil, problems}}, nil //nolint:nilerr // a refusal is the answer
	}
	if err := q.renew(ctx, r); err != nil {
		return nil, err
	}
	return &applyResult{revision: applied.View.Revision, plan: plan{applied.Plan, nil}}, nil
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
	made     *ddl.Plan // nil when refused
	problems trellis.Errors
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
	out := []*step{}
	if p.made != nil {
		for i := range p.made.Steps {
			out = append(out, &step{&p.made.Steps[i]})
		}
	}
	return out
}

// Loses is never null.
func (p *plan) Loses() []string {
	if p.made == nil {
		return []string{}
	}
	return append([]string{}, p.made.Loses()...)
}

// applyResult resolves ApplyResult.
type applyResult struct {
	revision int64
	plan
}

func (a *applyResult) Revision() Long { return Long(a.revision) }

// problem resolves Problem.
type problem struct{ e *trellis.Error }

func (p *problem) Code() string    { return string(p.e.Code) }
func (p *problem) Path() string    { return trellis.PathString(p.e.Path) }
func (p *problem) Message() string { return p.e.Message }

// step resolves Step.
type step struct{ s *ddl.Step }

func (s *step) SQL() string    { return s.s.SQL }
func (s *step) Lock() string   { return string(s.s.Lock) }
func (s *step) Online() bool   { return s.s.Online }
func (s *step) Loses() *string { return optional(s.s.Loses) }
