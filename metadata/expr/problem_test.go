package expr

import (
	"strings"
	"testing"

	"github.com/trellishq/trellis"
)

// TestProblemsHavePositions pins what somebody who writes a rule is told.
func TestProblemsHavePositions(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for src, want := range map[string]string{
		`record.onwer == user.id`:                         `line 1, column 8: the object opportunity has no field "onwer"; did you mean "owner"?`,
		"true &&\n  record.onwer == user.id":              `line 2, column 10: the object opportunity has no field "onwer"; did you mean "owner"?`,
		`recrod.owner == user.id`:                         `line 1, column 1: there is no variable or function "recrod" here; did you mean "record"?`,
		`record.account.regionn == "x"`:                   `line 1, column 16: the object account has no field "regionn"; did you mean "region"?`,
		`user.regon == "x"`:                               `line 1, column 6: the user has no attribute "regon"; did you mean "region"?`,
		`record.stage == "opne"`:                          `line 1, column 17: stage has no option "opne"; did you mean "open"?`,
		`record.stage in ["new", "wno"]`:                  `line 1, column 25: stage has no option "wno"; did you mean "won"?`,
		`record.price.amnt > 1`:                           `line 1, column 14: price has amount and currency, no "amnt"; did you mean "amount"?`,
		`record.price == record.price`:                    `line 1, column 8: two currency fields may differ in currency; say .amount or .currency on both`,
		`record.name < 5`:                                 `line 1, column 13: < cannot be used on text, integer`,
		`record.name ==`:                                  `line 1, column 15: the expression ends too early`,
		`record.name == "a" )`:                            `line 1, column 20: ")" is not expected here`,
		`record.name`:                                     `line 1, column 8: a rule must be true or false, this is of type text`,
		`record.name.matches("a")`:                        `line 1, column 13: matches() is not available in a row rule, since it has no exact counterpart in SQL`,
		`string(record.count) == "1"`:                     `line 1, column 1: string() is not available in a row rule, since it has no exact counterpart in SQL`,
		`record.count < 1.5`:                              `line 1, column 14: < cannot be used on integer, double`,
		`record.tags.exists(t, t == "x")`:                 `line 1, column 8: a list of the record cannot be searched element by element in a row rule; use in`,
		`record.tags == ["x"]`:                            `line 1, column 8: lists cannot be compared in a row rule; use in`,
		`user.roles.map(r, r + "x") == ["a"]`:             `line 1, column 12: only exists() and all() can be used on lists in a row rule`,
		`user.roles.exists(user, user == "x")`:            `line 1, column 6: the name "user" is taken; call the variable of the list otherwise`,
		`record.account.parent.parent.parent.name == "x"`: `line 1, column 37: a path may go through at most 3 lookups`,
		`record.closeDate > date("2026-13-01")`:           `line 1, column 25: this always fails: "2026-13-01" is not a date like 2026-01-31`,
		`record.owner == "me"`:                            `line 1, column 17: this always fails: "me" is not an id`,
		`record.name == "a\u0000"`:                        `line 1, column 16: a text may not contain the character NUL`,
		`record.amount * record.amount * record.amount * record.amount * record.amount * record.amount > 1`: `line 1, column 15: a condition of a row rule may multiply and divide decimals at most 4 times`,
		`record.amount > dec("1e101")`:   `line 1, column 17: a decimal in a row rule has at most 100 digits`,
		`.record.hot`:                    `line 1, column 2: a name may not begin with a dot`,
		`changed("owner")`:               `line 1, column 1: changed() can be used in validation rules only`,
		`old.hot`:                        `line 1, column 1: there is no variable or function "old" here`,
		`record == record`:               `line 1, column 1: a whole record cannot be compared here; compare its fields`,
		strings.Repeat("x", maxSource+1): `line 1, column 1: an expression is valid UTF-8 of at most 4096 bytes`,
		"record.name == \"\xff\"":        `line 1, column 1: an expression is valid UTF-8 of at most 4096 bytes`,
	} {
		r, err := e.Compile("opportunity", src, Row)
		if err == nil {
			t.Errorf("%s compiled to %#v", src, r.Plan())
			continue
		}
		first, _, _ := strings.Cut(err.Error(), "\n")
		if first != want {
			t.Errorf("%s\n got %s\nwant %s", src, first, want)
		}
		if trellis.CodeOf(err) != trellis.CodeInvalidInput || len(Problems(err)) == 0 {
			t.Errorf("%s: the error has code %s and %d positions", src, trellis.CodeOf(err), len(Problems(err)))
		}
	}
}

func TestSizesAreBounded(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for name, src := range map[string]string{
		"brackets":    strings.Repeat("(", 300) + "true" + strings.Repeat(")", 300),
		"negations":   strings.Repeat("!(", 300) + "record.hot" + strings.Repeat(")", 300),
		"conditions":  "record.hot" + strings.Repeat(" || record.hot", 280) + " || record.count > 1 + " + strings.Repeat("1 + ", 20) + "1",
		"conditional": strings.Repeat("(record.hot ? (record.hot == ", 20) + "record.hot" + strings.Repeat(") : record.hot)", 20),
		"equalities":  strings.Repeat("((record.count > 1) == ", 30) + "record.hot" + strings.Repeat(")", 30),
		"lists":       "record.count in [" + strings.Repeat("1,", 1500) + "1]",
	} {
		if _, err := e.Compile("opportunity", src, Row); trellis.CodeOf(err) != trellis.CodeInvalidInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := e.Compile("nothing", "true", Row); trellis.CodeOf(err) != trellis.CodeInvalidInput {
		t.Errorf("an unknown object gave %v", err)
	}
}

func TestLongUserLists(t *testing.T) {
	t.Parallel()
	e := testEngine()
	v := testVars()
	v.Record = testRecord()
	compile := func(src string) *Rule {
		r, err := e.Compile("opportunity", src, Row)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	ids := make([]trellis.ID, maxUnrolled)
	for i := range ids {
		ids[i] = trellis.NewID()
	}
	v.User["teams"] = ids
	r := compile(`user.teams.exists(t, t == record.owner)`)
	p, err := r.Predicate(v)
	if err != nil {
		t.Fatal(err)
	}
	if in, ok := p.(In); !ok || len(in.List) != maxUnrolled {
		t.Fatalf("equalities over a list were not merged: %#v", p)
	}
	v.User["teams"] = append(ids, trellis.NewID())
	for _, fold := range []func(Vars) (Pred, error){r.Predicate, r.Negation} {
		if p, err := fold(v); trellis.CodeOf(err) != trellis.CodeQueryTooCostly || p != nil {
			t.Errorf("%d elements gave %v, %v", maxUnrolled+1, p, err)
		}
	}
	many := make([]trellis.ID, maxListed+1)
	v.User["teams"] = many
	if _, err := compile(`record.owner in user.teams`).Predicate(v); trellis.CodeOf(err) != trellis.CodeQueryTooCostly {
		t.Errorf("a list of %d gave %v", len(many), err)
	}
}
