package core_test

import (
	"sync"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	l := documents(t, rolledUp)
	once := func(key string, perRow bool, ops ...core.Op) ([]core.Result, error) {
		return l.engine.Write(t.Context(), l.request(l.root.Principal), &core.Write{Ops: ops, PerRow: perRow, IdempotencyKey: key})
	}
	count := func() (n int) {
		t.Helper()
		if err := l.db.QueryRow(t.Context(), "SELECT count(*) FROM "+l.view.Schema+".sale").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	sale := create("sale", map[string]any{"discount": "1.50"})
	// Eight at the same time under one key are one.
	var wg sync.WaitGroup
	var ids [8]trellis.ID
	for i := range ids {
		wg.Go(func() {
			res, err := once("a", false, sale, item(core.Ref(0), 1, 2))
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = res[0].ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatal(ids)
		}
	}
	if count() != 1 {
		t.Fatalf("%d sales", count())
	}
	if _, err := once("a", false, create("sale", map[string]any{"discount": "2"})); trellis.CodeOf(err) != trellis.CodeIdempotencyMismatch {
		t.Error(err)
	}
	// Another principal's key is another key.
	rep := l.person("rep")
	if _, err := l.engine.Write(t.Context(), rep, &core.Write{Ops: []core.Op{sale}, IdempotencyKey: "a"}); trellis.CodeOf(err) != trellis.CodeForbidden {
		t.Error(err)
	}
	// What was refused as a whole is tried again.
	bad := create("customer", nil)
	for range 2 {
		if _, err := once("b", false, bad); trellis.CodeOf(err) != trellis.CodeValidationFailed {
			t.Error(err)
		}
	}
	// Row by row, the refusals are remembered with their paths.
	bad.Path = []any{"inputs", 1}
	for n := range 2 {
		res, err := once("c", true, sale, bad)
		if err != nil || res[0].Err != nil || res[0].Repeated != (n == 1) || res[1].Err == nil || trellis.PathString(res[1].Err.Path) != "inputs[1].name" {
			t.Error(res, err)
		}
	}
	if count() != 2 {
		t.Fatalf("%d sales", count())
	}
	// A day later the key is free again.
	if _, err := l.db.Exec(t.Context(), "UPDATE trellis.idempotency SET created_at = now() - interval '25 hours'"); err != nil {
		t.Fatal(err)
	}
	if res, err := once("a", false, create("sale", nil)); err != nil || res[0].ID == ids[0] || res[0].Repeated {
		t.Error(res, err)
	}
	if err := l.engine.PurgeKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := l.db.QueryRow(t.Context(), "SELECT count(*) FROM trellis.idempotency").Scan(&left); err != nil || left != 1 {
		t.Error(left, err)
	}
	if _, err := once(string(make([]byte, 300)), false, sale); trellis.CodeOf(err) != trellis.CodeInvalidInput {
		t.Error(err)
	}
}
