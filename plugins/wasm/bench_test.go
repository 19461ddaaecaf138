package wasm

import (
	"context"
	"strings"
	"testing"

	"github.com/trellishq/trellis/plugins"
)

// quiet is Ops for benchmarks.
type quiet struct{}

func (quiet) Do(context.Context, plugins.Op, []byte) ([]byte, error) { return nil, nil }
func (quiet) Log(context.Context, string, string)                    {}

func benchmark(b *testing.B, pkg *plugins.Package, entry string, input []byte) {
	m, err := newRuntime(b).Load(b.Context(), pkg, quiet{})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Call(ctx, entry, input); err != nil {
			b.Fatal(err)
		}
	}
}

// A Go guest that answers ok: instance, deadline, call, reset.
func BenchmarkGoHookWithoutWork(b *testing.B) {
	benchmark(b, place.guest(b), "pass", []byte(`{"record":{"name":"x"}}`))
}

// A Go guest that reads a record of 1 KB and patches it.
func BenchmarkGoHookOf1KB(b *testing.B) {
	benchmark(b, place.guest(b), "echo", []byte(`{"record":{"name":"`+strings.Repeat("n", 1000)+`"}}`))
}

// How long a server takes to load an admitted Go plugin whose code is cached.
func BenchmarkGoWarmStart(b *testing.B) {
	pkg := place.guest(b)
	rt := newRuntime(b)
	for b.Loop() {
		m, err := rt.Load(b.Context(), pkg, quiet{})
		if err != nil {
			b.Fatal(err)
		}
		if err := m.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
