package policy

import (
	"fmt"
	"testing"
	"time"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// policies makes n policies over n/10 roles, ten different rules.
func policies(n int) ([]*metadata.Role, []*metadata.Policy) {
	var roles []*metadata.Role
	var out []*metadata.Policy
	for i := range max(n/10, 1) {
		roles = append(roles, &metadata.Role{Name: fmt.Sprintf("role%d", i)})
	}
	for i := range n {
		p := &metadata.Policy{
			Name: fmt.Sprintf("p%d", i), Role: roles[i%len(roles)].Name, Object: "thing",
			Actions: []metadata.Action{"read", "update"}, Rule: fmt.Sprintf("record.size == %d || record.owner == user.id", i/len(roles)),
		}
		if i%5 == 0 {
			p.ReadFields = []string{"code", "size"}
		}
		out = append(out, p)
	}
	return roles, out
}

func BenchmarkGrantHit(b *testing.B) {
	roles, ps := policies(1000)
	e, p := engine(b, roles, ps...), who("role1", "role2", "role3")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Grant(b.Context(), p, "thing", "read"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGrantMiss asks with a role set that was never seen, rules compiled.
func BenchmarkGrantMiss(b *testing.B) {
	roles, ps := policies(1000)
	e, p := engine(b, roles, ps...), who("role1", "role2", "role3")
	if err := e.Check(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		e.sets.Store(&map[string]*roleSet{})
		e.made.grants.clear()
		if _, err := e.Grant(b.Context(), p, "thing", "read"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGrantCold also compiles the ten rules.
func BenchmarkGrantCold(b *testing.B) {
	roles, ps := policies(1000)
	e, p := engine(b, roles, ps...), who("role1", "role2", "role3")
	b.ReportAllocs()
	for b.Loop() {
		e.sets.Store(&map[string]*roleSet{})
		e.made.grants.clear()
		e.made.rules.clear()
		e.made.common.clear()
		if _, err := e.Grant(b.Context(), p, "thing", "read"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRebuild10k(b *testing.B) {
	roles, ps := policies(10_000)
	snapshot := metadata.New(definition(roles, ps...), 1)
	for b.Loop() {
		if _, err := NewEngine(workspace, snapshot); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRows(b *testing.B) {
	roles, ps := policies(1000)
	e, p := engine(b, roles, ps...), who("role1", "role2", "role3")
	g, err := e.Grant(b.Context(), p, "thing", "read")
	if err != nil {
		b.Fatal(err)
	}
	vars := p.Vars(time.Now())
	b.ReportAllocs()
	for b.Loop() {
		if g.Rows(vars) == expr.Pred(expr.Never) {
			b.Fatal("never")
		}
	}
}

func BenchmarkEnforce1k(b *testing.B) {
	roles, ps := policies(1000)
	e, p := engine(b, roles, ps...), who("role1", "role2", "role3")
	for b.Loop() {
		if _, err := e.Enforce(p, "thing", "read", expr.MapRecord{"size": int64(3)}, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}
