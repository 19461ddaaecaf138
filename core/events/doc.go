// Package events will bring every change to whoever follows it. The engine
// writes each change into trellis.outbox in the transaction that makes it; one
// dispatcher per database will read complete rows by (transaction, id), give
// them positions, the changes of one record in the order of its versions, and
// wake the readers. Subscriber, the port declared here, gets them after commit,
// at least once, ordered per record: the live feed of GraphQL, signed webhooks,
// flows and sync going out. There is nothing here yet but the rows that
// wait in the outbox.
package events
