package plugintest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trellishq/trellis/plugins"
)

// Open gives a fresh runtime and the admitted guest for it. The runtime is
// closed by Open's own cleanup, after the test.
type Open func(t *testing.T) (plugins.Runtime, *plugins.Package)

// TestRuntime is the conformance suite of plugins.Runtime.
func TestRuntime(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s *session)
	}{
		{"answers", testAnswers},
		{"failures are told apart and harm nothing", testFailures},
		{"a call sees nothing of an earlier one", testNoMemory},
		{"calls at once do not mix", testHammer},
		{"a loop ends and does not stop others", testLoop},
		{"cancelling ends a call", testCancel},
		{"the log is bounded", testLog},
		{"close", testClose},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rt, pkg := open(t)
			ops := &recorder{}
			m, err := rt.Load(t.Context(), pkg, ops)
			if err != nil {
				t.Fatal(err)
			}
			c.test(t, &session{rt, pkg, m, ops})
			if err := m.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

type session struct {
	runtime plugins.Runtime
	pkg     *plugins.Package
	plugins.Module
	ops *recorder
}

// recorder is Ops that knows one operation and keeps the log.
type recorder struct {
	mu  sync.Mutex
	log []string
}

var _ plugins.Ops = (*recorder)(nil)

func (*recorder) Do(context.Context, plugins.Op, []byte) ([]byte, error) {
	return []byte(`"2026-01-02T03:04:05Z"`), nil
}

func (r *recorder) Log(_ context.Context, entry, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, entry+": "+text)
}

func (s *session) call(ctx context.Context, entry, name string) (string, error) {
	input, err := json.Marshal(map[string]any{"record": map[string]any{"name": name}})
	if err != nil {
		return "", err
	}
	out, err := s.Call(ctx, entry, input)
	return string(out), err
}

func (s *session) expect(t *testing.T, entry, name, want string) {
	t.Helper()
	if got, err := s.call(t.Context(), entry, name); err != nil || got != want {
		t.Errorf("%s(%s) = %.200s, %v, want %.200s", entry, name[:min(len(name), 20)], got, err, want)
	}
}

func (s *session) fails(t *testing.T, entry string, want plugins.FailureKind) {
	t.Helper()
	_, err := s.call(t.Context(), entry, "")
	var f *plugins.Failure
	if !errors.As(err, &f) || f.Kind != want {
		t.Errorf("%s: %v, want a failure that it %s", entry, err, want)
	}
}

func patch(value string) string { return `{"status":"patch","patch":{"name":` + value + `}}` }

func testAnswers(t *testing.T, s *session) {
	s.expect(t, "echo", "Mütze 帽子", patch(`"Mütze 帽子"`))
	s.expect(t, "pass", "x", "")
	big := strings.Repeat("b", 300<<10)
	s.expect(t, "echo", big, patch(`"`+big+`"`))
	s.expect(t, "now", "", patch(`"2026-01-02T03:04:05Z"`))
	s.expect(t, "sleep", "", patch("true")) // takes no time
	s.expect(t, "manyCalls", "", patch(`"RATE_LIMITED"`))
}

func testFailures(t *testing.T, s *session) {
	for entry, kind := range map[string]plugins.FailureKind{
		"crash": plugins.FailedTrap, "exit": plugins.FailedTrap, "grow": plugins.FailedTrap,
		"oversize": plugins.FailedSize, "nobody": plugins.FailedAnswer,
	} {
		s.fails(t, entry, kind)
		s.expect(t, "echo", "alive", patch(`"alive"`))
	}
	// Endless recursion runs out of memory or of time, whichever is first.
	if out, err := s.call(t.Context(), "deep", ""); err == nil {
		t.Errorf("deep: %s", out)
	}
	s.expect(t, "echo", "alive", patch(`"alive"`))
	_, err := s.Call(t.Context(), "echo", make([]byte, plugins.MaxIO+1))
	var f *plugins.Failure
	if !errors.As(err, &f) || f.Kind != plugins.FailedSize {
		t.Errorf("oversized input: %v", err)
	}
}

func testNoMemory(t *testing.T, s *session) {
	for range 50 {
		s.expect(t, "remember", "", patch("1"))
	}
	for range 3 {
		s.expect(t, "growABit", "", patch("1"))
		s.expect(t, "remember", "", patch("1"))
	}
}

func testHammer(t *testing.T, s *session) {
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			text := strings.Repeat(string(rune('a'+n)), 100*(n+1))
			for range 25 {
				s.expect(t, "echo", text, patch(`"`+text+`"`))
				s.expect(t, "remember", "", patch("1"))
			}
		})
	}
	wg.Wait()
}

func testLoop(t *testing.T, s *session) {
	other, err := s.runtime.Load(t.Context(), s.pkg, s.ops)
	if err != nil {
		t.Fatal(err)
	}
	looping := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			looping <- struct{}{}
			s.fails(t, "loop", plugins.FailedDeadline)
		})
		<-looping
	}
	o := &session{s.runtime, s.pkg, other, s.ops}
	for range 20 {
		o.expect(t, "echo", "undisturbed", patch(`"undisturbed"`))
	}
	wg.Wait()
	s.expect(t, "remember", "", patch("1"))
	if err := other.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func testCancel(t *testing.T, s *session) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := s.call(ctx, "loop", "")
	var f *plugins.Failure
	if !errors.As(err, &f) || f.Kind != plugins.FailedDeadline {
		t.Errorf("cancelled call: %v", err)
	}
	s.expect(t, "echo", "alive", patch(`"alive"`))
}

func testLog(t *testing.T, s *session) {
	s.expect(t, "log", "", "")
	s.ops.mu.Lock()
	defer s.ops.mu.Unlock()
	if len(s.ops.log) != 1 || !strings.HasPrefix(s.ops.log[0], "log: logged by the guest\nyyy") || len(s.ops.log[0]) > 17<<10 {
		t.Errorf("the log has %d entries, first %.60q", len(s.ops.log), strings.Join(s.ops.log, "|"))
	}
}

func testClose(t *testing.T, s *session) {
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	s.fails(t, "echo", plugins.FailedClosed)
	tampered := *s.pkg
	tampered.Module = append([]byte(nil), tampered.Module...)
	tampered.Module[len(tampered.Module)-1] ^= 1
	if _, err := s.runtime.Load(t.Context(), &tampered, s.ops); !errors.Is(err, plugins.ErrUntrusted) {
		t.Errorf("a tampered module: %v", err)
	}
	lenient := *s.pkg
	lenient.Source = append([]byte("# another manifest\n"), lenient.Source...)
	if _, err := s.runtime.Load(t.Context(), &lenient, s.ops); !errors.Is(err, plugins.ErrUntrusted) {
		t.Errorf("a module under another manifest: %v", err)
	}
}
