package expr

import (
	"reflect"
	"testing"

	"github.com/trellishq/trellis"
)

func TestFoldAndBuild(t *testing.T) {
	t.Parallel()
	name := Column{Field: "name", Of: TextType, Nullable: true}
	code := Column{Field: "code", Of: TextType}
	is := func(c Column, v any) Pred { return Compare{Op: Eq, L: c, R: Literal{Of: TextType, Value: v}} }
	lits := func(vs ...any) (out []Term) {
		for _, v := range vs {
			out = append(out, Literal{Of: TextType, Value: v})
		}
		return out
	}
	for what, c := range map[string]struct{ got, want Pred }{
		"nothing is required":        {AllOf(), Always},
		"nothing is offered":         {AnyOf(), Never},
		"never wins":                 {AllOf(is(name, "a"), Never), Never},
		"always wins":                {AnyOf(is(name, "a"), Always), Always},
		"one part stands alone":      {AllOf(And{is(name, "a")}, Always), is(name, "a")},
		"nested parts are flattened": {AllOf(And{is(name, "a"), is(code, "b")}, is(name, "c")), And{is(name, "a"), is(code, "b"), is(name, "c")}},
		"equalities merge":           {AnyOf(is(name, "a"), is(code, "x"), Or{is(name, "b"), In{Term: name, List: lits("c")}}), Or{In{Term: name, List: lits("a", "b", "c")}, is(code, "x")}},
		"null is asked for":          {AnyOf(is(name, nil)), Null{Term: name}},
		"and never found":            {AnyOf(is(code, nil)), Never},
		"an order with null":         {AnyOf(Compare{Op: Lt, L: name, R: Literal{Of: TextType}}), Never},
		"a literal moves right":      {AnyOf(Compare{Op: Lt, L: Literal{Of: TextType, Value: "a"}, R: code}), Compare{Op: Gt, L: code, R: Literal{Of: TextType, Value: "a"}}},
		"null in a list":             {AnyOf(In{Term: name, List: lits("a", nil)}), Or{In{Term: name, List: lits("a")}, Null{Term: name}}},
		"a list of nothing":          {AnyOf(In{Term: name}), Never},
		"not in a list of nothing":   {AnyOf(In{Term: name, Not: true}), Always},
		"a hop to nowhere":           {AnyOf(Hop{Field: "account", Cond: Never}), Never},
		"no hop to nowhere":          {AnyOf(Hop{Field: "account", Cond: Never, Not: true}), Always},
		"not": {Negate(And{is(name, "a"), Or{Null{Term: name}, Hop{Field: "account", Cond: Always}}}),
			Or{Compare{Op: Ne, L: name, R: Literal{Of: TextType, Value: "a"}}, And{Null{Term: name, Not: true}, Hop{Field: "account", Cond: Always, Not: true}}}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %#v, want %#v", what, c.got, c.want)
		}
	}
}

// TestNegateIsDisjoint holds that a filter and its negation never both select a
// record, and that negating twice changes nothing.
func TestNegateIsDisjoint(t *testing.T) {
	t.Parallel()
	e := testEngine()
	g := newGen(5)
	for range 500 {
		r, err := e.Compile("opportunity", g.condition(3).String(), Row)
		if err != nil {
			continue
		}
		v := g.vars()
		v.Record = g.record()
		p, err := r.Predicate(v)
		if err != nil {
			t.Fatal(err)
		}
		if Holds(p, v.Record) && Holds(Negate(p), v.Record) {
			t.Fatalf("%s and its negation both hold for %v", r.Source(), v.Record)
		}
		if Holds(p, v.Record) != Holds(Negate(Negate(p)), v.Record) || Holds(p, v.Record) != Holds(Fold(p), v.Record) {
			t.Fatalf("%s means something else negated twice or folded again", r.Source())
		}
	}
}

func TestToMany(t *testing.T) {
	t.Parallel()
	line := func(n int64) Record { return MapRecord{"qty": n} }
	order := MapRecord{"lines": []Record{line(1), line(3)}, "max": int64(3)}
	qty := Column{Field: "qty", Of: IntType}
	full := Some{Relation: "lines", Cond: Compare{Op: Eq, L: qty, R: Column{Field: "max", Up: 1, Of: IntType}}}
	if !Holds(full, order) || Holds(Negate(full), order) {
		t.Error("the line with as much as the order allows was not found")
	}
	order["max"] = int64(4)
	if Holds(full, order) || !Holds(Negate(full), order) {
		t.Error("a line was found that is not there")
	}
	if Holds(full, MapRecord{}) || Holds(Negate(full), MapRecord{}) {
		t.Error("lines that were not loaded were judged")
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"NaN", "Infinity", "-inf", "1e2000", "1e-2000", "", "x", "1_000"} {
		if d, err := ParseDecimal(s); trellis.CodeOf(err) != trellis.CodeInvalidInput {
			t.Errorf("ParseDecimal(%q) = %v, %v", s, d, err)
		}
	}
	if MustDecimal("9.90").String() != "9.90" || MustDecimal("9.9").Cmp(MustDecimal("9.900")) != 0 {
		t.Error("a decimal lost its places or its value")
	}
	for s, want := range map[string]Date{"0001-01-01": MinDate, "1970-01-01": 0, "1969-12-31": -1, "9999-12-31": MaxDate, "2024-02-29": 19782} {
		d, err := ParseDate(s)
		if err != nil || d != want || d.String() != s {
			t.Errorf("ParseDate(%q) = %d %s, %v", s, d, d, err)
		}
	}
	for _, s := range []string{"", "0000-01-01", "2023-02-29", "10000-01-01", "2026-1-1", "2026-01-01T00:00:00Z"} {
		if d, err := ParseDate(s); trellis.CodeOf(err) != trellis.CodeInvalidInput {
			t.Errorf("ParseDate(%q) = %s, %v", s, d, err)
		}
	}
	if DateOf(testNow) != 20590 || (Money{MustDecimal("1.50"), "EUR"}).String() != "1.50 EUR" {
		t.Errorf("%d, %s", DateOf(testNow), Money{MustDecimal("1.50"), "EUR"})
	}
}
