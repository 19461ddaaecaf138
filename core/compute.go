package core

import (
	"context"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// computed is a formula or default with what it reads.
type computed struct {
	field *metadata.Field
	as    *metadata.Field // asValue of field
	rule  *expr.Rule
	calc  *metadata.Computation // of a formula
	reads []string              // fields of the record
	hops  []expr.Path
}

// compute fills what follows from the rows: stored formulas, and the roll-ups
// of records that are created in this write, whose children can be in no other.
// Children come before their parents.
func (e *Engine) compute(ctx context.Context, r *Request, rows []*row) error {
	groups := byObject(rows)
	plans := make(map[string]*writePlan, len(groups))
	for _, group := range groups {
		plan, err := e.planOf(r, group[0].object)
		if err != nil {
			return err
		}
		plans[group[0].object.Name] = plan
	}
	slices.SortStableFunc(groups, func(a, b []*row) int {
		return plans[b[0].object.Name].rank - plans[a[0].object.Name].rank
	})
	for _, group := range groups {
		plan := plans[group[0].object.Name]
		for _, w := range plan.upward(group) {
			if w.err != nil || w.image == nil || w.verb == Delete {
				continue
			}
			if w.verb == Create && len(plan.rollUps) > 0 {
				rollUpCreated(r, plan, w, rows)
			}
			plan.evaluate(ctx, r, w)
		}
	}
	return nil
}

// upward puts rows of an object that rolls up its own records in an order in
// which those come first that others of them roll up.
func (p *writePlan) upward(group []*row) []*row {
	var lookups []*metadata.Field
	for _, up := range p.rollUps {
		if up.child == p.object && !slices.Contains(lookups, up.lookup) {
			lookups = append(lookups, up.lookup)
		}
	}
	if len(lookups) == 0 || len(group) < 2 {
		return group
	}
	byID := make(map[trellis.ID]*row, len(group))
	for _, w := range group {
		byID[w.id] = w
	}
	out := make([]*row, 0, len(group))
	seen := make(map[*row]bool, len(group))
	var add func(w *row)
	add = func(w *row) { // parents first: turned round at the end
		if seen[w] {
			return
		}
		seen[w] = true
		for _, f := range lookups {
			if w.image == nil {
				continue
			}
			if to, ok := refers(w.image.Values, f, p.object.Name); ok && byID[to] != nil {
				add(byID[to])
			}
		}
		out = append(out, w)
	}
	for _, w := range group {
		add(w)
	}
	slices.Reverse(out)
	return out
}

// evaluate computes the stored formulas whose inputs the row changes.
func (p *writePlan) evaluate(ctx context.Context, r *Request, w *row) {
	for _, c := range p.formulas {
		if w.old == nil || slices.ContainsFunc(c.reads, func(n string) bool { return w.changed[n] }) {
			w.set(c.field, c.value(ctx, r, w.image))
		}
	}
}

// value is what a formula or default gives for an image; what fails, or does
// not fit the field, is null.
func (c *computed) value(ctx context.Context, r *Request, image *query.Image) any {
	vars := *r.Principal.Vars(r.Now)
	vars.Record = image
	if c.calc != nil && c.field.Type() != expr.DecimalType { // decimals by far the most, and dearest that way
		if v, err := c.calc.Value(ctx, vars); err == nil {
			return v
		}
		return nil
	}
	v, err := c.rule.Value(ctx, vars)
	if err != nil {
		return nil
	}
	return fitted(c.as, v)
}

// fitted rounds a computed value to the digits of its field, half away from
// zero as PostgreSQL does; what does not fit is null.
func fitted(f *metadata.Field, v any) any {
	switch n := v.(type) {
	case *expr.Decimal:
		v = rounded(f, n)
	case expr.Money:
		n.Amount = rounded(f, n.Amount)
		v = n
	}
	out, err := f.Coerce(v)
	if err != nil {
		return nil
	}
	return out
}

func rounded(f *metadata.Field, d *expr.Decimal) *expr.Decimal {
	if d == nil || f.Width() == 0 {
		return d
	}
	return expr.RoundDecimal(d, f.Part(0).Scale)
}

// asValue is a computed field as a field of its values' kind: what its values
// are checked by.
func asValue(f *metadata.Field) *metadata.Field {
	c := *f
	c.Kind = f.ValueKind()
	return &c
}

// computedBy says that a field is the engine's to write.
func computedBy(f *metadata.Field) bool {
	return f.Kind == metadata.KindFormula || f.Kind == metadata.KindRollUp
}

// children are the rows of this write that will be live children of a record.
func children(rows []*row, child *metadata.ObjectView, lookup *metadata.Field, parent string, id trellis.ID) []*row {
	var out []*row
	for _, w := range rows {
		if w.object != child || w.err != nil || w.image == nil || w.verb == Delete {
			continue
		}
		if to, ok := refers(w.image.Values, lookup, parent); ok && to == id {
			out = append(out, w)
		}
	}
	return out
}

// rollUpCreated computes the roll-ups of a record that this write creates.
func rollUpCreated(r *Request, plan *writePlan, w *row, rows []*row) {
	var last *rollUp
	var kids []*row
	for _, up := range plan.rollUps {
		if last == nil || last.lookup != up.lookup || last.child != up.child {
			kids, last = children(rows, up.child, up.lookup, plan.object.Name, w.id), up
		}
		images := make([]*query.Image, len(kids))
		for i, k := range kids {
			images[i] = k.image
		}
		w.set(up.field, up.over(r, images))
	}
}
