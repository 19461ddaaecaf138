package sdk

import (
	"encoding/json"
	"errors"
	"testing"
)

func init() {
	Handle("trim", func(h *Hook) error {
		switch h.Text("name") {
		case "veto":
			return Veto("name", "NO", `never "again"`)
		case "fault":
			return errors.New("böse\n")
		case "bad":
			h.Set("name", func() {})
		case "":
			return nil
		}
		h.Set("name", "<"+h.Text("name")+">")
		return nil
	})
}

func TestRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ input, want string }{
		{`{"event":"before-create","record":{"name":"a"},"caller":"user:1"}`, `{"status":"patch","patch":{"name":"<a>"}}`},
		{` { "record" : { "x" : [1,{"y":"]"}], "name" : "帽\u5b50\"" } , "old" : null }`, `{"status":"patch","patch":{"name":"\u003c帽子\"\u003e"}}`},
		{`{"record":{"name":"veto"}}`, `{"status":"veto","veto":{"field":"name","code":"NO","message":"never \"again\""}}`},
		{`{"record":{"name":"fault"}}`, `{"status":"error","message":"böse\n"}`},
		{`{"record":{"name":"bad"}}`, `{"status":"error","message":"set name: json: unsupported type: func()"}`},
		{`{"record":{"name":null}}`, ``},
		{`{"record":{}}`, ``},
		{`{`, `{"status":"error","message":"the input is not the JSON of a hook"}`},
	} {
		if got := string(Run("trim", []byte(c.input))); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.input, got, c.want)
		}
	}
	if got := string(Run("nobody", nil)); got != `{"status":"error","message":"the program does not handle this entry"}` {
		t.Error(got)
	}
}

func TestGetSeparatesAbsentNullAndWrong(t *testing.T) {
	t.Parallel()
	h, err := parseHook([]byte(`{"record":{"n":7,"none":null},"changed":["n"]}`))
	if err != nil {
		t.Fatal(err)
	}
	var n int
	var s string
	if !h.Get("n", &n) || n != 7 || h.Get("n", &s) || h.Get("none", &n) || h.Get("other", &n) {
		t.Errorf("Get is wrong: %d %q", n, s)
	}
	if !h.Has("none") || h.Has("other") || !h.Changes("n") || h.Changes("none") {
		t.Error("Has or Changes is wrong")
	}
}

// FuzzParseHook: what encoding/json accepts is read the same; nothing panics.
func FuzzParseHook(f *testing.F) {
	f.Add([]byte(`{"event":"e","record":{"a":"b\"","c":[1,"]"],"d":{"e":{}}},"old":{"a":null},"changed":["a"]}`))
	f.Add([]byte(`{"record":{"a":"\`))
	f.Add([]byte(`{"record":{`))
	f.Fuzz(func(t *testing.T, input []byte) {
		h, err := parseHook(input)
		var whole, record map[string]json.RawMessage
		if err != nil || json.Unmarshal(input, &whole) != nil || json.Unmarshal(whole["record"], &record) != nil {
			return
		}
		for k, v := range record {
			if got, ok := h.Record[k]; ok && string(got) != string(v) {
				t.Fatalf("%q: %q, want %q", k, got, v)
			}
		}
	})
}
