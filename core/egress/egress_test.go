package egress_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trellishq/trellis/core/egress"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	server := newServer(t, func(w http.ResponseWriter, _ *http.Request) {})
	port := portOf(server)
	client := egress.New(nil).Client(egress.Rules{Timeout: 5 * time.Second})
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
		"192.0.0.192", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
		"[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[fd00::1]", "[fe80::1%25lo]", "[fec0::1]", "[2001:db8::1]", "localhost",
	} {
		_, err := client.Get("http://" + host + ":" + port + "/")
		var blocked *egress.BlockedError
		if !errors.As(err, &blocked) {
			t.Errorf("%s: %v; want it blocked", host, err)
		}
	}
	// What is no address is a name. Some resolvers take these for 127.0.0.1:
	// they must fail one way or the other.
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1."} {
		if resp, err := client.Get("http://" + host + ":" + port + "/"); err == nil {
			t.Errorf("%s answered %s", host, resp.Status)
		}
	}
	if _, err := client.Get("file:///etc/passwd"); err == nil {
		t.Error("file: was read")
	}
}

func TestAllowedNetwork(t *testing.T) {
	t.Parallel()
	server := newServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	for network, ok := range map[string]bool{"127.0.0.0/8": true, "127.0.0.1": true, "::ffff:127.0.0.1": true, "10.0.0.0/8": false, "127.0.0.2": false} {
		client := egress.New(nil).Client(egress.Rules{Private: networks(t, network)})
		body, err := get(client, server.URL)
		if (err == nil && body == "hello") != ok {
			t.Errorf("%s: %q, %v", network, body, err)
		}
	}
}

func TestParseNetworks(t *testing.T) {
	t.Parallel()
	_, err := egress.ParseNetworks([]string{"0.0.0.0/0", "::/0", "8.8.8.8", "rubbish", "10.0.0.0/7", "10.0.0.0/33", "10.0.0.0/8"})
	if err == nil || strings.Count(err.Error(), "\n") != 5 {
		t.Errorf("want six problems, got:\n%v", err)
	}
	got, err := egress.ParseNetworks([]string{"10.1.2.3/16", "fd00::/8", "169.254.169.254"})
	want := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("169.254.169.254/32")}
	if err != nil || len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("got %v, %v", got, err)
	}
	// A range built in code and too wide opens nothing special.
	server := newServer(t, func(http.ResponseWriter, *http.Request) {})
	wide := egress.New(nil).Client(egress.Rules{Private: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}})
	if _, err := wide.Get(server.URL); err == nil {
		t.Error("0.0.0.0/0 opened loopback")
	}
}

// A name that is fine at first and then points elsewhere.
func TestRebinding(t *testing.T) {
	t.Parallel()
	var answer atomic.Pointer[netip.Addr]
	use := func(s string) { a := netip.MustParseAddr(s); answer.Store(&a) }
	server := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		_, _ = io.WriteString(w, "hello")
	})
	client := egress.New(fakeResolver(t, &answer)).Client(egress.Rules{Private: networks(t, "127.0.0.1")})
	address := "http://shop.example:" + portOf(server)

	use("127.0.0.1")
	if body, err := get(client, address); err != nil || body != "hello" {
		t.Fatalf("before: %q, %v", body, err)
	}
	for _, other := range []string{"127.0.0.2", "169.254.169.254", "10.0.0.1"} {
		use(other)
		var blocked *egress.BlockedError
		if _, err := get(client, address); !errors.As(err, &blocked) || blocked.Addr.String() != other {
			t.Errorf("after it points to %s: %v", other, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	other := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			_, _ = io.WriteString(w, name+" ")
		}
	})
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		case "/other":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/other/307":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}
	})
	client := egress.New(nil).Client(egress.Rules{Private: networks(t, "127.0.0.1")})
	do := func(method, path, body string) (string, error) {
		req, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Api-Key", "secret")
		req.Header.Set("Authorization", "secret")
		req.Header.Set("Accept", "text/plain")
		return answer(client.Do(req))
	}
	var blocked *egress.BlockedError
	if _, err := do("GET", "/metadata", ""); !errors.As(err, &blocked) {
		t.Errorf("to the metadata service: %v", err)
	}
	got, err := do("GET", "/other", "")
	if err != nil || !strings.Contains(got, "Accept ") {
		t.Errorf("to another host: %q, %v", got, err)
	}
	for _, name := range []string{"X-Api-Key", "Authorization", "Referer"} {
		if strings.Contains(got, name) {
			t.Errorf("%s went to another host", name)
		}
	}
	for _, c := range [][3]string{{"POST", "/other/307", "secret"}, {"GET", "/loop", ""}, {"GET", "/file", ""}} {
		if got, err := do(c[0], c[1], c[2]); err == nil {
			t.Errorf("%s: answered %q", c[1], got)
		}
	}
	strict := egress.New(nil).Client(egress.Rules{Private: networks(t, "127.0.0.1"), MaxRedirects: -1})
	if _, err := get(strict, server.URL+"/other"); err == nil {
		t.Error("a redirect was followed")
	}
}

