package query

import (
	"fmt"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// Bounds of what a computed field may become as SQL. Metadata holds narrower
// ones; these stop a statement whatever comes.
const (
	maxComputed   = 12      // computed fields inside of one another
	maxStatement  = 1 << 20 // bytes
	tooMuchToRead = "the fields asked for are computed from too many others"
)

// computed writes a field that has no column, or whose column is not filled yet,
// as the term it is computed by. It reads as the system does: what the caller
// may see of the field was decided by what it is computed from.
func (r *renderer) computed(s scope, f *metadata.Field, physical string) error {
	if r.depth >= maxComputed || len(r.buf) > maxStatement {
		return trellis.Errorf(trellis.CodeQueryTooCostly, tooMuchToRead)
	}
	c, err := r.c.space.Snapshot.Computation(s.object, f)
	if err != nil {
		return err
	}
	t, err := c.Term(partNamed(f, physical), *r.c.vars())
	if err != nil {
		return err
	}
	if s.joined {
		r.text("(CASE WHEN " + s.alias + `."id" IS NOT NULL THEN `)
	}
	sub := renderer{builder: r.builder, c: r.c, scopes: []scope{{alias: s.alias, object: s.object}}, depth: r.depth + 1}
	if err := sub.term(expr.FoldTerm(t)); err != nil {
		return fmt.Errorf("%s.%s: %w", s.object.Name, f.Name, err)
	}
	if s.joined {
		r.text(" END)")
	}
	return nil
}

// partNamed is the part of a field that a column of this name would hold.
func partNamed(f *metadata.Field, physical string) expr.Part {
	parts := f.ValueParts()
	for _, p := range parts {
		if p.Name == physical {
			return p.Part
		}
	}
	return parts[0].Part
}

// vars are what rules and formulas know of the caller and the moment.
func (c *compiler) vars() *expr.Vars {
	if c.caller == nil {
		return &expr.Vars{}
	}
	if c.form != nil {
		c.form.personal = true
	}
	return c.caller.vars()
}

// varsOf are those that the rules of a grant need.
func (c *compiler) varsOf(g *policy.Grant) *expr.Vars {
	if g.Fixed() {
		return &noVars
	}
	return c.vars()
}

var noVars expr.Vars
