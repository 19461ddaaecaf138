package core_test

import (
	"maps"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// TestRulesReachBeyondChildren judges a new document by records that its lines
// refer to, those that are there and those of the same write.
func TestRulesReachBeyondChildren(t *testing.T) {
	t.Parallel()
	l := documents(t, fstest.MapFS{
		"objects/maker.yaml":   {Data: []byte("name: maker\nplural: makers\nunowned: true\nfields:\n  - {name: trusted, kind: boolean, required: true, default: \"true\"}\n")},
		"objects/article.yaml": {Data: []byte("name: article\nplural: articles\nunowned: true\nfields:\n  - {name: maker, kind: lookup, target: maker}\n")},
		"objects/parcel.yaml": {Data: []byte("name: parcel\nplural: parcels\nunowned: true\nfields:\n  - {name: name, kind: text}\nrules:\n" +
			"  - {name: trusted, rule: 'record.items.all(i, i.article.maker.trusted)', message: {en: A maker is not trusted}}\n")},
		"objects/item.yaml": {Data: []byte("name: item\nplural: items\nunowned: true\nfields:\n" +
			"  - {name: parcel, kind: lookup, target: parcel, inverse: items, onDelete: cascade, required: true}\n  - {name: article, kind: lookup, target: article}\n")},
	})
	create := func(object string, v map[string]any) core.Op {
		return core.Op{Verb: core.Create, Object: object, Values: v}
	}
	parcel := func(article any) []core.Op {
		return []core.Op{create("parcel", map[string]any{"name": "p"}), create("item", map[string]any{"parcel": core.Ref(0), "article": article})}
	}
	article := func(trusted bool) trellis.ID {
		return l.must(l.root, create("maker", map[string]any{"trusted": trusted}), create("article", map[string]any{"maker": core.Ref(0)}))[1].ID
	}
	l.must(l.root, parcel(article(true))...)
	if _, err := l.write(l.root, parcel(article(false))...); trellis.CodeOf(err) != trellis.CodeValidationFailed {
		t.Errorf("a stored maker: %v", err)
	}
	for trusted, want := range map[bool]trellis.Code{true: "", false: trellis.CodeValidationFailed} {
		ops := []core.Op{
			create("maker", map[string]any{"trusted": trusted}), create("article", map[string]any{"maker": core.Ref(0)}),
			create("parcel", map[string]any{"name": "p"}), create("item", map[string]any{"parcel": core.Ref(2), "article": core.Ref(1)}),
		}
		if _, err := l.write(l.root, ops...); err != nil != (want != "") || want != "" && trellis.CodeOf(err) != want {
			t.Errorf("a maker of the same write, trusted %v: %v", trusted, err)
		}
	}
}

// TestRollUpOverOwnRecords makes a bill, a bill that corrects it, and the items
// of both in one write, in either order: the sum of the first is made of a sum.
func TestRollUpOverOwnRecords(t *testing.T) {
	t.Parallel()
	l := documents(t, fstest.MapFS{
		"objects/bill.yaml": {Data: []byte("name: bill\nplural: bills\nunowned: true\nfields:\n  - {name: corrects, kind: lookup, target: bill, inverse: corrections}\n" +
			"  - {name: total, kind: rollUp, rollUp: {relation: entries2, function: sum, field: amount}}\n  - {name: corrected, kind: rollUp, rollUp: {relation: corrections, function: sum, field: total}}\n" +
			"  - {name: open, kind: formula, result: decimal, formula: record.total + record.corrected}\n")},
		"objects/billItem.yaml": {Data: []byte("name: billItem\nplural: billItems\nunowned: true\nfields:\n  - {name: bill, kind: lookup, target: bill, inverse: entries2, onDelete: cascade, required: true}\n  - {name: amount, kind: decimal}\n")},
	})
	bill := func(corrects any) core.Op {
		return core.Op{Verb: core.Create, Object: "bill", Values: map[string]any{"corrects": corrects}}
	}
	item := func(of int, amount string) core.Op {
		return core.Op{Verb: core.Create, Object: "billItem", Values: map[string]any{"bill": core.Ref(of), "amount": amount}}
	}
	res := l.must(l.root, bill(nil), bill(core.Ref(0)), bill(core.Ref(1)), item(0, "10"), item(1, "-4"), item(2, "1.5"))
	for i, want := range []map[string]any{
		{"total": "10.00", "corrected": "-4.00", "open": "6.00"}, {"total": "-4.00", "corrected": "1.50", "open": "-2.50"}, {"total": "1.50", "corrected": "0.00", "open": "1.50"},
	} {
		if got := l.get(l.root, "bill", res[i].ID, "total", "corrected", "open"); !maps.Equal(got, want) {
			t.Errorf("bill %d: %v, want %v", i, got, want)
		}
	}
}
