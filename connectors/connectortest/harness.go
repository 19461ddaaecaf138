package connectortest

import (
	"context"
	"io/fs"
	"net/http"
	"testing"

	"github.com/trellishq/trellis/connectors"
)

// Harness is what Run needs to know about a connector and its remote system.
type Harness struct {
	Connector connectors.Connector

	// Values are settings that work. The page should be small, so that Batches
	// batches are needed for what Create makes.
	Values map[string]any

	// Stream is the one to read. Nothing else changes it during the test.
	Stream string

	// Create makes n records in the remote system at once: in one transaction or
	// one second, whatever is the narrowest.
	Create func(ctx context.Context, n int) error

	// Update changes one record.
	Update func(ctx context.Context, key string) error

	// Keys gives the keys of all records there are, without the connector's help.
	Keys func(ctx context.Context) ([]string, error)

	// Files is what connectors that read files are given.
	Files fs.FS

	// HTTP is the client that connectors with a network are given; one without
	// limits when nil.
	HTTP *http.Client

	// URL is the setting that holds the address of the remote system, which the
	// suite replaces by its proxy. Empty for a connector without a network.
	URL string

	// BadLogin are settings that make the remote system refuse the login. Nil for
	// a connector without one.
	BadLogin map[string]any

	// Batches is how many batches the suite expects at least when it reads Many
	// records; 3 when zero, and 1 for a connector that always reads everything in
	// one.
	Batches int
}

// Many is how many records the suite creates at once.
const Many = 25

// Run runs the suite. Its parts run one after the other, since they share one
// remote system.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.Batches == 0 {
		h.Batches = 3
	}
	t.Run("spec", h.testSpec)
	t.Run("unknown stream", h.testUnknownStream)
	t.Run("damaged cursor", h.testDamagedCursor)
	if err := h.Create(t.Context(), Many); err != nil {
		t.Fatalf("create %d records: %v", Many, err)
	}
	t.Run("everything is read", h.testEverything)
	t.Run("discovery agrees with the records", h.testDiscovery)
	t.Run("a cursor can be used again", h.testReread)
	t.Run("changes arrive", h.testChanges)
	t.Run("changes while reading", h.testChangesWhileReading)
	t.Run("cancelled", h.testCancel)
	if h.BadLogin != nil {
		t.Run("refused login", h.testRefusedLogin)
	}
	if h.URL != "" {
		t.Run("faults", h.testFaults)
		t.Run("slow body", h.testSlowBody)
	}
}

// open resolves the settings, with some replaced, and opens a connection that is
// closed with the test.
func (h Harness) open(t *testing.T, replace map[string]any) connectors.Connection {
	t.Helper()
	raw := map[string]any{}
	for _, m := range []map[string]any{h.Values, replace} {
		for k, v := range m {
			raw[k] = v
		}
	}
	values, err := h.Connector.Spec().Resolve(raw)
	if err != nil {
		t.Fatalf("resolve the settings: %v", err)
	}
	cfg := connectors.Config{Values: values}
	if h.Connector.Spec().Network {
		if cfg.HTTP = h.HTTP; cfg.HTTP == nil {
			cfg.HTTP = &http.Client{Transport: &http.Transport{}}
		}
		t.Cleanup(cfg.HTTP.CloseIdleConnections)
	}
	if h.Connector.Spec().Files {
		cfg.Files = h.Files
	}
	conn, err := h.Connector.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func (h Harness) source(t *testing.T, replace map[string]any) connectors.Source {
	t.Helper()
	src, ok := h.open(t, replace).(connectors.Source)
	if !ok {
		t.Fatal("the connection is no connectors.Source")
	}
	return src
}
