package expr

import (
	"testing"
	"time"
)

// FuzzRule compiles hostile text and, where it compiles, holds the two ways to
// evaluate a row rule to each other.
func FuzzRule(f *testing.F) {
	for _, s := range []string{
		`record.owner == user.id`, `record.account.region == user.region || !(record.stage in ["open", "won"])`,
		`user.teams.exists(t, t == record.account) && record.amount * 2 > 9.95`, `has(record.account.parent.name) ? record.hot : record.count / 0 > 1`,
		`record.price.currency == "EUR" && record.price > 1`, `!("a" in record.tags) && record.name.trim().contains("%")`,
		`record.closeDate > today - 30 && record.createdAt < now - duration("1ns")`, `record.tags == null || size(record.tags) > 0`,
		`(record.owner != null) != (record.stage == "won")`, `user.roles.all(r, user.teams.exists(t, t == record.owner || r == "x"))`,
		`[record.owner, user.id].exists(x, x == user.id)`, `record["owner"]`, `.record.owner == user.id`, `{"a": record}.a.owner`,
		`opportunity{}`, `record.?owner`, `dyn(record).owner == 1`, `type(record)`, `"\ud800"`, `b"\x00"`, `-9223372036854775808 == record.count`, `1u < 2u`,
	} {
		f.Add(s, uint64(1))
	}
	e := testEngine()
	f.Fuzz(func(t *testing.T, src string, seed uint64) {
		start := time.Now()
		for _, p := range []Profile{Row, Validate} {
			r, err := e.Compile("opportunity", src, p)
			if err != nil {
				if len(Problems(err)) == 0 {
					t.Fatalf("%q: %v has no position", src, err)
				}
				continue
			}
			g := newGen(seed)
			for range 4 {
				v := g.vars()
				v.Record = g.record()
				if p == Row && outcome(r, v) == "" {
					checkAgreement(t, r, v)
				}
				_, _ = r.Eval(t.Context(), v)
			}
		}
		if r, err := e.CompileTransform(src); err == nil {
			v := testVars()
			v.Source = map[string]any{"a": 1, "b": []any{"x", nil}}
			_, _ = r.Value(t.Context(), v)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("%q took %v", src, took)
		}
	})
}
