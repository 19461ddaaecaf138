package connectors

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
)

// Connector makes connections to one kind of system. It is a stateless value;
// its methods may be called at the same time from several goroutines.
type Connector interface {
	// Spec describes the connector. It is constant and touches nothing.
	Spec() Spec

	// Open prepares a connection. It checks what Spec.Resolve cannot and answers
	// ErrConfig when the values make no sense together. It does not talk to the
	// remote system: a connection logs in when it is first used, so that Open
	// neither blocks nor counts as an attempt to log in.
	Open(ctx context.Context, cfg Config) (Connection, error)
}

// Connection is one open connection. Assert it to Source, Tester or Discoverer
// to learn what it can do. Calls are never concurrent for one Connection.
type Connection interface {
	// Close logs out and lets go of what is held. It is called once, also after
	// errors, and with a context that lives a few seconds at least. Its error is
	// logged and changes nothing.
	Close(ctx context.Context) error
}

// Config is what the host hands to Open.
type Config struct {
	// Values are the settings of the Spec, resolved: see Spec.Resolve.
	Values Values

	// HTTP is the only way to the network. It refuses addresses the admin has
	// not allowed, bounds time and the size of answers, and keeps the rate of
	// the remote. It is nil for a connector whose Spec does not ask for it. A
	// connector does not change it, and makes no client of its own. An answer
	// larger than allowed shows as an error while its body is read. It keeps no
	// cookies and does not retry.
	HTTP *http.Client

	// Files holds the files that the admin lets this connection read. Names are
	// those of package fs; links that lead outside do not open. It is nil for a
	// connector whose Spec does not ask for it, or when the admin has allowed no
	// folder.
	Files fs.FS

	// Log is for the admin who looks for the reason of a failure. Nothing secret
	// and no record goes there. It may be nil; use Logger.
	Log *slog.Logger
}

// Logger is Log, or a logger that drops everything.
func (c Config) Logger() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}

// Source reads records from the remote system. Calls are never concurrent for
// one Source. An implementation keeps no state between calls except the cursor
// (a session or a cache may be kept, and a call must do without).
type Source interface {
	// Read returns records that changed after cur, oldest first as far as the
	// remote system can order them, and the cursor to resume from. A zero cursor
	// means from the beginning. The cursor is stored in the same transaction as
	// the records, so Read may see the same one again after a crash and must
	// then return the same records or newer. A record may come again unchanged,
	// and one key may come twice in a batch: the later one is the newer.
	//
	// A batch holds at least one and at most MaxBatch records, and the cursor
	// differs from cur. A batch may be empty only when the cursor moved on, as
	// over a stretch in which everything was known already.
	//
	// Read returns io.EOF with an empty batch and a usable cursor when nothing
	// is left for now: the host stores that cursor and calls with it later,
	// ErrBackOff to be called again after a while, ErrAuth to pause the
	// connection, ErrConfig when the stream is unknown or a setting is refused,
	// ErrCursor when cur cannot be resumed from. Any other error is retried with
	// back-off. With an error other than io.EOF batch and cursor mean nothing.
	//
	// The end is io.EOF itself: hosts compare with ==. The error of a connection
	// that was cut may wrap io.EOF, and must not be taken for the end.
	//
	// Read returns soon after ctx is done. A call that would take more than a
	// minute is cut: prefer many short batches.
	Read(ctx context.Context, stream string, cur Cursor) (Batch, Cursor, error)
}

// Tester is a Connection that can tell whether it works.
type Tester interface {
	// Test makes the cheapest exchange that proves address, login and rights,
	// once and without retries. It changes nothing. Its error has the meaning of
	// those of Read and a text that an admin understands.
	Test(ctx context.Context) error
}

// Discoverer is a Connection that can list its streams.
type Discoverer interface {
	// Streams returns what can be read, with fields and types, sorted by name.
	// It may ask the remote system, so custom fields are in it. Errors are those
	// of Read.
	Streams(ctx context.Context) ([]Stream, error)
}

// MaxBatch is the most records of one Batch.
const MaxBatch = 1000

// MaxCursor is the most bytes of one Cursor.
const MaxCursor = 256 << 10

// Batch is what one Read returns.
type Batch struct {
	Records []Record
}

// Cursor is a place in a stream. Only the connector that made it can read it;
// the host stores it as text (valid UTF-8, at most MaxCursor bytes) and never
// looks inside. Empty means from the beginning. A connector that changes its
// format still reads the older one, or answers ErrCursor.
type Cursor string
