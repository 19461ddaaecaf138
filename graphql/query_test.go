package graphql_test

import (
	"fmt"
	"strings"
	"testing"
)

func (w *world) fill() (north, south string) {
	north = w.create("Account", `{name: "Nord", code: "N", region: north, rating: 5, active: true, secretMargin: "0.1234"}`)
	south = w.create("Account", `{name: "Süd", code: "S", region: SOUTH, rating: 3}`)
	w.create("Order", fmt.Sprintf(`{number: "1", account: %q, amount: {amount: "10.50", currency: "EUR"}, placedOn: "2026-01-31", lines: {create: [{product: "a", quantity: 2}, {product: "b"}]}}`, north))
	w.create("Order", fmt.Sprintf(`{number: "2", account: %q, amount: {amount: 7, currency: "USD"}, lines: {create: [{product: "a"}]}}`, south))
	w.create("Order", `{number: "3"}`)
	return north, south
}

func TestQueriesAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	north, _ := w.fill()
	w.expect("boss", fmt.Sprintf(`{ account(id: %q) { __typename n: name region rating secretMargin version deletedAt } }`, north),
		`{'account':{'__typename':'Account','n':'Nord','region':'north','rating':5,'secretMargin':'0.1234','version':1,'deletedAt':null}}`)
	w.expect("boss", `{ account(key: {code: "S"}) { name } none: account(key: {code: "X"}) { name } __typename }`,
		`{'account':{'name':'Süd'},'none':null,'__typename':'Query'}`)
	w.expect("boss", `{ orders(orderBy: [{number: DESC}], first: 2) { totalCount nodes { number amount { amount currency } account { name } lines(orderBy: [{product: ASC}]) { totalCount nodes { product quantity } } } pageInfo { hasNextPage } } }`,
		`{'orders':{'totalCount':3,'nodes':[{'number':'3','amount':null,'account':null,'lines':{'totalCount':0,'nodes':[]}},`+
			`{'number':'2','amount':{'amount':'7.00','currency':'USD'},'account':{'name':'Süd'},'lines':{'totalCount':1,'nodes':[{'product':'a','quantity':null}]}}],'pageInfo':{'hasNextPage':true}}}`)
	w.expect("boss", `{ accounts(orderBy: [{name: ASC}]) { edges { node { name orders { nodes { number } } } } } }`,
		`{'accounts':{'edges':[{'node':{'name':'Nord','orders':{'nodes':[{'number':'1'}]}}},{'node':{'name':'Süd','orders':{'nodes':[{'number':'2'}]}}}]}}`)
}

// TestFiltersPartition holds that a filter and its not divide the records.
func TestFiltersPartition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	north, _ := w.fill()
	for filter, want := range map[string]string{
		`{amount: {gt: "8"}}`:                                                         "1",
		`{amount: {lte: 10.5, currency: {eq: "EUR"}}}`:                                "1",
		`{account: {region: {eq: north}}}`:                                            "1",
		`{account: {isNull: true}}`:                                                   "3",
		`{account: {isNull: false}}`:                                                  "12",
		fmt.Sprintf(`{account: {id: {in: [%q]}}}`, north):                             "1",
		`{lines: {some: {product: {eq: "a"}}}}`:                                       "12",
		`{lines: {none: {product: {eq: "b"}}}}`:                                       "23",
		`{lines: {every: {product: {eq: "a"}}}}`:                                      "23",
		`{lines: {some: {quantity: {isNull: true}}}}`:                                 "12",
		`{number: {in: ["1", "3"]}}`:                                                  "13",
		`{number: {ne: "1"}, or: [{placedOn: {isNull: true}}, {number: {eq: "1"}}]}`:  "23",
		`{placedOn: {lt: "2026-02-01"}}`:                                              "1",
		`{number: {contains: "%"}}`:                                                   "",
		`{account: {name: {iStartsWith: "NO"}, orders: {some: {number: {eq: "1"}}}}}`: "1",
	} {
		for _, not := range []bool{false, true} {
			text, numbers := filter, want
			if not {
				text, numbers = "{not: "+filter+"}", ""
				for _, n := range "123" {
					if !strings.ContainsRune(want, n) {
						numbers += string(n)
					}
				}
			}
			nodes := []string{}
			for _, n := range numbers {
				nodes = append(nodes, fmt.Sprintf("{'number':'%c'}", n))
			}
			w.expect("boss", `{ orders(filter: `+text+`, orderBy: [{number: ASC}]) { totalCount nodes { number } } }`,
				fmt.Sprintf("{'orders':{'totalCount':%d,'nodes':[%s]}}", len(nodes), strings.Join(nodes, ",")))
		}
	}
}

