package policy

import (
	"math/bits"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// Mode says how a field may be seen or written through a grant.
type Mode uint8

// The modes, from nothing to everything.
const (
	// Never: the field is as if it did not exist.
	Never Mode = iota
	// Masked: only a masked value is shown, in every allowed row. Not
	// filterable, not sortable. No policy yields it yet.
	Masked
	// When: in the rows where Access.When holds, null elsewhere.
	When
	// Plain: in every row the grant allows.
	Plain
)

// String names the mode in explanations and tests.
func (m Mode) String() string {
	return [...]string{"never", "masked", "when", "plain"}[m]
}

// Access says in which rows of a grant a field may be seen (grants to read,
// export and aggregate) or written (create and update). The zero Access is
// Never. It is a small value and may be copied.
type Access struct {
	Mode Mode

	g *Grant
	// Rules by position in g.allow and g.narrow.
	allow, deny uint64
	// from are the inputs of a computed field that are not seen in every row.
	from *inherited
}

// When is the condition under which the field is there, for rows that
// Grant.Rows allows: it does not repeat the rules that deny the row. It is
// expr.Always for Plain and Masked, expr.Never for Never.
func (a Access) When(v *expr.Vars) expr.Pred {
	switch a.Mode {
	case Never:
		return expr.Never
	case Plain, Masked:
		return expr.Always
	}
	var arms expr.Or
	for m := a.allow; m != 0; m &= m - 1 {
		arms = append(arms, a.g.allow[bits.TrailingZeros64(m)].holds(v))
	}
	all := expr.And{}
	if a.allow != 0 {
		all = append(all, arms)
	}
	for m := a.deny; m != 0; m &= m - 1 {
		all = append(all, a.g.narrow[bits.TrailingZeros64(m)].fails(v))
	}
	if a.from != nil {
		all = append(all, a.from.when(v))
	}
	return expr.Fold(all)
}

// Holds says whether the field is there in one record that Grant.Rows allows.
// v.Record is not used.
func (a Access) Holds(rec expr.Record, v *expr.Vars) bool {
	return a.Mode == Plain || a.Mode == Masked || a.Mode == When && expr.Holds(a.When(v), rec)
}

// AlwaysReadable are the system fields that are readable wherever the row is:
// clients need them to name, cache and page records. The other system fields
// follow the lists of the policies like any field.
var AlwaysReadable = []string{"id", "version", "createdAt", "updatedAt"}

// NeverWritable are kept by the engine alone, whatever a policy says.
var NeverWritable = []string{"id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy", "deletedAt"}

// listOf is the list of a policy that goes with an action. Deleting and
// sharing concern the row as a whole.
func listOf(p *metadata.Policy, a metadata.Action) []string {
	switch a {
	case metadata.ActionRead, metadata.ActionExport, metadata.ActionAggregate:
		return p.ReadFields
	case metadata.ActionCreate, metadata.ActionUpdate:
		return p.WriteFields
	}
	return nil
}

func writes(a metadata.Action) bool {
	return a == metadata.ActionCreate || a == metadata.ActionUpdate
}
