package graphql_test

import (
	"fmt"
	"testing"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "testdata/relations")
	a, b := w.create("Product", `{name: "a"}`), w.create("Product", `{name: "b", secret: true}`)
	c := w.create("Campaign", `{name: "fair"}`)
	lead := w.create("Lead", fmt.Sprintf(`{name: "L", productInterest: {set: [%q, %q]}, campaigns: {add: [%q]}}`, a, b, c))
	w.create("Lead", `{name: "M"}`)
	const list = `(orderBy: [{name: ASC}]) { totalCount nodes { name } }`
	w.expect("boss", fmt.Sprintf(`{ lead(id: %q) { name productInterest%s campaigns { nodes { name } } memberships { nodes { note campaign { name } } } } }`, lead, list),
		`{'lead':{'name':'L','productInterest':{'totalCount':2,'nodes':[{'name':'a'},{'name':'b'}]},'campaigns':{'nodes':[{'name':'fair'}]},'memberships':{'nodes':[{'note':null,'campaign':{'name':'fair'}}]}}}`)
	w.expect("clerk", `{ leads(orderBy: [{name: ASC}]) { nodes { name productInterest(first: 1) { nodes { name leads { nodes { name } } } pageInfo { hasNextPage } } } } }`,
		`{'leads':{'nodes':[{'name':'L','productInterest':{'nodes':[{'name':'a','leads':{'nodes':[{'name':'L'}]}}],'pageInfo':{'hasNextPage':false}}},{'name':'M','productInterest':{'nodes':[],'pageInfo':{'hasNextPage':false}}}]}}`)
	for filter, want := range map[string]string{
		`{productInterest: {some: {name: {eq: "b"}}}}`:            `{'leads':{'nodes':[{'name':'L'}]}}`,
		`{not: {productInterest: {some: {name: {eq: "b"}}}}}`:     `{'leads':{'nodes':[{'name':'M'}]}}`,
		`{productInterest: {none: {}}}`:                           `{'leads':{'nodes':[{'name':'M'}]}}`,
		`{productInterest: {every: {leads: {none: {}}}}}`:         `{'leads':{'nodes':[{'name':'M'}]}}`,
		`{campaigns: {some: {name: {eq: "fair"}}}}`:               `{'leads':{'nodes':[{'name':'L'}]}}`,
		`{memberships: {some: {campaign: {name: {eq: "fair"}}}}}`: `{'leads':{'nodes':[{'name':'L'}]}}`,
		`{productInterest: {some: {secret: {eq: false}}}}`:        `{'leads':{'nodes':[]}}`,
	} {
		w.expect("boss", `{ leads(filter: `+filter+`) { nodes { name } } }`, want)
	}
	// A clerk sets what they see; what they do not see is not there.
	w.expect("clerk", fmt.Sprintf(`mutation { updateLead(id: %q, input: {productInterest: {add: [%q]}}) { id errors { code path } } }`, lead, b),
		`{'updateLead':{'id':null,'errors':[{'code':'INVALID_INPUT','path':['input','productInterest','add','0']}]}}`)
	w.expect("clerk", fmt.Sprintf(`mutation { updateLead(id: %q, input: {productInterest: {set: []}}) { record { version productInterest%s } errors { code path } } }`, lead, list),
		`{'updateLead':{'record':{'version':2,'productInterest':{'totalCount':0,'nodes':[]}},'errors':[]}}`)
	w.expect("boss", fmt.Sprintf(`{ lead(id: %q) { productInterest%s } }`, lead, list), `{'lead':{'productInterest':{'totalCount':1,'nodes':[{'name':'b'}]}}}`)
	w.expect("boss", fmt.Sprintf(`mutation { updateLead(id: %q, input: {productInterest: {set: [%q], add: [%q]}}) { errors { code path message } } }`, lead, a, b),
		`{'updateLead':{'errors':[{'code':'INVALID_INPUT','path':['input','productInterest'],'message':'takes add and remove, or set, not both'}]}}`)
	w.expect("boss", fmt.Sprintf(`mutation { batch(operations: [{createLead: {name: "N", productInterest: {set: [%q]}}}]) { results { record { lead { productInterest { nodes { name } } } } errors { code path } } } }`, a),
		`{'batch':{'results':[{'record':{'lead':{'productInterest':{'nodes':[{'name':'a'}]}}},'errors':[]}]}}`)
}
