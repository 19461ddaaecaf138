package plugins

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/trellishq/trellis"
)

// The files of a plugin's folder that the tools know by name.
const (
	ManifestFile = "plugin.yaml"
	ModuleFile   = "plugin.wasm"
)

// buildTime bounds a compiler run.
const buildTime = 10 * time.Minute

// ReadManifest parses the plugin.yaml in dir.
func ReadManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestFile)
	if info, err := os.Stat(path); err != nil {
		return nil, trellis.Wrap(trellis.CodeNotFound, err, "there is no %s in %s", ManifestFile, dir)
	} else if info.Size() > MaxManifest {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "%s is over %d bytes", path, MaxManifest)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeNotFound, err, "%s cannot be read", path)
	}
	return ParseManifest(source)
}

// Build compiles the plugin in dir to plugin.wasm beside its manifest and
// gives that path. It needs the Go tool chain and no network. What the
// compiler says is the message of a VALIDATION_FAILED error.
func Build(ctx context.Context, dir string) (string, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return "", err
	}
	if m.Language != "go" {
		return "", trellis.Errorf(trellis.CodeInvalidInput, "only plugins in Go are built here: compile %s to %s yourself, then go on with test and install", m.Language, ModuleFile)
	}
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	out, err := filepath.Abs(filepath.Join(dir, ModuleFile))
	if err != nil {
		return "", fmt.Errorf("build: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOTOOLCHAIN=local")
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	switch err := cmd.Run(); {
	case err == nil:
		return out, nil
	case errors.Is(err, exec.ErrNotFound):
		return "", trellis.Wrap(trellis.CodeUnavailable, err, "the go command is not installed")
	case ctx.Err() != nil:
		return "", trellis.Wrap(trellis.CodeTimeout, err, "the compiler took too long")
	default:
		return "", trellis.Wrap(trellis.CodeValidationFailed, err, "the plugin does not compile:\n%s", said.String()[:min(said.Len(), 16<<10)])
	}
}
