package wasm

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/trellishq/trellis/plugins"
	"github.com/trellishq/trellis/plugins/plugintest"
)

// place is where the tests of this binary keep their key and compiled code.
var place struct {
	dir   string
	guest func(t testing.TB) *plugins.Package
}

func TestMain(m *testing.M) {
	AdmitMain()
	bareMain()
	dir, err := os.MkdirTemp("", "plugins-wasm-")
	if err != nil {
		panic(err)
	}
	place.dir = dir
	var once sync.Once
	var pkg *plugins.Package
	place.guest = func(t testing.TB) *plugins.Package {
		once.Do(func() {
			pkg, err = Admit(context.Background(), plugintest.Guest(t), plugintest.Manifest, dir, dir+"/cache")
		})
		if err != nil {
			t.Fatal(err)
		}
		return pkg
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func newRuntime(t testing.TB) *Runtime {
	rt, err := NewRuntime(context.Background(), place.dir, place.dir+"/cache")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return rt
}

func TestRuntimeConformance(t *testing.T) {
	t.Parallel()
	plugintest.TestRuntime(t, func(t *testing.T) (plugins.Runtime, *plugins.Package) {
		return newRuntime(t), place.guest(t)
	})
}
