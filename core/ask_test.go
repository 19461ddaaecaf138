package core_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
)

// sheet asks for an order with its lines and its account.
func sheet() *query.Query {
	return &query.Query{Get: &query.Get{Object: "order", Select: query.Selection{
		{Key: "id", Field: "id"}, {Key: "v", Field: "version"}, {Key: "at", Field: "createdAt"}, {Key: "by", Field: "updatedBy"},
		{Key: "number", Field: "number"}, {Key: "account", Kind: query.Record, Field: "account", Select: query.Selection{{Key: "name", Field: "name"}}},
		{Key: "lines", Kind: query.ToMany, List: &query.List{Relation: "lines", Order: []query.Order{{Field: "lineNo"}}, Shape: []query.ListItem{
			{Key: "totalCount", Kind: query.TotalCount},
			{Key: "nodes", Kind: query.Nodes, Select: query.Selection{{Key: "id", Field: "id"}, {Key: "n", Field: "lineNo"}, {Key: "q", Field: "quantity"}}},
		}}},
	}}}
}

// What is read along with a write is what a query gives after it, byte for byte.
func TestAnswerComesAlong(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	acme := l.must(l.root, account("Acme"))[0].ID
	p := l.must(l.root, core.Op{Verb: core.Create, Object: "product", Values: map[string]any{"name": "Bolt", "code": "B1"}})[0].ID
	line := func(n int) core.Op {
		money := map[string]any{"amount": "10.00", "currency": "EUR"}
		return core.Op{Verb: core.Create, Object: "orderLine", Values: map[string]any{"order": core.Ref(0), "lineNo": n, "product": p, "quantity": "2.5", "price": money, "amount": money}}
	}
	same := func(w *core.Write, along bool) core.Result {
		t.Helper()
		res, err := l.engine.Write(t.Context(), l.root, w)
		if err != nil {
			t.Fatal(err)
		}
		if along != (res[0].Answer != nil) {
			t.Fatalf("an answer came along: %s", res[0].Answer)
		}
		q := *w.Ask
		get := *q.Get
		get.ID, q.Get = res[0].ID, &get
		want, err := l.engine.Query(t.Context(), l.root, &q, nil)
		if err != nil {
			t.Fatal(err)
		}
		if along && !bytes.Equal(want, res[0].Answer) {
			t.Fatalf("along came\n%s\nand is\n%s", res[0].Answer, want)
		}
		return res[0]
	}
	ask := sheet()
	ask.Memo = &query.Memo{}
	for n := range 3 { // compiled, remembered, filled
		made := core.Write{Ask: ask, Ops: []core.Op{{Verb: core.Create, Object: "order", Values: map[string]any{"number": string(rune('A' + n)), "account": acme, "orderDate": "2026-01-01"}}}}
		for i := range n {
			made.Ops = append(made.Ops, line(i+1))
		}
		id := same(&made, true).ID
		same(&core.Write{Ask: ask, Ops: []core.Op{{Verb: core.Update, Object: "order", ID: id, Values: map[string]any{"number": string(rune('a' + n))}}}}, true)
		// Nothing is written, so nothing is read along.
		same(&core.Write{Ask: ask, Ops: []core.Op{{Verb: core.Update, Object: "order", ID: id, Values: map[string]any{"number": string(rune('a' + n))}}}}, false)
		same(&core.Write{Ask: ask, Ops: []core.Op{{Verb: core.Delete, Object: "order", ID: id}}}, true)
	}
	// Lists inside lists are for a query.
	deep := sheet()
	deep.Get.Select = append(deep.Get.Select, query.Item{Key: "account2", Kind: query.Record, Field: "account", Select: query.Selection{
		{Key: "orders", Kind: query.ToMany, List: &query.List{Relation: "orders", Shape: []query.ListItem{{Key: "nodes", Kind: query.Nodes, Select: query.Selection{{Key: "id", Field: "id"}}}}}},
	}})
	same(&core.Write{Ask: deep, Ops: []core.Op{{Verb: core.Create, Object: "order", Values: map[string]any{"number": "D", "account": acme, "orderDate": "2026-01-01"}}}}, false)
}

// Whoever may create a record and not read it is told what a query tells.
func TestAnswerFollowsRights(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.role("narrow", &metadata.Policy{Name: "makes", Object: "account", Actions: []metadata.Action{metadata.ActionCreate}},
		&metadata.Policy{Name: "sees", Object: "account", Actions: []metadata.Action{metadata.ActionRead}, Rule: `record.name != "Hidden"`})
	l.role("blind", &metadata.Policy{Name: "blind", Object: "account", Actions: []metadata.Action{metadata.ActionCreate}})
	ask := &query.Query{Get: &query.Get{Object: "account", Select: query.Selection{{Key: "name", Field: "name"}}}}
	for _, c := range []struct{ role, name, want string }{
		{"narrow", "Seen", `{"name":"Seen"}`}, {"narrow", "Hidden", "null"}, {"blind", "Seen", ""},
	} {
		res, err := l.engine.Write(t.Context(), l.person(c.role+c.name, c.role), &core.Write{Ask: ask, Ops: []core.Op{account(c.name)}})
		if err != nil || string(res[0].Answer) != c.want {
			t.Errorf("%s, %s: %s, %v", c.role, c.name, res[0].Answer, err)
		}
	}
}

// A record that cannot be read is written all the same, once: here another holds
// the table of a list in it for longer than the statement waits.
func TestWriteGoesThroughUnread(t *testing.T) {
	t.Parallel()
	w := coretest.New(t, coretest.Options{MaxConns: 1}) // which has the statements prepared
	l := &lab{T: t, engine: w.Engine, db: w.DB, catalog: w.Catalog, view: w.View, root: w.System(t)}
	ask := &query.Query{Get: &query.Get{Object: "account", Select: query.Selection{
		{Key: "contacts", Kind: query.ToMany, List: &query.List{Relation: "contacts", Shape: []query.ListItem{{Key: "n", Kind: query.TotalCount}}}},
	}}}
	write := func() core.Result {
		t.Helper()
		res, err := l.engine.Write(t.Context(), l.root, &core.Write{Ask: ask, Ops: []core.Op{account("Acme")}})
		if err != nil {
			t.Fatal(err)
		}
		return res[0]
	}
	if got := write().Answer; string(got) != `{"contacts":{"n":0}}` {
		t.Fatalf("%s", got)
	}
	before := len(l.outbox())
	other, err := pgx.ConnectConfig(t.Context(), l.db.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.WithoutCancel(t.Context()))
	if _, err := other.Exec(t.Context(), `SET idle_in_transaction_session_timeout = 0; BEGIN; LOCK TABLE `+query.Ident(l.view.Schema)+`.contact`, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	if got := write().Answer; got != nil {
		t.Fatalf("%s came along", got)
	}
	if n := len(l.outbox()) - before; n != 1 {
		t.Fatalf("%d entries were written", n)
	}
}
