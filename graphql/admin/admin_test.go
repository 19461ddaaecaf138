package admin_test

import (
	"strings"
	"testing"

	"github.com/trellishq/trellis/metadata"
)

func TestAddedFieldIsThereAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.ask("admin", `mutation { addField(object: "account", field: {name: "shoeSize", kind: integer, label: [{lang: "en", text: "Shoe size"}]}) { revision problems { message } steps { sql lock online } } }`)
	if !strings.Contains(got, `"problems":[]`) || !strings.Contains(got, `ADD COLUMN`) || !strings.Contains(got, `"online":true`) {
		t.Fatal(got)
	}
	if got := w.post(w.data, "admin", `{ accounts(filter: {shoeSize: {gt: 3}}) { totalCount nodes { shoeSize } } }`); !strings.Contains(got, `"totalCount":0`) {
		t.Error(got)
	}
	got = w.ask("admin", `{ object(name: "account") { fields { name kind package label { lang text } writable } } history(first: 1) { by changes } }`)
	for _, part := range []string{`{"name":"shoeSize","kind":"integer","package":"custom","label":[{"lang":"en","text":"Shoe size"}],"writable":true}`, `"by":"key:01890000`, `add field account.shoeSize`} {
		if !strings.Contains(got, part) {
			t.Errorf("%s lacks %s", got, part)
		}
	}
	w.expect("admin", `mutation { addField(object: "account", field: {name: "shoeSize", kind: text}) { steps { sql } problems { code } } }`,
		`{'data':{'addField':{'steps':[],'problems':[{'code':'VALIDATION_FAILED'}]}}}`)
}

// Each kind of the list in metadata is a value of FieldKind, and the settings of
// the kinds go in and come out.
func TestKindsCanBeAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.ask("admin", `{ __type(name: "FieldKind") { enumValues { name } } }`)
	for _, k := range metadata.Kinds {
		if !strings.Contains(got, `{"name":"`+string(k)+`"}`) {
			t.Errorf("FieldKind lacks %s", k)
		}
	}
	w.ask("admin", `mutation { apply(changes: [
		{addField: {object: "account", field: {name: "share", kind: percent, min: "0", max: "100", help: [{lang: "en", text: "Of the group."}]}}},
		{addField: {object: "account", field: {name: "stars", kind: rating, maxRating: 7}}},
		{addField: {object: "account", field: {name: "home", kind: address}}}]) { revision problems { message } } }`)
	got = w.ask("admin", `{ object(name: "account") { fields { name sortable min max maxRating help { text } } } }`)
	for _, part := range []string{`{"name":"share","sortable":true,"min":"0","max":"100","maxRating":null,"help":[{"text":"Of the group."}]}`,
		`{"name":"stars","sortable":true,"min":null,"max":null,"maxRating":7,"help":[]}`, `{"name":"home","sortable":false,`} {
		if !strings.Contains(got, part) {
			t.Errorf("%s lacks %s", got, part)
		}
	}
}

func TestPlanChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.ask("admin", `{ revision }`)
	got := w.ask("admin", `{ plan(changes: [
		{addObject: {name: "ship", plural: "ships", title: "name", fields: [{name: "name", kind: text, required: true}, {name: "flag", kind: select, options: [{name: "NL", color: "blue"}]}, {name: "account", kind: lookup, target: "account", inverse: "ships"}]}},
		{addField: {object: "contact", field: {name: "boat", kind: lookup, target: "ship"}}}
	]) { problems { path message } steps { sql } loses } }`)
	if !strings.Contains(got, `"problems":[]`) || !strings.Contains(got, `CREATE TABLE`) || !strings.Contains(got, `"loses":[]`) {
		t.Error(got)
	}
	got = w.ask("admin", `{ plan(changes: [{removeField: {object: "account", field: "phone"}}]) { problems { path message } loses } }`)
	if strings.Contains(got, `"loses":[]`) {
		t.Error(got)
	}
	if after := w.ask("admin", `{ revision }`); after != before {
		t.Errorf("%s became %s", before, after)
	}
	w.expect("admin", `{ plan(changes: [{}]) { problems { code path } steps { sql } } }`,
		`{'data':{'plan':{'problems':[{'code':'INVALID_INPUT','path':'changes[0]'}],'steps':[]}}}`)
}

