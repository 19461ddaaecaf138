package core_test

import (
	"slices"
	"testing"

	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// A manyToMany field that was removed comes back with its links, by restore and
// by undo, and so does one whose object was removed. One that is defined anew
// under the name begins without.
func TestRestoreOfLinks(t *testing.T) {
	t.Parallel()
	l := documents(t, nil)
	ann := l.must(l.root, create("customer", map[string]any{"name": "Ann"}))[0].ID
	bob := l.must(l.root, create("customer", map[string]any{"name": "Bob"}))[0].ID
	doc := l.must(l.root, create("document", map[string]any{"watchers": linkTo(ann, bob)}))[0].ID
	watchers := func(want string) {
		t.Helper()
		if got := l.listed(l.request(l.root.Principal), "document", doc, "watchers"); got != want {
			t.Errorf("watched by %q, want %q", got, want)
		}
		found, err := l.catalog.Drift(t.Context(), "main")
		if err != nil || len(found) > 0 {
			t.Errorf("drift: %v, %v", found, err)
		}
	}
	loss := catalog.Options{AllowLoss: true}
	apply := func(draft func(d *metadata.Definition)) int64 {
		t.Helper()
		a, err := l.catalog.Apply(t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) { draft(d); return d, nil }, loss)
		if err != nil {
			t.Fatal(err)
		}
		return a.View.Revision
	}
	remove := func() int64 {
		t.Helper()
		return apply(func(d *metadata.Definition) {
			o := d.Own("document")
			o.Fields = slices.DeleteFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == "watchers" })
			o.Rules = slices.DeleteFunc(o.Rules, func(r *metadata.ValidationRule) bool { return r.Name == "watched" })
		})
	}
	restored := func(_ *catalog.Applied, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	watchers("Ann Bob (2)")
	remove()
	restored(l.catalog.Restore(t.Context(), "main", "document", "watchers", loss))
	watchers("Ann Bob (2)")
	l.must(l.request(l.root.Principal), core.Op{Verb: core.Update, Object: "document", ID: doc, Values: map[string]any{"watchers": map[string]any{"remove": []any{bob.String()}}}})
	watchers("Ann (1)")
	restored(l.catalog.Undo(t.Context(), "main", remove(), loss))
	watchers("Ann (1)")
	// Defined anew: another list, which begins empty.
	remove()
	apply(func(d *metadata.Definition) {
		o := d.Own("document")
		o.Fields = append(o.Fields, &metadata.Field{Name: "watchers", Kind: metadata.KindManyToMany, Target: "customer", Inverse: "watches"})
	})
	watchers(" (0)")
	remove()
	// The one removed last comes back.
	restored(l.catalog.Restore(t.Context(), "main", "document", "watchers", loss))
	watchers(" (0)")
}
