package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"
)

// client asks one server as one caller.
type client struct {
	s    *server
	http *http.Client
	key  string // of the API, "" for a session
}

// apiKey makes a key with the command line, beside the running server.
func (s *server) apiKey(role string) *client {
	s.t.Helper()
	out := must(s.t, nil, "apikey", "create", "--data", s.data, "--role", role)
	key := strings.TrimSuffix(out, "\n")
	if key == "" || strings.ContainsAny(key, " \n\t") {
		s.t.Fatalf("apikey create prints %q, not a key alone", out)
	}
	return &client{s: s, http: &http.Client{Timeout: time.Minute}, key: key}
}

// signIn opens a session as the console does.
func (s *server) signIn(email, password string) *client {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &client{s: s, http: &http.Client{Timeout: time.Minute, Jar: jar}}
	body := fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)
	resp, err := c.http.Post(s.url+"/auth/sign-in", "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		s.t.Fatalf("signing in as %s: %s\n%s", email, resp.Status, text)
	}
	return c
}

// answer is what a GraphQL API sent.
type answer struct {
	Data   json.RawMessage
	Errors []problem
}

type problem struct {
	Message    string
	Path       []any
	Extensions struct{ Code string }
}

// ask sends a request to one of the GraphQL APIs. The error is that of the
// connection, or an answer that is not GraphQL.
func (c *client) ask(path, query string, variables map[string]any) (answer, error) {
	var a answer
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return a, err
	}
	req, err := http.NewRequest(http.MethodPost, c.s.url+path, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%s: %w: %.300s", resp.Status, err, text)
	}
	return a, nil
}

// data asks the data API, which has to answer without errors.
func (c *client) data(t *testing.T, query string, variables map[string]any, into any) {
	t.Helper()
	c.good(t, "/graphql", query, variables, into)
}

// admin asks the admin API, which has to answer without errors.
func (c *client) admin(t *testing.T, query string, variables map[string]any, into any) {
	t.Helper()
	c.good(t, "/admin/graphql", query, variables, into)
}

func (c *client) good(t *testing.T, path, query string, variables map[string]any, into any) {
	t.Helper()
	a, err := c.ask(path, query, variables)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if len(a.Errors) > 0 {
		t.Fatalf("%s: %+v", query, a.Errors)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(a.Data, into); err != nil {
		t.Fatalf("%s: %v in %s", query, err, a.Data)
	}
}

// codes are the codes of an answer's errors.
func (a answer) codes() []string {
	var out []string
	for _, e := range a.Errors {
		out = append(out, e.Extensions.Code)
	}
	return out
}
