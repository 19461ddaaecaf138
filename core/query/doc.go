// Package query reads records. It is the only package that renders SQL over
// record tables, and it takes a grant for every object it touches: a second
// path around policy cannot be written.
//
// A Query is a tree: one record or one list at the root, a Selection of what
// is asked of each record, to-one records and to-many lists nested in it. It
// has the shape of the answer, names included, so that the answer is written
// as JSON in one pass over binary rows.
//
// The way of a query: Compile resolves names against the snapshot, takes the
// grants and weaves them in (rows as predicates, fields as columns, CASE
// expressions or unknown fields); each level becomes one statement; children
// of a level are fetched together, one round trip a level; then the rows are
// encoded. Predicates come from two places and mean different things: a rule
// of a policy reads hops as the system, a caller's filter reads them under the
// grant of the object it hops to.
package query
