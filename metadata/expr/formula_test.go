package expr

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/trellishq/trellis"
)

// same says that two values are equal, decimals by their number.
func sameValue(a, b any) bool {
	if d, ok := a.(*Decimal); ok {
		e, ok := b.(*Decimal)
		return ok && d.Cmp(e) == 0
	}
	if ts, ok := a.(time.Time); ok {
		u, ok := b.(time.Time)
		return ok && ts.Equal(u)
	}
	return reflect.DeepEqual(a, b)
}

func TestFormulasMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	e := testEngine()
	dec := MustDecimal
	for src, want := range map[string]any{
		`record.count + 1`:                                      int64(8),
		`record.amount * record.count`:                          dec("69.65"),
		`record.amount / record.count`:                          dec("1.42142857142857142857"),
		`dec(1) / 3`:                                            dec("0.33333333333333333333"),
		`dec(-2) / 3`:                                           dec("-0.66666666666666666667"),
		`dec(1) / dec("200000000000000000000")`:                 dec("0.00000000000000000001"),
		`dec(-1) / dec("200000000000000000001")`:                dec("0"),
		`record.amount / (record.count - 7)`:                    (*Decimal)(nil),
		`record.name + "/" + record.code`:                       "Big 交易/X-1",
		`record.account.name + " " + record.account.owner.name`: "Acme Bob",
		`record.account.parent.name`:                            "",
		`record.closeDate < today ? "late" : "fine"`:            "fine",
		`record.closeDate < today`:                              false,
		`record.hot && record.amount > 5`:                       true,
		`record.seenAt == null`:                                 true,
		`record.seenAt > now`:                                   (*bool)(nil),
		`has(record.account.parent)`:                            false,
		`record.stage == "open" ? record.amount : 0`:            dec("9.95"),
		`orElse(record.account.parent.name, "none")`:            "none",
		`orElse(record.amount, 0) + 1`:                          dec("10.95"),
		`(record.hot ? record.count : 0) * 2`:                   int64(14),
		`(record.hot ? record.account.score : 0) + 1`:           int64(6),
		`record.count > 5 ? (record.hot ? "a" : "b") : "c"`:     "a",
		`(record.hot ? record.seenAt : now) == null`:            true,
		`record.price`:                                          dec("12.5"),
		`record.price.currency`:                                 "EUR",
		`record.owner`:                                          idA,
		`record.stage`:                                          "open",
		`round(record.amount * 1.5)`:                            dec("15"),
		`round(record.amount / 3, 2)`:                           dec("3.32"),
		`round(-2.5)`:                                           dec("-3"),
		`round(record.count, -1)`:                               dec("10"),
		`floor(record.amount) + ceil(record.amount)`:            dec("19"),
		`int(round(record.amount))`:                             int64(10),
		`int(-record.amount)`:                                   int64(-9),
		`abs(-record.count)`:                                    int64(7),
		`min(record.amount, record.count, 100)`:                 dec("7"),
		`max(record.closeDate, today + 1)`:                      DateOf(testNow) + 1,
		`text(record.amount) + "|" + text(record.count) + "|" + text(record.closeDate) + "|" + text(record.hot)`: "9.95|7|2026-05-17|true",
		`text(dec("100"))`: "100",
		`year(record.closeDate) * 100 + month(record.closeDate)`:          int64(202605),
		`weekday(record.closeDate)`:                                       int64(7),
		`week(record.closeDate)`:                                          int64(20),
		`quarter(record.closeDate)`:                                       int64(2),
		`dayOfYear(record.closeDate)`:                                     int64(137),
		`day(record.createdAt)`:                                           int64(17),
		`hour(record.createdAt)`:                                          int64(12),
		`date(record.createdAt) == today`:                                 true,
		`record.closeDate + 30`:                                           DateOf(testNow) + 30,
		`record.closeDate - record.count`:                                 DateOf(testNow) - 7,
		`record.closeDate - date("2026-01-01")`:                           int64(136),
		`today - record.closeDate`:                                        int64(0),
		`record.closeDate + 3000000`:                                      (*Date)(nil),
		`addMonths(date("2026-01-31"), record.count - 6)`:                 Date(20512),
		`workdays(record.closeDate, record.closeDate + 9)`:                int64(6),
		`now - record.createdAt`:                                          time.Hour,
		`hours(now - record.createdAt) + minutes(now - record.createdAt)`: int64(61),
		`record.createdAt + duration("1h")`:                               testNow.Truncate(time.Microsecond),
		`record.createdAt - duration("1h")`:                               testNow.Add(-2 * time.Hour).Truncate(time.Microsecond),
		`record.name.substring(4)`:                                        "交易",
		`record.name.substring(0, 3).lowerAscii()`:                        "big",
		`record.name.substring(5, 3)`:                                     "",
		`record.count == 0 ? null : record.count`:                         int64(7),
		`record.hot ? record.price : null`:                                dec("12.5"),
		`record.createdAt`:                                                testNow.Add(-time.Hour).Truncate(time.Microsecond),
	} {
		of, null := wanted(want)
		r, err := e.CompileValue("opportunity", src, Formula, of)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		v := testVars()
		v.Record = testRecord()
		got, err := r.Value(t.Context(), v)
		term, err2 := r.Term(v)
		if err != nil || err2 != nil {
			t.Errorf("%s: %v %v", src, err, err2)
			continue
		}
		oracle := ValueOf(term, []Record{v.Record})
		if !sameValue(got, oracle) {
			t.Errorf("%s = %v, by its term %v", src, got, oracle)
		}
		if null && got != nil || !null && !sameValue(want, got) {
			t.Errorf("%s = %v, want %v", src, got, want)
		}
	}
}

