package graphql_test

import (
	"strings"
	"testing"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	w.expect("boss", `{ orders { groups(by: [{account: {region: true}}, {amount: {currency: true}}], orderBy: {key: {account: {region: ASC}}}) {
			key { account { region } amount { currency } } count sum { amount { amount currency __typename } } } } }`,
		`{'orders':{'groups':[{'key':{'account':{'region':'SOUTH'},'amount':{'currency':'USD'}},'count':1,'sum':{'amount':{'amount':'7.00','currency':'USD','__typename':'Money'}}},`+
			`{'key':{'account':{'region':'north'},'amount':{'currency':'EUR'}},'count':1,'sum':{'amount':{'amount':'10.50','currency':'EUR','__typename':'Money'}}},`+
			`{'key':{'account':{'region':null},'amount':{'currency':null}},'count':1,'sum':{'amount':null}}]}}`)
	w.expect("boss", `{ orders { groups(by: {placedOn: MONTH}) { key { placedOn } n: count } groupCount(by: {placedOn: YEAR}) totalCount } }`,
		`{'orders':{'groups':[{'key':{'placedOn':'2026-01-01'},'n':1},{'key':{'placedOn':null},'n':2}],'groupCount':2,'totalCount':3}}`)
	w.expect("boss", `{ orderLines { groups { count sum { quantity } avg { quantity } max { quantity } products: countDistinct(of: {product: true}) } } }`,
		`{'orderLines':{'groups':[{'count':3,'sum':{'quantity':'2.000'},'avg':{'quantity':'2'},'max':{'quantity':'2.000'},'products':2}]}}`)
	w.expect("boss", `{ accounts(orderBy: {code: ASC}) { nodes { code orders { groups { sum { amount { amount } } } } } } }`,
		`{'accounts':{'nodes':[{'code':'N','orders':{'groups':[{'sum':{'amount':{'amount':'10.50'}}}]}},{'code':'S','orders':{'groups':[{'sum':{'amount':{'amount':'7.00'}}}]}}]}}`)
}

func TestGroupsRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	for text, want := range map[string]string{
		`{ orders { groups(by: {placedOn: MONTH}) { key { number } } } }`:                                   `the groups are not made by number: name it in by`,
		`{ orders { groups(by: {number: false}) { count } } }`:                                              `must be true`,
		`{ orders { groups(by: [{number: true}, {number: true}]) { count } } }`:                             `is a key already`,
		`{ orders { groups(by: {number: true, placedOn: DAY}) { count } } }`:                                `give exactly one field in each key`,
		`{ orders { groups(by: {amount: {amount: true, currency: true}}) { count } } }`:                     `say amount: true or currency: true`,
		`{ orders { groups(orderBy: {key: {number: ASC}}) { count } } }`:                                    `the groups are not made by this field`,
		`{ orders { groups(orderBy: {sum: {number: ASC}}) { count } } }`:                                    `groups have no such sum`,
		`{ orders { groups(first: 1001) { count } } }`:                                                      `must be from 1 to 1000`,
		`{ accounts { nodes { orders { groups(first: 201) { count } } } } }`:                                `must be from 1 to 200`,
		`{ orders { groups(timeZone: "Nowhere") { count } } }`:                                              `there is no time zone \"Nowhere\"`,
		`{ orders { groups { sum { amount { amount } } } } }`:                                               `amount has amounts in several currencies: group by its currency`,
		`{ orders { groups { sum { number } } } }`:                                                          `Cannot query field \"number\" on type \"OrderTotals\".`,
		`{ accounts(first: 1000) { nodes { orders(first: 1) { groups(first: 200) { count }}}} }`:            ``,
		`{ accounts(first: 1000) { nodes { a: orders { groups { count }} b: orders { groups { count }}}} }`: `QUERY_TOO_COSTLY`,
	} {
		if _, body := w.send("boss", text, nil); !strings.Contains(body, want) || want != "" && !strings.Contains(body, `"errors"`) {
			t.Errorf("%s\n%s\nlacks %s", text, body, want)
		}
	}
	// Without the right to aggregate there are no groups.
	if _, body := w.send("clerk", `{ orders { groups { count } } }`, nil); !strings.Contains(body, `Cannot query field \"groups\" on type \"OrderConnection\".`) {
		t.Error(body)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	w.expect("boss", `{ accounts(search: "or") { totalCount nodes { code } } }`, `{'accounts':{'totalCount':1,'nodes':[{'code':'N'}]}}`)
	w.expect("boss", `{ accounts(search: "SÜ", filter: {code: {eq: "S"}}, orderBy: {name: ASC}) { nodes { code } groups { count } } }`, `{'accounts':{'nodes':[{'code':'S'}],'groups':[{'count':1}]}}`)
	w.expect("boss", `{ search(text: "ord nor", first: 5) { object title field value __typename } none: search(text: "xyz") { id } }`, `{'search':[{'object':'account','title':'Nord','field':'name','value':'Nord','__typename':'SearchHit'}],'none':[]}`)
	w.expect("clerk", `{ search(text: "Süd") { title } accounts(search: "Süd") { totalCount } }`, `{'search':[],'accounts':{'totalCount':0}}`) // not the clerk's
	for text, want := range map[string]string{
		`{ accounts(search: "") { totalCount } }`:                   `say what to search for`,
		`{ search(text: "") { id } }`:                               `say what to search for`,
		`{ search(text: "x", objects: ["vault"]) { id } }`:          `there is no object \"vault\"`,
		`{ search(text: "x", objects: ["ghost"]) { id } }`:          `there is no object \"ghost\"`,
		`{ orders(search: "x") { totalCount } }`:                    `Unknown argument \"search\" on field \"Query.orders\".`,
		`query { search(text: "1 2 3 4 5 6 7 8 9 a b") { title } }`: `a search has 10 words at most`,
	} {
		if _, body := w.send("clerk", text, nil); !strings.Contains(body, want) {
			t.Errorf("%s\n%s\nlacks %s", text, body, want)
		}
	}
	if _, body := w.send("nobody", `{ search(text: "x") { id } }`, nil); !strings.Contains(body, `Cannot query field \"search\" on type \"Query\".`) {
		t.Error(body)
	}
}
