package connectors_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/trellishq/trellis/connectors"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	good := map[string]connectors.Decimal{
		"0": "0", "-0": "0", "-0.00": "0.00", "+7": "7", "007.50": "7.50", ".5": "0.5", "5.": "5",
		"1.25E+3": "1250", "12e-3": "0.012", "1.20e1": "12.0", "-1E-7": "-0.0000001", "0E+3": "0",
		"123456789012345678901234567890.123456789": "123456789012345678901234567890.123456789",
	}
	for in, want := range good {
		if got, err := connectors.ParseDecimal(in); err != nil || got != want {
			t.Errorf("ParseDecimal(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "-", ".", "e5", "1e", "NaN", "Infinity", "1,000", "1 0", "0x10", "1e1001", "1e-99999", "--1", "1.2.3", "１"} {
		if got, err := connectors.ParseDecimal(in); err == nil {
			t.Errorf("ParseDecimal(%q) = %q; want an error", in, got)
		}
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"1.5", "-12e-3", "1E+999", "0.000", "1e9999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := connectors.ParseDecimal(s)
		if err != nil {
			return
		}
		again, err := connectors.ParseDecimal(string(d))
		if err != nil || again != d {
			t.Fatalf("%q became %q, which became %q, %v", s, d, again, err)
		}
	})
}

func TestRecordHash(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	make := func(data map[string]any) connectors.Record {
		return connectors.Record{Stream: "s", Key: "1", Data: data}
	}
	a := make(map[string]any{"n": connectors.Decimal("1.50"), "m": map[string]any{"x": int64(1), "y": at}})
	b := make(map[string]any{"m": map[string]any{"y": at, "x": int64(1)}, "n": connectors.Decimal("1.50")})
	if b.Modified = at; a.Hash() != b.Hash() {
		t.Error("order of fields or Modified changes the hash")
	}
	for name, other := range map[string]connectors.Record{
		"zeros after the point": make(map[string]any{"n": connectors.Decimal("1.5"), "m": a.Data["m"]}),
		"nil is not absent":     make(map[string]any{"n": nil}),
		"nothing":               make(nil),
		"deleted":               {Stream: "s", Key: "1", Deleted: true},
	} {
		if other.Hash() == a.Hash() || (name == "deleted" && other.Hash() == make(nil).Hash()) {
			t.Errorf("%s: same hash", name)
		}
	}
}

func TestRecordCheck(t *testing.T) {
	t.Parallel()
	deep := any("leaf")
	for range connectors.MaxDepth + 1 {
		deep = []any{deep}
	}
	bad := map[string]connectors.Record{
		"no key":      {},
		"problem":     {Key: "1", Problem: "line 1 is broken"},
		"float":       {Key: "1", Data: map[string]any{"x": 1.5}},
		"int":         {Key: "1", Data: map[string]any{"x": 1}},
		"nested":      {Key: "1", Data: map[string]any{"x": []any{map[string]any{"y": float32(1)}}}},
		"bad decimal": {Key: "1", Data: map[string]any{"x": connectors.Decimal("1,5")}},
		"bad date":    {Key: "1", Data: map[string]any{"x": connectors.Date("2023-02-29")}},
		"deep":        {Key: "1", Data: map[string]any{"x": deep}},
		"deleted":     {Key: "1", Data: map[string]any{}, Deleted: true},
	}
	for name, r := range bad {
		if r.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	good := connectors.Record{Key: "1", Data: map[string]any{
		"a": nil, "b": "x", "c": true, "d": int64(1), "e": connectors.Decimal("1.0"), "f": connectors.Date("2024-02-29"),
		"g": connectors.TimeOfDay("23:59:59.5"), "h": time.Now(), "i": []byte{1}, "j": []any{map[string]any{}},
	}}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("reading: %w", connectors.BackOff(3*time.Second, "slow down"))
	if after, ok := connectors.After(err); !ok || after != 3*time.Second || !errors.Is(err, connectors.ErrBackOff) {
		t.Errorf("After = %v, %v", after, ok)
	}
	if errors.Is(err, connectors.ErrAuth) {
		t.Error("a back-off is taken for a refused login")
	}
	if after, _ := connectors.After(connectors.BackOff(1000*time.Hour, "")); after != 24*time.Hour {
		t.Errorf("a wait of 1000 hours became %v", after)
	}
	if _, ok := connectors.After(connectors.AuthError("no")); ok {
		t.Error("a refused login asks to wait")
	}
}

func ExampleSpec_Resolve() {
	spec := connectors.Spec{Name: "shop", Settings: []connectors.Setting{
		{Name: "url", Kind: connectors.SettingURL, Required: true},
		{Name: "pageSize", Kind: connectors.SettingInteger, Default: int64(100), Min: 1, Max: 500},
		{Name: "token", Kind: connectors.SettingText, Required: true, Secret: true},
	}}
	values, err := spec.Resolve(map[string]any{"url": "https://shop.example/", "token": "t0p"})
	plain, secret := spec.Split(values)
	fmt.Println(plain, secret, err)

	_, err = spec.Resolve(map[string]any{"url": "shop.example", "pageSize": 501, "colour": "red"})
	fmt.Println(err)
	// Output:
	// map[pageSize:100 url:https://shop.example] map[token:t0p] <nil>
	// url must be an address that begins with http:// or https://
	// pageSize must be from 1 to 500
	// token is required
	// "colour" is not a setting of shop
}
