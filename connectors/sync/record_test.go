package sync

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/trellishq/trellis/connectors"
)

// someRecord makes a sound record of any shape.
func someRecord(r *rand.Rand) connectors.Record {
	rec := connectors.Record{Stream: someText(r), Key: "k" + strings.ReplaceAll(someText(r), "\x00", ""), Modified: someTime(r)}
	switch r.IntN(6) {
	case 0:
		rec.Deleted = true
	case 1:
		rec.Problem = "broken"
		rec.Data = map[string]any{"a": "b"}
	default:
		rec.Data = someMap(r, 0)
	}
	rec.Stream = strings.ReplaceAll(rec.Stream, "\x00", "")
	return rec
}

func someTime(r *rand.Rand) time.Time {
	return time.Unix(r.Int64N(4e9)-1e9, r.Int64N(1e9)).UTC()
}

func someText(r *rand.Rand) string {
	words := []string{"", "a", "$decimal", "$", "$$", "$$at", "客户", "\x00", `"\`, "\u2028<&>", "1.50", "null", "😀"}
	out := ""
	for range r.IntN(3) {
		out += words[r.IntN(len(words))]
	}
	return out
}

func someMap(r *rand.Rand, depth int) map[string]any {
	m := map[string]any{}
	for range r.IntN(4) {
		m[someText(r)] = someValue(r, depth+1)
	}
	return m
}

func someValue(r *rand.Rand, depth int) any {
	n := r.IntN(12)
	if depth > 5 {
		n = r.IntN(9)
	}
	switch n {
	case 0:
		return nil
	case 1, 2:
		return someText(r)
	case 3:
		return r.IntN(2) == 0
	case 4:
		return r.Int64() - r.Int64()
	case 5:
		return connectors.Decimal(fmt.Sprintf("%d.%03d", r.Int64(), r.IntN(1000)))
	case 6:
		return connectors.DateOf(1+r.IntN(9999), 2, 1+r.IntN(28))
	case 7:
		return []any{connectors.TimeOfDay("23:59:59.000001"), someTime(r)}[r.IntN(2)]
	case 8:
		return []byte(someText(r))
	case 9:
		list := []any{}
		for range r.IntN(4) {
			list = append(list, someValue(r, depth+1))
		}
		return list
	}
	return someMap(r, depth)
}

// TestRecordsComeBackAsTheyWereKept, with the hash they had.
func TestRecordsComeBackAsTheyWereKept(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		rec := someRecord(r)
		data, err := encodeRecord(rec)
		if err != nil {
			t.Fatalf("%+v: %v", rec, err)
		}
		got, err := decodeRecord(data)
		if err != nil || !reflect.DeepEqual(got, rec) {
			t.Fatalf("%s\nwas  %#v\nnow  %#v, %v", data, rec, got, err)
		}
		if got.Hash() != rec.Hash() || letterKey(got) != rec.Key || rec.Problem == "" && sound(got) != nil {
			t.Fatalf("%+v", got)
		}
	}
}

// FuzzRecord: whatever is read back can be kept again, and then stays the same.
func FuzzRecord(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		data, err := encodeRecord(someRecord(r))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, seed := range []string{`{}`, `{"Data":1}`, `{"Data":{"$decimal":"1"}}`, `{"Data":{"a":1.5}}`, `{"Data":{"$at":"x"}}`, `{"Key":"k","Data":{"a":{"$bytes":"` + base64.StdEncoding.EncodeToString([]byte("x")) + `"}}}`,
		`{"Key":"k","Data":{"$$":{"$":[]}}}`, strings.Repeat(`{"Data":{"a":`, 50)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := decodeRecord(data)
		if err != nil {
			return
		}
		kept, err := encodeRecord(rec)
		if err != nil {
			t.Fatalf("%+v: %v", rec, err)
		}
		got, err := decodeRecord(kept)
		if err != nil {
			t.Fatalf("%s: %v", kept, err)
		}
		if sound(rec) == nil && (got.Hash() != rec.Hash() || got.Key != rec.Key || got.Deleted != rec.Deleted || got.Problem != "") {
			t.Fatalf("was %#v\nnow %#v", rec, got)
		}
		if sound(rec) != nil && sound(got) == nil {
			t.Fatalf("an unsound record became sound: %#v, %#v", rec, got)
		}
		if key := letterKey(rec); key == "" || len(key) > maxKey || !utf8.ValidString(key) || strings.Contains(key, "\x00") {
			t.Fatalf("%q names a letter", key)
		}
	})
}
