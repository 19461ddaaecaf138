package graphql

import (
	"testing"

	"github.com/trellishq/trellis"
)

func TestSplitTakesRecordsApart(t *testing.T) {
	t.Parallel()
	const a, b = "01890000-0000-7000-8000-00000000000a", "01890000-0000-7000-8000-00000000000b"
	set, err := split([]byte(`{"n":[{"-":"` + a + `","name":"br{ace \"quoted\" \\","list":{"nodes":[{"x":"}"}]}},{"-":"` + b + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		a:                                      `{"name":"br{ace \"quoted\" \\","list":{"nodes":[{"x":"}"}]}}`,
		b:                                      `{}`,
		"01890000-0000-7000-8000-00000000000c": `null`,
	} {
		if got := set.of(trellis.MustParseID(id)); string(got) != want {
			t.Errorf("%s: %s", id, got)
		}
	}
	if set, err := split([]byte(`{"n":[]}`)); err != nil || len(set) != 0 {
		t.Errorf("%v %v", set, err)
	}
}
