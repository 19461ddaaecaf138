package connectortest

import (
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/trellishq/trellis/connectors"
)

var specName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

func (h Harness) testSpec(t *testing.T) {
	spec := h.Connector.Spec()
	if !specName.MatchString(spec.Name) || spec.Label.EN == "" || spec.Label.ZH == "" || spec.About.EN == "" || spec.About.ZH == "" {
		t.Errorf("name, label or sentence is missing: %+v", spec)
	}
	names := map[string]bool{}
	empty, required := spec.Resolve(nil)
	for _, s := range spec.Settings {
		if names[s.Name] || s.Name == "" || s.Label.EN == "" || s.Label.ZH == "" {
			t.Errorf("setting %q: named twice, or without a label in both languages", s.Name)
		}
		names[s.Name] = true
		if s.Default != nil {
			if _, err := spec.Resolve(with(h.Values, s.Name, s.Default)); err != nil {
				t.Errorf("setting %q: its default is refused: %v", s.Name, err)
			}
		}
		if s.Required && (required == nil || empty != nil) {
			t.Errorf("setting %q is required and may be absent", s.Name)
		}
	}
	if _, err := spec.Resolve(with(h.Values, "noSuchSetting", "x")); !errors.Is(err, connectors.ErrConfig) {
		t.Errorf("an unknown setting: %v", err)
	}
}

func with(m map[string]any, name string, v any) map[string]any {
	out := map[string]any{name: v}
	for k, v := range m {
		if k != name {
			out[k] = v
		}
	}
	return out
}

func (h Harness) testUnknownStream(t *testing.T) {
	_, _, err := h.source(t, nil).Read(t.Context(), "no such stream", "")
	if !errors.Is(err, connectors.ErrConfig) {
		t.Errorf("want ErrConfig, got %v", err)
	}
}

func (h Harness) testDamagedCursor(t *testing.T) {
	for _, cur := range []connectors.Cursor{"rubbish", "{}", `{"v":-1}`, "[1]", "\x00", "null"} {
		_, _, err := h.source(t, nil).Read(t.Context(), h.Stream, cur)
		if !errors.Is(err, connectors.ErrCursor) {
			t.Errorf("cursor %q: want ErrCursor, got %v", cur, err)
		}
	}
}

func (h Harness) testEverything(t *testing.T) {
	seen := state{}
	cursors := h.walk(t, h.source(t, nil), "", seen)
	h.wantAll(t, seen)
	if n := len(cursors) - 2; n < h.Batches {
		t.Errorf("%d batches; the suite needs %d to prove something: make the page smaller", n, h.Batches)
	}
}

func (h Harness) testDiscovery(t *testing.T) {
	conn := h.open(t, nil)
	if tester, ok := conn.(connectors.Tester); ok {
		if err := tester.Test(t.Context()); err != nil {
			t.Errorf("test: %v", err)
		}
	}
	discoverer, ok := conn.(connectors.Discoverer)
	if !ok {
		return
	}
	streams, err := discoverer.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]connectors.FieldKind
	for i, s := range streams {
		if i > 0 && streams[i-1].Name >= s.Name {
			t.Errorf("streams are not sorted: %s before %s", streams[i-1].Name, s.Name)
		}
		if s.Name == h.Stream {
			fields = map[string]connectors.FieldKind{}
			for _, f := range s.Fields {
				fields[f.Name] = f.Kind
			}
		}
	}
	if fields == nil {
		t.Fatalf("stream %s is not listed", h.Stream)
	}
	seen := state{}
	h.walk(t, h.source(t, nil), "", seen)
	for _, r := range seen {
		for name, v := range r.Data {
			if kind, ok := fields[name]; len(fields) > 0 && (!ok || !fits(kind, v)) {
				t.Errorf("field %s is described as %q and holds a %T", name, kind, v)
			}
		}
	}
}

func fits(kind connectors.FieldKind, v any) bool {
	if v == nil || kind == connectors.FieldAny {
		return true
	}
	ok := false
	switch kind {
	case connectors.FieldText, connectors.FieldSelect, connectors.FieldLink:
		_, ok = v.(string)
	case connectors.FieldBoolean:
		_, ok = v.(bool)
	case connectors.FieldInteger:
		_, ok = v.(int64)
	case connectors.FieldDecimal:
		_, ok = v.(connectors.Decimal)
	case connectors.FieldDate:
		_, ok = v.(connectors.Date)
	case connectors.FieldTime:
		_, ok = v.(connectors.TimeOfDay)
	case connectors.FieldDateTime:
		_, ok = v.(time.Time)
	case connectors.FieldBinary:
		_, ok = v.([]byte)
	case connectors.FieldList:
		_, ok = v.([]any)
	case connectors.FieldMap:
		_, ok = v.(map[string]any)
	}
	return ok
}

// After a crash the host reads with a cursor it has used before: it must get the
// same records, whatever the connection remembers of other reads.
func (h Harness) testReread(t *testing.T) {
	cursors := h.walk(t, h.source(t, nil), "", state{})
	a, b := h.source(t, nil), h.source(t, nil)
	for i, cur := range slices.Backward(cursors[:len(cursors)-1]) {
		first, second := state{}, state{}
		_, err1 := h.step(t, a, cur, first)
		_, err2 := h.step(t, b, cur, second)
		if !errors.Is(err1, err2) || len(first) != len(second) {
			t.Fatalf("cursor %d: %d records (%v), then %d (%v)", i, len(first), err1, len(second), err2)
		}
		for key, r := range first {
			if second[key].Hash() != r.Hash() {
				t.Errorf("cursor %d: record %s comes back otherwise", i, key)
			}
		}
	}
}

func (h Harness) testChanges(t *testing.T) {
	src, seen := h.source(t, nil), state{}
	cur := last(h.walk(t, src, "", seen))
	cur = last(h.walk(t, src, cur, seen)) // nothing has changed
	var key string
	for key = range seen {
		break
	}
	before := seen[key].Hash()
	if err := errors.Join(h.Update(t.Context(), key), h.Create(t.Context(), 1)); err != nil {
		t.Fatal(err)
	}
	changed := state{}
	h.walk(t, src, cur, changed)
	if r, ok := changed[key]; !ok || r.Hash() == before {
		t.Errorf("the change of record %s did not arrive", key)
	}
	for k, r := range changed {
		seen[k] = r
	}
	h.wantAll(t, seen) // among them one that was never updated
}

// Records that are created and changed behind and before the place of a read
// arrive with the next walk at the latest.
func (h Harness) testChangesWhileReading(t *testing.T) {
	src, seen := h.source(t, nil), state{}
	cur, err := h.step(t, src, "", seen)
	if err != nil {
		t.Fatal(err)
	}
	var key string
	for key = range seen {
		break
	}
	before := seen[key].Hash()
	if err := errors.Join(h.Update(t.Context(), key), h.Create(t.Context(), Many)); err != nil {
		t.Fatal(err)
	}
	cur = last(h.walk(t, src, cur, seen))
	h.walk(t, src, cur, seen)
	h.wantAll(t, seen)
	if seen[key].Hash() == before {
		t.Errorf("the change of record %s, made behind the read, was lost", key)
	}
}

func (h Harness) testCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := h.source(t, nil).Read(ctx, h.Stream, ""); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("with a cancelled context: %v", err)
	}
}

func last(cursors []connectors.Cursor) connectors.Cursor { return cursors[len(cursors)-1] }
