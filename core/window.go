package core

import (
	"context"
	"maps"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// Roll-ups over moving windows ("open loans": those that end today or later)
// have no column: the database computes them when they are read. Rules that ask
// for them are judged on the locked way, once the children are written.

// ask finds the formulas and roll-ups without a column that rules read, by
// other formulas too, and notes what each rule stands on in the end.
func (b *book) ask(s *metadata.Snapshot, p *writePlan) error {
	seen := map[string]bool{}
	var visit func(paths []expr.Path) error
	visit = func(paths []expr.Path) error {
		for _, path := range paths {
			f := atRead(p.object, path)
			if f == nil || seen[f.Name] {
				continue
			}
			seen[f.Name] = true
			if f.Kind == metadata.KindRollUp {
				up, err := b.window(s, p.object, f)
				if err != nil {
					return err
				}
				p.windows = append(p.windows, up)
				continue
			}
			calc, err := s.Computation(p.object, f)
			if err != nil {
				return err
			}
			c := newComputed(f, calc.Rule, calc)
			p.hops = append(p.hops, c.hops...)
			if err := visit(calc.Rule.Deps()); err != nil {
				return err
			}
			p.asked = append(p.asked, c)
		}
		return nil
	}
	for i, rule := range p.rules {
		if err := visit(rule.Deps()); err != nil {
			return err
		}
		p.rules[i].reads = p.beneath(rule.Deps())
	}
	return nil
}

// atRead is the field at the end of a path of one step that has no column, nil
// for others.
func atRead(o *metadata.ObjectView, path expr.Path) *metadata.Field {
	if len(path) != 1 {
		return nil
	}
	if f := o.Field(path[0]); f != nil && f.Computed == metadata.AtRead {
		return f
	}
	return nil
}

// beneath names the fields and lists that paths stand on, through formulas and
// roll-ups without a column: what has to change for a rule to change its mind.
func (p *writePlan) beneath(paths []expr.Path) map[string]bool {
	out := map[string]bool{}
	var visit func(paths []expr.Path)
	visit = func(paths []expr.Path) {
		for _, path := range paths {
			name := ""
			if len(path) > 0 {
				name = path[0]
			}
			if out[name] {
				continue
			}
			out[name] = true
			if at := slices.IndexFunc(p.asked, func(c *computed) bool { return c.field.Name == name }); at >= 0 {
				visit(p.asked[at].rule.Deps())
			}
			if at := slices.IndexFunc(p.windows, func(up *rollUp) bool { return up.field.Name == name }); at >= 0 {
				out[p.windows[at].field.RollUp.Relation] = true
			}
		}
	}
	visit(paths)
	return out
}

// window is a roll-up without a column, with all that it reads of its children:
// what their formulas without a column are computed from, too.
func (b *book) window(s *metadata.Snapshot, o *metadata.ObjectView, f *metadata.Field) (*rollUp, error) {
	up, err := b.rollUp(s, o, f)
	if err != nil {
		return nil, err
	}
	var visit func(name string) error
	visit = func(name string) error {
		g := atRead(up.child, expr.Path{name})
		if g == nil || g.Kind != metadata.KindFormula {
			return nil
		}
		calc, err := s.Computation(up.child, g)
		if err != nil {
			return err
		}
		for _, path := range calc.Rule.Deps() {
			if len(path) > 0 && !up.reads[path[0]] {
				up.reads[path[0]] = true
				if err := visit(path[0]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(up.reads)) {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return up, nil
}

// names of the windows, for query.Wanted.
func (p *writePlan) windowNames() []string {
	names := make([]string, len(p.windows))
	for i, up := range p.windows {
		names[i] = up.field.Name
	}
	return names
}

// recall gives a row what the roll-ups that rules read were before the write.
func (l *locking) recall(w *row, s *query.Stored) error {
	plan, err := l.plan(w.object)
	if err != nil {
		return err
	}
	for _, up := range plan.windows {
		w.old.Values[up.field.Name] = s.Values[up.field.Name]
	}
	return nil
}

// loadWindows reads the roll-ups without a column that rules read, as they are
// now.
func (l *locking) loadWindows(ctx context.Context, plan *writePlan, rows []*row) error {
	if len(plan.windows) == 0 {
		return nil
	}
	byID := make(map[trellis.ID]*row, len(rows))
	for _, w := range rows {
		byID[w.id] = w
	}
	found, err := l.load(ctx, plan, keys(byID), false)
	if err != nil {
		return err
	}
	for _, s := range found {
		for _, up := range plan.windows {
			byID[s.ID].image.Values[up.field.Name] = s.Values[up.field.Name]
		}
	}
	return nil
}