// wanted is the type of a value; a nil pointer and "" stand for null.
func wanted(v any) (of Type, null bool) {
	switch v := v.(type) {
	case *Decimal:
		return DecimalType, v == nil
	case *bool:
		return BoolType, true
	case *Date:
		return DateType, true
	case Money:
		return MoneyType, false
	case bool:
		return BoolType, false
	case int64:
		return IntType, false
	case string:
		return TextType, v == ""
	case Date:
		return DateType, false
	case time.Time:
		return TimestampType, false
	case time.Duration:
		return DurationType, false
	case trellis.ID:
		return IDType, false
	}
	return InvalidType, false
}

func TestFormulasThatAreRefused(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for src, want := range map[string]string{
		`user.name`:                          `line 1, column 1: a formula is the same for everybody: it cannot read the user`,
		`record.amount > 1`:                  `line 1, column 15: this is of type boolean, not text`,
		`record.name.replace("a", "b")`:      `line 1, column 13: replace() is not available in a formula, since it has no exact counterpart in SQL`,
		`record.lines.size() > 0 ? "a" : ""`: `line 1, column 8: lines is a list of records, which only validation rules can read; define a roll-up over it and read that`,
		`record.nam`:                         `line 1, column 8: the object opportunity has no field "nam"; did you mean "name"?`,
		`changed("name") ? "a" : "b"`:        `line 1, column 1: changed() can be used in validation rules only`,
	} {
		_, err := e.CompileValue("opportunity", src, Formula, TextType)
		if ps := Problems(err); len(ps) == 0 || ps[0].Error() != want {
			t.Errorf("%s\n got %v\nwant %s", src, err, want)
		}
	}
	if _, err := e.CompileValue("opportunity", "true", Row, BoolType); trellis.CodeOf(err) != trellis.CodeInvalidInput {
		t.Errorf("a row rule as a value: %v", err)
	}
}

