// Package expr is the one expression language of Trellis: CEL, typed against
// the objects of a workspace.
//
// An [Engine] is made for one revision of the metadata, seen through the small
// [Schema] declared here. It compiles a text under a [Profile] into a [Rule]:
//
//   - Row rules decide which records somebody may see or change. They run in
//     two ways that agree exactly: in process ([Rule.Eval]) and as a typed
//     predicate tree ([Rule.Predicate]) that core/query renders to SQL.
//   - Validate rules judge a write. They have all of CEL under a cost limit,
//     and also see old and changed("field").
//   - Transform expressions map a remote record, source, to a value.
//
// The tree is in negation normal form. Each leaf stands in a positive context,
// where SQL's NULL, SQL's FALSE and a CEL error mean the same: the record is
// not selected. A negated rule is therefore a second tree ([Rule.Negation]),
// not NOT around the first: a record for which a rule fails with an error is in
// neither. CEL's own logic (error || true is true) is the three-valued logic of
// SQL, which is what makes the mapping exact.
//
// Parts of a rule that do not read the record (user, now, today) are slots:
// evaluated once per request and folded into the tree, so that SQL sees bound
// values and no parameter that decides the shape of a plan.
//
// How each node must be rendered is written at the node, in pred.go and
// term.go. [Holds] evaluates a tree in process; it is the second oracle of the
// differential test and what a write is checked with.
package expr
