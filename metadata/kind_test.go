package metadata

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

var colors = []*Option{{Name: "red"}, {Name: "green"}, {Name: "blue"}}

// Every form in which a value comes, and the JSON form that it goes out in;
// "!" and a part of the sentence for what is refused.
func TestCoerce(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 200_001)
	for _, c := range []struct {
		field Field
		in    any
		want  string
	}{
		{Field{Kind: KindText}, "a\"b", `"a\"b"`},
		{Field{Kind: KindText}, "", `null`},
		{Field{Kind: KindText}, "\xff", "!UTF-8"},
		{Field{Kind: KindText}, "a\x00b", "!zero bytes"},
		{Field{Kind: KindText}, true, "!must be text"},
		{Field{Kind: KindText, MaxLength: 2}, "中文字", "!has 3 characters"},
		{Field{Kind: KindLongText}, big[:100_000], `"` + big[:100_000] + `"`},
		{Field{Kind: KindLongText}, big[:100_001], "!at most 100000"},
		{Field{Kind: KindRichText}, "<p>1</p>", `"<p>1</p>"`},
		{Field{Kind: KindRichText}, `<img src="https://x.example/a.png" onerror="x"><iframe src=y></iframe>`, `"<img src=\"https://x.example/a.png\">"`},
		{Field{Kind: KindRichText}, `<a href="javascript:x">t</a><a href="https://x.example">u</a>`, `"t<a href=\"https://x.example\" rel=\"nofollow noreferrer\">u</a>"`},
		{Field{Kind: KindRichText}, `<svg><script>x</script></svg><style>y</style>`, `null`},
		{Field{Kind: KindRichText}, big, "!at most 200000"},
		{Field{Kind: KindURL}, "https://例子.cn/路?q=1#x", `"https://例子.cn/路?q=1#x"`},
		{Field{Kind: KindURL}, "ftp://x.example", "!web address"},
		{Field{Kind: KindURL}, "https://", "!web address"},
		{Field{Kind: KindURL}, "https://x.example/a b", "!web address"},
		{Field{Kind: KindURL}, "//x.example", "!web address"},
		{Field{Kind: KindURL}, "https://u@x.example", "!user name"},
		{Field{Kind: KindURL}, "https://x.example/" + big[:2000], "!at most 2000"},
		{Field{Kind: KindInteger}, json.Number("1.5"), "!whole number"},
		{Field{Kind: KindInteger}, "9007199254740992", "!out of range"},
		{Field{Kind: KindInteger, Min: "-1", Max: "1"}, int64(2), "!at most 1"},
		{Field{Kind: KindInteger, Min: "-1", Max: "1"}, int64(-2), "!at least -1"},
		{Field{Kind: KindInteger, Min: "-1", Max: "1"}, int64(1), `1`},
		{Field{Kind: KindDecimal}, json.Number("1e400"), "!too large"},
		{Field{Kind: KindDecimal}, "NaN", "!decimal number"},
		{Field{Kind: KindDecimal}, "1e9999999", "!decimal number"},
		{Field{Kind: KindDecimal, Max: "9.95"}, "9.951", "!decimal places"},
		{Field{Kind: KindDecimal, Max: "9.95"}, "9.96", "!at most 9.95"},
		{Field{Kind: KindCurrency, Min: "0"}, "-0.01 EUR", "!at least 0"},
		{Field{Kind: KindCurrency, Min: "0"}, "0 EUR", `{"amount":"0.00","currency":"EUR"}`},
		{Field{Kind: KindCurrency}, map[string]any{"amount": "1", "code": "EUR"}, `!no part "code"`},
		{Field{Kind: KindPercent}, "12.5%", `"12.5000"`},
		{Field{Kind: KindPercent}, "12,5", "!decimal number"},
		{Field{Kind: KindPercent}, "1000", "!too large"},
		{Field{Kind: KindPercent, Precision: 5, Scale: 2}, json.Number("99"), `"99.00"`},
		{Field{Kind: KindDate}, "0000-12-31", "!must be a date"},
		{Field{Kind: KindDate}, "2026-02-29", "!must be a date"},
		{Field{Kind: KindDateTime}, "0000-12-31T23:59:59Z", "!out of range"},
		{Field{Kind: KindDateTime}, "9999-12-31T23:59:59-01:00", "!out of range"},
		{Field{Kind: KindTime}, "09:30", `"09:30:00"`},
		{Field{Kind: KindTime}, "23:59:59.9999990", `"23:59:59.999999"`},
		{Field{Kind: KindTime}, "24:00", "!time of the day"},
		{Field{Kind: KindTime}, "9:30", "!time of the day"},
		{Field{Kind: KindTime}, "09:30:00.1234567", "!time of the day"},
		{Field{Kind: KindTime}, "09:30.5", "!time of the day"},
		{Field{Kind: KindTime}, expr.TimeOfDay(-1), "!time of the day"},
		{Field{Kind: KindDuration}, "P1W2DT3H4M5.000006S", `"P9DT3H4M5.000006S"`},
		{Field{Kind: KindDuration}, "PT36H", `"P1DT12H"`},
		{Field{Kind: KindDuration}, "-PT0,5S", `"-PT0.5S"`},
		{Field{Kind: KindDuration}, "+P0D", `"PT0S"`},
		{Field{Kind: KindDuration}, "P1M", "!no years and months"},
		{Field{Kind: KindDuration}, "P1Y", "!no years and months"},
		{Field{Kind: KindDuration}, "P", "!not a duration"},
		{Field{Kind: KindDuration}, "PT", "!ends after T"},
		{Field{Kind: KindDuration}, "PT1M1H", "!not a duration"},
		{Field{Kind: KindDuration}, "PT0.5M", "!not a duration"},
		{Field{Kind: KindDuration}, "P1DT", "!ends after T"},
		{Field{Kind: KindDuration}, "P36500DT0.000001S", "!36500 days"},
		{Field{Kind: KindDuration}, "PT999999999999S", "!36500 days"},
		{Field{Kind: KindDuration}, "1h", "!not a duration"},
		{Field{Kind: KindDuration}, int64(3), "!must be a duration"},
		{Field{Kind: KindDuration}, time.Duration(math.MaxInt64), "!36500 days"},
		{Field{Kind: KindDuration}, 1500 * time.Nanosecond, `"PT0.000001S"`},
		{Field{Kind: KindSelect, Options: colors}, "pink", "!one of red, green, blue"},
		{Field{Kind: KindMultiSelect, Options: colors}, "blue;red , blue", `["red","blue"]`},
		{Field{Kind: KindMultiSelect, Options: colors}, []any{"green"}, `["green"]`},
		{Field{Kind: KindMultiSelect, Options: colors}, []any{}, `null`},
		{Field{Kind: KindMultiSelect, Options: colors}, []any{"red", nil}, "!one of"},
		{Field{Kind: KindMultiSelect, Options: colors}, "pink", "!one of"},
		{Field{Kind: KindMultiSelect, Options: colors}, int64(1), "!list of options"},
		{Field{Kind: KindRating}, "5", `5`},
		{Field{Kind: KindRating}, int64(6), "!from 1 to 5"},
		{Field{Kind: KindRating}, int64(0), "!from 1 to 5"},
		{Field{Kind: KindRating, MaxRating: 10}, int64(10), `10`},
		{Field{Kind: KindJSON}, ` {"bb": 1 , "a": [ 1.0, "x" ] } `, `{"a":[1.0,"x"],"bb":1}`},
		{Field{Kind: KindJSON}, map[string]any{"a": math.NaN()}, "!not finite"},
		{Field{Kind: KindJSON}, map[string]any{"a": []string{"x"}}, `{"a":["x"]}`},
		{Field{Kind: KindJSON}, `null`, `null`},
		{Field{Kind: KindJSON}, `{"a":1,"\u0061":2}`, `!key "a" twice`},
		{Field{Kind: KindJSON}, `"\u0000"`, "!zero bytes"},
		{Field{Kind: KindJSON}, `{"\u0000":1}`, "!zero bytes"},
		{Field{Kind: KindJSON}, `"\ud800"`, "!surrogate"},
		{Field{Kind: KindJSON}, `"\ud83d\ude00"`, `"😀"`},
		{Field{Kind: KindJSON}, `01`, "!must be JSON"},
		{Field{Kind: KindJSON}, `1e99999`, "!too long"},
		{Field{Kind: KindJSON}, strings.Repeat("[", 33) + strings.Repeat("]", 33), `!32 arrays`},
		{Field{Kind: KindJSON}, strings.Repeat("[", 32) + strings.Repeat("]", 32), strings.Repeat("[", 32) + strings.Repeat("]", 32)},
		{Field{Kind: KindJSON}, `"` + big[:MaxJSON] + `"`, "!larger than 65536"},
		{Field{Kind: KindJSON}, `[` + strings.Repeat("1e900,", 100) + `1]`, "!larger than 65536"},
		{Field{Kind: KindGeoPoint}, "52.3676, 4.9041", `{"lat":"52.367600","lng":"4.904100"}`},
		{Field{Kind: KindGeoPoint}, map[string]any{"lat": 1.5, "lng": json.Number("-180")}, `{"lat":"1.500000","lng":"-180.000000"}`},
		{Field{Kind: KindGeoPoint}, map[string]any{"lat": "0.0000005", "lng": "-0.0000001"}, `{"lat":"0.000001","lng":"0.000000"}`},
		{Field{Kind: KindGeoPoint}, map[string]any{"lat": "90.000001", "lng": "0"}, "!latitude"},
		{Field{Kind: KindGeoPoint}, map[string]any{"lat": "0", "lng": "180.1"}, "!longitude"},
		{Field{Kind: KindGeoPoint}, map[string]any{"lat": "0"}, "!longitude"},
		{Field{Kind: KindGeoPoint}, map[string]any{"lat": "0", "lon": "0"}, `!no part "lon"`},
		{Field{Kind: KindGeoPoint}, map[string]any{}, `null`},
		{Field{Kind: KindAddress}, map[string]any{"country": "cn", "city": "北京"}, `{"country":"CN","region":null,"city":"北京","district":null,"street":null,"postalCode":null}`},
		{Field{Kind: KindAddress}, `{"country":"XX"}`, "!ISO 3166-1"},
		{Field{Kind: KindAddress}, "Main Street 1", "!needs its parts"},
		{Field{Kind: KindAddress}, map[string]any{"city": strings.Repeat("x", 101)}, "!has a city that has 101"},
		{Field{Kind: KindAddress}, map[string]any{"zip": "1"}, `!no part "zip"`},
		{Field{Kind: KindAddress}, map[string]any{"city": ""}, `null`},
		{Field{Kind: KindPersonName}, "Ada Lovelace", `{"full":"Ada Lovelace","family":null,"given":null}`},
		{Field{Kind: KindPersonName}, map[string]any{"family": "Lovelace", "given": "Ada"}, `{"full":"Ada Lovelace","family":"Lovelace","given":"Ada"}`},
		{Field{Kind: KindPersonName}, map[string]any{"family": "司马", "given": "懿"}, `{"full":"司马懿","family":"司马","given":"懿"}`},
		{Field{Kind: KindPersonName}, map[string]any{"family": "王", "given": "Anna"}, `{"full":"Anna 王","family":"王","given":"Anna"}`},
		{Field{Kind: KindPersonName}, map[string]any{"given": "Ada"}, `{"full":"Ada","family":null,"given":"Ada"}`},
		{Field{Kind: KindPersonName}, map[string]any{"full": "A\x00"}, "!zero bytes"},
		{Field{Kind: KindPersonName}, map[string]any{"full": ""}, `null`},
	} {
		got := outcome(&c.field, c.in)
		if refused, ok := strings.CutPrefix(c.want, "!"); ok && strings.HasPrefix(got, "!") && strings.Contains(got, refused) {
			continue
		}
		if got != c.want {
			t.Errorf("%s of %.80v gives %.200s, want %.200s", c.field.Kind, c.in, got, c.want)
		}
	}
}

