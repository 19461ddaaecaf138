// Package plugintest holds what tests of plugins share: a Go guest whose
// entries behave well or badly, and the conformance suite that every
// plugins.Runtime must pass.
package plugintest

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Manifest is the plugin.yaml of the guest.
//
//go:embed guest/plugin.yaml
var Manifest []byte

// guest is the guest's module, compiled once in a test binary.
var guest struct {
	sync.Once
	module []byte
	err    error
}

// Guest compiles the guest to WebAssembly and gives a file with it.
func Guest(t testing.TB) string {
	t.Helper()
	guest.Do(func() { guest.module, guest.err = build() })
	if guest.err != nil {
		t.Fatalf("plugintest: %v", guest.err)
	}
	path := filepath.Join(t.TempDir(), "plugin.wasm")
	if err := os.WriteFile(path, guest.module, 0o644); err != nil {
		t.Fatalf("plugintest: %v", err)
	}
	return path
}

func build() ([]byte, error) {
	dir, err := os.MkdirTemp("", "plugintest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "plugin.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", out, "github.com/trellishq/trellis/plugins/plugintest/guest")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}
