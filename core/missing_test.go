package core_test

import (
	"context"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/query"
)

// A table that was dropped behind the catalogue is said to be missing, in words
// that quote nothing of PostgreSQL's.
func TestTableDroppedByHand(t *testing.T) {
	t.Parallel()
	w := coretest.New(t, coretest.Options{})
	if _, err := w.DB.Exec(t.Context(), `DROP TABLE ws_main.product CASCADE`); err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(context.Context) error{
		"read": func(ctx context.Context) error {
			_, err := w.Engine.Query(ctx, w.System(t), &query.Query{Get: &query.Get{Object: "product", ID: trellis.NewID(), Select: query.Selection{{Key: "id", Field: "id"}}}}, nil)
			return err
		},
		"write": func(ctx context.Context) error {
			_, err := w.Engine.Write(ctx, w.System(t), &core.Write{Ops: []core.Op{create("product", map[string]any{"name": "Lamp", "code": "L1"})}})
			return err
		},
	} {
		err := do(t.Context())
		if trellis.CodeOf(err) != trellis.CodeUnavailable {
			t.Errorf("%s: %s, %v", name, trellis.CodeOf(err), err)
			continue
		}
		for _, e := range trellis.Public(err) {
			if !strings.Contains(e.Message, "drift") || strings.Contains(e.Message, "product") {
				t.Errorf("%s: %q", name, e.Message)
			}
		}
	}
}
