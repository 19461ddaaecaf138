// Package tryton reads from Tryton (5.0 and later, run against 6.0) by its
// JSON-RPC.
//
// What is peculiar there, and what is done about it:
//
//   - Errors of the application come as HTTP 200. The class of the error tells
//     what to do (rpc.go).
//   - A login that is refused counts at the server, which then answers 429 to
//     the right password too. So a refusal ends the connection: it is never
//     tried again.
//   - Dates and decimals are tagged objects; they become exact values
//     (decode.go).
//   - A field asked for as "country.code" comes back under "country." and only
//     together with that record's id; here it becomes a map in "country".
//   - write_date is null until the first update, so a change is a write_date or
//     a create_date that is later (domain.go).
//   - A child may change without touching its parent. Children are streams of
//     their own; besides, a stream watches the dates of all that it embeds, so
//     that a party comes again when its phone changes, and a product when its
//     template does (stream.go).
//   - Dates are those of the start of a transaction: one that is committed late
//     shows an old date. So each pass looks back, and what it sees again is told
//     by its hash (cursor.go, which explains how a pass moves on).
//   - Lists hide archived records; the context says active_test = false.
//   - Records are deleted without a trace, children among them. A pass over
//     everything, once a day by default, brings embedded values back in step; a
//     deleted record itself is not reported.
package tryton