// outcome is the JSON form of a value, or "!" and why it is refused. A value
// that is taken comes back as itself, whole and by its parts.
func outcome(f *Field, in any) string {
	v, err := f.Coerce(in)
	if err != nil {
		if trellis.CodeOf(err) != trellis.CodeInvalidInput {
			return fmt.Sprintf("the code %s", trellis.CodeOf(err))
		}
		return "!" + sentence(err)
	}
	if again, err := f.Coerce(v); err != nil || !Equal(v, again) {
		return fmt.Sprintf("%v comes back as %v, %v", v, again, err)
	}
	f.Column = "c"
	if joined := Join(f, Split(f, v)); !Equal(v, joined) {
		return fmt.Sprintf("%v is %v when put together", v, joined)
	}
	out := AppendJSON(nil, v)
	if !json.Valid(out) {
		return "not JSON: " + string(out)
	}
	return string(out)
}

// Whatever the bytes, a decoder gives a canonical value or a sentence, and the
// text form of a canonical value is the value.
func FuzzCoerce(f *testing.F) {
	for _, s := range []string{"P1W2DT3H4M5.000006S", "-PT0,5S", "P36500D", "09:30:00.5", `{"a":[1,2.50,1e3,"\ud83d\ude00"]}`, `{"country":"NL","city":"x"}`,
		"<p onclick=x>Hi <b>you</b><script>", "<<a>>&lt;script&gt;", "52.3676, 4.9041", "https://x.example/?a=b", "red; blue", "12.5 %", "9.95 EUR", "{\"family\":\"王\"}", "<!--<p>--!><math><mtext></p>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range Kinds {
			field := &Field{Name: "f", Kind: k, Options: colors}
			if got := outcome(field, s); !strings.HasPrefix(got, "!") && !json.Valid([]byte(got)) {
				t.Errorf("%s of %q: %s", k, s, got)
			}
		}
		if v, err := (&Field{Kind: KindDuration}).Coerce(s); err == nil && v != nil {
			if d, err := expr.ParseDuration(string(expr.AppendDuration(nil, v.(time.Duration)))); err != nil || d != v {
				t.Errorf("%q is %v, then %v, %v", s, v, d, err)
			}
		}
		if v, err := (&Field{Kind: KindTime}).Coerce(s); err == nil && v != nil {
			if d, err := expr.ParseTimeOfDay(v.(expr.TimeOfDay).String()); err != nil || d != v {
				t.Errorf("%q is %v, then %v, %v", s, v, d, err)
			}
		}
	})
}

