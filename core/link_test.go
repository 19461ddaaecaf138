package core_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata/expr"
)

// leadShop has leads interested in products, over an implied link, and members
// of campaigns, over a link with a field of its own.
var leadShop = fstest.MapFS{
	"package.yaml": {Data: []byte("name: shop\n")},
	"objects/lead.yaml": {Data: []byte(`
name: lead
plural: leads
title: name
fields:
  - {name: name, kind: text, label: {en: Name}}
  - {name: region, kind: text, label: {en: Region}}
  - {name: productInterest, kind: manyToMany, target: product, inverse: leads, label: {en: Interests}}
  - {name: campaigns, kind: manyToMany, target: campaign, link: member, inverse: leads, label: {en: Campaigns}}
`)},
	"objects/product.yaml": {Data: []byte(`
name: product
plural: products
title: name
fields:
  - {name: name, kind: text, label: {en: Name}}
  - {name: secret, kind: boolean, label: {en: Secret}}
  - {name: related, kind: manyToMany, target: product, inverse: relatedTo, label: {en: Related}}
`)},
	"objects/campaign.yaml": {Data: []byte(`
name: campaign
plural: campaigns
fields:
  - {name: name, kind: text, label: {en: Name}}
`)},
	"objects/member.yaml": {Data: []byte(`
name: member
plural: members
unowned: true
fields:
  - {name: lead, kind: lookup, target: lead, onDelete: cascade, required: true, inverse: memberships, label: {en: Lead}}
  - {name: campaign, kind: lookup, target: campaign, onDelete: cascade, required: true, inverse: members, label: {en: Campaign}}
  - {name: note, kind: text, label: {en: Note}}
indexes:
  - {fields: [lead, campaign], unique: true}
`)},
	"policies/roles.yaml": {Data: []byte("roles:\n  - {name: seller}\n  - {name: reader}\n  - {name: blind}\n")},
	"policies/seller.yaml": {Data: []byte(`
role: seller
policies:
  - {name: sellerLeads, object: lead, actions: [read, create, update, delete], rule: record.region == "N"}
  - {name: sellerProducts, object: product, actions: [read], rule: record.secret != true}
  - {name: sellerCampaigns, object: campaign, actions: [read]}
  - {name: sellerMembers, object: member, actions: [read, create]}
`)},
	"policies/reader.yaml": {Data: []byte(`
role: reader
policies:
  - {name: readerLeads, object: lead, actions: [read, update], writeFields: [name]}
  - {name: readerProducts, object: product, actions: [read]}
  - {name: readerCampaigns, object: campaign, actions: [read]}
`)},
	"policies/blind.yaml": {Data: []byte(`
role: blind
policies:
  - {name: blindLeads, object: lead, actions: [read], readFields: [name]}
  - {name: blindProducts, object: product, actions: [read]}
`)},
}

func newShop(t *testing.T, more ...fstest.MapFS) *lab {
	t.Helper()
	all := fstest.MapFS{}
	for _, fsys := range append([]fstest.MapFS{leadShop}, more...) {
		for name, f := range fsys {
			all[name] = f
		}
	}
	w := coretest.New(t, coretest.Options{Package: all})
	return &lab{T: t, engine: w.Engine, db: w.DB, catalog: w.Catalog, view: w.View, root: w.System(t)}
}

func (l *lab) named(object string, names ...string) []trellis.ID {
	l.Helper()
	var ids []trellis.ID
	for _, name := range names {
		ids = append(ids, l.must(l.root, core.Op{Verb: core.Create, Object: object, Values: map[string]any{"name": name}})[0].ID)
	}
	return ids
}

// listed gives the names in a list of a record, in order, and its count.
func (l *lab) listed(r *core.Request, object string, id trellis.ID, list string) string {
	l.Helper()
	got, err := l.tryListed(r, object, id, list)
	if err != nil {
		l.Fatal(err)
	}
	return got
}

