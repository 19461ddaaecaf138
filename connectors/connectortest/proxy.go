package connectortest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"
)

// FaultKind is a way in which an exchange goes wrong.
type FaultKind string

// The kinds of faults.
const (
	// FaultCutBody sends half of the real answer's body and cuts the connection.
	// The remote system has done what was asked.
	FaultCutBody FaultKind = "cut body"
	// FaultDropped cuts the connection before the remote system hears of it.
	FaultDropped FaultKind = "dropped"
	// FaultServerError answers 502 without asking the remote system.
	FaultServerError FaultKind = "server error"
	// FaultTooManyRequests answers 429 with Retry-After.
	FaultTooManyRequests FaultKind = "too many requests"
	// FaultSlowBody sends half of the body and then nothing until the client
	// goes away.
	FaultSlowBody FaultKind = "slow body"
)

// Fault is what goes wrong once: the first Skip exchanges after Fail are let
// through, the next one fails, and all after it are let through again.
type Fault struct {
	Kind       FaultKind // empty for no fault
	Skip       int
	RetryAfter time.Duration // for FaultTooManyRequests, in whole seconds
}

// Proxy stands between a connector and its remote system.
type Proxy struct {
	// URL is its address, to be used instead of the target's.
	URL string

	target   *url.URL
	client   *http.Client
	mu       sync.Mutex
	fault    Fault
	requests int
}

// NewProxy starts a proxy for the address of a remote system; it ends with the
// test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		t.Fatalf("proxy: %q is no address", target)
	}
	p := &Proxy{target: u, client: &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		p.client.CloseIdleConnections()
	})
	p.URL = server.URL + u.Path
	return p
}

// Fail sets the next fault, in place of one that has not happened yet.
func (p *Proxy) Fail(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// Requests is how many requests have come so far.
func (p *Proxy) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// next counts a request and takes the fault when it is due.
func (p *Proxy) next() Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	if p.fault.Kind == "" {
		return Fault{}
	}
	if p.fault.Skip > 0 {
		p.fault.Skip--
		return Fault{}
	}
	f := p.fault
	p.fault = Fault{}
	return f
}

// ServeHTTP passes one exchange on, or spoils it.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := p.next()
	switch fault.Kind {
	case FaultDropped:
		panic(http.ErrAbortHandler) // net/http closes the connection
	case FaultServerError:
		w.WriteHeader(http.StatusBadGateway)
		return
	case FaultTooManyRequests:
		w.Header().Set("Retry-After", strconv.Itoa(int(fault.RetryAfter/time.Second)))
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	req := r.Clone(r.Context())
	req.RequestURI, req.Host = "", ""
	req.URL.Scheme, req.URL.Host = p.target.Scheme, p.target.Host
	resp, err := p.client.Do(req)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(resp.StatusCode)
	if fault.Kind == "" {
		_, _ = w.Write(body)
		return
	}
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	if fault.Kind == FaultSlowBody {
		<-r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}
