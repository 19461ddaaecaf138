package core_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
)

var boxFiles = fstest.MapFS{
	"objects/box.yaml": {Data: []byte("name: box\nplural: boxes\nunowned: true\nfields:\n  - {name: name, kind: text}\n")},
	"objects/lid.yaml": {Data: []byte(`name: lid
plural: lids
unowned: true
fields:
  - {name: name, kind: text}
  - {name: box, kind: lookup, target: box, inverse: lids, onDelete: cascade}
  - {name: spare, kind: lookup, target: box, onDelete: restrict}
`)},
}

// What comes to a record between the moment a delete looks at it and the moment
// it writes goes along, or is in the way.
func TestDeletesSeeWhatCameMeanwhile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lookup string
		perRow bool
		code   trellis.Code
	}{
		"cascade":             {"box", false, ""},
		"restrict":            {"spare", false, trellis.CodeConflict},
		"cascade row by row":  {"box", true, ""},
		"restrict row by row": {"spare", true, trellis.CodeConflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &meanwhile{}
			w := coretest.New(t, coretest.Options{Package: documentFiles(maps.Clone(boxFiles)), Hooks: []core.Hook{m}})
			l := &lab{T: t, engine: w.Engine, db: w.DB, catalog: w.Catalog, view: w.View, root: w.System(t)}
			box := l.must(l.root, create("box", nil))[0].ID
			var lid trellis.ID
			m.do = func() { lid = l.must(l.request(l.root.Principal), create("lid", map[string]any{c.lookup: box}))[0].ID }
			res, err := l.engine.Write(t.Context(), l.root, &core.Write{PerRow: c.perRow, Ops: []core.Op{{Verb: core.Delete, Object: "box", ID: box}}})
			if err == nil && res[0].Err != nil {
				err = res[0].Err
			}
			if trellis.CodeOf(err) != c.code {
				t.Fatalf("want %s, got %v", c.code, err)
			}
			if there := l.get(l.root, "lid", lid, "id") != nil; there != (c.code != "") {
				t.Errorf("the lid is there: %v", there)
			}
		})
	}
}

