package wasm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/tetratelabs/wazero"
)

const bareEnv = "TRELLIS_TEST_BARE_WAZERO"

// bareMain, in a throwaway process, gives a module straight to wazero.
func bareMain() {
	if os.Getenv(bareEnv) == "" {
		return
	}
	if err := boundChild(1); err != nil {
		fmt.Println(err)
		os.Exit(0)
	}
	if os.Getenv(bareEnv) == "spin" {
		for {
		}
	}
	module, _ := io.ReadAll(os.Stdin)
	_, err := wazero.NewRuntime(context.Background()).CompileModule(context.Background(), module)
	fmt.Println("wazero lived:", err)
	os.Exit(0)
}

// killers are modules that end a process which trusts wazero's decoder.
var killers = map[string][]byte{
	// An import section that announces 2^32-1 imports of 112 bytes each.
	"481 GB": []byte(header + "\x02\x07\xff\xff\xff\xff\x0f\x00\x00"),
	// A function whose one local is a typed reference without its type.
	"panic": []byte(header + "\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x0a\x06\x01\x03\x01\x01\x63\x0b"),
}

func bare(t *testing.T, what string, stdin []byte) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = []string{bareEnv + "=" + what}
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestBareWazeroDiesOfTheKillers(t *testing.T) {
	t.Parallel()
	for name, module := range killers {
		if out, err := bare(t, "compile", module); err == nil {
			t.Errorf("%s: %s: the strict parser may be more than is needed now", name, out)
		}
	}
}

// The admission process cannot use more CPU than it is given.
func TestBoundsEndAProcess(t *testing.T) {
	t.Parallel()
	var exit *exec.ExitError
	if _, err := bare(t, "spin", nil); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Errorf("spinning ended with %v, want a signal", err)
	}
}