// What parseJSON takes is what encoding/json takes, but for what is refused by
// rule.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `[1,[2,{"b":null}],"\\\"",true]`, `"\ud800x"`, `{"a":1,"a":2}`, `1e5`, `-0.0`, ` [ ] `, `{"":""}`, `"\ufffd"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := coerceJSON(json.RawMessage(text))
		if err != nil || v == nil {
			return
		}
		raw := v.(json.RawMessage)
		var want, got any
		if json.Unmarshal(text, &want) != nil || json.Unmarshal(raw, &got) != nil {
			t.Fatalf("%q became %q", text, raw)
		}
		if a, b := fmt.Sprintf("%#v", want), fmt.Sprintf("%#v", got); a != b && strings.ReplaceAll(a, "-0", "0") != strings.ReplaceAll(b, "-0", "0") {
			t.Errorf("%q became %q", text, raw)
		}
	})
}

// A setting on a kind it is not for is told, and so is a kind that is reserved.
func TestSettingsOfKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field Field
		want  string
	}{
		{Field{Kind: KindJSON, Unique: true}, "has no unique"},
		{Field{Kind: KindJSON, Indexed: true}, "has no indexed"},
		{Field{Kind: KindLongText, Indexed: true}, "has no indexed"},
		{Field{Kind: KindRichText, Unique: true}, "has no unique"},
		{Field{Kind: KindAddress, Unique: true}, "has no unique"},
		{Field{Kind: KindPersonName, Unique: true}, "has no unique"},
		{Field{Kind: KindGeoPoint, Searchable: true}, "has no searchable"},
		{Field{Kind: KindTime, Precision: 3}, "has no precision"},
		{Field{Kind: KindText, Min: "1"}, "has no min: that is for integer, decimal, currency and percent"},
		{Field{Kind: KindInteger, MaxRating: 3}, "has no maxRating: that is for rating"},
		{Field{Kind: KindRating, MaxRating: 11}, "the best rating is 1 to 10"},
		{Field{Kind: KindRating, Min: "1"}, "has no min"},
		{Field{Kind: KindInteger, Min: "2", Max: "1"}, "max is less than min"},
		{Field{Kind: KindInteger, Min: "1.5"}, "min must be a whole number"},
		{Field{Kind: KindDecimal, Max: "x"}, "max must be a decimal number"},
		{Field{Kind: KindInteger, Max: "5", Default: "6"}, "the default must be at most 5"},
		{Field{Kind: KindURL, MaxLength: 2001}, "1 to 2000 characters"},
		{Field{Kind: KindURL, MaxLength: 501, Unique: true}, "at most 500 characters"},
		{Field{Kind: KindRichText, MaxLength: 200_001}, "1 to 200000 characters"},
		{Field{Kind: KindMultiSelect}, "a multiSelect has 1 to 500 options"},
		{Field{Kind: KindDuration, Default: "P1M"}, "no years and months"},
		{Field{Kind: KindPercent, Precision: 4, Scale: 5}, "digits after the point"},
		{Field{Kind: kindEncrypted}, "the kind encrypted is reserved and not there yet"},
	} {
		c.field.Name = "f"
		def := &Definition{Objects: []*Object{{Name: "thing", Plural: "things", Fields: []*Field{&c.field}}}}
		Normalize(def, nil)
		if errs := Validate(def); len(errs) != 1 || !strings.Contains(errs[0].Message, c.want) {
			t.Errorf("%s: %v, want %q", c.field.Kind, errs, c.want)
		}
	}
	for _, x := range []struct {
		index Index
		want  string
	}{
		{Index{Fields: []string{"notes"}}, "which no index is made of"},
		{Index{Fields: []string{"tags"}}, "an index of their own"},
		{Index{Fields: []string{"name"}, Unique: true}, "which no unique index is made of"},
	} {
		def := &Definition{Objects: []*Object{{Name: "thing", Plural: "things", Indexes: []*Index{&x.index}, Fields: []*Field{
			{Name: "notes", Kind: KindLongText}, {Name: "tags", Kind: KindMultiSelect, Options: colors}, {Name: "name", Kind: KindPersonName}}}}}
		Normalize(def, nil)
		if errs := Validate(def); len(errs) != 1 || !strings.Contains(errs[0].Message, x.want) {
			t.Errorf("%v: %v, want %q", x.index.Fields, errs, x.want)
		}
	}
}

