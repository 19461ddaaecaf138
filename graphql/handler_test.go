package graphql_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const (
	legacy = "application/json"
	modern = "application/graphql-response+json"
)

// TestHandlerStatuses holds the table of GraphQL over HTTP: what is said how.
func TestHandlerStatuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		role, accept, body string
		status             int
		code               string
	}{
		"answer":                 {"boss", legacy, `{"query":"{ __typename }"}`, 200, ""},
		"answer, modern":         {"boss", modern, `{"query":"{ __typename }"}`, 200, ""},
		"both accepted":          {"boss", "text/html, " + legacy + ", " + modern, `{"query":"{ nope }"}`, 400, "INVALID_INPUT"},
		"modern refused":         {"boss", modern + ";q=0, " + legacy, `{"query":"{ nope }"}`, 200, "INVALID_INPUT"},
		"nothing acceptable":     {"boss", "text/html", `{"query":"{ __typename }"}`, 406, "INVALID_INPUT"},
		"nobody":                 {"", legacy, `{"query":"{ __typename }"}`, 401, "UNAUTHENTICATED"},
		"unknown field":          {"boss", legacy, `{"query":"{ nope }"}`, 200, "INVALID_INPUT"},
		"syntax":                 {"boss", modern, `{"query":"{"}`, 400, "INVALID_INPUT"},
		"field error":            {"boss", modern, `{"query":"{ account { id } }"}`, 200, "INVALID_INPUT"},
		"variables":              {"boss", modern, `{"query":"query($a: Int!) { accounts(first: $a) { totalCount } }","variables":{"a":"1"}}`, 400, "INVALID_INPUT"},
		"not JSON":               {"boss", legacy, `query`, 400, "INVALID_INPUT"},
		"a list":                 {"boss", legacy, `[{"query":"{ __typename }"}]`, 400, "INVALID_INPUT"},
		"two objects":            {"boss", legacy, `{"query":"{ __typename }"} {}`, 400, "INVALID_INPUT"},
		"garbage after":          {"boss", legacy, `{"query":"{ __typename }"}x`, 400, "INVALID_INPUT"},
		"no query":               {"boss", legacy, `{"variables":{}}`, 400, "INVALID_INPUT"},
		"null query":             {"boss", legacy, `{"query":null}`, 400, "INVALID_INPUT"},
		"variables as list":      {"boss", legacy, `{"query":"{ __typename }","variables":[]}`, 400, "INVALID_INPUT"},
		"null members":           {"boss", legacy, `{"query":"{ __typename }","variables":null,"operationName":null,"extensions":null}`, 200, ""},
		"not UTF-8":              {"boss", legacy, "{\"query\":\"{ __typename } #\xff\"}", 400, "INVALID_INPUT"},
		"zero in the query":      {"boss", legacy, `{"query":"{ __typename } # \u0000"}`, 400, "INVALID_INPUT"},
		"zero in a variable":     {"boss", modern, `{"query":"query($a: String) { accounts(filter: {name: {eq: $a}}) { totalCount } }","variables":{"a":"\u0000"}}`, 400, "INVALID_INPUT"},
		"too long":               {"boss", legacy, `{"query":"` + strings.Repeat(" ", 1<<20) + `{ __typename }"}`, 413, "QUERY_TOO_COSTLY"},
		"an unknown operation":   {"boss", modern, `{"query":"query a { __typename }","operationName":"b"}`, 400, "INVALID_INPUT"},
		"several operations":     {"boss", modern, `{"query":"query a { __typename } query b { __typename }"}`, 400, "INVALID_INPUT"},
		"one of several":         {"boss", modern, `{"query":"query a { __typename } query b { x: __typename }","operationName":"b"}`, 200, ""},
		"a subscription":         {"boss", modern, `{"query":"subscription { __typename }"}`, 400, "INVALID_INPUT"},
		"mutation without right": {"nobody", modern, `{"query":"mutation { __typename }"}`, 400, "INVALID_INPUT"},
		"too costly":             {"boss", modern, `{"query":"{ orders(first: 1000) { nodes { lines(first: 200) { nodes { order { id } } } } } }"}`, 400, "QUERY_TOO_COSTLY"},
	} {
		status, body := w.post(c.role, c.accept, strings.NewReader(c.body))
		var out struct {
			Errors []struct {
				Message    string
				Extensions struct{ Code string }
			}
		}
		if err := json.Unmarshal([]byte(body), &out); err != nil {
			t.Errorf("%s: %v: %s", name, err, body)
			continue
		}
		code := ""
		if len(out.Errors) > 0 {
			code = out.Errors[0].Extensions.Code
		}
		if status != c.status || code != c.code {
			t.Errorf("%s: %d %s, want %d %s: %s", name, status, code, c.status, c.code, body)
		}
	}
}

func TestHandlerMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		method, query, media string
		status               int
		has                  string
	}{
		"get":               {"GET", "query=" + url.QueryEscape("query($n: Int) { accounts(first: $n) { totalCount } }") + "&variables=" + url.QueryEscape(`{"n":3}`), "", 200, `"totalCount":0`},
		"get with garbage":  {"GET", "query=" + url.QueryEscape("{ __typename }") + "&variables=" + url.QueryEscape(`{}{}`), "", 400, "INVALID_INPUT"},
		"get without query": {"GET", "", "", 400, "INVALID_INPUT"},
		"get of a mutation": {"GET", "query=" + url.QueryEscape(`mutation { createAccount(input: {name: "x"}) { id } }`), "", 200, "a mutation needs POST"},
		"put":               {"PUT", "", "application/json", 405, "INVALID_INPUT"},
		"form":              {"POST", "", "application/x-www-form-urlencoded", 415, "INVALID_INPUT"},
		"no type":           {"POST", "", "", 415, "INVALID_INPUT"},
		"with charset":      {"POST", "", "application/json; charset=utf-8", 200, `"__typename"`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, w.server.URL+"?"+c.query, strings.NewReader(`{"query":"{ __typename }"}`))
		w.check(err)
		r.Header.Set("X-Role", "boss")
		r.Header.Set("Content-Type", c.media)
		if status, body := w.do(r); status != c.status || !strings.Contains(body, c.has) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	w.expect("boss", "{ accounts { totalCount } }", `{'accounts':{'totalCount':0}}`)
}

