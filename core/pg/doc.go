// Package pg is how Trellis talks to PostgreSQL.
//
// Open gives a DB: a bounded pool whose connections are recycled, with limits
// on how long a statement, a lock and an idle transaction may last. DB.Tx runs
// a transaction and repeats it when PostgreSQL says that it should be repeated.
// DB.Listen hears notifications on a connection of its own. Migrate brings the
// system schema, trellis, up to date from the files under migrations; each
// package that stores something there drops its own file in.
//
// Error turns what PostgreSQL reports into a trellis.Error that can be shown:
// PostgreSQL's own words quote rows, so they stay in the cause.
//
// pgx is not abstracted: packages above use its pool, its rows and its types.
// The folder embedded runs a server of our own, pgtest gives tests a database.
package pg
