package plugins

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/trellishq/trellis"
)

// Op numbers an operation of the host. The numbers are part of ABI trellis/1
// and never change their meaning; 0 is the ABI's own (take a result).
type Op uint32

// The operations. A server that does not offer one answers UNAVAILABLE.
const (
	OpNow    Op = 1
	OpRead   Op = 2
	OpWrite  Op = 3
	OpHTTP   Op = 4
	OpKV     Op = 5
	OpSecret Op = 6
)

// operation is how the host answers one Op.
type operation struct {
	name string
	// granted says whether the manifest asks for what the operation needs.
	granted func(*Manifest) bool
	// run is nil for what this version does not offer to hooks.
	run func(ctx context.Context, input []byte) ([]byte, error)
}

var operations = map[Op]operation{
	OpNow:    {"now", func(*Manifest) bool { return true }, now},
	OpRead:   {"read", func(m *Manifest) bool { return len(m.Records) > 0 }, nil},
	OpWrite:  {"write", func(m *Manifest) bool { return len(m.Records) > 0 }, nil},
	OpHTTP:   {"http", func(m *Manifest) bool { return len(m.HTTP) > 0 }, nil},
	OpKV:     {"kv", func(m *Manifest) bool { return m.KV != nil }, nil},
	OpSecret: {"secret", func(m *Manifest) bool { return len(m.Secrets) > 0 }, nil},
}

// hostOps answers the operations of one plugin.
type hostOps struct {
	manifest *Manifest
	log      *slog.Logger
}

var _ Ops = (*hostOps)(nil)

// Do refuses what the manifest does not ask for with FORBIDDEN.
func (o *hostOps) Do(ctx context.Context, op Op, input []byte) ([]byte, error) {
	known, ok := operations[op]
	switch {
	case !ok:
		return nil, trellis.Errorf(trellis.CodeNotFound, "host operation %d is not known", op)
	case !known.granted(o.manifest):
		return nil, trellis.Errorf(trellis.CodeForbidden, "the manifest has no capability for the host operation %s", known.name)
	case known.run == nil:
		return nil, trellis.Errorf(trellis.CodeUnavailable, "this server does not offer the host operation %s to hooks", known.name)
	}
	return known.run(ctx, input)
}

// Log writes a plugin's text to the server's log, marked as the plugin's.
func (o *hostOps) Log(ctx context.Context, entry, text string) {
	o.log.InfoContext(ctx, "plugin log", "plugin", o.manifest.ID, "version", o.manifest.Version, "entry", entry, "text", text)
}

// now answers the time in UTC, RFC 3339 with microseconds, as a JSON string.
func now(context.Context, []byte) ([]byte, error) {
	return json.Marshal(time.Now().UTC().Format("2006-01-02T15:04:05.000000Z07:00"))
}
