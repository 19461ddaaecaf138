package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Gateway hands out clients and holds what they share: the budget and the pause
// of each remote. It is safe for use by several goroutines.
type Gateway struct {
	resolver *net.Resolver
	remotes  remotes
}

// New makes a gateway. A nil resolver is that of the system.
func New(resolver *net.Resolver) *Gateway {
	return &Gateway{resolver: resolver, remotes: remotes{now: time.Now, byName: map[string]*remote{}}}
}

// Client makes a client that is held to the rules. Keep it for as long as the
// connection or plugin it serves is open, then call CloseIdleConnections:
// clients do not share their network connections, since each has other rules.
func (g *Gateway) Client(rules Rules) *http.Client {
	rules = rules.withDefaults()
	transport := &http.Transport{
		DialContext:            g.dialer(rules.Private).DialContext,
		Proxy:                  nil,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        16,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
	return &http.Client{
		Transport:     &roundTripper{gateway: g, rules: rules, next: transport},
		CheckRedirect: checkRedirect(max(rules.MaxRedirects, 0)),
		Timeout:       rules.Timeout,
	}
}

func (g *Gateway) dialer(private []netip.Prefix) *net.Dialer {
	return &net.Dialer{
		Timeout:  10 * time.Second,
		Resolver: g.resolver,
		// Control runs for each address after resolution, right before connecting
		// to it: there is no gap in which a name could change its answer.
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			if network != "tcp4" && network != "tcp6" {
				return fmt.Errorf("egress: network %s is not allowed", network)
			}
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("egress: %w", err)
			}
			return allowed(at.Addr(), private)
		},
	}
}

// roundTripper applies budget, pause and size around one exchange.
type roundTripper struct {
	gateway *Gateway
	rules   Rules
	next    *http.Transport
}

var _ http.RoundTripper = (*roundTripper)(nil)

// RoundTrip sends one request, redirects included one by one.
func (rt *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	remote := rt.gateway.remotes.get(remoteName(req.URL), rt.rules.PerSecond)
	if wait := remote.pausedFor(rt.gateway.remotes.now()); wait > 0 {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return pausedResponse(req, wait), nil
	}
	if err := remote.budget.Wait(req.Context()); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, fmt.Errorf("egress: waiting for the rate budget of %s: %w", req.URL.Hostname(), err)
	}
	resp, err := rt.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	remote.learn(resp, rt.gateway.remotes.now())
	if resp.ContentLength > rt.rules.MaxBytes {
		_ = resp.Body.Close()
		return nil, &TooLargeError{Limit: rt.rules.MaxBytes}
	}
	resp.Body = &limitedBody{ReadCloser: resp.Body, left: rt.rules.MaxBytes, limit: rt.rules.MaxBytes}
	return resp, nil
}

// CloseIdleConnections makes that method of http.Client work.
func (rt *roundTripper) CloseIdleConnections() { rt.next.CloseIdleConnections() }

// carried are the headers that go along to another host. All others may hold
// credentials: an API key has no common name.
var carried = map[string]bool{"Accept": true, "Accept-Language": true, "User-Agent": true}

func checkRedirect(most int) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		from := via[len(via)-1]
		if len(via) > most {
			return fmt.Errorf("egress: more than %d redirects", most)
		}
		if from.URL.Scheme == "https" && req.URL.Scheme != "https" {
			return errors.New("egress: a redirect leads from https to http")
		}
		// net/http puts the address before in here, and its query may be secret.
		req.Header.Del("Referer")
		if remoteName(req.URL) == remoteName(via[0].URL) {
			return nil
		}
		if req.Body != nil && req.Body != http.NoBody {
			return errors.New("egress: a redirect would send the request's body to another host")
		}
		for name := range req.Header {
			if !carried[name] {
				delete(req.Header, name)
			}
		}
		return nil
	}
}
