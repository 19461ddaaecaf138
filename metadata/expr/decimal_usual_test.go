package expr

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
)

// TestUsualDecimalsAreReadAlike holds the short way of ParseDecimal to the long
// one: the same number, with as many places.
func TestUsualDecimalsAreReadAlike(t *testing.T) {
	t.Parallel()
	texts := []string{"", "-", ".", "0", "-0", "-0.00", "0.00", "5.", ".5", "+5", "00", "007.10", "1e3", "1_0", "٣", "--1", "1.2.3", "-.5", "12 ", "999999999999999999", "-999999999999999999", "9999999999999999999", "0.000000000000000001", "NaN", "Infinity"}
	const letters = "0123456789.-+e9900"
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		for range r.IntN(22) {
			b.WriteByte(letters[r.IntN(len(letters))])
		}
		texts = append(texts, b.String())
	}
	usual := 0
	for _, s := range texts {
		short := usualDecimal(s)
		if short == nil {
			continue
		}
		usual++
		long, _, err := apd.NewFromString(s)
		if err != nil || long.Cmp(short) != 0 || long.Exponent != short.Exponent || long.Negative != short.Negative || long.Text('f') != short.Text('f') {
			t.Fatalf("%q is %v, not %v (%v)", s, short, long, err)
		}
	}
	if usual < 2_000 {
		t.Fatalf("%d texts went the short way", usual)
	}
}
