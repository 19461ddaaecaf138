// Package sync keeps records in step with other systems. It pulls: a connection
// reads a stream with its connector, a mapping (CEL) makes values of objects
// of each record, links remember which record here is which one there, and the
// engine writes them as the connection's own principal, under its role.
//
// One batch is one transaction: records, links, dead letters and the checkpoint
// together. The checkpoint moves only from where the reader began, so two
// readers cannot both win, and a crash at any point repeats at most one batch,
// which then finds its records unchanged and writes nothing.
//
// A record that cannot be taken over (the mapping fails, a rule or a plugin
// refuses it, it refers to one that has not come yet) becomes a dead letter
// with the reason; the batch goes on. Dead letters are tried again with
// back-off.
//
// Pulls run as jobs in steps of a minute; see job.go.
package sync
