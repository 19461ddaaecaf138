// Package policy decides who may do what. It is pure: values and functions, no
// database.
//
// An Engine is made from one metadata.Snapshot and never changes; when roles or
// policies change, a new one is made and swapped in. It answers two questions
// in two ways that must agree:
//
// Enforce asks casbin, record by record. It is the specification: slow, and
// used to explain and to test.
//
// Grant is the compiled form of the same policies for one role set, object and
// action. Its Rows is a predicate tree that core/query weaves into SQL, its
// Field says how each field may be seen or written. Grants are immutable and
// cached, so the next request of the same role set pays for a lookup alone.
//
// What the rules mean:
//
//   - A row is allowed when an allow policy's rule is true for it and no deny
//     policy's rule is true or fails. An allow rule that fails (a null on the
//     way, a wrong type) is false.
//   - A field is allowed in the rows of the allow policies that list it, minus
//     the denials that list it. An empty list of an allow policy means all
//     fields. Reading, exporting and aggregating go by ReadFields, creating and
//     updating by WriteFields.
//   - A denial whose list for the action is empty denies the row. A denial on
//     "*" that lists fields covers only the actions its lists speak of, so that
//     hiding a field does not forbid deleting.
//   - AlwaysReadable fields are readable wherever the row is.
//   - Whatever cannot be loaded or compiled denies: a broken allow policy gives
//     nothing, a broken deny policy denies every row.
package policy
