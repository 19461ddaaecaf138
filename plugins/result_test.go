package plugins

import (
	"errors"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
)

func TestParseResult(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]Status{
		"":                                   StatusOK,
		`{"status":"ok"}`:                    StatusOK,
		`{"status":"patch","patch":{"a":1}}`: StatusPatch,
		`{"status":"patch"}`:                 StatusPatch,
		`{"status":"error","message":"x"}`:   StatusError,
		`{"status":"veto","veto":{"field":"a","code":"A_B","message":"m"}}`: StatusVeto,
	} {
		if r, err := ParseResult([]byte(output)); err != nil || r.Status != want {
			t.Errorf("%s: %+v, %v", output, r, err)
		}
	}
	for output, says := range map[string]string{
		`{`:                            "no result",
		`[]`:                           "no result",
		`{"status":"ok"} x`:            "goes on",
		`{"status":"ok","more":1}`:     "no result",
		`{"status":"maybe"}`:           `"maybe" is not known`,
		`{}`:                           `"" is not known`,
		`{"status":"veto"}`:            "there is no veto",
		`{"status":"ok","patch":{}}`:   "does not go with",
		`{"status":"patch","veto":{}}`: "does not go with",
		`{"status":"veto","veto":{"field":"a.b"}}`:      "names the field",
		`{"status":"veto","veto":{"code":"no spaces"}}`: "has the code",
	} {
		if _, err := ParseResult([]byte(output)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", output, err, says)
		}
	}
}

func TestVetoIsFitForPeople(t *testing.T) {
	t.Parallel()
	r, err := ParseResult([]byte(`{"status":"veto","veto":{"field":"country","code":"COUNTRY_REQUIRED",
		"message":" a\u001b[31m\nb\u202e` + strings.Repeat("长", 600) + `"}}`))
	if err != nil {
		t.Fatal(err)
	}
	e := r.Veto.Err()
	if want := "a[31m b" + strings.Repeat("长", 490) + "…"; e.Message != want {
		t.Errorf("%q\n%q", e.Message, want)
	}
	var v *Veto
	if e.Code != trellis.CodeVetoed || trellis.PathString(e.Path) != "country" || !errors.As(e, &v) || v.Code != "COUNTRY_REQUIRED" {
		t.Errorf("%+v", e)
	}
	if r, err := ParseResult([]byte(`{"status":"veto","veto":{}}`)); err != nil || r.Veto.Message == "" || len(r.Veto.Err().Path) != 0 {
		t.Errorf("%+v, %v", r.Veto, err)
	}
}

func FuzzParseResult(f *testing.F) {
	f.Add([]byte(`{"status":"veto","veto":{"field":"a","code":"A","message":"\u0007"}}`))
	f.Add([]byte(`{"status":"patch","patch":{"a":null}}`))
	f.Fuzz(func(t *testing.T, output []byte) {
		r, err := ParseResult(output)
		if err == nil && r.Status == StatusVeto && (r.Veto.Message == "" || strings.ContainsAny(r.Veto.Message, "\x00\x1b\n")) {
			t.Fatalf("%q", r.Veto.Message)
		}
	})
}
