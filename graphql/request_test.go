package graphql

import (
	"reflect"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
)

var bodies = []string{
	`{"query":"{ accounts { nodes { id } } }"}`,
	` { "query" : "query ($a: Int) {\n\ta\\\"\/ }" , "operationName":null, "variables": {"a": -1.50e+3, "b": [1, "x", {"c": null, "d": [true, false]}], "": {}} } `,
	`{"operationName":"A","query":"{ 中文 }","variables":null}`,
	`{"query":"a","query":"b"}`, `{"query":"\u0041\ud83d\ude00"}`, `{"query":null}`, `{"variables":{}}`, `{"query":"x"} x`, `{"query":"x",}`,
	`{"query":"x","variables":{"a":01}}`, `{"query":"x","variables":{"a":1.}}`, `{"query":"x","variables":{"a":{"b":1,"b":2}}}`, `{"query":"x","variables":[]}`,
	"{\"query\":\"\xff\"}", "{\"query\":\"a\x01\"}", `{"Query":"x"}`, `{"query":"x","extensions":{"a":1}}`, `{,"query":"x"}`, `{"query":"x" "variables":{}}`,
	`{"query":"x","variables":{"a":[,1]}}`, `{"query":"x","variables":{"a":-}}`, `{"query":"x","variables":{"a":1e}}`, "{\"query\":\"x\"}\x00", `{`, ``, `{"query`,
}

// samePlain compares the fast way with the other.
func samePlain(t *testing.T, raw []byte) (fast bool) {
	t.Helper()
	got, ok := plainParams(raw)
	if !ok {
		return false
	}
	want, problem := slowParams(raw)
	if problem != nil {
		if got.check() == nil {
			t.Fatalf("%q is read as %+v, and means %v", raw, got, problem)
		}
		return true
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%q is read as %+v, want %+v", raw, got, want)
	}
	return true
}

func TestPlainParams(t *testing.T) {
	t.Parallel()
	fast := 0
	for _, body := range bodies {
		if samePlain(t, []byte(body)) {
			fast++
		}
	}
	if fast != 3 {
		t.Errorf("%d bodies are read the fast way, want the first 3", fast)
	}
}

func FuzzPlainParams(f *testing.F) {
	for _, body := range bodies {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { samePlain(t, raw) })
}

func BenchmarkParams(b *testing.B) {
	raw := []byte(`{"query":"query ($id: ID!) {\n  opportunity(id: $id) { id name stage amount { amount currency } probability closeDate source nextStep createdAt version }\n}","variables":{"id":"01890000-0000-7000-8000-000000000001"}}`)
	for name, read := range map[string]func() error{
		"plain": func() error { _, _ = decodeParams(raw); return nil },
		"json":  func() error { _, _ = slowParams(raw); return nil },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A name that stands twice in one object is refused with its place, however it
// is written; the same name in different objects is not.
func TestRepeatedNames(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"query":"a","query":"b"}`:                                               "query",
		`{"query":"a","QUERY":"b"}`:                                               "query",
		`{"query":"x","variables":{"a":{"b":1,"b":2}}}`:                           "variables.a.b",
		`{"query":"x","variables":{"l":[{"b":1},{"c":[1,{}],"b":1,"\u0062":2}]}}`: "variables.l[1].b",
		`{"query":"x","variables":{"A":1,"a":2,"l":[{"b":1},{"b":1}],"b":1}}`:     "",
		`{"query":"x","extensions":{"a":1,"a":2}}`:                                "extensions.a",
	} {
		_, problem := decodeParams([]byte(body))
		switch {
		case want == "" && problem != nil:
			t.Errorf("%s: %v", body, problem)
		case want != "" && (problem == nil || problem.Code != trellis.CodeInvalidInput || !strings.EqualFold(trellis.PathString(problem.Path), want)):
			t.Errorf("%s: %v, want a problem at %s", body, problem, want)
		}
	}
	if _, problem := decodeVariables([]byte(`{"a":{"b":1,"b":2}}`)); problem == nil || len(problem.Path) != 3 {
		t.Errorf("variables of a GET: %v", problem)
	}
}
