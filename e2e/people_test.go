package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
)

// addFieldUnderLoad adds a field while four callers ask without a pause. None
// of them sees an error, and the first request sent after the answer has come
// sees the field.
func (j *mainJob) addFieldUnderLoad() {
	var stop atomic.Bool
	var asked atomic.Int64
	var readers sync.WaitGroup
	warm := make(chan struct{}, 4)
	for range 4 {
		readers.Go(func() {
			for n := 0; !stop.Load(); n++ {
				a, err := j.key.ask("/graphql", `{ accounts(first: 20, orderBy: [{name: ASC}]) { totalCount nodes { id name contacts { totalCount } } } }`, nil)
				if err != nil || len(a.Errors) > 0 {
					j.t.Errorf("a query failed while a field was added: %v %+v", err, a.Errors)
					return
				}
				asked.Add(1)
				if n == 5 {
					warm <- struct{}{}
				}
			}
		})
	}
	for range 4 {
		<-warm
	}
	for n := range 3 {
		name := fmt.Sprintf("taxNumber%d", n)
		before := asked.Load()
		var added struct {
			AddField struct{ Problems []struct{ Message string } }
		}
		j.admin.admin(j.t, `mutation($name: String!) { addField(object: "account", field: {name: $name, kind: text, maxLength: 20, indexed: true,
			label: [{lang: "en", text: "Tax number"}, {lang: "zh", text: "税号"}]}) { revision problems { message } } }`, map[string]any{"name": name}, &added)
		if len(added.AddField.Problems) > 0 {
			j.t.Fatalf("addField: %+v", added)
		}
		j.useField(name)
		j.t.Logf("%d queries were answered while %s was added", asked.Load()-before, name)
	}
	stop.Store(true)
	readers.Wait()
}

// useField is the first request after apply returned: it writes the field, and
// the next one filters by it.
func (j *mainJob) useField(name string) {
	j.t.Helper()
	id := accounts(j.t, j.key)[0].ID
	var written struct {
		UpdateAccount struct {
			Record map[string]any
			Errors []struct{ Message string }
		}
	}
	j.key.data(j.t, `mutation($id: ID!) { updateAccount(id: $id, input: {`+name+`: "DE 123"}) { record { `+name+` } errors { message } } }`, map[string]any{"id": id}, &written)
	if u := written.UpdateAccount; len(u.Errors) > 0 || u.Record[name] != "DE 123" {
		j.t.Errorf("writing the new field: %+v", u)
	}
	var found struct{ Accounts struct{ TotalCount int } }
	j.key.data(j.t, `{ accounts(filter: {`+name+`: {eq: "DE 123"}}) { totalCount } }`, nil, &found)
	if found.Accounts.TotalCount != 1 {
		j.t.Errorf("%d accounts have the new field's value, want 1", found.Accounts.TotalCount)
	}
}

// sameQuery is what both people ask.
const sameQuery = `{
	accounts(filter: {code: {in: ["E-1", "E-2", "E-3"]}}, orderBy: [{code: ASC}]) {
		totalCount
		nodes { code annualRevenue contacts(orderBy: [{name: ASC}]) { totalCount nodes { name account { code annualRevenue } } } }
	}
	contacts(filter: {name: {startsWith: "E-"}}, orderBy: [{name: ASC}]) { totalCount nodes { name account { code annualRevenue } } }
}`

