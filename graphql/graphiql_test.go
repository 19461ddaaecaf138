package graphql_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/trellishq/trellis/graphql"
)

// TestGraphiQLIsSelfContained follows the page's own references and finds no
// other host and no inline script.
func TestGraphiQLIsSelfContained(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.StripPrefix("/graphiql", graphql.GraphiQL()))
	t.Cleanup(s.Close)
	get := func(path string) (int, string, http.Header) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body), res.Header
	}
	status, page, header := get("/graphiql?x=1")
	if _, slashed, _ := get("/graphiql/"); status != 200 || page != slashed {
		t.Errorf("%d, and with a slash it differs", status)
	}
	if csp := header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self'") || strings.Contains(csp, "script-src") {
		t.Error(csp)
	}
	if strings.Contains(page, "{{") || regexp.MustCompile(`<script[^>]*>[^<]|\son[a-z]+=`).MatchString(page) {
		t.Error("the page has inline script, or a place not filled in")
	}
	queue := regexp.MustCompile(`(?:src|href)="(/[^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(queue) != 2 {
		t.Fatalf("%v", queue)
	}
	seen := map[string]bool{}
	for len(queue) > 0 {
		path := queue[0][1]
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		status, body, header := get(path)
		if status != 200 || !regexp.MustCompile(`^text/(css|javascript)`).MatchString(header.Get("Content-Type")) {
			t.Errorf("%s: %d %s", path, status, header.Get("Content-Type"))
		}
		if strings.Contains(body, "://") {
			t.Errorf("%s names another host", path)
		}
		for _, m := range regexp.MustCompile(`from '\./([^']+)'`).FindAllStringSubmatch(body, -1) {
			queue = append(queue, []string{"", "/graphiql/" + m[1]})
		}
	}
	if len(seen) != 5 {
		t.Errorf("assets: %v", seen)
	}
	if status, _, _ := get("/graphiql/nothing.js"); status != 404 {
		t.Errorf("an unknown asset: %d", status)
	}
	if status, _, _ := get("/graphiql/../schema.go"); status == 200 {
		t.Error("a file outside is served")
	}
}
