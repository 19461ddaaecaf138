package expr

import "testing"

func BenchmarkRule(b *testing.B) {
	e := testEngine()
	v := testVars()
	v.Record = testRecord()
	for _, c := range []struct{ name, src string }{
		{"owner", `record.owner == user.id`},
		{"hop", `record.account.region == user.region || record.owner in user.subordinates`},
		{"decimal", `record.amount > dec("5") && record.stage in ["open", "won"]`},
		{"unrolled", `user.teams.exists(t, t == record.account)`},
	} {
		r, err := e.Compile("opportunity", c.src, Row)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("eval/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Eval(b.Context(), v); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("predicate/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Predicate(v); err != nil {
					b.Fatal(err)
				}
			}
		})
		p, err := r.Predicate(v)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("holds/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Holds(p, v.Record)
			}
		})
		b.Run("compile/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Compile("opportunity", c.src, Row); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkValidate(b *testing.B) {
	v := testVars()
	v.Record, v.Old = testRecord(), testRecord()
	r, err := testEngine().Compile("opportunity", `old == null || !changed("stage") || record.amount > dec("0")`, Validate)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Eval(b.Context(), v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFirstCompile includes making the environment of an object.
func BenchmarkFirstCompile(b *testing.B) {
	for b.Loop() {
		if _, err := testEngine().Compile("opportunity", `record.owner == user.id`, Row); err != nil {
			b.Fatal(err)
		}
	}
}
