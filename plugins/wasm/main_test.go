package wasm_test

import (
	"os"
	"testing"

	"github.com/trellishq/trellis/plugins/wasm"
)

func TestMain(m *testing.M) {
	wasm.AdmitMain()
	os.Exit(m.Run())
}
