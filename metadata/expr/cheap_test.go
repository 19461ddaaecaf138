package expr

import "testing"

// Rules that cost what their text is long are run without counting; whatever
// could make much of little is counted.
func TestCheapRulesAreNotCounted(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for src, counted := range map[string]bool{
		`record.amount == null || record.amount > dec("0")`:                           false,
		`record.amount * dec("2") + record.amount < dec("100")`:                       false,
		`record.stage in ["won", "lost"] ? record.name != "" : !(record.name == "x")`: false,
		`record.account.region == user.name`:                                          false,
		`record.name + record.name != ""`:                                             true,
		`size(record.name) > 3`:                                                       true,
		`record.name.startsWith("x")`:                                                 true,
		`["a", "b"].all(s, s != record.name)`:                                         true,
		`record.amount / dec("3") > dec("1")`:                                         true,
	} {
		r, err := e.Compile("opportunity", src, Validate)
		if err != nil {
			t.Errorf("%s: %v", src, err)
		} else if r.limited != counted {
			t.Errorf("%s: counted is %v", src, r.limited)
		}
	}
}
