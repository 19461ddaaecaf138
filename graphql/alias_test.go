package graphql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// Texts written before a rename work on: fields, filters, orders, inputs, keys,
// roots and the names of types.
func TestFormerNamesAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create("Account", `{name: "Acme", code: "A"}`)
	rename := func(until string) {
		_, err := w.catalog.Apply(t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
			o := d.Own("account")
			if o == nil {
				o = d.Own("client")
			} else {
				o.Name, o.Plural = "client", "clients"
				o.Field("code").Name = "number"
			}
			o.Formerly = []*metadata.Alias{{Name: "account", Plural: "accounts", Until: until}}
			o.Field("number").Formerly = []*metadata.Alias{{Name: "code", Until: until}}
			return d, nil
		}, catalog.Options{})
		if err != nil {
			t.Fatal(err)
		}
	}
	rename("2999-12-31")
	w.expect("boss", `{ accounts(filter: {code: {eq: "A"}}, orderBy: [{code: ASC}]) { nodes { code number } } clients { totalCount } }`,
		`{'accounts':{'nodes':[{'code':'A','number':'A'}]},'clients':{'totalCount':1}}`)
	w.expect("boss", fmt.Sprintf(`mutation { updateAccount(id: %q, input: {code: "B"}) { record { number ...F } errors { code } } } fragment F on Account { name }`, id),
		`{'updateAccount':{'record':{'number':'B','name':'Acme'},'errors':[]}}`)
	w.expect("boss", `{ account(key: {code: "B"}) { name __typename } }`, `{'account':{'name':'Acme','__typename':'Client'}}`)
	body := w.data("boss", `mutation($in: AccountInput!) { createAccount(input: $in) { record { number } } }`, map[string]any{"in": map[string]any{"name": "Bolt", "code": "C"}})
	if !strings.Contains(body, `"number":"C"`) {
		t.Error(body)
	}
	body = w.data("boss", `{ __type(name: "Client") { fields(includeDeprecated: true) { name isDeprecated deprecationReason } } }`, nil)
	if !strings.Contains(body, `{"name":"code","isDeprecated":true,"deprecationReason":"It is called number now."}`) {
		t.Error(body)
	}
	if body = w.data("boss", `{ __type(name: "Client") { fields { name } } }`, nil); strings.Contains(body, `"code"`) {
		t.Error("a deprecated field is listed unasked: " + body)
	}
	// Both names at once contradict each other.
	body = w.data("boss", `mutation { createClient(input: {name: "Z", code: "1", number: "2"}) { record { id } errors { code } } }`, nil)
	if !strings.Contains(body, `"INVALID_INPUT"`) {
		t.Error(body)
	}
	// After the date they are no names any more.
	rename("2020-12-31")
	for _, q := range []string{`{ accounts { totalCount } }`, `{ clients { nodes { code } } }`} {
		if _, body := w.send("boss", q, nil); !strings.Contains(body, `"errors"`) {
			t.Errorf("%s is still answered", q)
		}
	}
}
