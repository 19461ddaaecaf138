package core_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// noteShop adds notes about leads and campaigns, which go with what they are
// about, pins that hold a product, and marks that just point.
var noteShop = fstest.MapFS{
	"objects/note.yaml": {Data: []byte(`
name: note
plural: notes
fields:
  - {name: name, kind: text, label: {en: Name}}
  - {name: about, kind: polymorphic, targets: [lead, campaign, priceList], inverse: notes, onDelete: cascade, label: {en: About}}
rules:
  - {name: notOnCampaigns, rule: 'record.name != "no campaign" || record.about.object != "campaign"', message: {en: No notes on campaigns}, field: about}
`)},
	"objects/pin.yaml": {Data: []byte(`
name: pin
plural: pins
fields:
  - {name: name, kind: text, label: {en: Name}}
  - {name: holds, kind: polymorphic, targets: [product], onDelete: restrict, label: {en: Holds}}
  - {name: marks, kind: polymorphic, targets: [product, lead], label: {en: Marks}}
`)},
	"objects/priceList.yaml": {Data: []byte("name: priceList\nplural: priceLists\nfields:\n  - {name: name, kind: text, label: {en: Name}}\n")},
	"policies/seller.yaml": {Data: []byte(`
role: seller
policies:
  - {name: sellerLeads, object: lead, actions: [read, create, update, delete], rule: record.region == "N"}
  - {name: sellerNotes, object: note, actions: [read, create, update]}
`)},
}

func ref(object string, id trellis.ID) map[string]any {
	return map[string]any{"object": object, "id": id.String()}
}

// about gives the reference of a note and the name of the lead it is about.
func (l *lab) about(r *core.Request, note trellis.ID) string {
	l.Helper()
	buf, err := l.engine.Query(l.Context(), r, &query.Query{Get: &query.Get{Object: "note", ID: note, Select: query.Selection{{Key: "about", Kind: query.Composite, Field: "about", Parts: []query.PartItem{
		{Key: "object", Part: expr.ObjectPart},
		{Key: "lead", Target: "lead", Select: query.Selection{{Key: "name", Field: "name"}}},
	}}}}}, nil)
	if err != nil {
		l.Fatal(err)
	}
	return string(buf)
}

