// Package graphql is the data API: a GraphQL schema generated from the metadata
// of a workspace, for exactly what the caller may see and do.
//
// The way of a request. Handler reads the body (request.go) and asks the API
// for an answer. The catalogue is pinned once for the whole request. A plan
// cache is asked for (workspace, revision, visibility, operation name, text);
// on a hit nothing is parsed. On a miss (plan.go) the text is parsed under a
// token limit, measured before anything quadratic runs (measure.go), validated
// against the schema of the caller's role set (schema*.go, built without SDL
// text and shared by everybody who sees the same), and flattened: fragments
// are expanded and fields of one response key merged, so that execution walks
// a plain tree of nodes. Then, per request, the tree and the variables compile
// to core/query trees (compile*.go, filter*.go); parts without variables were
// compiled with the plan. The engine appends JSON to one pooled buffer.
//
// Mutations (mutation*.go) become the operations of one core.Write per
// top-level field; their answer is read back through the query path, under the
// caller's grants. Introspection (introspect*.go) shows the caller's own schema.
//
// What a caller may not see is not in the schema, so a hidden name and one that
// does not exist give the same error; nothing suggests names.
package graphql
