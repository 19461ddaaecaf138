package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestPostgresIsKilledUnderLoad kills PostgreSQL while callers read and write.
// They get errors with a code, the right answers before and after, and no
// restart of the server is needed. What was answered as written is there.
func TestPostgresIsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	key := s.apiKey("admin")
	load := &load{key: key, t: t, codes: map[string]int{}}
	var callers sync.WaitGroup
	for n := range 3 {
		callers.Go(func() { load.run(n) })
	}
	for range 3 {
		load.waitForWrites(20)
		pm, err := s.postmaster()
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pm.pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		waitForEnd(t, pm.pid)
		load.waitForWrites(20) // it has recovered
	}
	load.stop.Store(true)
	callers.Wait()
	t.Logf("%d accounts written, errors %v", len(load.written), load.codes)
	for code := range load.codes {
		if code != "UNAVAILABLE" && code != "TIMEOUT" {
			t.Errorf("a caller was told %s", code)
		}
	}
	if load.codes["UNAVAILABLE"] == 0 {
		t.Error("nobody noticed that PostgreSQL was killed")
	}
	var have []string
	for _, a := range accounts(t, key) {
		have = append(have, a.Code)
	}
	for _, code := range load.written {
		if !slices.Contains(have, code) {
			t.Errorf("account %s was answered as written and is not there", code)
		}
	}
	if status, body := s.get("/readyz"); status != 200 {
		t.Errorf("/readyz answers %d %s", status, body)
	}
	select {
	case <-s.exited:
		t.Error("the server has ended")
	default:
	}
}

type load struct {
	t    *testing.T
	key  *client
	stop atomic.Bool
	done atomic.Int64 // writes that were answered well

	mu      sync.Mutex
	written []string
	codes   map[string]int
}

// run writes an account and reads it, again and again.
func (l *load) run(caller int) {
	for n := 0; !l.stop.Load(); n++ {
		code := fmt.Sprintf("L-%d-%d", caller, n)
		a, err := l.key.ask("/graphql", `mutation($code: String!) { createAccount(input: {code: $code, name: "Load"}) { record { code } errors { code } } }`, map[string]any{"code": code})
		if err != nil {
			l.t.Errorf("no GraphQL answer: %v", err)
			return
		}
		var made struct {
			CreateAccount *struct {
				Record *struct{ Code string }
				Errors []struct{ Code string }
			}
		}
		if len(a.Errors) == 0 {
			if err := json.Unmarshal(a.Data, &made); err != nil || made.CreateAccount == nil || made.CreateAccount.Record == nil || made.CreateAccount.Record.Code != code {
				l.t.Errorf("creating %s answers %s", code, a.Data)
				return
			}
			l.note(code, nil)
			l.read(code)
			continue
		}
		l.note("", a.codes())
	}
}

// read wants the account that was just written, or an error: never an empty
// answer.
func (l *load) read(code string) {
	a, err := l.key.ask("/graphql", `query($code: String!) { accounts(filter: {code: {eq: $code}}) { totalCount nodes { code } } }`, map[string]any{"code": code})
	if err != nil {
		l.t.Errorf("no GraphQL answer: %v", err)
		return
	}
	if len(a.Errors) > 0 {
		l.note("", a.codes())
		return
	}
	if want := fmt.Sprintf(`{"accounts":{"totalCount":1,"nodes":[{"code":%q}]}}`, code); string(a.Data) != want {
		l.t.Errorf("reading %s answers %s", code, a.Data)
	}
}

func (l *load) note(code string, codes []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if code != "" {
		l.written = append(l.written, code)
		l.done.Add(1)
	}
	for _, c := range codes {
		l.codes[c]++
	}
}

// waitForWrites returns when n more writes were answered well.
func (l *load) waitForWrites(n int64) {
	l.t.Helper()
	until := l.done.Load() + n
	deadline := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for l.done.Load() < until {
		select {
		case <-tick.C:
		case <-deadline:
			l.stop.Store(true)
			l.t.Fatalf("no writes for a minute; errors %v", l.codes)
		}
	}
}
