package core_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// kindsYAML is an object with a field of every kind that holds a value of its
// own.
const kindsYAML = `name: thing
plural: things
label: {en: Thing}
fields:
  - {name: text, kind: text}
  - {name: email, kind: email}
  - {name: phone, kind: phone}
  - {name: integer, kind: integer}
  - {name: decimal, kind: decimal, precision: 12, scale: 3}
  - {name: currency, kind: currency, indexed: true}
  - {name: boolean, kind: boolean}
  - {name: date, kind: date}
  - {name: dateAndTime, kind: dateTime}
  - {name: select, kind: select, options: [{name: red}, {name: green}, {name: blue}]}
  - {name: longText, kind: longText}
  - {name: richText, kind: richText}
  - {name: url, kind: url, unique: true}
  - {name: percent, kind: percent}
  - {name: time, kind: time, indexed: true}
  - {name: length, kind: duration}
  - {name: multiSelect, kind: multiSelect, indexed: true, options: [{name: red}, {name: green}, {name: blue}]}
  - {name: rating, kind: rating}
  - {name: json, kind: json}
  - {name: place, kind: geoPoint, indexed: true}
  - {name: address, kind: address, indexed: true}
  - {name: person, kind: personName, indexed: true}
`

// inputs are values as clients give them, per field; those that are the same
// value stand beside each other.
var inputs = map[string][]any{
	"text": {"a", "B", "中文", `"quoted" \ back`, "line\nline\ttab\u0001"}, "email": {"a@example.com", "b@例子.cn"}, "phone": {"+86 10 1234", "020"},
	"integer":     {int64(0), json.Number("-7"), "9007199254740991", int64(3)},
	"decimal":     {"1", json.Number("1.500"), "-0.001", "999999999.999", "0"},
	"currency":    {map[string]any{"amount": json.Number("9.95"), "currency": "EUR"}, "9.95 CNY", "-1 EUR"},
	"boolean":     {true, false, "yes"},
	"date":        {"0001-01-01", "9999-12-31", "2026-02-28"},
	"dateAndTime": {"2026-01-31T09:30:00Z", "2026-01-31T09:30:00.123456+08:00", "0001-01-01T00:00:00Z"},
	"select":      {"red", "blue"},
	"longText":    {"long", strings.Repeat("长", 5000)},
	"richText":    {"<p>Hi</p>", "<script>x</script><b onclick=a>b</b> &amp; <a href=\"javascript:x\">y</a>", "a < b"},
	"percent":     {"12.5", "12.5 %", json.Number("-100"), "999.9999"},
	"time":        {"09:30", "09:30:00.000", "23:59:59.999999", "00:00"},
	"length":      {"PT90M", "PT1H30M", "-P1DT0.000001S", "P36500D", "PT0S"},
	"multiSelect": {[]any{"blue", "red"}, "red; blue", []any{"green"}, []string{"red", "green", "blue"}},
	"rating":      {int64(1), "5", json.Number("3")},
	"json": {`{"b":1,"aa":[1,2.50,1e3,-0,"\u00e9\n"],"a":null}`, map[string]any{"deep": []any{map[string]any{}, []any{}, "x y, : \"z\" \\"}}, `"text"`,
		`[true, false, null, 1E-7, 123456789012345678901234567890]`, "3.0", `"\b\f\u0001"`},
	"place":   {"52.3676, 4.9041", map[string]any{"lat": "-90", "lng": "180"}, map[string]any{"lat": json.Number("89.99"), "lng": json.Number("-180")}, "0.0000004,179.9999999"},
	"address": {map[string]any{"country": "nl", "city": "Amsterdam"}, `{"street":"建国路 1 号","city":"北京","country":"CN","postalCode":"100022"}`, map[string]any{"region": "x"}},
	"person":  {"Ada Lovelace", map[string]any{"family": "Lovelace", "given": "Ada"}, map[string]any{"family": "欧阳", "given": "修"}, map[string]any{"full": "X", "given": "Y"}},
}

type kindsLab struct {
	*lab
	o *metadata.ObjectView
}

func newKindsLab(t *testing.T) *kindsLab {
	t.Helper()
	w := coretest.New(t, coretest.Options{Package: fstest.MapFS{"package.yaml": {Data: []byte("name: shop\n")}, "objects/thing.yaml": {Data: []byte(kindsYAML)}}})
	l := &lab{T: t, engine: w.Engine, db: w.DB, catalog: w.Catalog, view: w.View, root: w.System(t)}
	return &kindsLab{l, w.View.Snapshot.Lookup("thing")}
}