func TestSizeAndTime(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			_, _ = io.WriteString(w, strings.Repeat("x", 1000))
		case "/long":
			w.(http.Flusher).Flush() // no Content-Length
			_, _ = io.WriteString(w, strings.Repeat("x", 1001))
		case "/told":
			_, _ = io.WriteString(w, strings.Repeat("x", 1001))
		case "/slow":
			_, _ = io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			<-stop
		}
	})
	t.Cleanup(func() { close(stop) }) // before the server is closed, which waits
	client := egress.New(nil).Client(egress.Rules{Private: networks(t, "127.0.0.1"), MaxBytes: 1000, Timeout: 300 * time.Millisecond})
	if body, err := get(client, server.URL+"/exact"); err != nil || len(body) != 1000 {
		t.Errorf("exactly the limit: %d bytes, %v", len(body), err)
	}
	for _, path := range []string{"/long", "/told"} {
		var large *egress.TooLargeError
		if _, err := get(client, server.URL+path); !errors.As(err, &large) {
			t.Errorf("%s: %v", path, err)
		}
	}
	var timeout net.Error
	if _, err := get(client, server.URL+"/slow"); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a slow body: %v", err)
	}
}

func TestBudgetIsShared(t *testing.T) {
	t.Parallel()
	server := newServer(t, func(http.ResponseWriter, *http.Request) {})
	gateway := egress.New(nil)
	rules := egress.Rules{Private: networks(t, "127.0.0.1"), PerSecond: 0.01}
	first, second := gateway.Client(rules), gateway.Client(rules)
	if _, err := get(first, server.URL); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
	if _, err := answer(second.Do(req)); err == nil {
		t.Error("another client has a budget of its own")
	}
}

func TestPauseIsShared(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	gateway := egress.New(nil)
	rules := egress.Rules{Private: networks(t, "127.0.0.1")}
	for range 3 {
		resp, err := gateway.Client(rules).Get(server.URL)
		if err != nil || resp.StatusCode != 429 {
			t.Fatalf("%v, %v", resp, err)
		}
		if wait, ok := egress.RetryAfter(resp.Header, time.Now()); !ok || wait < 100*time.Second {
			t.Errorf("Retry-After: %v, %v", wait, ok)
		}
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("the remote was called %d times during its pause", n)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"0": 0, "7": 7 * time.Second, "Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Fri, 02 Jan 2025 03:05:05 GMT": 0,
		"": -1, "-1": -1, "soon": -1, "99999999999999": -1, "1.5": -1,
	} {
		got, ok := egress.RetryAfter(http.Header{"Retry-After": {text}}, now)
		if ok != (want >= 0) || (ok && got != want) {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}

func newServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func portOf(s *httptest.Server) string {
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	return port
}

func networks(t *testing.T, texts ...string) []netip.Prefix {
	t.Helper()
	out, err := egress.ParseNetworks(texts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func get(c *http.Client, url string) (string, error) { return answer(c.Get(url)) }

func answer(resp *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}
