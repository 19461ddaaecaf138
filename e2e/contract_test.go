package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestContract is what scripts outside rely on: addresses, flags, environment,
// and the form of keys, requests and answers.
func TestContract(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "trellis_http_request_seconds", "/graphiql/": "<html", "/": "<html"} {
		if status, body := s.get(path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("GET %s answers %d %.200s", path, status, body)
		}
	}
	nobody := &client{s: s, http: http.DefaultClient}
	wrong := &client{s: s, http: http.DefaultClient, key: "no such key"}
	for _, c := range []*client{nobody, wrong} {
		for _, path := range []string{"/graphql", "/admin/graphql", "/w/main/graphql"} {
			a, err := c.ask(path, `{ __typename }`, nil)
			if err != nil || len(a.codes()) != 1 || a.codes()[0] != "UNAUTHENTICATED" {
				t.Errorf("%s without a key: %v %+v", path, err, a)
			}
		}
	}
	rep := s.apiKey("salesRep")
	if a, err := rep.ask("/admin/graphql", `{ users { email } }`, nil); err != nil || len(a.codes()) != 1 || a.codes()[0] != "FORBIDDEN" {
		t.Errorf("the admin API for a seller: %v %+v", err, a)
	}
	refused(t, nil, "INVALID_INPUT", []string{"nobody"}, "apikey", "create", "--data", s.data, "--role", "nobody")
	opportunities(t, s.apiKey("admin"))
	s.signIn(adminEmail, adminPassword).data(t, `{ accounts { totalCount } }`, nil, nil)
}

// opportunities asks as the contract writes it.
func opportunities(t *testing.T, key *client) {
	t.Helper()
	key.data(t, `mutation { batch(operations: [
		{ref: "a", createAccount: {name: "Acme"}},
		{createOpportunity: {name: "One", account: "@a", amount: {amount: "1", currency: "EUR"}}},
		{createOpportunity: {name: "Two", account: "@a", amount: {amount: "2", currency: "EUR"}}},
		{createOpportunity: {name: "Three", amount: {amount: "3", currency: "EUR"}}}]) { results { errors { path message } } } }`, nil, nil)
	var got struct {
		Opportunities struct {
			TotalCount int
			Nodes      []struct {
				ID, Name string
				Account  *struct{ Name string }
			}
		}
	}
	key.data(t, `{ opportunities(first: 3, filter: {amount: {gte: "2"}}, orderBy: [{amount: DESC_NULLS_LAST}]) { totalCount nodes { id name account { name } } } }`, nil, &got)
	o := got.Opportunities
	if o.TotalCount != 2 || len(o.Nodes) != 2 || o.Nodes[0].Name != "Three" || o.Nodes[0].Account != nil || o.Nodes[1].Account == nil || o.Nodes[1].Account.Name != "Acme" || o.Nodes[1].ID == "" {
		t.Errorf("opportunities: %+v", o)
	}
}
