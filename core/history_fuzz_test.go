package core

import "testing"

// FuzzHistoryCursor reads what callers send: whatever it is, what is taken says
// the same once more.
func FuzzHistoryCursor(f *testing.F) {
	for _, seed := range []string{"", "!", "MS4y", position{3, 9}.String(), position{-1, 0}.String(), "MQ", "Li4u"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		p, ok := readPosition(cursor)
		if !ok {
			return
		}
		if again, ok := readPosition(p.String()); !ok || again != p {
			t.Errorf("%q is %v, written again it is %v", cursor, p, again)
		}
	})
}