func (l *lab) tryListed(r *core.Request, object string, id trellis.ID, list string) (string, error) {
	sub := &query.List{Relation: list, Order: []query.Order{{Field: "name"}}, Shape: []query.ListItem{
		{Key: "nodes", Kind: query.Nodes, Select: query.Selection{{Key: "name", Field: "name"}}}, {Key: "n", Kind: query.TotalCount}}}
	buf, err := l.engine.Query(l.Context(), r, &query.Query{Get: &query.Get{Object: object, ID: id, Select: query.Selection{{Key: "x", Kind: query.ToMany, List: sub}}}}, nil)
	if err != nil {
		return "", err
	}
	var out struct {
		X struct {
			N     int
			Nodes []struct{ Name string }
		}
	}
	if err := json.Unmarshal(buf, &out); err != nil {
		l.Fatalf("%s: %v", buf, err)
	}
	var names []string
	for _, n := range out.X.Nodes {
		names = append(names, n.Name)
	}
	return fmt.Sprintf("%s (%d)", strings.Join(names, " "), out.X.N), nil
}

func (l *lab) update(r *core.Request, object string, id trellis.ID, values map[string]any) error {
	_, err := l.write(r, core.Op{Verb: core.Update, Object: object, ID: id, Values: values})
	return err
}

func links(part string, ids ...trellis.ID) map[string]any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return map[string]any{part: list}
}

func (l *lab) is(got, want string) {
	l.Helper()
	if got != want {
		l.Fatalf("got %q, want %q", got, want)
	}
}

func TestLinksAreWrittenThroughTheirField(t *testing.T) {
	t.Parallel()
	l := newShop(t)
	p := l.named("product", "a", "b", "c")
	lead := l.must(l.root, core.Op{Verb: core.Create, Object: "lead", Values: map[string]any{"name": "L", "productInterest": links("set", p[0], p[1])}})[0].ID
	l.is(l.listed(l.root, "lead", lead, "productInterest"), "a b (2)")
	l.is(l.listed(l.root, "product", p[0], "leads"), "L (1)")
	// add and remove, a link that is there and one that is not among them
	if err := l.update(l.root, "lead", lead, map[string]any{"productInterest": map[string]any{"add": []any{p[1], p[2]}, "remove": []any{p[0].String()}}}); err != nil {
		t.Fatal(err)
	}
	l.is(l.listed(l.root, "lead", lead, "productInterest"), "b c (2)")
	l.is(fmt.Sprint(l.get(l.root, "lead", lead, "version")), "map[version:2]")
	// what changes nothing writes nothing
	if err := l.update(l.root, "lead", lead, map[string]any{"productInterest": links("set", p[2], p[1], p[2])}); err != nil {
		t.Fatal(err)
	}
	l.is(fmt.Sprint(l.get(l.root, "lead", lead, "version")), "map[version:2]")
	// null empties; an absent field leaves
	if err := l.update(l.root, "lead", lead, map[string]any{"productInterest": nil, "name": "M"}); err != nil {
		t.Fatal(err)
	}
	l.is(l.listed(l.root, "lead", lead, "productInterest"), " (0)")
	// linked again after it was not
	if err := l.update(l.root, "lead", lead, map[string]any{"productInterest": links("add", p[1])}); err != nil {
		t.Fatal(err)
	}
	l.is(l.listed(l.root, "product", p[1], "leads"), "M (1)")
	if last := l.outbox(); !slices.ContainsFunc(last, func(s string) bool {
		return strings.HasPrefix(s, "lead ") && strings.Contains(s, `"productInterest":[[],["`+p[1].String()+`"]]`)
	}) {
		t.Errorf("the outbox does not tell of the link: %v", last)
	}
	// to itself, both ways
	if err := l.update(l.root, "product", p[0], map[string]any{"related": links("add", p[0], p[1])}); err != nil {
		t.Fatal(err)
	}
	l.is(l.listed(l.root, "product", p[0], "related"), "a b (2)")
	l.is(l.listed(l.root, "product", p[1], "relatedTo"), "a (1)")
}

