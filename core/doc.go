// Package core is how records are read and written. Engine is its one door:
// Query reads through core/query, Write and Bulk change records, and every way
// in (GraphQL, REST, sync, plugins, import) comes through here, with a Request
// that says who asks, against which revision, at what moment.
//
// The way of a write: the grants of the caller (object, field) → kinds and
// defaults → before-hooks, outside the transaction → validation rules, on what
// the hooks made of it → one transaction, sent as one pipelined batch: the
// catalogue's and policy's versions under a shared lock, the rows with their
// outbox entry in one statement, the rules on the new image → the answer, read
// through the query path. When somebody else changed a record in between, the
// whole way repeats, three times at most; when the catalogue changed, ten.
package core
