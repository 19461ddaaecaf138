package core_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// Formulas and roll-ups come to a workspace that has records already, change,
// and are filled while others write. They are right at every moment.
func TestFill(t *testing.T) {
	t.Parallel()
	plain := fstest.MapFS{}
	for name, f := range rolledUp {
		var keep []string
		for line := range strings.Lines(string(f.Data)) {
			if !strings.Contains(line, "kind: rollUp") && !strings.Contains(line, "kind: formula") {
				keep = append(keep, line)
			}
		}
		plain[name] = &fstest.MapFile{Data: []byte(strings.Join(keep, ""))}
	}
	l := documents(t, plain)
	rolledUp := maps.Clone(rolledUp)
	rolledUp["package.yaml"] = &fstest.MapFile{Data: []byte("name: docs\n")}
	full, problems := metadata.Read(rolledUp)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	change := func(draft func(d *metadata.Definition)) {
		t.Helper()
		if _, err := l.catalog.Apply(t.Context(), "main", func(cur *metadata.Definition) (*metadata.Definition, error) { draft(cur); return cur, nil }, catalog.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	var regions, sales []trellis.ID
	for range 2 {
		regions = append(regions, l.must(l.root, create("region", nil))[0].ID)
	}
	for i := range 30 {
		sales = append(sales, l.must(l.root, create("sale", map[string]any{"region": regions[i%2]}), item(core.Ref(0), 1, i), item(core.Ref(0), 2, 3*i))[0].ID)
	}
	// Add what is computed, with another formula first.
	for turn, formula := range []string{"record.net - record.discount - 1.0", "record.net - record.discount"} {
		change(func(d *metadata.Definition) {
			for _, added := range full.Objects {
				o := d.Own(added.Name)
				for _, f := range added.Fields {
					if f.Kind != metadata.KindFormula && f.Kind != metadata.KindRollUp {
						continue
					}
					c := f.Clone()
					if c.Name == "gross" {
						c.Formula = formula
					}
					if i := slices.IndexFunc(o.Fields, func(x *metadata.Field) bool { return x.Name == f.Name }); i >= 0 {
						o.Fields[i].Formula = c.Formula
					} else {
						o.Fields = append(o.Fields, c)
					}
				}
			}
		})
		first := l.get(l.request(l.root.Principal), "sale", sales[3], "net", "gross")
		if want := []string{"map[gross:20.00 net:21.00]", "map[gross:21.00 net:21.00]"}[turn]; fmt.Sprint(first) != want {
			t.Errorf("before it is filled: %v, want %s", first, want)
		}
		if turn == 0 {
			continue
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var wg sync.WaitGroup
		errs := make([]error, 5)
		for n := range 4 {
			wg.Go(func() { errs[n] = (&hand{l, rand.New(rand.NewPCG(3, uint64(n))), regions, sales, nil, nil}).work(15) })
		}
		wg.Go(func() { errs[4] = l.engine.Fill(ctx, "main") })
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	l.recount()
	v, err := l.catalog.Current(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range v.Definition().Objects {
		for _, f := range o.Fields {
			if f.Filling {
				t.Errorf("%s.%s is not filled", o.Name, f.Name)
			}
		}
	}
}