func TestLinksThatAreRefused(t *testing.T) {
	t.Parallel()
	l := newShop(t)
	p := l.named("product", "open", "closed", "gone")
	if err := l.update(l.root, "product", p[1], map[string]any{"secret": true}); err != nil {
		t.Fatal(err)
	}
	l.must(l.root, core.Op{Verb: core.Delete, Object: "product", ID: p[2]})
	camp := l.named("campaign", "c")
	seller := l.person("sam", "seller")
	lead := l.must(seller, core.Op{Verb: core.Create, Object: "lead", Values: map[string]any{"name": "L", "region": "N", "productInterest": links("add", p[0])}})[0].ID
	other := l.must(l.root, core.Op{Verb: core.Create, Object: "lead", Values: map[string]any{"name": "O", "region": "S"}})[0].ID
	// A record one may not read is refused like one that is not there.
	for _, id := range []trellis.ID{p[1], p[2], trellis.NewID(), lead} {
		err := l.update(seller, "lead", lead, map[string]any{"productInterest": links("add", p[0], id)})
		wantCode(t, err, trellis.CodeInvalidInput, "productInterest.add[1]")
		if !strings.Contains(err.Error(), "refers to a record that is not there") {
			t.Errorf("%v", err)
		}
	}
	// Another's lead, a field that is not theirs to set, a link object that is not.
	wantCode(t, l.update(seller, "lead", other, map[string]any{"productInterest": links("add", p[0])}), trellis.CodeNotFound, "")
	reader := l.person("rita", "reader")
	wantCode(t, l.update(reader, "lead", lead, map[string]any{"productInterest": links("add", p[0])}), trellis.CodeForbidden, "productInterest")
	if err := l.update(seller, "lead", lead, map[string]any{"campaigns": links("add", camp[0])}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, l.update(seller, "lead", lead, map[string]any{"campaigns": links("remove", camp[0])}), trellis.CodeForbidden, "campaigns")
	l.is(l.listed(seller, "lead", lead, "campaigns"), "c (1)")
	l.is(l.listed(l.root, "lead", lead, "productInterest"), "open (1)")
	// A stale version refuses the links too.
	_, err := l.write(l.root, core.Op{Verb: core.Update, Object: "lead", ID: lead, IfVersion: 1, Values: map[string]any{"productInterest": links("set")}})
	wantCode(t, err, trellis.CodeVersionConflict, "")
	// Nobody writes an implied link itself.
	_, err = l.write(seller, core.Op{Verb: core.Create, Object: "leadProductInterest", Values: map[string]any{"lead": lead, "product": p[0]}})
	wantCode(t, err, trellis.CodeForbidden, "")
}

func TestLinksAreSeenUnderBothGrants(t *testing.T) {
	t.Parallel()
	l := newShop(t)
	p := l.named("product", "open", "closed")
	camp := l.named("campaign", "c")
	if err := l.update(l.root, "product", p[1], map[string]any{"secret": true}); err != nil {
		t.Fatal(err)
	}
	n := l.must(l.root, core.Op{Verb: core.Create, Object: "lead", Values: map[string]any{"name": "north", "region": "N", "productInterest": links("set", p...), "campaigns": links("set", camp...)}})[0].ID
	l.must(l.root, core.Op{Verb: core.Create, Object: "lead", Values: map[string]any{"name": "south", "region": "S", "productInterest": links("set", p...)}})
	seller, reader, blind := l.person("sam", "seller"), l.person("rita", "reader"), l.person("bea", "blind")
	l.is(l.listed(seller, "lead", n, "productInterest"), "open (1)")
	l.is(l.listed(seller, "product", p[0], "leads"), "north (1)")
	l.is(l.listed(reader, "product", p[0], "leads"), "north south (2)")
	l.is(l.listed(seller, "lead", n, "campaigns"), "c (1)")
	// Without the field, or without the link object, the list is not there.
	for _, x := range []struct {
		r            *core.Request
		object, list string
		id           trellis.ID
	}{{blind, "lead", "productInterest", n}, {blind, "product", "leads", p[0]}, {reader, "lead", "campaigns", n}} {
		if got, err := l.tryListed(x.r, x.object, x.id, x.list); trellis.CodeOf(err) != trellis.CodeInvalidInput {
			t.Errorf("%s.%s: got %q, %v", x.object, x.list, got, err)
		}
	}
	// Filters go through links under the same rights.
	some := func(r *core.Request, name string, not bool) string {
		cond := expr.Compare{Op: expr.Eq, L: expr.Column{Field: "name", Of: expr.TextType, Nullable: true}, R: expr.Literal{Of: expr.TextType, Value: name}}
		buf, err := l.engine.Query(l.Context(), r, &query.Query{List: &query.List{Object: "lead", Order: []query.Order{{Field: "name"}},
			Filter: expr.Some{Relation: "productInterest", Target: "product", Cond: cond, Not: not},
			Shape:  []query.ListItem{{Key: "n", Kind: query.Nodes, Select: query.Selection{{Key: "name", Field: "name"}}}}}}, nil)
		if err != nil {
			return string(trellis.CodeOf(err))
		}
		return string(buf)
	}
	l.is(some(seller, "open", false), `{"n":[{"name":"north"}]}`)
	l.is(some(seller, "closed", false), `{"n":[]}`)
	l.is(some(reader, "closed", false), `{"n":[{"name":"north"},{"name":"south"}]}`)
	l.is(some(reader, "closed", true), `{"n":[]}`)
	l.is(some(blind, "open", false), "INVALID_INPUT")
}