func TestMoneyFormulas(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for src, want := range map[string]any{
		`record.price`:                                      Money{MustDecimal("12.5"), "EUR"},
		`money(record.price * 2, "CNY")`:                    Money{MustDecimal("25.0"), "CNY"},
		`money(record.amount, record.price.currency)`:       Money{MustDecimal("9.950"), "EUR"},
		`record.count > 7 ? money(1, "EUR") : record.price`: Money{MustDecimal("12.5"), "EUR"},
		`orElse(money(record.account.parent.limit, "EUR"), money(dec(record.count), "USD"))`: Money{MustDecimal("7"), "USD"},
		`record.hot ? null : record.price`:                                                   nil,
	} {
		r, err := e.CompileValue("opportunity", src, Formula, MoneyType)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		v := testVars()
		v.Record = testRecord()
		got, err := r.Value(t.Context(), v)
		term, err2 := r.Term(v)
		if err != nil || err2 != nil {
			t.Fatal(src, err, err2)
		}
		for _, p := range []Part{AmountPart, CurrencyPart} {
			w := PartValue(want, p)
			if g := PartValue(got, p); !sameValue(w, g) {
				t.Errorf("%s = %v, want %v", src, got, want)
			}
			if g := ValueOf(PartTerm(term, p), []Record{v.Record}); !sameValue(w, g) {
				t.Errorf("%s by its term = %v, want %v", src, g, w)
			}
		}
	}
	_, err := e.CompileValue("opportunity", `money(record.amount, record.name)`, Formula, MoneyType)
	if ps := Problems(err); len(ps) != 1 || ps[0].Column != 29 {
		t.Errorf("a text as a code: %v", err)
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for src, want := range map[string]bool{
		`record.closeDate < today ? 1 : 2`: true,
		`record.createdAt < now ? 1 : 2`:   true,
		`year(record.createdAt)`:           true,
		`year(record.closeDate)`:           false,
		`record.count`:                     false,
	} {
		r, err := e.CompileValue("opportunity", src, Formula, IntType)
		if err != nil || r.Moment() != want {
			t.Errorf("%s: moment is %v (%v)", src, !want, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	e := testEngine()
	v := testVars()
	v.Record = testRecord()
	for src, want := range map[string]any{
		`user.id`:            idA,
		`today + 30`:         DateOf(testNow) + 30,
		`record.account`:     idC,
		`record.name + "!"`:  "Big 交易!",
		`record.count`:       MustDecimal("7"),
		`record.account.abc`: nil,
	} {
		of, _ := wanted(want)
		r, err := e.CompileValue("opportunity", src, Default, of)
		if want == nil {
			if err == nil {
				t.Errorf("%s is compiled", src)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got, err := r.Value(t.Context(), v); err != nil || !sameValue(want, got) {
			t.Errorf("%s = %v (%v), want %v", src, got, err, want)
		}
	}
	r, err := e.CompileValue("opportunity", `record.account.parent.name`, Default, TextType)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Value(t.Context(), v); err == nil || got != nil {
		t.Errorf("a default that fails gives %v and no error", got)
	}
	if _, err := r.Term(v); err == nil {
		t.Error("a default has a term")
	}
}

func childVars(lines ...MapRecord) Vars {
	v := testVars()
	rec := testRecord()
	var rs []Record
	for _, l := range lines {
		rs = append(rs, l)
	}
	rec["lines"] = rs
	v.Record = rec
	return v
}

func TestRulesOverChildren(t *testing.T) {
	t.Parallel()
	e := testEngine()
	dec := MustDecimal
	two := []MapRecord{
		{"id": idA, "name": "x", "qty": int64(2), "price": dec("4.95"), "total": Money{dec("9.90"), "EUR"}, "account": MapRecord{"id": idC, "region": "N"}},
		{"id": idB, "name": "y", "qty": int64(1), "price": dec("0.05"), "due": Date(20000)},
	}
	const failed = -1
	for src, want := range map[string][2]int{ // with two lines, and with none
		`size(record.lines) == 2`:                                                      {1, 0},
		`record.lines.size() > 0`:                                                      {1, 0},
		`record.lines.all(l, l.qty > 0)`:                                               {1, 1},
		`record.lines.exists(l, l.qty > 1 && l.price > 4)`:                             {1, 0},
		`record.lines.filter(l, l.qty > 1).size() == 1`:                                {1, 0},
		`record.lines.map(l, l.price).sum() == 5`:                                      {1, 0},
		`record.lines.map(l, l.price * l.qty).sum() == record.amount`:                  {1, 0},
		`record.lines.filter(l, l.qty > 1).map(l, l.qty).sum() == 2`:                   {1, 0},
		`record.lines.map(l, l.qty).avg() == 1.5`:                                      {1, 0},
		`record.lines.map(l, l.qty).max() == 2`:                                        {1, 0},
		`record.lines.map(l, l.due).min() == date("2024-10-04")`:                       {1, 0},
		`record.lines.map(l, l.total).sum() == 9.9`:                                    {1, 0},
		`record.lines.all(l, l.account == null || l.account.region == "N")`:            {1, 1},
		`record.lines.exists_one(l, l.name == "x")`:                                    {1, 0},
		`record.lines.all(l, record.lines.exists_one(m, m.name == l.name))`:            {1, 1},
		`record.lines.exists(l, l.opportunity.name == "z")`:                            {failed, 0},
		`old == null || size(record.lines) < 3`:                                        {1, 1},
		`record.lines.map(l, l.qty).sum() + record.count == 10`:                        {1, 0},
		`record.lines.filter(l, l.price > 1).all(l, l.price == record.lines[0].price)`: {1, 1},
	} {
		r, err := e.Compile("opportunity", src, Validate)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		for i, v := range []Vars{childVars(two...), childVars()} {
			got, err := r.Eval(t.Context(), v)
			state := truth(got)
			if err != nil {
				state = failed
			}
			if state != want[i] {
				t.Errorf("%s (%d lines) = %d (%v), want %d", src, 2-2*i, state, err, want[i])
			}
		}
	}
}

func TestChildrenAreBounded(t *testing.T) {
	t.Parallel()
	r, err := testEngine().Compile("opportunity", `record.lines.all(l, l.qty > 0)`, Validate)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]MapRecord, maxChildren+1)
	for i := range lines {
		lines[i] = MapRecord{"id": idA, "qty": int64(1)}
	}
	if ok, err := r.Eval(t.Context(), childVars(lines[1:]...)); !ok || err != nil {
		t.Errorf("%d children: %v, %v", maxChildren, ok, err)
	}
	if _, err := r.Eval(t.Context(), childVars(lines...)); err == nil {
		t.Errorf("%d children are not refused", len(lines))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Eval(ctx, childVars(lines[1:]...)); trellis.CodeOf(err) != trellis.CodeTimeout {
		t.Errorf("a cancelled rule answers %v", err)
	}
}

func TestDepsOverChildren(t *testing.T) {
	t.Parallel()
	r, err := testEngine().Compile("opportunity", `record.lines.filter(l, l.qty > 1).map(l, l.account.region).size() == record.count && record.lines.size() > 1`, Validate)
	if err != nil {
		t.Fatal(err)
	}
	want := []Path{{"count"}, {"lines"}, {"lines", "account", "region"}, {"lines", "qty"}}
	if !reflect.DeepEqual(r.Deps(), want) {
		t.Errorf("deps are %v, want %v", r.Deps(), want)
	}
}

func TestOnly(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for src, want := range map[string]bool{
		`only(["stage"])`:           false,
		`only(["stage", "amount"])`: true,
		`only(["name"])`:            false,
	} {
		r, err := e.Compile("opportunity", src, Validate)
		if err != nil {
			t.Fatal(err)
		}
		v := testVars()
		old := testRecord()
		old["stage"], old["amount"] = "new", MustDecimal("1")
		v.Record, v.Old = testRecord(), old
		if got, err := r.Eval(t.Context(), v); got != want || err != nil {
			t.Errorf("%s = %v, %v", src, got, err)
		}
	}
	for src, want := range map[string]string{
		`only("stage")`:            `line 1, column 1: only() takes the names of fields, as in only(["stage", "owner"])`,
		`only(["stge"])`:           `line 1, column 7: the object opportunity has no field "stge"; did you mean "stage"?`,
		`record.lines > 1`:         ``,
		`old.lines.size() > 1`:     `line 1, column 5: only the lists of the record itself can be read, as in record.lines`,
		`record.lines.name == "x"`: `line 1, column 14: this is a list of records: use all, exists, filter, map or size on it`,
	} {
		_, err := e.Compile("opportunity", src, Validate)
		if ps := Problems(err); len(ps) == 0 || want != "" && ps[0].Error() != want {
			t.Errorf("%s: %v", src, err)
		}
	}
}
