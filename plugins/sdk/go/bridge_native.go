//go:build !wasip1

package sdk

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// call stands in for the host in go test: it knows the time.
func call(op uint32, _ []byte) ([]byte, error) {
	const opNow = 1
	if op != opNow {
		return nil, &HostError{Code: "UNAVAILABLE", Message: "there is no host in a native test"}
	}
	return json.Marshal(time.Now().UTC())
}

// Log writes a line to stderr.
func Log(text string) { fmt.Fprintln(os.Stderr, text) }