// TestIntrospectionRoundTrip asks what GraphiQL asks and finds the caller's own
// schema, and nothing of what is hidden.
func TestIntrospectionRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := w.data("clerk", introspectionQuery, nil)
	var out struct {
		Schema struct {
			QueryType, MutationType struct{ Name string }
			Types                   []struct {
				Kind, Name string
				Fields     []struct {
					Name string
					Args []struct{ Name, DefaultValue string }
				}
				InputFields, EnumValues []struct{ Name string }
			}
			Directives []struct{ Name string }
		} `json:"__schema"`
	}
	w.check(json.Unmarshal([]byte(body), &out))
	seen := map[string]int{}
	for _, ty := range out.Schema.Types {
		seen[ty.Name] = len(ty.Fields) + len(ty.InputFields) + len(ty.EnumValues)
	}
	if out.Schema.QueryType.Name != "Query" || out.Schema.MutationType.Name != "Mutation" || len(out.Schema.Directives) != 4 {
		t.Errorf("roots %v %v, directives %v", out.Schema.QueryType, out.Schema.MutationType, out.Schema.Directives)
	}
	for name, members := range map[string]int{"Query": 5, "Account": 9, "AccountRegion": 2, "OrderPatch": 3, "__Type": 11} {
		if seen[name] != members {
			t.Errorf("%s has %d members, want %d", name, seen[name], members)
		}
	}
	for _, hidden := range []string{"vault", "secretMargin", "orderLine", "seenAt", "deleteOrder", "User"} {
		if strings.Contains(body, hidden) {
			t.Errorf("introspection tells %s", hidden)
		}
	}
	w.expect("clerk", `{ __type(name: "Account") { fields { name type { kind ofType { name } name } } } none: __type(name: "Vault") { name } }`,
		`{'__type':{'fields':[{'name':'id','type':{'kind':'NON_NULL','ofType':{'name':'ID'},'name':null}},{'name':'createdAt','type':{'kind':'SCALAR','ofType':null,'name':'DateTime'}},`+
			`{'name':'updatedAt','type':{'kind':'SCALAR','ofType':null,'name':'DateTime'}},{'name':'version','type':{'kind':'NON_NULL','ofType':{'name':'Long'},'name':null}},`+
			`{'name':'name','type':{'kind':'SCALAR','ofType':null,'name':'String'}},{'name':'code','type':{'kind':'SCALAR','ofType':null,'name':'String'}},`+
			`{'name':'region','type':{'kind':'ENUM','ofType':null,'name':'AccountRegion'}},{'name':'rating','type':{'kind':'SCALAR','ofType':null,'name':'Long'}},`+
			`{'name':'orders','type':{'kind':'OBJECT','ofType':null,'name':'OrderConnection'}}]},'none':null}`)
}

// introspectionQuery is the one of graphql-js, which GraphiQL sends.
const introspectionQuery = `query IntrospectionQuery {
  __schema {
    queryType { name kind } mutationType { name kind } subscriptionType { name kind }
    types { ...FullType }
    directives { name description isRepeatable locations args { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL
  fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } }
}`

// FuzzBody sends any bytes as a request: the answer is JSON with data or
// errors, and never INTERNAL.
func FuzzBody(f *testing.F) {
	w := newWorld(f)
	for _, seed := range []string{
		`{"query":"{ accounts { nodes { id name } } }"}`,
		`{"query":"query($f: AccountFilter) { accounts(filter: $f, first: 2) { totalCount } }","variables":{"f":{"name":{"eq":"x"},"rating":{"in":[1,2]}}}}`,
		`{"query":"mutation { createAccount(input: {name: \"x\", rating: 9}) { id errors { code path } } }"}`,
		`{"query":"{ orders(orderBy: [{account: {name: DESC}}], filter: {amount: {gt: 1.5, currency: {startsWith: \"E\"}}}) { edges { cursor } } }"}`,
		`{"query":"{ __schema { types { name } } a: __type(name: \"Order\") { kind } }"}`,
		`{"query":"mutation { batch(operations: [{ref: \"a\", createAccount: {name: \"x\"}}, {createOrder: {number: \"1\", account: \"@a\"}}]) { results { index } } }"}`,
		`{"query":"{ a: account(id: \"01890000-0000-7000-8000-000000000042\") { ...f @include(if: true) } } fragment f on Account { id }"}`,
		`{`, `[]`, `null`, `{"query":"","variables":{"a":{"b":[null,1e999]}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w := *w
		w.t = t
		status, out := w.post("boss", modern, bytes.NewReader(body))
		var answer struct {
			Data   json.RawMessage
			Errors []struct{ Extensions struct{ Code string } }
		}
		if err := json.Unmarshal([]byte(out), &answer); err != nil {
			t.Fatalf("%d: %v: %s", status, err, out)
		}
		if answer.Data == nil && len(answer.Errors) == 0 {
			t.Fatalf("%d: neither data nor errors: %s", status, out)
		}
		for _, e := range answer.Errors {
			if e.Extensions.Code == "INTERNAL" || e.Extensions.Code == "" {
				t.Fatalf("%d: %s", status, out)
			}
		}
	})
}
