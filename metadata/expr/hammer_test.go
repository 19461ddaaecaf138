package expr

import (
	"reflect"
	"sync"
	"testing"
)

// TestOneEngineForAll shares an engine and its rules between goroutines; the
// race detector is the judge.
func TestOneEngineForAll(t *testing.T) {
	t.Parallel()
	e := testEngine()
	const src = `record.account.region == user.region && user.teams.exists(t, t == record.account) || 1 / (user.level - 3) > 0`
	shared, err := e.Compile("opportunity", src, Row)
	if err != nil {
		t.Fatal(err)
	}
	want, err := shared.Predicate(testVars())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				r := shared
				if i%2 == 0 {
					r, err := e.Compile([]string{"opportunity", "account"}[i/2%2], `record.owner == user.id`, []Profile{Row, Validate}[i/4])
					if err != nil || r == nil {
						t.Error(err)
						return
					}
				}
				v := testVars()
				v.Record = testRecord()
				if ok, err := r.Eval(t.Context(), v); !ok || err != nil {
					t.Errorf("Eval gave %t, %v", ok, err)
				}
				if got, err := r.Predicate(v); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("Predicate gave %#v, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}