// random is the input of a record, a third of its fields empty, and the
// canonical values.
func (l *kindsLab) random(rnd *rand.Rand, n int) (given map[string]any, values expr.MapRecord) {
	l.Helper()
	given, values = map[string]any{}, expr.MapRecord{}
	for _, f := range l.o.Fields {
		var v any
		switch {
		case f.Name == "url":
			v = fmt.Sprintf("https://example.com/%d", n)
		case rnd.IntN(3) > 0:
			v = inputs[f.Name][rnd.IntN(len(inputs[f.Name]))]
		}
		given[f.Name] = v
		c, err := f.Coerce(v)
		if err != nil {
			l.Fatalf("%s: %v: %v", f.Name, v, err)
		}
		if again, err := f.Coerce(c); err != nil || !metadata.Equal(c, again) {
			l.Fatalf("%s: %v comes back as %v, %v", f.Name, c, again, err)
		}
		if c != nil {
			values[f.Name] = c
		}
	}
	return given, values
}

// whole selects every field of the object, as metadata.AppendJSON shapes it.
func (l *kindsLab) whole() query.Selection {
	sel := query.Selection{{Key: "id", Field: "id"}}
	for _, f := range l.o.Fields {
		it := query.Item{Key: f.Name, Field: f.Name}
		for _, p := range f.Type().Parts() {
			it.Kind = query.Composite
			it.Parts = append(it.Parts, query.PartItem{Key: p.Name, Part: p.Part})
		}
		sel = append(sel, it)
	}
	return sel
}

func (l *kindsLab) list(filter expr.Pred, sel query.Selection) []json.RawMessage {
	l.Helper()
	buf, err := l.engine.Query(l.Context(), l.root, &query.Query{List: &query.List{Object: "thing", Filter: filter, First: 1000,
		Order: []query.Order{{Field: "url"}}, Shape: []query.ListItem{{Key: "nodes", Kind: query.Nodes, Select: sel}}}}, nil)
	if err != nil {
		l.Fatalf("%v: %v", filter, err)
	}
	var out struct{ Nodes []json.RawMessage }
	if err := json.Unmarshal(buf, &out); err != nil {
		l.Fatalf("%s: %v", buf, err)
	}
	return out.Nodes
}

// Every kind comes back from PostgreSQL as it is in hand: the answer of a query
// is metadata.AppendJSON of the value, and writing it again changes nothing.
func TestKindsRoundTrip(t *testing.T) {
	t.Parallel()
	l := newKindsLab(t)
	rnd := rand.New(rand.NewPCG(7, 7))
	want := map[string]string{} // record as JSON, by id
	var ops []core.Op
	var all []expr.MapRecord
	var givens []map[string]any
	for n := range 60 {
		given, values := l.random(rnd, n)
		ops, all, givens = append(ops, core.Op{Verb: core.Create, Object: "thing", Values: given}), append(all, values), append(givens, given)
	}
	written := l.must(l.root, ops[:50]...) // one statement for many
	for _, op := range ops[50:] {
		written = append(written, l.must(l.root, op)...) // and one for each
	}
	for i, res := range written {
		buf := append([]byte(`{"id":"`), res.ID.String()...)
		buf = append(buf, '"')
		for _, f := range l.o.Fields {
			buf = append(buf, fmt.Sprintf(",%q:", f.Name)...)
			buf = metadata.AppendJSON(buf, all[i][f.Name])
		}
		want[res.ID.String()] = string(buf) + "}"
	}
	rows := l.list(expr.Always, l.whole())
	if len(rows) != len(want) {
		t.Fatalf("%d records of %d", len(rows), len(want))
	}
	for _, row := range rows {
		if expected := want[string(row[7:43])]; expected != string(row) {
			t.Errorf("got  %s\nwant %s", row, expected)
		}
	}
	for i, res := range written {
		if again := l.must(l.root, core.Op{Verb: core.Update, Object: "thing", ID: res.ID, Values: givens[i]}); again[0].Verb != "" {
			t.Errorf("writing the same again changed %v", givens[i])
		}
	}
	// Each record gets the values of its neighbour, all in one statement.
	var moves []core.Op
	for i, res := range written {
		next := givens[(i+1)%len(givens)]
		values := map[string]any{}
		for k, v := range next {
			if k != "url" {
				values[k] = v
			}
		}
		moves = append(moves, core.Op{Verb: core.Update, Object: "thing", ID: res.ID, Values: values})
	}
	l.must(l.root, moves...)
	for _, row := range l.list(expr.Always, l.whole()) {
		var m map[string]json.RawMessage
		if err := json.Unmarshal(row, &m); err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(written, func(r core.Result) bool { return `"`+r.ID.String()+`"` == string(m["id"]) })
		next := all[(at+1)%len(all)]
		for _, f := range l.o.Fields {
			if f.Name != "url" && string(metadata.AppendJSON(nil, next[f.Name])) != string(m[f.Name]) {
				t.Errorf("%s of %d is %s after the move", f.Name, at, m[f.Name])
			}
		}
	}
}

