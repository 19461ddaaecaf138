package core_test

import (
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
