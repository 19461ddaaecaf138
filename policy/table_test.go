package policy_test

import (
	"os"
	"slices"
	"testing"

	"github.com/trellishq/trellis/policy"
	"github.com/trellishq/trellis/policy/policytest"
)

// TestTables puts every decision table to casbin and to the compiled grant;
// core/query puts the same tables to SQL.
func TestTables(t *testing.T) {
	t.Parallel()
	tables, err := policytest.Tables(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		for _, c := range table.Cases {
			t.Run(table.File+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				checkCase(t, table.World, c)
			})
		}
	}
}

func checkCase(t *testing.T, w *policytest.World, c *policytest.Case) {
	p, linked := w.Principals[c.Who], w.Linked()
	g, err := w.Engine.Grant(t.Context(), p, c.Object, c.Do)
	if err != nil {
		t.Fatal(err)
	}
	vars := p.Vars(w.Now)
	for _, r := range w.Records {
		if r.Object != c.Object {
			continue
		}
		rec, want := linked[r.ID], slices.Contains(c.Rows, r.Name)
		if got, err := w.Engine.Enforce(p, c.Object, c.Do, rec, w.Now); err != nil || got != want {
			t.Errorf("Enforce(%s) = %v, %v; want %v", r.Name, got, err, want)
		}
		if got := g.Allows(rec, vars); got != want {
			t.Errorf("Allows(%s) = %v; want %v: %#v", r.Name, got, want, g.Rows(vars))
		}
		if d, err := w.Engine.Explain(p, c.Object, c.Do, rec, w.Now); err != nil || d.Allowed != want || d.Reason == "" {
			t.Errorf("Explain(%s) = %+v, %v; want %v", r.Name, d, err, want)
		}
		for field, in := range c.Fields {
			want := slices.Contains(in, r.Name)
			if got, err := w.Engine.EnforceField(p, c.Object, c.Do, field, rec, w.Now); err != nil || got != want {
				t.Errorf("EnforceField(%s, %s) = %v, %v; want %v", r.Name, field, got, err, want)
			}
			a := g.Field(field)
			if got := g.Allows(rec, vars) && a.Holds(rec, vars); got != want {
				t.Errorf("Field(%s).Holds(%s) = %v (%s); want %v", field, r.Name, got, a.Mode, want)
			}
		}
	}
	checkModes(t, g, c)
}

// checkModes: a field that no case record shows because the grant never can,
// must be Never, and the other way round.
func checkModes(t *testing.T, g *policy.Grant, c *policytest.Case) {
	for field, in := range c.Fields {
		if mode := g.Field(field).Mode; mode == policy.Never && len(in) > 0 {
			t.Errorf("the field %s is %s but shown in %v", field, mode, in)
		}
		if mode := g.Field(field).Mode; mode == policy.Plain && len(in) != len(c.Rows) {
			t.Errorf("the field %s is %s but shown in %v of %v", field, mode, in, c.Rows)
		}
	}
}