// A filter in SQL finds the records that expr.Holds says.
func TestKindsFiltersMean(t *testing.T) {
	t.Parallel()
	l := newKindsLab(t)
	rnd := rand.New(rand.NewPCG(8, 8))
	var ops []core.Op
	var all []expr.MapRecord
	for n := range 80 {
		given, values := l.random(rnd, n)
		ops, all = append(ops, core.Op{Verb: core.Create, Object: "thing", Values: given}), append(all, values)
	}
	ids := l.must(l.root, ops...)
	checked := 0
	for _, f := range l.o.Fields {
		for _, p := range l.conditions(f, all) {
			folded := expr.Fold(p)
			var want []string
			for i, r := range all {
				if expr.Holds(folded, r) {
					want = append(want, ids[i].ID.String())
				}
			}
			var got []string
			for _, row := range l.list(folded, query.Selection{{Key: "id", Field: "id"}}) {
				got = append(got, string(row[7:43]))
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%+v: %d found, %d hold", p, len(got), len(want))
			}
			if len(want) > 0 && len(want) < len(all) {
				checked++
			}
		}
	}
	if checked < 250 {
		t.Errorf("only %d of the conditions tell records apart", checked)
	}
}

// conditions are what may be asked of a field and its parts, with values that
// occur.
func (l *kindsLab) conditions(f *metadata.Field, all []expr.MapRecord) []expr.Pred {
	columns := []expr.Column{{Field: f.Name, Of: f.Type(), Nullable: true}}
	for _, p := range f.Type().Parts() {
		columns = append(columns, expr.Column{Field: f.Name, Part: p.Part, Of: p.Type, Nullable: true})
	}
	var out []expr.Pred
	for _, c := range columns {
		if _, main := f.Type(), len(columns) > 1; main && c.Part == expr.Whole && !c.Of.IsWhole() {
			continue // rules say the amount or the full name for it
		}
		out = append(out, expr.Null{Term: c}, expr.Null{Term: c, Not: true})
		if c.Of.IsWhole() {
			continue
		}
		seen := map[string]bool{}
		for _, r := range all {
			v := expr.PartValue(r[f.Name], c.Part)
			if key := fmt.Sprint(v); v == nil || seen[key] || len(seen) > 3 {
				continue
			} else {
				seen[key] = true
			}
			out = append(out, l.about(c, v)...)
		}
	}
	if f.Kind == metadata.KindGeoPoint {
		for _, r := range all[:40] {
			p, ok := r[f.Name].(expr.GeoPoint)
			if !ok {
				continue
			}
			for _, meters := range []float64{1, 5_000, 1_000_000, 10_000_000, expr.MaxMeters} {
				out = append(out, expr.Near{Point: columns[0], Center: p, Meters: meters}, expr.Near{Point: columns[0], Center: p, Meters: meters, Not: true})
			}
		}
	}
	return out
}

func (l *kindsLab) about(c expr.Column, v any) []expr.Pred {
	if list, ok := v.([]string); ok {
		lit := expr.Literal{Of: expr.TextType, Value: list[0]}
		return []expr.Pred{expr.Contains{List: c, Elem: lit}, expr.Contains{List: c, Elem: lit, Not: true}}
	}
	lit := expr.Literal{Of: c.Of, Value: v}
	out := []expr.Pred{expr.In{Term: c, List: []expr.Term{lit}}, expr.In{Term: c, List: []expr.Term{lit}, Not: true}}
	if c.Of == expr.BoolType {
		return []expr.Pred{expr.Truth{Term: c}, expr.Truth{Term: c, Not: true}}
	}
	for _, op := range []expr.Op{expr.Eq, expr.Ne, expr.Lt, expr.Le, expr.Gt, expr.Ge} {
		if c.Of != expr.IDType || op <= expr.Ne {
			out = append(out, expr.Compare{Op: op, L: c, R: lit})
		}
	}
	if d, ok := v.(time.Duration); ok { // finer than a column
		out = append(out, expr.Compare{Op: expr.Lt, L: c, R: expr.Literal{Of: c.Of, Value: d + 1}}, expr.Compare{Op: expr.Ge, L: c, R: expr.Literal{Of: c.Of, Value: d - 1}})
	}
	if s, ok := v.(string); ok {
		for _, kind := range []expr.MatchKind{expr.Prefix, expr.Suffix, expr.Substring} {
			lit := expr.Literal{Of: expr.TextType, Value: string([]rune(s)[:1])}
			out = append(out, expr.Match{Kind: kind, Term: c, Pattern: lit}, expr.Match{Kind: kind, Term: c, Pattern: lit, Not: true})
		}
	}
	return out
}