// twoPeople lets a seller and a manager ask the same. The seller owns E-1 (an
// active customer) and E-2 (a prospect, whose revenue the seller may not see),
// but not E-3; and not all of E-1's contacts.
func (j *mainJob) twoPeople() {
	must(j.t, nil, "apply", "-f", filepath.Join(root, "docs", "tutorials", "revenue"), "--data", j.s.data)
	seller, sellerID := j.person("Li Na", "lina@e2e.example", "salesRep")
	manager, managerID := j.person("Wang Fang", "wangfang@e2e.example", "salesManager")
	j.key.data(j.t, `mutation($seller: ID!, $manager: ID!) { batch(operations: [
		{ref: "one", createAccount: {code: "E-1", name: "One", country: "CN", lifecycle: active, annualRevenue: "100.10", creditLimit: {amount: "5", currency: "EUR"}, owner: $seller}}
		{ref: "two", createAccount: {code: "E-2", name: "Two", country: "CN", annualRevenue: "200.20", owner: $seller}}
		{ref: "three", createAccount: {code: "E-3", name: "Three", country: "CN", lifecycle: active, annualRevenue: "300.30", owner: $manager}}
		{createContact: {name: "E-1 hers", email: "e1@example.com", account: "@one", owner: $seller}}
		{createContact: {name: "E-1 his", email: "e1@example.com", account: "@one", owner: $manager}}
		{createContact: {name: "E-2 hers", email: "e2@example.com", account: "@two", owner: $seller}}
		{createContact: {name: "E-3 hers", email: "e3@example.com", account: "@three", owner: $seller}}
	]) { results { errors { code path message } } } }`, map[string]any{"seller": sellerID, "manager": managerID}, nil)

	const one, two, three = `{"code":"E-1","annualRevenue":"100.10"}`, `{"code":"E-2","annualRevenue":"200.20"}`, `{"code":"E-3","annualRevenue":"300.30"}`
	const twoHidden = `{"code":"E-2","annualRevenue":null}`
	j.wants(manager, `{"accounts":{"totalCount":3,"nodes":[
		{"code":"E-1","annualRevenue":"100.10","contacts":{"totalCount":2,"nodes":[{"name":"E-1 hers","account":`+one+`},{"name":"E-1 his","account":`+one+`}]}},
		{"code":"E-2","annualRevenue":"200.20","contacts":{"totalCount":1,"nodes":[{"name":"E-2 hers","account":`+two+`}]}},
		{"code":"E-3","annualRevenue":"300.30","contacts":{"totalCount":1,"nodes":[{"name":"E-3 hers","account":`+three+`}]}}]},
		"contacts":{"totalCount":4,"nodes":[{"name":"E-1 hers","account":`+one+`},{"name":"E-1 his","account":`+one+`},{"name":"E-2 hers","account":`+two+`},{"name":"E-3 hers","account":`+three+`}]}}`)
	j.wants(seller, `{"accounts":{"totalCount":2,"nodes":[
		{"code":"E-1","annualRevenue":"100.10","contacts":{"totalCount":1,"nodes":[{"name":"E-1 hers","account":`+one+`}]}},
		{"code":"E-2","annualRevenue":null,"contacts":{"totalCount":1,"nodes":[{"name":"E-2 hers","account":`+twoHidden+`}]}}]},
		"contacts":{"totalCount":3,"nodes":[{"name":"E-1 hers","account":`+one+`},{"name":"E-2 hers","account":`+twoHidden+`},{"name":"E-3 hers","account":null}]}}`)
	j.neverVisible(seller, manager)
}

// neverVisible is about a field that the seller may see on no record: it is
// unknown, exactly like one that does not exist.
func (j *mainJob) neverVisible(seller, manager *client) {
	ask := func(c *client, field string) answer {
		a, err := c.ask("/graphql", `{ accounts(filter: {code: {eq: "E-1"}}) { nodes { `+field+` { amount } } } }`, nil)
		j.noError(err)
		return a
	}
	if a := ask(manager, "creditLimit"); len(a.Errors) > 0 || !strings.Contains(string(a.Data), `"5`) {
		j.t.Errorf("the manager asks for creditLimit: %s %+v", a.Data, a.Errors)
	}
	hidden, absent := ask(seller, "creditLimit"), ask(seller, "creditLimix")
	if fmt.Sprint(hidden.codes()) != "[INVALID_INPUT]" {
		j.t.Errorf("the seller asks for creditLimit: %s %+v", hidden.Data, hidden.Errors)
	}
	if strings.ReplaceAll(fmt.Sprint(hidden), "creditLimit", "creditLimix") != fmt.Sprint(absent) {
		j.t.Errorf("a hidden field answers %+v and one that is not there %+v", hidden, absent)
	}
}

func (j *mainJob) person(name, email, role string) (*client, string) {
	var made struct{ CreateUser struct{ ID string } }
	j.admin.admin(j.t, `mutation($in: UserInput!) { createUser(input: $in) { id } }`,
		map[string]any{"in": map[string]any{"name": name, "email": email, "password": adminPassword, "roles": []string{role}}}, &made)
	return j.s.signIn(email, adminPassword), made.CreateUser.ID
}

func (j *mainJob) wants(c *client, want string) {
	j.t.Helper()
	var got json.RawMessage
	c.data(j.t, sameQuery, nil, &got)
	squeeze := strings.NewReplacer("\n", "", "\t", "").Replace
	if string(got) != squeeze(want) {
		j.t.Errorf("got  %s\nwant %s", got, squeeze(want))
	}
}
