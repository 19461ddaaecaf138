package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/identity"
	"github.com/trellishq/trellis/graphql"
	"github.com/trellishq/trellis/graphql/admin"
	"github.com/trellishq/trellis/policy"
)

// world is both APIs over a real database with the CRM in it.
type world struct {
	t           testing.TB
	view        *catalog.View
	admin, data *httptest.Server
}

func newWorld(t testing.TB) *world {
	t.Helper()
	made := coretest.New(t, coretest.Options{})
	w := &world{t: t, view: made.View}
	api := graphql.New(graphql.Options{Engine: made.Engine})
	slug := func(*http.Request) string { return "main" }
	w.admin = w.serve(admin.New(admin.Options{
		Engine: made.Engine, Catalog: made.Catalog, Identity: identity.New(made.DB, made.Engine, made.Catalog, made.Access), Data: api, Connections: &links{},
	}).Handler(slug))
	w.data = w.serve(api.Handler(slug))
	return w
}

func (w *world) serve(h http.Handler) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if role := r.Header.Get("X-Role"); role != "" {
			p := &policy.Principal{Kind: policy.KindKey, ID: trellis.MustParseID("01890000-0000-7000-8000-0000000000bb"), WorkspaceID: w.view.WorkspaceID, Name: role}
			p.SetRoles([]string{role})
			r = r.WithContext(policy.WithPrincipal(r.Context(), p))
		}
		h.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(s.Close)
	return s
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%v", err)
	}
}

func (w *world) post(s *httptest.Server, role, text string) string {
	w.t.Helper()
	return w.postWith(s, role, text, "null")
}

// send posts to the admin API with variables.
func (w *world) send(role, text, variables string) string {
	w.t.Helper()
	return w.postWith(w.admin, role, text, variables)
}

func (w *world) postWith(s *httptest.Server, role, text, variables string) string {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"query": text, "variables": json.RawMessage(variables)})
	w.check(err)
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, s.URL, bytes.NewReader(body))
	w.check(err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Role", role)
	res, err := s.Client().Do(r)
	w.check(err)
	defer func() { _ = res.Body.Close() }()
	out, err := io.ReadAll(res.Body)
	w.check(err)
	return string(out)
}

// ask is post to the admin API.
func (w *world) ask(role, text string) string {
	w.t.Helper()
	return w.post(w.admin, role, text)
}

// expect compares the answer with want, written with single quotes.
func (w *world) expect(role, text, want string) {
	w.t.Helper()
	if got := w.ask(role, text); got != strings.ReplaceAll(want, "'", `"`) {
		w.t.Errorf("%s\n got %s\nwant %s", text, got, want)
	}
}

// links are connections in memory: the port as a caller fills it.
type links struct{ all []admin.Connection }

var _ admin.Connections = (*links)(nil)

func (l *links) Connections(context.Context, *core.Request) ([]admin.Connection, error) {
	return l.all, nil
}

func (l *links) CreateConnection(_ context.Context, r *core.Request, c admin.NewConnection) (*admin.Connection, error) {
	if !json.Valid(c.Config) {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "must be a JSON object").At("input", "config")
	}
	now := r.Now.Add(-time.Minute)
	l.all = append(l.all, admin.Connection{ID: trellis.NewID(), Name: c.Name, Connector: c.Connector, Status: "active", LastRunAt: &now})
	return &l.all[len(l.all)-1], nil
}

func (l *links) SyncConnection(_ context.Context, _ *core.Request, id trellis.ID) (trellis.ID, error) {
	for _, c := range l.all {
		if c.ID == id {
			return trellis.NewID(), nil
		}
	}
	return trellis.ID{}, trellis.Errorf(trellis.CodeNotFound, "there is no such connection").At("id")
}