func TestPolymorphicLookups(t *testing.T) {
	t.Parallel()
	l := newShop(t, noteShop)
	lead := l.named("lead", "L")[0]
	camp, list := l.named("campaign", "C")[0], l.named("priceList", "P")[0]
	note := func(name string, about any) trellis.ID {
		return l.must(l.root, core.Op{Verb: core.Create, Object: "note", Values: map[string]any{"name": name, "about": about}})[0].ID
	}
	a, b, c := note("a", ref("lead", lead)), note("b", "campaign:"+camp.String()), note("c", expr.Ref{Object: "priceList", ID: list})
	l.is(l.about(l.root, a), `{"about":{"object":"lead","lead":{"name":"L"}}}`)
	l.is(l.about(l.root, b), `{"about":{"object":"campaign","lead":null}}`)
	l.is(l.about(l.root, c), `{"about":{"object":"priceList","lead":null}}`)
	l.is(l.listed(l.root, "lead", lead, "notes"), "a (1)")
	l.is(l.listed(l.root, "priceList", list, "notes"), "c (1)")
	// In one write, of a record made there; and of one of the wrong object.
	res := l.must(l.root, core.Op{Verb: core.Create, Object: "lead", Values: map[string]any{"name": "M"}},
		core.Op{Verb: core.Create, Object: "note", Values: map[string]any{"name": "d", "about": core.Ref(0)}})
	l.is(l.about(l.root, res[1].ID), `{"about":{"object":"lead","lead":{"name":"M"}}}`)
	_, err := l.write(l.root, core.Op{Verb: core.Create, Object: "lead", ID: trellis.NewID(), Values: map[string]any{"name": "M"}},
		core.Op{Verb: core.Create, Object: "note", Values: map[string]any{"about": ref("campaign", res[0].ID)}})
	wantCode(t, err, trellis.CodeInvalidInput, "about")
	for _, bad := range []any{ref("product", lead), ref("lead", trellis.NewID()), ref("campaign", lead), "lead", map[string]any{"object": "lead"}, map[string]any{"object": "lead", "id": lead.String(), "x": 1}} {
		_, err := l.write(l.root, core.Op{Verb: core.Create, Object: "note", Values: map[string]any{"about": bad}})
		wantCode(t, err, trellis.CodeInvalidInput, "about")
	}
	// Rules see the parts.
	_, err = l.write(l.root, core.Op{Verb: core.Create, Object: "note", Values: map[string]any{"name": "no campaign", "about": ref("campaign", camp)}})
	wantCode(t, err, trellis.CodeValidationFailed, "about")
	// One may refer to what one may read.
	seller := l.person("sam", "seller")
	_, err = l.write(seller, core.Op{Verb: core.Create, Object: "note", Values: map[string]any{"about": ref("lead", lead)}})
	wantCode(t, err, trellis.CodeInvalidInput, "about")
	_, err = l.write(seller, core.Op{Verb: core.Create, Object: "note", Values: map[string]any{"about": ref("campaign", camp)}})
	wantCode(t, err, trellis.CodeInvalidInput, "about")
	l.is(l.about(seller, a), `{"about":{"object":"lead","lead":null}}`)
	if err := l.update(l.root, "lead", lead, map[string]any{"region": "N"}); err != nil {
		t.Fatal(err)
	}
	l.is(l.about(seller, a), `{"about":{"object":"lead","lead":{"name":"L"}}}`)
	// Filters go through a target.
	name := expr.Compare{Op: expr.Eq, L: expr.Column{Field: "name", Of: expr.TextType, Nullable: true}, R: expr.Literal{Of: expr.TextType, Value: "L"}}
	kind := expr.Compare{Op: expr.Eq, L: expr.Column{Field: "about", Part: expr.ObjectPart, Of: expr.TextType, Nullable: true}, R: expr.Literal{Of: expr.TextType, Value: "priceList"}}
	for want, p := range map[string]expr.Pred{`{"n":[{"name":"a"}]}`: expr.Hop{Field: "about", Target: "lead", Cond: name}, `{"n":[{"name":"c"}]}`: kind} {
		buf, err := l.engine.Query(t.Context(), l.root, &query.Query{List: &query.List{Object: "note", Filter: p, Shape: []query.ListItem{{Key: "n", Select: query.Selection{{Key: "name", Field: "name"}}}}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		l.is(string(buf), want)
	}
}

func TestPolymorphicDeletes(t *testing.T) {
	t.Parallel()
	l := newShop(t, noteShop)
	lead, product := l.named("lead", "L")[0], l.named("product", "P")[0]
	note := l.must(l.root, core.Op{Verb: core.Create, Object: "note", Values: map[string]any{"name": "a", "about": ref("lead", lead)}})[0].ID
	pin := l.must(l.root, core.Op{Verb: core.Create, Object: "pin", Values: map[string]any{"holds": ref("product", product), "marks": ref("lead", lead)}})[0].ID
	_, err := l.write(l.root, core.Op{Verb: core.Delete, Object: "product", ID: product})
	wantCode(t, err, trellis.CodeConflict, "")
	l.must(l.root, core.Op{Verb: core.Delete, Object: "lead", ID: lead})
	if l.get(l.root, "note", note, "name") != nil {
		t.Error("the note stays without its lead")
	}
	if l.get(l.root, "pin", pin, "name") == nil {
		t.Error("what only marks the lead is gone")
	}
	l.must(l.root, core.Op{Verb: core.Restore, Object: "lead", ID: lead})
	l.is(l.about(l.root, note), `{"about":{"object":"lead","lead":{"name":"L"}}}`)
	l.must(l.root, core.Op{Verb: core.Delete, Object: "pin", ID: pin})
	l.must(l.root, core.Op{Verb: core.Delete, Object: "product", ID: product})
}

// TestPolymorphicFollowsItsTargets: a target that is renamed is still referred
// to; one that is no target any more is not, and the plan says so.
func TestPolymorphicFollowsItsTargets(t *testing.T) {
	t.Parallel()
	l := newShop(t, noteShop)
	lead, list := l.named("lead", "L")[0], l.named("priceList", "P")[0]
	a := l.must(l.root, core.Op{Verb: core.Create, Object: "note", Values: map[string]any{"name": "a", "about": ref("priceList", list)}})[0].ID
	b := l.must(l.root, core.Op{Verb: core.Create, Object: "note", Values: map[string]any{"name": "b", "about": ref("lead", lead)}})[0].ID
	l.change(func(d *metadata.Definition) {
		d.Own("priceList").Name = "tariff"
		d.Own("note").Field("about").Targets = []string{"lead", "tariff"}
	})
	l.root = l.request(l.root.Principal)
	l.is(l.about(l.root, a), `{"about":{"object":"tariff","lead":null}}`)
	l.is(l.listed(l.root, "tariff", list, "notes"), "a (1)")
	plan, err := l.catalog.Plan(t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
		draft := d.Fork()
		draft.Own("note").Field("about").Targets = []string{"lead"}
		return draft, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	l.is(fmt.Sprint(plan.Loses()), "[the references of note.about to records of tariff: nobody sees them any more]")
	l.change(func(d *metadata.Definition) { d.Own("note").Field("about").Targets = []string{"lead"} })
	l.root = l.request(l.root.Principal)
	l.is(l.about(l.root, a), `{"about":null}`)
	l.is(l.about(l.root, b), `{"about":{"object":"lead","lead":{"name":"L"}}}`)
	if err := l.update(l.root, "note", a, map[string]any{"name": "c"}); err != nil {
		t.Fatal(err)
	}
}
