package core

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
)

// Limits of one write.
const (
	MaxOps   = 5_000 // operations of one Write, as given; Bulk takes any number
	ChunkOps = 1_000 // operations of one transaction in Bulk, unless told
)

// Verb says what an operation does to a record.
type Verb string

// The verbs.
const (
	Create  Verb = "create"
	Update  Verb = "update"
	Delete  Verb = "delete"  // to the trash, with its children
	Restore Verb = "restore" // from the trash, with what went in the same delete
	Upsert  Verb = "upsert"  // update the live record with this key, else create
)

// Op is one operation on one record.
type Op struct {
	Verb   Verb
	Object string
	// ID names the record. For a create it may be given (an import with ids of
	// its own), else one is made.
	ID trellis.ID
	// Key lists the fields of a unique key; an upsert finds the record by their
	// values.
	Key []string
	// IfVersion refuses the operation with VERSION_CONFLICT unless the record
	// has this version; 0 does not check.
	IfVersion int64
	// Values are the fields given: what is absent stays as it is (or takes its
	// default), nil clears. They may be canonical values, JSON forms
	// (metadata.Field.Coerce reads both), or a Ref to an earlier operation.
	Values map[string]any
	// Path is where the operation stands in the caller's input; paths of errors
	// begin with it.
	Path []any
}

// Ref stands in Values for the id of the record of another operation of the
// same write, by its index in Write.Ops. It must come earlier.
type Ref int

// Write is a list of operations that are one transaction.
type Write struct {
	Ops []Op
	// PerRow lets the good operations through when others are refused; without
	// it, the first refusal refuses all. Records that are created together with
	// what they are rolled up or judged by go through with it or not at all: half
	// a document is another document.
	PerRow bool
	// IdempotencyKey, when not empty, makes the write happen once: for 24 hours
	// the same principal's write with the same key and input does nothing and
	// gives the same results, Repeated set; another input is
	// IDEMPOTENCY_MISMATCH. A write that was refused as a whole is not
	// remembered. Two at the same time: one waits for the other.
	IdempotencyKey string
	// Input is what the operations were made of, when they are not it: an update
	// by a filter finds other records the second time. It is compared as JSON,
	// and they are not.
	Input any
	// Ask is what the caller wants to read of the first operation's record, by a
	// Get without an ID: in the same round trip, where that will do. See
	// Result.Answer.
	Ask *query.Query
	// Also runs inside the transaction, after the rows, with a result per
	// operation: sync stores its links and checkpoint there. It must use tx
	// alone. An error rolls everything back. It may run again when the
	// transaction is repeated, so it must have no other effect.
	Also func(ctx context.Context, tx pgx.Tx, results []Result) error
}

// Result tells what became of one operation. With PerRow, exactly one of ID
// and Err is set.
type Result struct {
	ID      trellis.ID
	Version int64
	Verb    Verb // what was done: an upsert says create or update; "" when nothing changed
	Err     *trellis.Error
	More    trellis.Errors // problems beside Err
	// Answer is the JSON of Write.Ask, as Query gives it after the write; nil when
	// it did not come along and Query is to be asked. First operation only.
	Answer []byte
	// Repeated says that this was done before, under the same idempotency key.
	Repeated bool
}
