package policy_test

import (
	"flag"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy/policytest"
)

// sets is how many random sets each test tries; core/query tries as many
// against SQL.
var sets = flag.Int("sets", 150, "random policy sets to try")

func universe(t *testing.T) *policytest.Universe {
	t.Helper()
	u, err := policytest.NewUniverse(1, 50)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// answers are what a set decides: the allowed records, and per watched field
// those in which it is shown.
type answers struct {
	rows   map[trellis.ID]bool
	fields map[string]map[trellis.ID]bool
}

// TestRandomSets: the grant in process answers as casbin does.
func TestRandomSets(t *testing.T) {
	t.Parallel()
	u := universe(t)
	partial, covered := 0, map[string]int{}
	for seed := range uint64(*sets) {
		s := policytest.NewSet(seed)
		s.Count(covered)
		if problem := disagree(t, u, s); problem != "" {
			s = s.Shrink(func(s *policytest.Set) bool { return disagree(t, u, s) != "" })
			t.Fatalf("%s\n%s", disagree(t, u, s), s)
		}
		if n := len(decideAll(t, u, s).rows); n > 0 && n < 50 {
			partial++
		}
	}
	if partial*4 < *sets {
		t.Errorf("only %d of %d sets allow some rows and not others", partial, *sets)
	}
	for _, row := range policytest.MappingRows() {
		if covered[row] == 0 {
			t.Errorf("no rule has %q", row)
		}
	}
}

// disagree compares the two evaluators, "" when they agree.
func disagree(t *testing.T, u *policytest.Universe, s *policytest.Set) string {
	t.Helper()
	w, p, err := s.World(u)
	if err != nil {
		t.Fatalf("%v\n%s", err, s)
	}
	if err := w.Engine.Check(); err != nil {
		t.Fatalf("a random rule does not compile: %v\n%s", err, s)
	}
	g, err := w.Engine.Grant(t.Context(), p, policytest.Tested, metadata.ActionRead)
	if err != nil {
		t.Fatal(err)
	}
	vars, linked := p.Vars(u.Now), w.Linked()
	rows := g.Rows(vars)
	for _, r := range u.Records {
		if r.Object != policytest.Tested {
			continue
		}
		rec := linked[r.ID]
		want, err := w.Engine.Enforce(p, r.Object, metadata.ActionRead, rec, u.Now)
		if err != nil {
			t.Fatal(err)
		}
		if got := expr.Holds(rows, rec); got != want {
			return r.Name + " is decided otherwise"
		}
		for _, f := range policytest.Watched {
			shown, err := w.Engine.EnforceField(p, r.Object, metadata.ActionRead, f, rec, u.Now)
			if err != nil {
				t.Fatal(err)
			}
			if got := want && g.Field(f).Holds(rec, vars); got != shown {
				return r.Name + "." + f + " is decided otherwise: " + g.Field(f).Mode.String()
			}
		}
	}
	return ""
}

// decideAll asks the grant.
func decideAll(t *testing.T, u *policytest.Universe, s *policytest.Set) answers {
	t.Helper()
	w, p, err := s.World(u)
	if err != nil {
		t.Fatal(err)
	}
	g, err := w.Engine.Grant(t.Context(), p, policytest.Tested, metadata.ActionRead)
	if err != nil {
		t.Fatal(err)
	}
	vars, linked := p.Vars(u.Now), w.Linked()
	out := answers{map[trellis.ID]bool{}, map[string]map[trellis.ID]bool{}}
	for _, r := range u.Records {
		if r.Object == policytest.Tested && g.Allows(linked[r.ID], vars) {
			out.rows[r.ID] = true
			for _, f := range policytest.Watched {
				if g.Field(f).Holds(linked[r.ID], vars) {
					if out.fields[f] == nil {
						out.fields[f] = map[trellis.ID]bool{}
					}
					out.fields[f][r.ID] = true
				}
			}
		}
	}
	return out
}

// TestMonotone: one more allow never takes a row or field away, one more deny
// never gives one.
func TestMonotone(t *testing.T) {
	t.Parallel()
	u := universe(t)
	grew, shrank := 0, 0
	for seed := range uint64(*sets) {
		s := policytest.NewSet(seed)
		base := decideAll(t, u, s)
		for _, effect := range []metadata.Effect{metadata.Allow, metadata.Deny} {
			more := decideAll(t, u, s.With(effect))
			small, large, which := base, more, &grew
			if effect == metadata.Deny {
				small, large, which = more, base, &shrank
			}
			if !within(small.rows, large.rows) {
				t.Fatalf("rows, %s: %s", effect, s.With(effect))
			}
			for _, f := range policytest.Watched {
				if !within(small.fields[f], large.fields[f]) {
					t.Fatalf("%s, %s: %s", f, effect, s.With(effect))
				}
			}
			if len(small.rows) < len(large.rows) {
				*which++
			}
		}
	}
	if grew*10 < *sets || shrank*10 < *sets {
		t.Errorf("of %d sets an allow policy gave to %d, a deny policy took from %d: too few", *sets, grew, shrank)
	}
}

func within(small, large map[trellis.ID]bool) bool {
	for id := range small {
		if !large[id] {
			return false
		}
	}
	return true
}
