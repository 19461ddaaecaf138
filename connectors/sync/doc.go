// Package sync keeps records in step with other systems. It pulls: a connection
// reads a stream with its connector, a mapping (CEL) makes values of objects
// of each record, links remember which record here is which one there, and the
// engine writes them as the connection's own principal, under its role.
//
// One batch is one transaction: records, links, dead letters and the checkpoint
// together. The checkpoint moves only when nobody else has moved it since, so
// two readers cannot both win, and a crash at any point repeats at most one
// batch, which then finds its records unchanged and writes nothing.
//
// A record that cannot be taken over (the mapping fails, a rule or a plugin
// refuses it, it refers to one that has not come yet) becomes a dead letter
// with the reason; the batch goes on. Dead letters are tried again with
// back-off, and those that wait for another record as soon as that is here.
//
// What the source does not mention (a field that is absent) stays as it is;
// what is empty there is emptied. A record that is not different at the source
// since it was taken over is not written again, whatever people made of it
// here. A record that a person put into the trash stays there: changes of it at
// the source are dead letters until it is restored.
//
// When nothing could be written at all, since the role of the connection allows
// neither creating nor updating an object or never allows a mapped field, the
// connection is paused instead. What a rule of the role refuses for one record
// is a dead letter.
//
// Pulls run as jobs in steps; see job.go.
package sync
