package graphql_test

import (
	"strings"
	"testing"
)

func TestMutationsByFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.data("boss", `mutation { createAccounts(inputs: [{name: "A", code: "1", rating: 1}, {name: "B", code: "2", rating: 1}, {name: "C", code: "3", rating: 4}]) { results { id } } }`, nil)
	again := `mutation { updateAccounts(filter: {rating: {eq: 1}}, input: {rating: 5}, idempotencyKey: "k") { results { index record { name rating version } errors { code } } } }`
	want := `{'updateAccounts':{'results':[{'index':0,'record':{'name':'A','rating':5,'version':2},'errors':[]},{'index':1,'record':{'name':'B','rating':5,'version':2},'errors':[]}]}}`
	w.expect("boss", again, want)
	w.expect("boss", again, want) // under its key, though nothing has the rating 1 now
	w.expect("boss", `mutation { updateAccounts(filter: {rating: {eq: 1}}, input: {rating: 5}) { results { id } } }`, `{'updateAccounts':{'results':[]}}`)
	body := w.data("boss", `mutation { deleteAccounts(filter: {name: {in: ["A", "C"]}}) { results { index id } } }`, nil)
	if strings.Count(body, `"id":"`) != 2 {
		t.Error(body)
	}
	w.expect("boss", `{ accounts { nodes { name } } }`, `{'accounts':{'nodes':[{'name':'B'}]}}`)
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const create = `mutation { createAccount(input: {name: "A", code: "1"}, idempotencyKey: "k") { id record { name version } errors { code } } }`
	first := w.data("boss", create, nil)
	if second := w.data("boss", create, nil); first != second || !strings.Contains(first, `"name":"A"`) {
		t.Errorf("%s, then %s", first, second)
	}
	w.expect("boss", `{ accounts { totalCount } }`, `{'accounts':{'totalCount':1}}`)
	if _, body := w.send("boss", `mutation { createAccount(input: {name: "B"}, idempotencyKey: "k") { id errors { code } } }`, nil); !strings.Contains(body, "IDEMPOTENCY_MISMATCH") {
		t.Error(body)
	}
	const rows = `mutation { createAccounts(inputs: [{name: "X", code: "8"}, {code: "9"}], onError: CONTINUE, idempotencyKey: "rows") { results { index id errors { code path } } } }`
	first = w.data("boss", rows, nil)
	if second := w.data("boss", rows, nil); first != second || !strings.Contains(first, `"path":["inputs","1","name"]`) {
		t.Errorf("%s, then %s", first, second)
	}
}
