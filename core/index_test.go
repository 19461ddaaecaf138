package core_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
)

// A partial unique index lets go what its condition does not hold for; one over
// a range refuses what overlaps; both say what was declared.
func TestDeclaredIndexesRefuse(t *testing.T) {
	t.Parallel()
	w := coretest.New(t, coretest.Options{Package: fstest.MapFS{
		"package.yaml": {Data: []byte("name: custom\n")},
		"objects/lease.yaml": {Data: []byte(`name: lease
plural: leases
unowned: true
fields:
  - {name: room, kind: text}
  - {name: state, kind: select, options: [{name: open}, {name: "closed"}, {name: "it_s"}]}
  - {name: number, kind: integer}
  - {name: "start", kind: date}
  - {name: "end", kind: date}
indexes:
  - {fields: [room], unique: true, where: 'record.state == "open" && record.number > 5', message: {en: "The room has an open lease"}}
  - {fields: [room], unique: true, range: {from: "start", to: "end"}, where: 'record.state != "closed"', message: {en: "The room is let then"}}
  - {fields: [number], where: 'record.state in ["open", "it_s"] || record.start == null'}
`)},
	}})
	create := func(values map[string]any) (core.Result, error) {
		res, err := w.Engine.Write(t.Context(), w.System(t), &core.Write{Ops: []core.Op{{Verb: core.Create, Object: "lease", Values: values}}})
		if err != nil {
			return core.Result{}, err
		}
		return res[0], nil
	}
	ok := func(values map[string]any) core.Result {
		t.Helper()
		r, err := create(values)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	refused := func(values map[string]any, words string) {
		t.Helper()
		_, err := create(values)
		var problems trellis.Errors
		if !errors.As(err, &problems) {
			problems = trellis.Public(err)
		}
		if err == nil || trellis.CodeOf(err) != trellis.CodeConflict || !strings.Contains(problems[0].Message, words) {
			t.Errorf("%v was refused with %v", values, err)
		}
	}
	ok(map[string]any{"room": "1", "state": "open", "number": 6, "start": "2026-01-01", "end": "2026-01-31"})
	ok(map[string]any{"room": "1", "state": "open", "number": 5, "start": "2026-02-01", "end": "2026-02-10"})
	refused(map[string]any{"room": "1", "state": "open", "number": 7, "start": "2027-02-01"}, "open lease")
	refused(map[string]any{"room": "1", "state": "it_s", "start": "2026-01-31", "end": "2026-01-31"}, "let then")
	ok(map[string]any{"room": "1", "state": "closed", "start": "2026-01-31", "end": "2026-01-31"})
	refused(map[string]any{"room": "1", "start": "2026-02-10"}, "let then") // open to the end
	ok(map[string]any{"room": "2", "start": "2026-02-10"})
	ok(map[string]any{"room": "1", "start": "2026-02-10", "end": "2026-02-01"}) // the wrong way round: no range
	// What is in the trash is in nobody's way.
	gone := ok(map[string]any{"room": "3", "start": "2026-01-01"})
	if _, err := w.Engine.Write(t.Context(), w.System(t), &core.Write{Ops: []core.Op{{Verb: core.Delete, Object: "lease", ID: gone.ID}}}); err != nil {
		t.Fatal(err)
	}
	ok(map[string]any{"room": "3", "start": "2026-01-01"})
}