// Each kind has as many columns as its type has parts, in the same order, and
// no name of a column is longer than PostgreSQL takes.
func TestKindsAndTheirColumns(t *testing.T) {
	t.Parallel()
	long := "a" + strings.Repeat("Bc", 19) + "d"
	for _, k := range Kinds {
		f := &Field{Name: long, Kind: k, Options: colors}
		o := &Object{Name: "thing", Plural: "things", Fields: []*Field{f}}
		def := &Definition{Objects: []*Object{o}}
		Normalize(def, nil)
		parts := f.Type().Parts()
		for i, c := range f.Parts() {
			if len(c.Name)+len("p_") > maxIdent {
				t.Errorf("%s: the column %s is too long", k, c.Name)
			}
			if len(parts) > 0 && (c.Part != parts[i].Part || c.Of != parts[i].Type) {
				t.Errorf("%s: the column %s is not the part %s", k, c.Name, parts[i].Name)
			}
		}
		if len(parts) > 0 && f.Width() != len(parts) {
			t.Errorf("%s has %d columns and %d parts", k, f.Width(), len(parts))
		}
		if !slices.Equal(f.Columns()[:len(f.KeyColumns())], f.KeyColumns()) {
			t.Errorf("%s: %v", k, f.KeyColumns())
		}
	}
}
