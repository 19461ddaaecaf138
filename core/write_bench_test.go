package core_test

import (
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
)

// What a sale with 20 items costs, its formulas and roll-ups computed with it,
// and one item more under a sale that is there.
func BenchmarkWrite(b *testing.B) {
	w := coretest.New(b, coretest.Options{Package: documentFiles(rolledUp)})
	write := func(ops ...core.Op) []core.Result {
		res, err := w.Engine.Write(b.Context(), w.System(b), &core.Write{Ops: ops})
		if err != nil {
			b.Fatal(err)
		}
		return res
	}
	region := write(create("region", nil))[0].ID
	sale := func(region any) []core.Op {
		ops := []core.Op{create("sale", map[string]any{"region": region, "discount": 1})}
		for i := range 20 {
			ops = append(ops, item(core.Ref(0), i, 10))
		}
		return ops
	}
	var last trellis.ID
	b.Run("sale", func(b *testing.B) {
		for b.Loop() {
			last = write(sale(nil)...)[0].ID
		}
	})
	b.Run("saleOfRegion", func(b *testing.B) {
		for b.Loop() {
			write(sale(region)...)
		}
	})
	b.Run("item", func(b *testing.B) {
		for b.Loop() {
			write(item(last, 1, 1))
		}
	})
}
