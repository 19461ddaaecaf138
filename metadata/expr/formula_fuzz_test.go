package expr

import "testing"

// FuzzFormula compiles any text as a formula of each kind, a default and a
// validation rule: nothing panics, and a formula's term gives what CEL does.
func FuzzFormula(f *testing.F) {
	for _, seed := range []string{
		`record.amount / record.count`, `record.closeDate < today ? "late" : record.name.substring(1)`, `orElse(record.account.region, text(record.count))`,
		`round(record.price * 1.17, 2)`, `money(record.price, "EUR")`, `record.hot ? record.price : null`, `addMonths(record.closeDate, record.count)`,
		`workdays(record.closeDate, today)`, `hours(now - record.createdAt)`, `year(record.seenAt) * 100`, `min(record.amount, 3, dec("1e30"))`,
		`record.account.parent.owner.name + "x"`, `record.count == null ? null : -record.count`, `int(record.amount) % record.count`, `maybe@(1)`, `zone@`,
		`record.lines.map(l, l.price).sum()`, `record.lines.filter(l, l.qty > 1).all(l, l.account.region == "N")`, `only(["stage"])`, `changed("stage")`,
		`date(record.createdAt) + 9223372036854775807`, `record.createdAt + duration("9999999h")`, `timestamp("2026-01-01T00:00:00.123456789Z") - record.createdAt`,
		`[1, 2].sum()`, `usccOk(record.name)`, `round(record.amount, record.count)`, `user.name`, `record`, `record.lines`,
	} {
		f.Add(seed)
	}
	e := testEngine()
	f.Fuzz(func(t *testing.T, src string) {
		v := childVars(MapRecord{"id": idA, "qty": int64(2), "price": MustDecimal("4.95")})
		for _, of := range []Type{IntType, DecimalType, TextType, BoolType, DateType, TimestampType, DurationType, IDType, MoneyType} {
			if r, err := e.CompileValue("opportunity", src, Default, of); err == nil {
				_, _ = r.Value(t.Context(), v)
			}
			r, err := e.CompileValue("opportunity", src, Formula, of)
			if err != nil {
				if len(Problems(err)) == 0 {
					t.Errorf("%q: %v has no position", src, err)
				}
				continue
			}
			got, err := r.Value(t.Context(), v)
			term, err2 := r.Term(v)
			if err != nil || err2 != nil {
				t.Fatalf("%q: %v %v", src, err, err2)
			}
			parts := of.Parts()
			if len(parts) == 0 {
				parts = []PartOf{{Part: Whole}}
			}
			for _, p := range parts {
				if oracle := ValueOf(PartTerm(term, p.Part), []Record{v.Record}); !sameValue(PartValue(got, p.Part), oracle) {
					t.Errorf("%q as %s is %v, by its term %v", src, of, got, oracle)
				}
			}
		}
		if r, err := e.Compile("opportunity", src, Validate); err == nil {
			_, _ = r.Eval(t.Context(), v)
		}
	})
}
