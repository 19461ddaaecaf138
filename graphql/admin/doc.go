// Package admin is the admin API: metadata, plans and their application, users,
// API keys, connections and plugins. Its schema is fixed, the same in every
// workspace (schema.graphql), and is served by typed resolvers on
// graph-gophers.
//
// viewer is for everybody who is signed in; all else needs a role with Admin,
// and is FORBIDDEN without one. Transport, error codes and the limits of texts
// are those of package graphql.
package admin
