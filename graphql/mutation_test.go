package graphql_test

import (
	"fmt"
	"strings"
	"testing"
)

const outcome = ` { id record { number } errors { code path message } }`

func TestMutationsWriteAndReadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect("boss", `mutation {
		a: createAccount(input: {name: "Acme", code: "A"}) { record { name version createdBy } errors { code } __typename }
		b: createAccount(input: {name: "Bolt", code: "B"}) { record { name } }
	}`, `{'a':{'record':{'name':'Acme','version':1,'createdBy':'key:01890000-0000-7000-8000-0000000000bb'},'errors':[],'__typename':'AccountPayload'},'b':{'record':{'name':'Bolt'}}}`)
	w.expect("boss", `mutation { createOrder(input: {number: "1", lines: {create: [{product: "x", quantity: 1.5}, {product: "y"}]}}) {
		record { number lines(orderBy: [{product: ASC}]) { nodes { product quantity order { number } } } } } }`,
		`{'createOrder':{'record':{'number':'1','lines':{'nodes':[{'product':'x','quantity':'1.500','order':{'number':'1'}},{'product':'y','quantity':null,'order':{'number':'1'}}]}}}}`)
	w.expect("boss", `mutation { upsertAccounts(key: [code], inputs: [{code: "A", rating: 4}, {code: "C", name: "Cold"}]) { results { index record { name code rating version } errors { code } } } }`,
		`{'upsertAccounts':{'results':[{'index':0,'record':{'name':'Acme','code':'A','rating':4,'version':2},'errors':[]},{'index':1,'record':{'name':'Cold','code':'C','rating':null,'version':1},'errors':[]}]}}`)
}

func TestUpdateDeleteRestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create("Order", `{number: "1", placedOn: "2026-01-01", lines: {create: [{product: "x"}]}}`)
	w.expect("boss", fmt.Sprintf(`mutation { updateOrder(id: %q, ifVersion: 1, input: {placedOn: null, lines: {create: [{product: "y"}]}}) { record { number placedOn lines { totalCount } } errors { code } } }`, id),
		`{'updateOrder':{'record':{'number':'1','placedOn':null,'lines':{'totalCount':2}},'errors':[]}}`)
	w.expect("boss", fmt.Sprintf(`mutation { updateOrder(id: %q, ifVersion: 1, input: {number: "2"}) { id record { id } errors { code } } }`, id),
		`{'updateOrder':{'id':null,'record':null,'errors':[{'code':'VERSION_CONFLICT'}]}}`)
	w.expect("boss", fmt.Sprintf(`mutation { deleteOrder(id: %q) { id errors { code } } }`, id), fmt.Sprintf(`{'deleteOrder':{'id':'%s','errors':[]}}`, id))
	w.expect("boss", fmt.Sprintf(`{ order(id: %[1]q) { id } gone: order(id: %[1]q, includeDeleted: true) { number } orders { totalCount } orderLines { totalCount } all: orders(includeDeleted: true) { totalCount } }`, id),
		`{'order':null,'gone':{'number':'1'},'orders':{'totalCount':0},'orderLines':{'totalCount':0},'all':{'totalCount':1}}`)
	w.expect("boss", fmt.Sprintf(`mutation { restoreOrder(id: %q) { record { number lines { totalCount } } errors { code } } }`, id),
		`{'restoreOrder':{'record':{'number':'1','lines':{'totalCount':2}},'errors':[]}}`)
}

func TestRefusedRowsSayWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect("boss", `mutation { createAccount(input: {code: "A"}) { id record { id } errors { code path } } }`,
		`{'createAccount':{'id':null,'record':null,'errors':[{'code':'VALIDATION_FAILED','path':['input','name']}]}}`)
	body := w.data("boss", `mutation { createAccounts(inputs: [{name: "A", code: "1"}, {code: "2"}, {name: "C", code: "3"}], onError: ABORT) { results { index id errors { code path } } } }`, nil)
	if strings.Count(body, `"id":null`) != 3 || !strings.Contains(body, `{"index":1,"id":null,"errors":[{"code":"VALIDATION_FAILED","path":["inputs","1","name"]}]}`) {
		t.Error(body)
	}
	w.expect("boss", `{ accounts { totalCount } }`, `{'accounts':{'totalCount':0}}`)
	body = w.data("boss", `mutation { createAccounts(inputs: [{name: "A", code: "1"}, {code: "2"}, {name: "C", code: "3"}], onError: CONTINUE) { results { index record { name } errors { code path } } } }`, nil)
	if !strings.Contains(body, `{"index":0,"record":{"name":"A"},"errors":[]}`) || !strings.Contains(body, `{"index":1,"record":null,"errors":[{"code":"VALIDATION_FAILED"`) || !strings.Contains(body, `"name":"C"`) {
		t.Error(body)
	}
	w.expect("boss", `mutation { createAccount(input: {name: "Z", code: "1"}) { id errors { code } } }`,
		`{'createAccount':{'id':null,'errors':[{'code':'CONFLICT'}]}}`)
	w.expect("boss", `mutation { updateAccount(id: "zzz", input: {}) { id errors { code path } } }`,
		`{'updateAccount':{'id':null,'errors':[{'code':'INVALID_INPUT','path':['id']}]}}`)
	w.expect("boss", `mutation { updateAccount(id: "01890000-0000-7000-8000-000000000042", input: {name: "x"}) { id errors { code } } }`,
		`{'updateAccount':{'id':null,'errors':[{'code':'NOT_FOUND'}]}}`)
}

