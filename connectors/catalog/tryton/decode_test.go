package tryton

import (
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/trellishq/trellis/connectors"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		`null`:                  nil,
		`12`:                    int64(12),
		`12345678901234567890`:  connectors.Decimal("12345678901234567890"),
		`0.1`:                   connectors.Decimal("0.1"),
		`1e2`:                   connectors.Decimal("100"),
		`["a",true]`:            []any{"a", true},
		`{"__class__":"other"}`: map[string]any{"__class__": "other"},
		`{"country.":{"id":1}}`: map[string]any{"country.": map[string]any{"id": int64(1)}},
		`{"__class__":"Decimal","decimal":"10.50"}`:                                                                       connectors.Decimal("10.50"),
		`{"__class__":"Decimal","decimal":"1E+3"}`:                                                                        connectors.Decimal("1000"),
		`{"__class__":"date","year":2024,"month":2,"day":29}`:                                                             connectors.Date("2024-02-29"),
		`{"__class__":"time","hour":1,"minute":2,"second":3,"microsecond":0}`:                                             connectors.TimeOfDay("01:02:03"),
		`{"__class__":"time","hour":1,"minute":2,"second":3,"microsecond":45}`:                                            connectors.TimeOfDay("01:02:03.000045"),
		`{"__class__":"timedelta","seconds":5400.5}`:                                                                      connectors.Decimal("5400.5"),
		`{"__class__":"bytes","base64":"AQI=\n"}`:                                                                         []byte{1, 2},
		`{"__class__":"datetime","year":2024,"month":12,"day":31,"hour":23,"minute":59,"second":59,"microsecond":999999}`: time.Date(2024, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		got, err := decodeAnswer([]byte(`{"id":1,"result":` + text + `}`))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v; want %#v", text, got, err, want)
		}
	}
	for _, text := range []string{
		``, `{`, `[]`, `{}`, `{"id":1}`, `{"result":{"__class__":"Decimal","decimal":"NaN"}}`, `{"result":{"__class__":"Decimal","decimal":1.5}}`,
		`{"result":{"__class__":"date","year":2023,"month":2,"day":29}}`, `{"result":{"__class__":"date"}}`,
		`{"result":{"__class__":"datetime","year":2024,"month":1,"day":1,"hour":24,"minute":0,"second":0,"microsecond":0}}`,
		`{"result":{"__class__":"bytes","base64":"*"}}`,
	} {
		if got, err := decodeAnswer([]byte(text)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: %#v, %v", text, got, err)
		}
	}
}

func TestDecodeError(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]appError{
		`{"error":["UserError",["no access",""]]}`: {"UserError", "no access"},
		`{"error":["'party.nonsense'",""]}`:        {class: "'party.nonsense'"},
		`{"error":[]}`:                             {class: "an error without text"},
		`{"error":null,"result":1}`:                {class: "an error without text"},
	} {
		_, err := decodeAnswer([]byte(text))
		var got *appError
		if !errors.As(err, &got) || *got != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzDecodeAnswer(f *testing.F) {
	f.Add([]byte(`{"id":1,"result":[{"id":1,"d":{"__class__":"datetime","year":2026,"month":11,"day":23,"hour":2,"minute":52,"second":24,"microsecond":218424},"x.":null}]}`))
	f.Add([]byte(`{"error":["UserError",["a","b"]]}`))
	f.Add([]byte(`{"result":{"__class__":"Decimal","decimal":"1E-10"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := decodeAnswer(text)
		if err != nil {
			if errors.Is(err, io.EOF) {
				t.Fatal("an error that looks like the end")
			}
			return
		}
		sh := &shape{model: "m", fields: map[string]*field{"x": {sub: &shape{}}, "d": {}}, watch: map[string]*shape{"x": {}}}
		list, _ := v.([]any)
		for _, e := range list {
			if row, ok := e.(map[string]any); ok {
				r := connectors.Record{Stream: "m", Key: "1", Data: sh.record(row), Modified: sh.modified(row)}
				if err := r.Check(); err != nil && r.Hash() == "" {
					t.Fatal(err)
				}
			}
		}
	})
}