func TestLinksGoToTheTrashAndComeBack(t *testing.T) {
	t.Parallel()
	l := newShop(t)
	p := l.named("product", "a", "b")
	lead := l.must(l.root, core.Op{Verb: core.Create, Object: "lead", Values: map[string]any{"name": "L", "productInterest": links("set", p...)}})[0].ID
	l.must(l.root, core.Op{Verb: core.Delete, Object: "product", ID: p[0]})
	l.is(l.listed(l.root, "lead", lead, "productInterest"), "b (1)")
	// The link of the trashed product is no link that a set would have to remove.
	if err := l.update(l.root, "lead", lead, map[string]any{"productInterest": links("set", p[1])}); err != nil {
		t.Fatal(err)
	}
	l.must(l.root, core.Op{Verb: core.Delete, Object: "lead", ID: lead})
	l.is(l.listed(l.root, "product", p[1], "leads"), " (0)")
	l.must(l.root, core.Op{Verb: core.Restore, Object: "lead", ID: lead})
	l.is(l.listed(l.root, "lead", lead, "productInterest"), "b (1)")
	l.must(l.root, core.Op{Verb: core.Restore, Object: "product", ID: p[0]})
	l.is(l.listed(l.root, "lead", lead, "productInterest"), "a b (2)")
}

// TestHammerSets has writers set, add and remove links of one record at once:
// it ends with what one of the sets said, and no pair twice.
func TestHammerSets(t *testing.T) {
	t.Parallel()
	l := newShop(t)
	const writers, rounds, size = 6, 15, 4
	var names []string
	for i := range writers * size {
		names = append(names, fmt.Sprintf("p%02d", i))
	}
	p := l.named("product", names...)
	lead := l.named("lead", "L")[0]
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := map[int64]string{} // what was set, by the version it made
	for w := range writers {
		r := l.request(l.root.Principal)
		wg.Go(func() {
			mine := p[w*size : (w+1)*size]
			for range rounds {
				res, err := l.write(r, core.Op{Verb: core.Update, Object: "lead", ID: lead, Values: map[string]any{"productInterest": links("set", mine...)}})
				if err != nil && trellis.CodeOf(err) != trellis.CodeVersionConflict {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				if err == nil && res[0].Verb != "" {
					mu.Lock()
					done[res[0].Version] = strings.Join(names[w*size:(w+1)*size], " ")
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	var last int64
	for v := range done {
		last = max(last, v)
	}
	l.is(l.listed(l.root, "lead", lead, "productInterest"), fmt.Sprintf("%s (%d)", done[last], size))
}

// TestLinksShareTheFateOfTheirRow: row by row, a record is not written without
// its links, whoever else the database refuses.
func TestLinksShareTheFateOfTheirRow(t *testing.T) {
	t.Parallel()
	l := newShop(t)
	p := l.named("product", "a")
	taken := l.named("lead", "taken")[0]
	var ops []core.Op
	for i := range 5 {
		op := core.Op{Verb: core.Create, Object: "lead", Values: map[string]any{"name": fmt.Sprint(i), "productInterest": links("set", p...)}}
		if i == 3 {
			op.ID = taken // refused by the primary key alone
		}
		ops = append(ops, op)
	}
	res, err := l.engine.Write(t.Context(), l.root, &core.Write{Ops: ops, PerRow: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range res {
		if (x.Err != nil) != (i == 3) {
			t.Errorf("%d: %v", i, x.Err)
		}
	}
	l.is(l.listed(l.root, "product", p[0], "leads"), "0 1 2 4 (4)")
}
