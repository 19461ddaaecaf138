package egress

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	maxRemotes = 4096
	maxPause   = time.Hour
)

// remotes are the budgets by host and port, at most maxRemotes of them.
type remotes struct {
	now    func() time.Time
	mu     sync.Mutex
	byName map[string]*remote
}

type remote struct {
	budget *rate.Limiter
	used   time.Time // under remotes.mu

	mu     sync.Mutex
	paused time.Time
}

func (rs *remotes) get(name string, perSecond float64) *remote {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.byName[name]
	if r == nil {
		if len(rs.byName) >= maxRemotes {
			rs.forgetOldest()
		}
		r = &remote{budget: rate.NewLimiter(rate.Limit(perSecond), burst(perSecond))}
		rs.byName[name] = r
	}
	if rate.Limit(perSecond) < r.budget.Limit() {
		r.budget.SetLimit(rate.Limit(perSecond))
		r.budget.SetBurst(burst(perSecond))
	}
	r.used = rs.now()
	return r
}

// forgetOldest drops the remote that was used longest ago. It is rare enough
// that looking at all of them is cheaper than keeping an order.
func (rs *remotes) forgetOldest() {
	var oldest string
	for name, r := range rs.byName {
		if oldest == "" || r.used.Before(rs.byName[oldest].used) {
			oldest = name
		}
	}
	delete(rs.byName, oldest)
}

// burst is what may go at once: the budget of one second.
func burst(perSecond float64) int { return max(1, int(perSecond)) }

// remoteName is host and port, so that two spellings of one remote share.
func remoteName(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[u.Scheme]
		if port == "" {
			port = "80"
		}
	}
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")) + ":" + port
}

func (r *remote) pausedFor(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.paused.Sub(now)
}

// learn keeps a pause that the remote asked for. An earlier end never shortens
// one that is running.
func (r *remote) learn(resp *http.Response, now time.Time) {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return
	}
	wait, ok := RetryAfter(resp.Header, now)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if until := now.Add(min(wait, maxPause)); until.After(r.paused) {
		r.paused = until
	}
}

// RetryAfter reads the header Retry-After in both forms, seconds and date
// (RFC 9110, 10.2.3). A date that has passed is a wait of zero.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}

// pausedResponse answers for a remote that has asked not to be called: what it
// would say itself, so that callers need to know one form alone.
func pausedResponse(req *http.Request, wait time.Duration) *http.Response {
	seconds := int64((wait + time.Second - 1) / time.Second)
	return &http.Response{
		Status: "429 Too Many Requests", StatusCode: http.StatusTooManyRequests,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Retry-After": {strconv.FormatInt(seconds, 10)}},
		Body:    http.NoBody,
		Request: req,
	}
}
