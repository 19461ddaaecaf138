package core_test

import (
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

var rooms = fstest.MapFS{"objects/booking.yaml": {Data: []byte(`name: booking
plural: bookings
unowned: true
fields:
  - {name: room, kind: text}
  - {name: slot, kind: text, maxLength: 50}
  - {name: code, kind: text, maxLength: 50}
  - {name: first, kind: date}
  - {name: last, kind: date}
  - {name: state, kind: text, default: open}
indexes:
  - {fields: [code], unique: true}
  - {fields: [slot], unique: true, where: record.state == "open", message: {en: The slot is taken}}
  - {fields: [room], unique: true, range: {from: first, to: last}, message: {en: The room is booked in these days}}
`)}}

// Unique indexes over some records and over ranges refuse with their own words,
// at the one row they are about, and only whole ones are keys of an upsert.
func TestUniqueIndexes(t *testing.T) {
	t.Parallel()
	l := documents(t, rooms)
	book := func(path any, values map[string]any) core.Op {
		op := create("booking", values)
		op.Path = []any{path}
		return op
	}
	refused := func(message, path string, ops ...core.Op) {
		t.Helper()
		_, err := l.write(l.root, ops...)
		wantCode(t, err, trellis.CodeConflict, path)
		if got := trellis.Public(err)[0].Message; got != message {
			t.Errorf("%q, want %q", got, message)
		}
	}
	l.must(l.root, book("a", map[string]any{"room": "1", "slot": "s", "code": "c", "first": "2026-01-01", "last": "2026-01-05"}))
	refused("The room is booked in these days", "b", book("b", map[string]any{"room": "1", "first": "2026-01-05", "last": "2026-01-06"}))
	refused("The slot is taken", "b", book("a", map[string]any{"state": "gone", "code": "x"}), create("customer", map[string]any{"name": "n"}), core.Op{Verb: core.Create, Object: "booking", Values: map[string]any{"slot": "s"}, Path: []any{"b"}})
	l.must(l.root, book("a", map[string]any{"slot": "s", "state": "closed", "room": "1", "first": "2026-01-06", "last": nil}))
	res := l.must(l.root, core.Op{Verb: core.Upsert, Object: "booking", Key: []string{"code"}, Values: map[string]any{"code": "c", "state": "later"}})
	if res[0].Verb != core.Update {
		t.Error(res)
	}
	for _, key := range []string{"slot", "room"} {
		if _, err := l.write(l.root, core.Op{Verb: core.Upsert, Object: "booking", Key: []string{key}, Values: map[string]any{key: "s"}}); trellis.CodeOf(err) != trellis.CodeInvalidInput {
			t.Errorf("upsert by %s: %v", key, err)
		}
	}
	per, err := l.engine.Write(t.Context(), l.root, &core.Write{PerRow: true, Ops: []core.Op{book("x", map[string]any{"room": "2", "first": "2026-02-01"}), book("y", map[string]any{"room": "2", "first": "2026-03-01"})}})
	if err != nil || per[0].Err != nil || per[1].Err == nil || trellis.PathString(per[1].Err.Path) != "y" {
		t.Error(per, err)
	}
}
