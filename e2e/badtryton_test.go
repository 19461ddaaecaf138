package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trellishq/trellis/connectors/catalog/tryton/trytontest"
)

// TestTrytonDoesNotLetUsIn: a refused login pauses the connection, says why,
// and is not tried again, for Tryton would answer 429 to the right password
// too. A Tryton that is stopped is waited for, and the pull goes on by itself.
func TestTrytonDoesNotLetUsIn(t *testing.T) {
	t.Parallel()
	erp := trytontest.New(t)
	if _, err := erp.CreateParties(t.Context(), trytontest.GenerateParties(1, 5)); err != nil {
		t.Fatal(err)
	}
	var logins atomic.Int64
	front := counting(t, erp.URL, &logins)
	s := serve(t, dataDir(t))

	must(t, []string{"TRYTON_PASSWORD=wrong"}, "sync", "connect", "-f", connection(t, front), "--data", s.data)
	said := refused(t, nil, "FORBIDDEN", []string{"Tryton refuses the login of user admin"}, "connector", "test", "tryton", "--data", s.data)
	if strings.Contains(said, "wrong") {
		t.Errorf("the password is shown: %s", said)
	}
	for range 3 {
		refused(t, nil, "UNAVAILABLE", []string{"the connection is paused", "Tryton refuses the login of user admin"}, "sync", "run", "tryton", "--data", s.data)
	}
	if got := s.status(t, "tryton"); got.Status != "paused" || !strings.Contains(got.Problem, "refuses the login") {
		t.Errorf("status %+v", got)
	}
	if n := logins.Load(); n != 2 {
		t.Errorf("%d logins were tried, want one of the test and one of the first run", n)
	}
}

// TestTrytonStops is about the other way round: the data is right in the end.
func TestTrytonStops(t *testing.T) {
	t.Parallel()
	erp := trytontest.New(t)
	if _, err := erp.CreateParties(t.Context(), trytontest.GenerateParties(1, 40)); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dataDir(t))
	erp.StopTryton()
	must(t, []string{"TRYTON_PASSWORD=" + erp.Password}, "sync", "connect", "-f", connection(t, erp.URL, "pageSize: 10"), "--data", s.data)
	refused(t, nil, "UNAVAILABLE", []string{"the remote system does not answer"}, "connector", "test", "tryton", "--data", s.data)
	refused(t, nil, "TIMEOUT", nil, "sync", "run", "tryton", "--timeout", "3s", "--data", s.data)
	if got := s.status(t, "tryton"); got.Status != "waiting" || got.Problem == "" {
		t.Errorf("while Tryton is stopped: %+v", got)
	}
	if err := erp.StartTryton(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitForPull(t, s, time.Now().Add(time.Minute))
	parties, err := erp.Parties(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Without a plugin nobody minds a missing country or a phone as it is.
	if got := len(accounts(t, s.apiKey("admin"))); got != len(parties) {
		t.Errorf("%d accounts, want %d: %+v", got, len(parties), s.status(t, "tryton"))
	}
}

// counting is a proxy that counts logins.
func counting(t *testing.T, to string, logins *atomic.Int64) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body := peek(r); strings.Contains(string(body), `"common.db.login"`) {
			logins.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}