// While some delete and restore parents, others add children to them: no live
// record belongs to one in the trash, and none that restricts refers to one.
func TestDeletesBesideNewChildren(t *testing.T) {
	t.Parallel()
	l := documents(t, maps.Clone(boxFiles))
	const boxes = 4
	var ids []trellis.ID
	for range boxes {
		ids = append(ids, l.must(l.root, create("box", nil))[0].ID)
	}
	var group sync.WaitGroup
	for n := range 8 {
		r, rnd := l.request(l.root.Principal), rand.New(rand.NewPCG(9, uint64(n)))
		group.Go(func() {
			for range 80 {
				box := ids[rnd.IntN(boxes)]
				op := core.Op{Verb: []core.Verb{core.Delete, core.Restore}[rnd.IntN(2)], Object: "box", ID: box}
				if n%2 == 0 {
					op = create("lid", map[string]any{map[bool]string{false: "box", true: "spare"}[rnd.IntN(30) == 0]: box})
				}
				w := &core.Write{Ops: []core.Op{op}, PerRow: rnd.IntN(3) == 0}
				res, err := l.engine.Write(t.Context(), r, w)
				if err == nil && res[0].Err != nil {
					err = res[0].Err
				}
				switch trellis.CodeOf(err) {
				case "", trellis.CodeNotFound, trellis.CodeConflict, trellis.CodeInvalidInput, trellis.CodeVersionConflict:
				default:
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	var orphans, referred int
	if err := l.db.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE b.id = l.box_id), count(*) FILTER (WHERE b.id = l.spare_id)
		FROM ws_main.lid l JOIN ws_main.box b ON b.id IN (l.box_id, l.spare_id) WHERE l.deleted_at IS NULL AND b.deleted_at IS NOT NULL`).Scan(&orphans, &referred); err != nil {
		t.Fatal(err)
	}
	if orphans+referred > 0 {
		t.Errorf("%d live children of records in the trash, %d that restrict", orphans, referred)
	}
}

// meanwhile runs once, between what a write reads and what it writes.
type meanwhile struct{ do func() }

func (m *meanwhile) Before(context.Context, *core.BeforeEvent) error {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return nil
}

// A delete takes thousands of records along in a few statements, and back; more
// than it may are told.
func TestDeletesOfMany(t *testing.T) {
	t.Parallel()
	l := documents(t, fstest.MapFS{
		"objects/box.yaml": boxFiles["objects/box.yaml"],
		"objects/lid.yaml": {Data: []byte(`name: lid
plural: lids
unowned: true
fields:
  - {name: name, kind: text}
  - {name: box, kind: lookup, target: box, inverse: lids, onDelete: cascade}
`)},
		"objects/dot.yaml": {Data: []byte(`name: dot
plural: dots
unowned: true
fields:
  - {name: lid, kind: lookup, target: lid, inverse: dots, onDelete: cascade}
`)},
	})
	box := l.must(l.root, create("box", nil))[0].ID
	small := l.must(l.root, create("box", nil), create("lid", map[string]any{"box": core.Ref(0)}))[0].ID
	for _, sql := range []string{
		`INSERT INTO ws_main.lid (id, created_at, created_by, updated_at, updated_by, version, box_id) SELECT gen_random_uuid(), now(), 'system', now(), 'system', 1, $1 FROM generate_series(1, 3000)`,
		`INSERT INTO ws_main.dot (id, created_at, created_by, updated_at, updated_by, version, lid_id) SELECT gen_random_uuid(), now(), 'system', now(), 'system', 1, id FROM ws_main.lid WHERE box_id = $1`,
	} {
		if _, err := l.db.Exec(t.Context(), sql, box); err != nil {
			t.Fatal(err)
		}
	}
	live := func() (n int) {
		if err := l.db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM ws_main.box WHERE deleted_at IS NULL) + (SELECT count(*) FROM ws_main.lid WHERE deleted_at IS NULL) + (SELECT count(*) FROM ws_main.dot WHERE deleted_at IS NULL)`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	both := func(verb core.Verb) []core.Op {
		return []core.Op{{Verb: verb, Object: "box", ID: box}, {Verb: verb, Object: "box", ID: small}}
	}
	l.must(l.root, both(core.Delete)...)
	if n := live(); n != 0 {
		t.Errorf("%d stay", n)
	}
	l.must(l.root, both(core.Restore)...)
	if n := live(); n != 6003 {
		t.Errorf("%d are back", n)
	}
	if _, err := l.db.Exec(t.Context(), `INSERT INTO ws_main.dot (id, created_at, created_by, updated_at, updated_by, version, lid_id)
		SELECT gen_random_uuid(), now(), 'system', now(), 'system', 1, l.id FROM ws_main.lid l, generate_series(1, 2) WHERE box_id = $1`, box); err != nil {
		t.Fatal(err)
	}
	res, err := l.engine.Write(t.Context(), l.root, &core.Write{PerRow: true, Ops: both(core.Delete)})
	if err != nil || trellis.CodeOf(res[0].Err) != trellis.CodeConflict || res[1].Err != nil {
		t.Error(res, err)
	}
	if n := live(); n != 12001 {
		t.Errorf("%d are there", n)
	}
}

// What many operations link is bounded all together.
func TestLinksOfAWriteAreBounded(t *testing.T) {
	t.Parallel()
	l := documents(t, nil)
	some := make([]any, 1000)
	for i := range some {
		some[i] = trellis.NewID().String()
	}
	ops := make([]core.Op, 60)
	for i := range ops {
		ops[i] = create("document", map[string]any{"watchers": map[string]any{"add": some}})
	}
	if _, err := l.write(l.root, ops...); trellis.CodeOf(err) != trellis.CodeQueryTooCostly {
		t.Error(err)
	}
}
