package expr

import (
	"context"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
)

func TestValidationRules(t *testing.T) {
	t.Parallel()
	e := testEngine()
	old := testRecord()
	old["stage"] = "new"
	old["amount"] = MustDecimal("1")
	const failed = -1
	for src, want := range map[string][2]int{ // with an old image, and on create
		`old == null`:                                   {0, 1},
		`old == null || old.stage != "won"`:             {1, 1},
		`old.stage == "new"`:                            {1, failed},
		`old != null && record == old`:                  {0, 0},
		`record == record`:                              {1, 1},
		`changed("stage")`:                              {1, 1},
		`changed("owner")`:                              {0, 1},
		`changed("price")`:                              {0, 1},
		`changed("seenAt")`:                             {0, 0},
		`old == null || old.owner == record.owner`:      {1, 1},
		`record.amount / 3 < dec("3.32")`:               {1, 1},
		`record.name.matches("^[A-Z]")`:                 {1, 1},
		`record.tags.all(t, t.size() < 4)`:              {1, 1},
		`record.closeDate - today == 0`:                 {1, 1},
		`record.closeDate + 30 > today`:                 {1, 1},
		`now - record.createdAt <= duration("61m")`:     {1, 1},
		`string(record.amount) == "9.950"`:              {1, 1},
		`int(record.amount) == 9`:                       {1, 1},
		`date(record.createdAt) == today`:               {1, 1},
		`type(record.name) == string`:                   {1, 1},
		`record.price == 12.5`:                          {1, 1},
		`record.seenAt > now`:                           {failed, failed},
		`record.amount / 0 > 1`:                         {failed, failed},
		`record.account.name == "Acme" && user.level>2`: {1, 1},
	} {
		r, err := e.Compile("opportunity", src, Validate)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		for i, image := range []Record{old, nil} {
			v := testVars()
			v.Record, v.Old = testRecord(), image
			got, err := r.Eval(context.Background(), v)
			state := truth(got)
			if err != nil {
				state = failed
			}
			if state != want[i] {
				t.Errorf("%s (old image: %t) = %d (%v), want %d", src, image != nil, state, err, want[i])
			}
		}
	}
}

func TestChangedAsksTheCaller(t *testing.T) {
	t.Parallel()
	r, err := testEngine().Compile("opportunity", `changed("owner")`, Validate)
	if err != nil {
		t.Fatal(err)
	}
	v := testVars()
	v.Record = testRecord()
	v.Changed = func(f string) bool { return f != "owner" }
	if got, err := r.Eval(t.Context(), v); got || err != nil {
		t.Fatalf("changed is %t, %v though the caller says no", got, err)
	}
}

func TestDeps(t *testing.T) {
	t.Parallel()
	e := testEngine()
	r, err := e.Compile("opportunity", `record.account.region == "N" && record.owner == user.id && record.price.currency == "EUR" && changed("stage") && has(record.tags)`, Validate)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range r.Deps() {
		got = append(got, strings.Join(p, "."))
	}
	if s := strings.Join(got, " "); s != "account.region owner price stage tags" {
		t.Fatalf("deps are %s", s)
	}
	if r, err = e.Compile("opportunity", `record == old`, Validate); err != nil || len(r.Deps()) != 1 || len(r.Deps()[0]) != 0 {
		t.Fatalf("a comparison of whole records depends on %v, %v", r.Deps(), err)
	}
}

// TestCostlyExpressionsStop runs what would take long or fill the memory.
func TestCostlyExpressionsStop(t *testing.T) {
	t.Parallel()
	e := testEngine()
	ten := `[0,1,2,3,4,5,6,7,8,9]`
	for _, src := range []string{
		ten + `.all(a, ` + ten + `.all(b, ` + ten + `.all(c, ` + ten + `.all(d, ` + ten + `.all(e, ` + ten + `.all(f, a+b+c+d+e+f >= 0))))))`,
		`"aaaaaaaaaa"` + strings.Repeat(`.replace("a", "aaaaaaaaaa")`, 12) + ` == ""`,
		`"` + strings.Repeat("a", 100) + `b".replace("", "` + strings.Repeat("x", 1000) + `").replace("", "` + strings.Repeat("x", 1000) + `") == ""`,
		ten + `.map(a, ` + ten + `.map(b, ` + ten + `.map(c, ` + ten + `.map(d, "` + strings.Repeat("x", 200) + `" + string(a))))).size() == 0`,
		`[1]` + strings.Repeat(`.map(a, [a, a])`, 40) + ` == [1]` + strings.Repeat(`.map(a, [a, a])`, 40),
		`[[1]]` + strings.Repeat(`.map(a, a + a)`, 40) + `.size() == 0`,
		`["x"]` + strings.Repeat(`.map(a, a + a)`, 40) + `.size() == 0`,
		`[["x"]]` + strings.Repeat(`.map(a, a + a)`, 20) + `[0].join("` + strings.Repeat("x", 1000) + `") == ""`,
	} {
		r, err := e.Compile("opportunity", src, Validate)
		if err != nil {
			t.Errorf("%.60s: %v", src, err)
			continue
		}
		v := testVars()
		v.Record = testRecord()
		if ok, err := r.Eval(t.Context(), v); err == nil {
			t.Errorf("%.60s ran to the end: %t", src, ok)
		}
	}
}

func TestCancelledContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err := testEngine().Compile("opportunity", `record.hot`, Validate)
	if err != nil {
		t.Fatal(err)
	}
	v := testVars()
	v.Record = testRecord()
	if _, err := r.Eval(ctx, v); trellis.CodeOf(err) != trellis.CodeTimeout {
		t.Fatalf("a cancelled evaluation gave %v", err)
	}
}

func TestMissingFieldsFail(t *testing.T) {
	t.Parallel()
	r, err := testEngine().Compile("opportunity", `record.name != "x"`, Row)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range []Record{unloaded{}, MapRecord{"name": 5}, MapRecord{"name": "a\x00"}} {
		v := testVars()
		v.Record = rec
		if ok, err := r.Eval(t.Context(), v); err == nil {
			t.Errorf("%#v passed as %t", rec, ok)
		}
	}
}

type unloaded struct{}

func (unloaded) Get(string) (any, bool) { return nil, false }
func (unloaded) Hop(string) Record      { return nil }
