// Package floor answers the requests of the bench as one would by hand: one
// handler per request, its SQL written out with the row rules and the visible
// columns of the role in it, prepared statements, rows taken in binary and
// appended to JSON as they come. It knows no metadata, no policy and no
// GraphQL, and does nothing for any other request.
//
// For writes it does the least that leaves the same rows: the record, its entry
// in the outbox and the record's history in one statement, the answer read back,
// all in one pipelined batch. It checks nothing.
//
// A request is POST /<case> with the variables of the GraphQL request as JSON;
// the answer has the same data.
package floor
