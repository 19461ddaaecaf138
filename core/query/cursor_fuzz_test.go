package query

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// FuzzCursor: whatever text comes as a cursor is refused as INVALID_INPUT or
// gives a value of the right type for each sort key, and a condition whose
// values are all bound.
func FuzzCursor(f *testing.F) {
	fields := []*metadata.Field{
		{Name: "text", Kind: metadata.KindText, Column: "text"}, {Name: "n", Kind: metadata.KindInteger, Column: "n"},
		{Name: "d", Kind: metadata.KindDecimal, Column: "d", Precision: 18, Scale: 2}, {Name: "b", Kind: metadata.KindBoolean, Column: "b"},
		{Name: "day", Kind: metadata.KindDate, Column: "day"}, {Name: "at", Kind: metadata.KindDateTime, Column: "at"},
		{Name: "time", Kind: metadata.KindTime, Column: "time"}, {Name: "took", Kind: metadata.KindDuration, Column: "took"},
		{Name: "id", Kind: metadata.KindID, Column: "id"},
	}
	var keys []sortKey
	for i, field := range fields {
		keys = append(keys, sortKey{sql: "t0." + Ident(field.Column), field: field, column: columnOf(field, expr.Whole), desc: i%2 == 0, nullsFirst: i%3 == 0, nullable: field.Name != "id"})
	}
	const sig = "s"
	encode := func(parts ...any) string {
		js, err := json.Marshal(append([]any{sig}, parts...))
		if err != nil {
			f.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(js)
	}
	id := trellis.NewID().String()
	f.Add(encode("a", "1", "1.50", "true", "2026-01-31", "2026-01-31T09:30:00.123456Z", "08:00:00", "PT1H", id))
	f.Add(encode(nil, nil, nil, nil, nil, nil, nil, nil, id))
	f.Add(encode("'; --", "9007199254740993", "1e400", "TRUE", "0000-00-00", "infinity", "25:00", "P1Y", id))
	f.Add(encode("", "", "", "", "", "", "", "", ""))
	f.Add(encode(nil, nil, nil, nil, nil, nil, nil, nil, nil))
	f.Add(encode("\x00", "-0", "NaN", "null", "10000-01-01", "2026-01-31T09:30:00+99:00", "-1:00", "-PT1S", "x"))
	f.Add("")
	f.Add("!!!")
	f.Fuzz(func(t *testing.T, cursor string) {
		values, err := readCursor("after", cursor, sig, keys)
		if err != nil {
			if trellis.CodeOf(err) != trellis.CodeInvalidInput {
				t.Fatalf("%q: %v", cursor, err)
			}
			return
		}
		if len(values) != len(keys) {
			t.Fatalf("%d values for %d keys", len(values), len(keys))
		}
		b := &builder{}
		after(b, keys, values)
		for i, v := range values {
			if v == nil && !keys[i].nullable {
				t.Errorf("%q: no value for %s", cursor, keys[i].field.Name)
			}
		}
		for _, c := range b.buf {
			if c == '\'' || c == ';' || c == 0 {
				t.Fatalf("a value became text: %s", b.buf)
			}
		}
	})
}

// FuzzSearch: whatever text is searched for is refused as INVALID_INPUT or
// becomes bound values alone.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"科技", "a b c", "+86 138", "'; DROP TABLE x; --", "%_\\", "\x02", "\xff", "ﷺ", "İ", "   ", "٣"} {
		f.Add(s)
	}
	fields := []*metadata.Field{{Name: "name", Kind: metadata.KindText, Column: "name"}, {Name: "phone", Kind: metadata.KindPhone, Column: "phone"}}
	fixed := func(text string) string {
		parsed, err := newSearching(text)
		if err != nil {
			return ""
		}
		k := parsed.over(&builder{}, scope{alias: "t0"}, fields)
		k.found(true)
		k.is(begins)
		k.is(whole)
		k.may(whole)
		for _, a := range k.args {
			if _, ok := a.([]string); !ok && a.(string) == "" {
				return "an empty pattern"
			}
		}
		return string(k.buf)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sql := fixed(text)
		if sql == "an empty pattern" {
			t.Errorf("%q: %s", text, sql)
		}
		if _, err := newSearching(text); err != nil && trellis.CodeOf(err) != trellis.CodeInvalidInput {
			t.Errorf("%q: %v", text, err)
		}
		// Texts of the same words in kind come to the same statement.
		if again := fixed(text); again != sql {
			t.Errorf("%q: %s and %s", text, sql, again)
		}
	})
}
