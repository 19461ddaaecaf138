package graphql_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/graphql"
	"github.com/trellishq/trellis/policy"
)

// world is the data API over a real database with the shop in it.
type world struct {
	t       testing.TB
	db      *pg.DB
	catalog *catalog.Catalog
	engine  *core.Engine
	api     *graphql.API
	// forgetful has no room to remember anything.
	forgetful *graphql.API
	view      *catalog.View
	server    *httptest.Server
}

func newWorld(t testing.TB) *world { return newWorldOf(t, "testdata/shop") }

// newWorldOf is a world with the package in a folder.
func newWorldOf(t testing.TB, dir string) *world {
	t.Helper()
	made := coretest.New(t, coretest.Options{Package: os.DirFS(dir)})
	w := &world{t: t, db: made.DB, catalog: made.Catalog, engine: made.Engine, view: made.View}
	w.api, w.forgetful = graphql.New(graphql.Options{Engine: w.engine}), graphql.New(graphql.Options{Engine: w.engine, SchemaBytes: 1, PlanBytes: 1})
	handler := w.api.Handler(func(*http.Request) string { return "main" })
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if role := r.Header.Get("X-Role"); role != "" {
			r = r.WithContext(policy.WithPrincipal(r.Context(), w.principal(role)))
		}
		handler.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%v (%#v)", err, err)
	}
}

func (w *world) principal(role string) *policy.Principal {
	p := &policy.Principal{Kind: policy.KindKey, ID: trellis.MustParseID("01890000-0000-7000-8000-0000000000bb"), WorkspaceID: w.view.WorkspaceID, Name: role}
	p.SetRoles([]string{role})
	return p
}

// send posts a request as a role and gives status and body.
func (w *world) send(role, text string, variables map[string]any) (int, string) {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"query": text, "variables": variables})
	w.check(err)
	return w.post(role, "application/json", bytes.NewReader(body))
}

func (w *world) post(role, accept string, body io.Reader) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL, body)
	w.check(err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", accept)
	r.Header.Set("X-Role", role)
	return w.do(r)
}

func (w *world) do(r *http.Request) (int, string) {
	w.t.Helper()
	res, err := w.server.Client().Do(r)
	w.check(err)
	defer func() { _ = res.Body.Close() }()
	out, err := io.ReadAll(res.Body)
	w.check(err)
	return res.StatusCode, string(out)
}

// data asks and expects an answer without errors; it gives the text of data. What
// only reads is also asked of an API that forgets plans, and what role sets see, at
// once: what is remembered may not change an answer.
func (w *world) data(role, text string, variables map[string]any) string {
	w.t.Helper()
	_, body := w.send(role, text, variables)
	if !strings.HasPrefix(strings.TrimSpace(text), "mutation") {
		if again := w.ask(w.forgetful, role, text, variables); again != body {
			w.t.Errorf("%s\nremembered %s\nforgotten  %s", text, body, again)
		}
	}
	var out struct {
		Data   json.RawMessage
		Errors json.RawMessage
	}
	w.check(json.Unmarshal([]byte(body), &out))
	if out.Errors != nil {
		w.t.Fatalf("%s: %s", text, body)
	}
	return string(out.Data)
}

// ask executes a text without HTTP.
func (w *world) ask(api *graphql.API, role, text string, variables map[string]any) string {
	w.t.Helper()
	raw, err := json.Marshal(map[string]any{"query": text, "variables": variables})
	w.check(err)
	var p graphql.Params
	w.check(json.Unmarshal(raw, &p))
	body, _ := api.Execute(w.t.Context(), "main", w.principal(role), &p, nil)
	return string(body)
}

// expect compares data with want, written with single quotes.
func (w *world) expect(role, text, want string) {
	w.t.Helper()
	if got := w.data(role, text, nil); got != strings.ReplaceAll(want, "'", `"`) {
		w.t.Errorf("%s\n got %s\nwant %s", text, got, want)
	}
}

// create makes a record as the boss and gives its id.
func (w *world) create(typ, input string) string {
	w.t.Helper()
	body := w.data("boss", fmt.Sprintf("mutation { p: create%s(input: %s) { id errors { code path message } } }", typ, input), nil)
	var out struct {
		P struct {
			ID     string
			Errors []any
		}
	}
	w.check(json.Unmarshal([]byte(body), &out))
	if out.P.ID == "" {
		w.t.Fatalf("create%s(%s): %v", typ, input, out.P.Errors)
	}
	return out.P.ID
}
