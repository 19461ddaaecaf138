package expr

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
)

func TestTransforms(t *testing.T) {
	t.Parallel()
	e := testEngine()
	var source any
	dec := json.NewDecoder(strings.NewReader(`{"id": 12, "name": "  Acme ", "price": "9.90", "net": 1234567890123456789.25, "active": true,
		"tags": ["a", "b"], "address": {"city": "Berlin", "zip": null}, "lines": [{"qty": 2}, {"qty": 3}], "at": "2026-05-17T10:00:00+02:00", "f": 1.5}`))
	dec.UseNumber()
	if err := dec.Decode(&source); err != nil {
		t.Fatal(err)
	}
	for src, want := range map[string]any{
		`source.name.trim()`:                           "Acme",
		`source.id`:                                    int64(12),
		`dec(source.price)`:                            MustDecimal("9.90"),
		`source.net`:                                   MustDecimal("1234567890123456789.25"),
		`dec(source.f) * 2`:                            MustDecimal("3.0"),
		`source.address.city.upperAscii()`:             "BERLIN",
		`source.address.zip`:                           nil,
		`has(source.phone) ? source.phone : null`:      nil,
		`source.tags`:                                  []string{"a", "b"},
		`source.lines.map(l, l.qty * 2)`:               []any{int64(4), int64(6)},
		`source.tags.join("-") + "!"`:                  "a-b!",
		`timestamp(source.at)`:                         time.Date(2026, 5, 17, 8, 0, 0, 0, time.UTC),
		`date("2026-01-31")`:                           Date(20484),
		`date(timestamp(source.at))`:                   DateOf(testNow),
		`{"city": source.address.city}`:                map[string]any{"city": "Berlin"},
		`source.active && source.id > 3`:               true,
		`id("01900000-0000-7000-8000-00000000000a")`:   idA,
		`source.name.split(" ").filter(p, p != "")[0]`: "Acme",
		`1.5`:           MustDecimal("1.5"),
		`user.email`:    "a@example.org",
		`dec("10") / 3`: MustDecimal("3.33333333333333333333"),
		`source.name.matches("Ac.e") ? dec(source.id) : dec("0.1")`: MustDecimal("12"),
	} {
		r, err := e.CompileTransform(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		v := testVars()
		v.Source = source
		got, err := r.Value(t.Context(), v)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if ts, ok := got.(time.Time); ok {
			got = ts.UTC()
		}
		if d, ok := got.(*Decimal); ok {
			if w, ok := want.(*Decimal); !ok || d.Cmp(w) != 0 {
				t.Errorf("%s = %s, want %v", src, d, want)
			}
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %#v, want %#v", src, got, want)
		}
	}
}

func TestTransformsFail(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for _, src := range []string{`source.nothing`, `dec(source.name)`, `1 / 0`, `0.0 / 0.0`, `b"x"`, `int(source.name)`,
		`[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]`, `{1: 2}`} {
		r, err := e.CompileTransform(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		v := testVars()
		v.Source = map[string]any{"name": "x"}
		if got, err := r.Value(t.Context(), v); err == nil {
			t.Errorf("%s = %#v", src, got)
		}
	}
	for _, src := range []string{`record.name`, `old`, `changed("x")`, `sourc.name`, `source.name +`} {
		if _, err := e.CompileTransform(src); trellis.CodeOf(err) != trellis.CodeInvalidInput || len(Problems(err)) == 0 {
			t.Errorf("%s: %v", src, err)
		}
	}
}
