package web_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/files"
	"github.com/trellishq/trellis/core/identity"
	"github.com/trellishq/trellis/policy"
	"github.com/trellishq/trellis/web"
)

const password = "correct horse battery"

// site is a server whose APIs answer who asks, in which workspace.
type site struct {
	*testing.T
	url string
	key string
	bad error // what Ready says
}

func newSite(t *testing.T) *site {
	t.Helper()
	ctx := t.Context()
	w := coretest.New(t, coretest.Options{})
	id, root := identity.New(w.DB, w.Engine, w.Catalog, w.Access), w.System(t)
	_, err := id.CreateUser(ctx, root, identity.NewUser{Name: "Ann", Email: "ann@example.com", Password: password, Roles: []string{"salesRep"}})
	must(t, err)
	s := &site{T: t}
	_, s.key, err = id.CreateKey(ctx, root, "robot", "auditor")
	must(t, err)
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := policy.FromContext(r.Context())
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, p.Name+" in "+web.Workspace(r))
	})
	dir, err := files.OpenDir(t.TempDir())
	must(t, err)
	t.Cleanup(func() { _ = dir.Close() })
	srv := web.New(web.Options{Engine: w.Engine, Files: files.New(w.DB, dir, w.Engine), Identity: id, Data: echo, Admin: echo, GraphiQL: echo, Ready: func(context.Context) error { return s.bad }})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		must(t, srv.Shutdown(context.Background()))
		must(t, <-served)
	})
	s.url = "http://" + l.Addr().String()
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) do(method, path, body string, header ...string) (*http.Response, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	must(s.T, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	must(s.T, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(s.T, err)
	return res, string(b)
}

const asJSON = "application/json"

func (s *site) signIn() *http.Cookie {
	s.Helper()
	res, body := s.do("POST", "/auth/sign-in", `{"email": "ann@example.com", "password": "`+password+`"}`, "Content-Type", asJSON)
	if res.StatusCode != 200 || len(res.Cookies()) != 1 {
		s.Fatal(res.Status, body)
	}
	return res.Cookies()[0]
}

func TestSignInGivesACookieThatScriptsCannotRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.signIn()
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
		t.Fatalf("%+v", c)
	}
	if res, body := s.do("POST", "/graphql", "", "Cookie", c.String()); res.StatusCode != 200 || body != "Ann in main" {
		t.Fatal(res.Status, body)
	}
	if res, _ := s.do("POST", "/auth/sign-out", "", "Cookie", c.String()); res.StatusCode != 200 {
		t.Fatal(res.Status)
	}
	if res, _ := s.do("POST", "/graphql", "", "Cookie", c.String()); res.StatusCode != 401 {
		t.Fatal(res.Status)
	}
}

func TestKeysNameTheWorkspace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, body := s.do("POST", "/graphql", "", "Authorization", "Bearer "+s.key); body != "robot in main" {
		t.Fatal(body)
	}
	if _, body := s.do("POST", "/w/other/admin/graphql", "", "Authorization", "bearer "+s.key); body != "robot in other" {
		t.Fatal(body)
	}
	for _, h := range []string{"Bearer wrong", "Bearer", "Basic YTpi", s.key} {
		if res, _ := s.do("POST", "/graphql", "", "Authorization", h); res.StatusCode != 401 {
			t.Fatal(h, res.Status)
		}
	}
}

// TestOtherSitesCannotUseTheCookie: a form or script of another site is turned
// away before anything sees it.
func TestOtherSitesCannotUseTheCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.signIn()
	for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		if res, _ := s.do("POST", "/graphql", "", append(h, "Cookie", c.String())...); res.StatusCode != 403 {
			t.Fatal(h, res.Status)
		}
	}
}

func TestSignInRefusesBadInput(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, try := range []struct {
		media, body string
		status      int
		code        string
	}{
		{asJSON, `{"email": "ann@example.com", "password": "wrong"}`, 401, "UNAUTHENTICATED"},
		{asJSON, `{"email": "ann@example.com", "password": "x", "workspace": "none"}`, 401, "UNAUTHENTICATED"},
		{"application/x-www-form-urlencoded", "email=ann", 400, "INVALID_INPUT"},
		{asJSON, `{"email": 1}`, 400, "INVALID_INPUT"},
		{asJSON, `{"email": "a"} {}`, 400, "INVALID_INPUT"},
		{asJSON, `{"admin": true}`, 400, "INVALID_INPUT"},
		{asJSON, ``, 400, "INVALID_INPUT"},
		{asJSON, `{"email": "` + strings.Repeat("x", 1<<20) + `"}`, 400, "INVALID_INPUT"},
		{asJSON, "{\"email\": \"a\\u0000b\", \"password\": \"x\"}", 401, "UNAUTHENTICATED"},
	} {
		res, body := s.do("POST", "/auth/sign-in", try.body, "Content-Type", try.media)
		if res.StatusCode != try.status || !strings.Contains(body, try.code) {
			t.Errorf("%.60s: %s %s", try.body, res.Status, body)
		}
	}
}

func TestHealthMetricsAndHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if res, _ := s.do("GET", "/healthz", ""); res.StatusCode != 200 || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'self'") {
		t.Fatal(res.Status, res.Header)
	}
	s.do("POST", "/graphql", "")
	if _, body := s.do("GET", "/metrics", ""); !strings.Contains(body, `trellis_http_request_seconds_count{api="graphql",status="4xx"} 1`) {
		t.Fatal(body)
	}
	if res, _ := s.do("GET", "/readyz", ""); res.StatusCode != 200 {
		t.Fatal(res.Status)
	}
	s.bad = errors.New("secret internals")
	if res, body := s.do("GET", "/readyz", ""); res.StatusCode != 503 || strings.Contains(body, "secret") {
		t.Fatal(res.Status, body)
	}
}

func TestConsoleNeverServesWhatIsNotBuilt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/assets/none.js", "/assets/../../web.go"} {
		if res, _ := s.do("GET", path, ""); res.StatusCode == 200 && strings.Contains(res.Header.Get("Content-Type"), "javascript") {
			t.Error(path, res.Status)
		}
	}
	if res, _ := s.do("POST", "/o/accounts", ""); res.StatusCode != 405 {
		t.Error(res.Status)
	}
}