// TestOthersSeeTheirViewOnly: without an admin role there is viewer and nothing
// else, and it shows what the data API shows.
func TestOthersSeeTheirViewOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect("member", `{ viewer { principal name admin roles workspace userId email objects { name canCreate fields { name } } } }`,
		`{'data':{'viewer':{'principal':'key:01890000-0000-7000-8000-0000000000bb','name':'member','admin':false,'roles':['member'],'workspace':'main','userId':null,'email':null,'objects':[`+
			objectsOf(w.ask("member", `{ viewer { objects { name canCreate fields { name } } } }`))+`]}}}`)
	for _, field := range []string{
		`objects { name }`, `object(name: "account") { name }`, `roles { name }`, `revision`, `history { revision }`, `drift { name }`, `hidden { object }`, `impact(object: "account") { path }`, `plan(changes: []) { loses }`,
		`users { id }`, `apiKeys { id }`, `connections { id }`, `plugins { id }`,
	} {
		if got := w.ask("member", "{ "+field+" }"); !strings.Contains(got, `"code":"FORBIDDEN"`) || !strings.Contains(got, `{"data":null`) && !strings.Contains(got, `{"data":{"object":null}`) {
			t.Errorf("%s: %s", field, got)
		}
	}
	for _, field := range []string{
		`addField(object: "account", field: {name: "x", kind: text}) { revision }`, `apply(changes: []) { revision }`,
		`createUser(input: {name: "x", email: "x@example.org", roles: []}) { id }`, `createApiKey(name: "x", role: "admin") { key }`,
		`revokeApiKey(id: "01890000-0000-7000-8000-0000000000bb")`, `syncConnection(id: "01890000-0000-7000-8000-0000000000bb")`,
		`createConnection(input: {name: "x", connector: "file", role: "admin", config: "{}", mapping: ""}) { id }`,
	} {
		if got := w.ask("member", "mutation { "+field+" }"); !strings.Contains(got, `"code":"FORBIDDEN"`) {
			t.Errorf("%s: %s", field, got)
		}
	}
	if got := w.ask("", "{ viewer { name } }"); !strings.Contains(got, "UNAUTHENTICATED") {
		t.Error(got)
	}
}

// objectsOf checks a member's objects and gives their text back.
func objectsOf(answer string) string {
	_, rest, _ := strings.Cut(answer, `"objects":[`)
	list, _, _ := strings.Cut(rest, `]}}}`)
	if strings.Contains(list, "opportunity") || !strings.Contains(list, `"product"`) || strings.Contains(list, `"canCreate":true`) {
		return "a member sees products, teams and users alone"
	}
	return list
}

func TestPeopleAndKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect("admin", `mutation { createUser(input: {name: "Ann", email: "Ann@example.org", password: "correct horse battery", roles: ["member"]}) { name email active roles } }`,
		`{'data':{'createUser':{'name':'Ann','email':'ann@example.org','active':true,'roles':['member']}}}`)
	w.expect("admin", `{ users { name email roles } }`, `{'data':{'users':[{'name':'Ann','email':'ann@example.org','roles':['member']}]}}`)
	if got := w.ask("admin", `mutation { createUser(input: {name: "Bob", email: "b@example.org", roles: ["nope"]}) { id } }`); !strings.Contains(got, `INVALID_INPUT`) || !strings.Contains(got, `"argument":["roles",0]`) {
		t.Error(got)
	}
	got := w.ask("admin", `mutation { createApiKey(name: "ci", role: "member") { id key } }`)
	_, rest, _ := strings.Cut(got, `"id":"`)
	id := rest[:36]
	if !strings.Contains(got, `"key":"trl_`) {
		t.Error(got)
	}
	w.expect("admin", `mutation { revokeApiKey(id: "`+id+`") other: revokeApiKey(id: "01890000-0000-7000-8000-0000000000bb") }`, `{'data':{'revokeApiKey':true,'other':false}}`)
	w.expect("admin", `{ apiKeys { name role revoked lastUsedAt } }`, `{'data':{'apiKeys':[{'name':'ci','role':'member','revoked':true,'lastUsedAt':null}]}}`)
}

