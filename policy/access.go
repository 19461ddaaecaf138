package policy

// Mode says how a field may be seen or written through a grant.
type Mode uint8

// The modes, from nothing to everything.
const (
	// Never: the field is as if it did not exist.
	Never Mode = iota
	// Masked: only a masked value is shown, in every allowed row. Not
	// filterable, not sortable.
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