// TestChildrenNeverStayAlone: with CONTINUE, an order whose line is refused is
// refused as a whole.
func TestChildrenNeverStayAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := w.data("boss", `mutation { createOrders(onError: CONTINUE, inputs: [
		{number: "1", lines: {create: [{product: "a"}, {quantity: 3}]}}, {number: "2", lines: {create: [{product: "a"}]}}
	]) { results { index record { number lines { totalCount } } errors { code path } } } }`, nil)
	if !strings.Contains(body, `{"index":0,"record":null,"errors":[{"code":"VALIDATION_FAILED","path":["inputs","0","lines","create","1","product"]}]}`) ||
		!strings.Contains(body, `{"index":1,"record":{"number":"2","lines":{"totalCount":1}},"errors":[]}`) {
		t.Error(body)
	}
	w.expect("boss", `{ orders { totalCount } orderLines { totalCount } }`, `{'orders':{'totalCount':1},'orderLines':{'totalCount':1}}`)
}

func TestBatchIsOneTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect("boss", `mutation { batch(operations: [
		{ref: "acme", createAccount: {name: "Acme", code: "A"}},
		{ref: "o", createOrder: {number: "1", account: "@acme"}},
		{createOrderLine: {order: "@o", product: "p"}}
	]) { results { index ref record { account { name } order { number account { name } lines { totalCount } } orderLine { product } } errors { code } } } }`,
		`{'batch':{'results':[{'index':0,'ref':'acme','record':{'account':{'name':'Acme'},'order':null,'orderLine':null},'errors':[]},`+
			`{'index':1,'ref':'o','record':{'account':null,'order':{'number':'1','account':{'name':'Acme'},'lines':{'totalCount':1}},'orderLine':null},'errors':[]},`+
			`{'index':2,'ref':null,'record':{'account':null,'order':null,'orderLine':{'product':'p'}},'errors':[]}]}}`)
	// A conflict that the database found is not told to be of one operation: it
	// is an error of the field.
	_, body := w.send("boss", `mutation { batch(operations: [{createAccount: {name: "B", code: "B"}}, {createAccount: {name: "C", code: "A"}}]) { results { id errors { code } } } }`, nil)
	if !strings.Contains(body, `{"batch":null}`) || !strings.Contains(body, `"path":["batch"],"extensions":{"code":"CONFLICT"}`) {
		t.Error(body)
	}
	w.expect("boss", `{ accounts { totalCount } }`, `{'accounts':{'totalCount':1}}`)
}

// TestClerkWritesWithinRights: what the clerk may not set is not in the schema,
// and what was written is read back under the clerk's own rules.
func TestClerkWritesWithinRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, south := w.fill()
	w.expect("clerk", `mutation { createOrder(input: {number: "9"}) { record { number amount { amount } } errors { code } } }`,
		`{'createOrder':{'record':{'number':'9','amount':null},'errors':[]}}`)
	// A lookup to a record that is not visible is refused as one that is not there.
	refuse := func(id string) string {
		return w.data("clerk", fmt.Sprintf(`mutation { createOrder(input: {number: "10", account: %q})`+outcome+` }`, id), nil)
	}
	if hidden, absent := refuse(south), refuse("01890000-0000-7000-8000-00000000ffff"); hidden != absent || !strings.Contains(hidden, `"id":null`) {
		t.Errorf("hidden %s\nabsent %s", hidden, absent)
	}
}

// TestManyRowsReadBackTogether: each row gets its own record, in order, with
// lists inside and characters that need escapes.
func TestManyRowsReadBackTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var inputs, want []string
	for i := range 300 {
		inputs = append(inputs, fmt.Sprintf(`{number: "n%d {\"}", lines: {create: [{product: "p%d"}]}}`, i, i))
		want = append(want, fmt.Sprintf(`{"index":%d,"record":{"number":"n%d {\"}","lines":{"nodes":[{"product":"p%d"}]}},"a":{"__typename":"Order"}}`, i, i, i))
	}
	got := w.data("boss", `mutation { createOrders(inputs: [`+strings.Join(inputs, ",")+`]) { results { index record { number lines { nodes { product } } } a: record { __typename } } } }`, nil)
	if want := `{"createOrders":{"results":[` + strings.Join(want, ",") + `]}}`; got != want {
		t.Errorf("%.2000s", got)
	}
}
