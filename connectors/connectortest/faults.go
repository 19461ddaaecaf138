package connectortest

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/trellishq/trellis/connectors"
)

// A refused login pauses the connection. Whoever calls on must not make the
// remote system count another attempt.
func (h Harness) testRefusedLogin(t *testing.T) {
	replace := h.BadLogin
	var proxy *Proxy
	if h.URL != "" {
		proxy = h.proxy(t)
		replace = with(h.BadLogin, h.URL, proxy.URL)
	}
	src := h.source(t, replace)
	var after int
	for i := range 3 {
		if _, _, err := src.Read(t.Context(), h.Stream, ""); !errors.Is(err, connectors.ErrAuth) {
			t.Fatalf("want ErrAuth, got %v", err)
		}
		if proxy == nil {
			continue
		}
		if i == 0 {
			after = proxy.Requests()
		} else if n := proxy.Requests(); n != after {
			t.Errorf("a refused login was tried again: %d requests, then %d", after, n)
		}
	}
	if tester, ok := src.(connectors.Tester); ok {
		if err := tester.Test(t.Context()); !errors.Is(err, connectors.ErrAuth) {
			t.Errorf("test: want ErrAuth, got %v", err)
		}
	}
}

// Each kind of fault, at several exchanges of a read: the error tells the right
// thing, and with the same cursor nothing is lost.
func (h Harness) testFaults(t *testing.T) {
	proxy := h.proxy(t)
	h.walk(t, h.source(t, map[string]any{h.URL: proxy.URL}), "", state{})
	exchanges := proxy.Requests()
	for _, kind := range []FaultKind{FaultCutBody, FaultDropped, FaultServerError, FaultTooManyRequests} {
		t.Run(string(kind), func(t *testing.T) {
			for at := 0; at < exchanges; at += 1 + exchanges/4 {
				h.walkWithFault(t, proxy, Fault{Kind: kind, Skip: at, RetryAfter: 7 * time.Second})
			}
		})
	}
}

func (h Harness) walkWithFault(t *testing.T, proxy *Proxy, fault Fault) {
	t.Helper()
	proxy.Fail(fault)
	defer proxy.Fail(Fault{})
	src, seen, cur := h.source(t, map[string]any{h.URL: proxy.URL}), state{}, connectors.Cursor("")
	failures := 0
	for range maxReads {
		next, err := h.step(t, src, cur, seen)
		switch {
		case err == io.EOF:
			// net/http itself repeats a GET whose connection was dropped.
			if failures > 1 || (failures == 0 && fault.Kind != FaultDropped) {
				t.Errorf("%s at exchange %d: %d reads failed, want 1", fault.Kind, fault.Skip, failures)
			}
			h.wantAll(t, seen)
			return
		case err != nil:
			failures++
			checkFault(t, fault, err)
		}
		cur = next
	}
	t.Fatalf("%s at exchange %d: no io.EOF", fault.Kind, fault.Skip)
}

func checkFault(t *testing.T, fault Fault, err error) {
	t.Helper()
	if fault.Kind == FaultTooManyRequests {
		if after, ok := connectors.After(err); !ok || after != fault.RetryAfter {
			t.Errorf("%s at exchange %d: want ErrBackOff after %v, got %v (%v)", fault.Kind, fault.Skip, fault.RetryAfter, err, after)
		}
		return
	}
	for _, kind := range []error{connectors.ErrAuth, connectors.ErrConfig, connectors.ErrCursor} {
		if errors.Is(err, kind) {
			t.Errorf("%s at exchange %d: is taken for %q: %v", fault.Kind, fault.Skip, kind, err)
		}
	}
}

func (h Harness) testSlowBody(t *testing.T) {
	proxy := h.proxy(t)
	proxy.Fail(Fault{Kind: FaultSlowBody, Skip: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	src, began := h.source(t, map[string]any{h.URL: proxy.URL}), time.Now()
	cur := connectors.Cursor("")
	for range maxReads {
		_, next, err := src.Read(ctx, h.Stream, cur)
		if err == nil {
			cur = next
			continue
		}
		if errors.Is(err, io.EOF) || time.Since(began) > 10*time.Second {
			t.Errorf("a body that never ends: %v after %v", err, time.Since(began))
		}
		return
	}
	t.Error("the read went on")
}

func (h Harness) proxy(t *testing.T) *Proxy {
	t.Helper()
	target, _ := h.Values[h.URL].(string)
	return NewProxy(t, target)
}
