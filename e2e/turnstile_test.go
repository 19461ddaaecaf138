package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// turnstile stands between Trellis and Tryton. While it is closed requests wait;
// it counts the pages that have gone through, which says when a batch is about
// to be committed.
type turnstile struct {
	url   string
	proxy *httputil.ReverseProxy

	mu      sync.Mutex
	open    chan struct{} // closed while requests may pass
	left    int
	reached chan struct{} // closed when left pages have gone through
	pages   int
}

func newTurnstile(t *testing.T, to string) *turnstile {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	ts := &turnstile{proxy: httputil.NewSingleHostReverseProxy(target), open: make(chan struct{})}
	ts.proxy.ErrorLog = nil
	ts.proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	close(ts.open)
	srv := httptest.NewServer(ts)
	t.Cleanup(srv.Close)
	ts.url = srv.URL
	return ts
}

// ServeHTTP implements http.Handler.
func (ts *turnstile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := peek(r)
	ts.mu.Lock()
	open := ts.open
	ts.mu.Unlock()
	select {
	case <-open:
	case <-r.Context().Done():
		return
	}
	ts.proxy.ServeHTTP(w, r)
	if isPage(body) {
		ts.count()
	}
}

// peek reads the body and leaves it there. Of a caller that was killed it gives
// what came.
func peek(r *http.Request) []byte {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// isPage says that a request asks for records of a stream, not for the newest
// date in a table.
func isPage(body []byte) bool {
	var call struct {
		Method string
		Params []json.RawMessage
	}
	if json.Unmarshal(body, &call) != nil || !strings.HasSuffix(call.Method, ".search_read") || len(call.Params) < 3 {
		return false
	}
	return string(call.Params[2]) != "1"
}

func (ts *turnstile) count() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.pages++
	if ts.left--; ts.left == 0 {
		close(ts.reached)
	}
}

// shut lets nothing through any more.
func (ts *turnstile) shut() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.open = make(chan struct{})
}

// let opens; the channel is closed when that many pages have gone through.
func (ts *turnstile) let(pages int) <-chan struct{} {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.left, ts.reached = pages, make(chan struct{})
	close(ts.open)
	return ts.reached
}