func TestSystemsGoThroughTheirPorts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect("admin", `mutation { createConnection(input: {name: "erp", connector: "tryton", role: "integration", config: "{}", mapping: ""}) { name status problem } }`,
		`{'data':{'createConnection':{'name':'erp','status':'active','problem':null}}}`)
	w.expect("admin", `{ connections { name connector } }`, `{'data':{'connections':[{'name':'erp','connector':'tryton'}]}}`)
	if got := w.ask("admin", `mutation { syncConnection(id: "01890000-0000-7000-8000-0000000000bb") }`); !strings.Contains(got, "NOT_FOUND") {
		t.Error(got)
	}
	if got := w.ask("admin", `{ plugins { id } }`); !strings.Contains(got, "UNAVAILABLE") {
		t.Error(got)
	}
}

// TestToolsReadTheSchema sends the introspection query of graphql-js, which is
// deeper than any other.
func TestToolsReadTheSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := "kind name " + strings.Repeat("ofType { kind name ", 9) + strings.Repeat("}", 9)
	value := "name description type { " + ref + " } defaultValue"
	got := w.ask("member", `{ __schema { queryType { name } mutationType { name } subscriptionType { name } directives { name locations args { `+value+` } }
		types { kind name description fields(includeDeprecated: true) { name args { `+value+` } type { `+ref+` } isDeprecated } inputFields { `+value+` }
			interfaces { `+ref+` } enumValues(includeDeprecated: true) { name } possibleTypes { `+ref+` } } } }`)
	if strings.Contains(got, `"errors"`) || !strings.Contains(got, `"name":"ConnectionInput"`) {
		t.Errorf("%.300s", got)
	}
}

// TestVariables sends what clients send: numbers, lists of inputs, nulls.
func TestVariables(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.send("admin", `query ($n: Int, $changes: [ChangeInput!]!) { history(first: $n) { revision } plan(changes: $changes) { problems { path message } steps { sql } } }`,
		`{"n": 1, "changes": [{"addField": {"object": "account", "field": {"name": "motto", "kind": "text", "maxLength": 40, "required": null, "default": null}}, "removeObject": null}]}`)
	if !strings.Contains(got, `{"data":{"history":[{"revision":2}],"plan":{"problems":[],`) || !strings.Contains(got, "motto") {
		t.Error(got)
	}
	for _, variables := range []string{`{"n": 1.5}`, `{"n": "x"}`, `{"n": 99999999999}`, `{"n": {}}`} {
		if got := w.send("admin", `query ($n: Int) { history(first: $n) { revision } }`, variables); !strings.Contains(got, "INVALID_INPUT") {
			t.Errorf("%s: %s", variables, got)
		}
	}
	for _, variables := range []string{`{}`, `{"c": null}`, `{"c": [null]}`, `{"c": 3}`, `{"c": [{"addField": 3}]}`, `{"c": [{"addField": {"object": "account", "field": {"name": "x", "kind": "nope"}}}]}`, `{"c": [{"what": 1}]}`} {
		got := w.send("admin", `query ($c: [ChangeInput!]!) { plan(changes: $c) { problems { message } steps { sql } } }`, variables)
		if !strings.Contains(got, "INVALID_INPUT") && !strings.Contains(got, `"problems":[{`) {
			t.Errorf("%s: %s", variables, got)
		}
	}
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for text, code := range map[string]string{
		"{ viewer { " + strings.Repeat("name ", 5000) + "} }":                             "QUERY_TOO_COSTLY",
		strings.Repeat("{a", 100_000):                                                     "INVALID_INPUT",
		"{ viewer { ...a } } fragment a on Viewer { ...b } fragment b on Viewer { ...a }": "INVALID_INPUT",
		"{ viewer { nope } }":                                                             "INVALID_INPUT",
		"{ object(name: 3) { name } }":                                                    "INVALID_INPUT",
		"{ history(first: 0) { by } }":                                                    "INVALID_INPUT",
		"{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }":              "",
		`{ viewer { objects { fields { options { label { lang } } } relations { field } } } __type(name: "Field") { name } }`: "",
	} {
		got := w.ask("admin", text)
		if code == "" && strings.Contains(got, `"errors"`) || code != "" && !strings.Contains(got, `"code":"`+code+`"`) {
			t.Errorf("%.60s: %.300s", text, got)
		}
	}
}
