package connectortest

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/trellishq/trellis/connectors"
)

// state is what a host knows after reading: the last record of each key.
type state map[string]connectors.Record

// maxReads bounds a walk: a source that never says io.EOF must not hang a test.
const maxReads = 500

// walk reads from a cursor to the next io.EOF, checks each answer, and puts the
// records into seen. It gives the cursors on its way, the last one being that of
// io.EOF.
func (h Harness) walk(t *testing.T, src connectors.Source, cur connectors.Cursor, seen state) []connectors.Cursor {
	t.Helper()
	cursors := []connectors.Cursor{cur}
	for range maxReads {
		next, err := h.step(t, src, cur, seen)
		if err != nil && err != io.EOF {
			t.Fatalf("read: %v", err)
		}
		cursors = append(cursors, next)
		if cur = next; err != nil {
			return cursors
		}
	}
	t.Fatalf("no io.EOF after %d reads", maxReads)
	return nil
}

// step reads once and checks the answer.
func (h Harness) step(t *testing.T, src connectors.Source, cur connectors.Cursor, seen state) (connectors.Cursor, error) {
	t.Helper()
	batch, next, err := src.Read(t.Context(), h.Stream, cur)
	if err != nil && err != io.EOF {
		if errors.Is(err, io.EOF) {
			t.Errorf("an error that is not the end wraps io.EOF: %v", err)
		}
		return cur, err
	}
	switch {
	case next == "":
		t.Fatal("the cursor is empty, which means from the beginning")
	case len(next) > connectors.MaxCursor || !utf8.ValidString(string(next)):
		t.Fatalf("the cursor has %d bytes or is no text", len(next))
	case len(batch.Records) > connectors.MaxBatch:
		t.Fatalf("a batch of %d records", len(batch.Records))
	case err != nil && len(batch.Records) > 0:
		t.Fatal("io.EOF with records")
	case err == nil && next == cur:
		t.Fatal("the cursor does not move")
	}
	for _, r := range batch.Records {
		if err := r.Check(); err != nil {
			t.Errorf("a record breaks the contract: %v", err)
		}
		if r.Stream != h.Stream {
			t.Errorf("a record of stream %q", r.Stream)
		}
		seen[r.Key] = r
	}
	return next, err
}

// wantAll compares what was read with what there is.
func (h Harness) wantAll(t *testing.T, seen state) {
	t.Helper()
	var got []string
	for key, r := range seen {
		if !r.Deleted {
			got = append(got, key)
		}
	}
	want, err := h.Keys(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatalf("keys: %v", err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("read %d records, there are %d\nread  %v\nthere %v", len(got), len(want), got, want)
	}
}