// TestRolesSeeTheirOwn asks the same as different people.
func TestRolesSeeTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	w.expect("clerk", `{ accounts { totalCount nodes { name } } orders(orderBy: [{number: ASC}]) { nodes { number account { name } } } }`,
		`{'accounts':{'totalCount':1,'nodes':[{'name':'Nord'}]},'orders':{'nodes':[{'number':'1','account':{'name':'Nord'}},{'number':'2','account':null},{'number':'3','account':null}]}}`)
	// What is not visible is as if it were not there: in filters too.
	w.expect("clerk", `{ orders(filter: {account: {isNull: true}}) { totalCount } }`, `{'orders':{'totalCount':2}}`)
	w.expect("nobody", `{ __typename nothing }`, `{'__typename':'Query','nothing':null}`)
}

// TestHiddenIsUnknown sends names that are hidden and names that do not exist,
// and expects the same, byte for byte.
func TestHiddenIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	north, _ := w.fill()
	for _, text := range []string{
		`{ accounts { nodes { @secretMargin } } }`,
		`{ accounts(filter: {@secretMargin: {gt: 1}}) { totalCount } }`,
		`{ accounts(orderBy: [{@secretMargin: ASC}]) { totalCount } }`,
		`{ accounts { nodes { @vaults { totalCount } } } }`,
		`{ accounts(filter: {@vaults: {some: {}}}) { totalCount } }`,
		`{ @vaults { totalCount } }`,
		`{ ... on @Vault { id } }`,
		`{ __type(name: "@Vault") { name } }`,
		`query ($f: @VaultFilter) { accounts { totalCount } }`,
		`mutation { @createVault(input: {}) { id } }`,
		`mutation { createOrder(input: {@amount: {amount: 1, currency: "EUR"}}) { id } }`,
		`mutation { updateOrder(id: "` + north + `", input: {@amount: null}) { id } }`,
		`mutation { @deleteOrder(id: "` + north + `") { id } }`,
		`mutation { batch(operations: [{@createVault: {name: "x"}}]) { results { id } } }`,
	} {
		var answers [2]string
		for i := range answers {
			asked := strings.ReplaceAll(text, "@", "")
			if i == 1 { // a name of equal length that nothing has
				at := strings.Index(text, "@")
				end := at + 1
				for end < len(text) && (text[end]|32 >= 'a' && text[end]|32 <= 'z') {
					end++
				}
				asked = text[:at] + strings.Repeat("q", end-at-1) + text[end:]
			}
			_, answers[i] = w.send("clerk", asked, nil)
			if i == 0 {
				answers[0] = strings.ReplaceAll(answers[0], hiddenName(text), strings.Repeat("q", len(hiddenName(text))))
			}
		}
		if answers[0] != answers[1] {
			t.Errorf("%s\nhidden  %s\nunknown %s", text, answers[0], answers[1])
		}
	}
}

func hiddenName(text string) string {
	_, rest, _ := strings.Cut(text, "@")
	end := 0
	for end < len(rest) && (rest[end]|32 >= 'a' && rest[end]|32 <= 'z') {
		end++
	}
	return rest[:end]
}

// TestNotAllowedIsNotThere: a record one may not see answers like one that
// does not exist.
func TestNotAllowedIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, south := w.fill()
	ask := func(id string) string {
		_, body := w.send("clerk", fmt.Sprintf(`{ account(id: %q) { id } }`, id), nil)
		return body
	}
	if hidden, absent := ask(south), ask("01890000-0000-7000-8000-00000000ffff"); hidden != absent {
		t.Errorf("hidden %s\nabsent %s", hidden, absent)
	}
}

func TestFieldErrorsLeaveTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, body := w.send("boss", `{ good: accounts { totalCount } bad: orders(filter: {placedOn: {eq: "never"}}) { totalCount } }`, nil)
	for _, part := range []string{`"good":{"totalCount":0}`, `"bad":null`, `"path":["bad"]`, `"code":"INVALID_INPUT"`, `"argument":["filter","placedOn","eq"]`} {
		if !strings.Contains(body, part) {
			t.Errorf("%s lacks %s", body, part)
		}
	}
}
