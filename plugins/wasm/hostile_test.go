package wasm

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/trellishq/trellis/plugins"
)

func TestHostileModulesAreStopped(t *testing.T) {
	t.Parallel()
	friend := load(t, assembly{handle: codeEcho})
	for name, c := range map[string]struct {
		code []byte
		want plugins.FailureKind
	}{
		"loop":           {codeLoop, plugins.FailedDeadline},
		"trap":           {codeTrap, plugins.FailedTrap},
		"recursion":      {codeRecurse, plugins.FailedTrap},
		"memory grows":   {codeGrow, plugins.FailedDeadline},
		"table grows":    {codeTables, plugins.FailedDeadline},
		"output of 4 GB": {codeHuge, plugins.FailedSize},
		"output outside": {codeWild, plugins.FailedTrap},
	} {
		m := load(t, assembly{handle: c.code})
		for range 2 {
			_, err := m.Call(t.Context(), "run", []byte("{}"))
			var f *plugins.Failure
			if !errors.As(err, &f) || f.Kind != c.want {
				t.Errorf("%s: %v, want that it %s", name, err, c.want)
			}
		}
		if out, err := friend.Call(t.Context(), "run", []byte("friend")); err != nil || string(out) != "friend" {
			t.Errorf("after %s a friend answers %q, %v", name, out, err)
		}
	}
}

func TestCrashAtStartDoesNotLoad(t *testing.T) {
	t.Parallel()
	pkg, err := admitted(t, assembly{handle: codeOK, initialize: codeTrap}.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newRuntime(t).Load(t.Context(), pkg, quiet{}); err == nil || !strings.Contains(err.Error(), "_initialize") {
		t.Error(err)
	}
}

// Memory and globals are those of the start in every call, also at once.
func TestResetRestoresMemoryAndGlobals(t *testing.T) {
	t.Parallel()
	m := load(t, assembly{handle: codeCount})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 2_000 {
				if out, err := m.Call(t.Context(), "run", []byte("{}")); err != nil || string(out) != "\x01\x01" {
					t.Errorf("counted %x, %v", out, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// An instance is replaced after 10,000 calls, unnoticed.
func TestInstancesAreReplacedByAge(t *testing.T) {
	t.Parallel()
	m := load(t, assembly{handle: codeEcho}).(*Module)
	first := m.idle[0]
	first.calls = callsPerInstance - 1
	for range 2 {
		if out, err := m.Call(t.Context(), "run", []byte("x")); err != nil || string(out) != "x" {
			t.Fatalf("%q, %v", out, err)
		}
	}
	if m.idle[0] == first {
		t.Error("the instance is still in use")
	}
}

func BenchmarkBareCall(b *testing.B) {
	m := load(b, assembly{handle: codeOK})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Call(b.Context(), "run", []byte("{}")); err != nil {
			b.Fatal(err)
		}
	}
}
