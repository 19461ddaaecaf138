// Command guest is the plugin of the conformance suite: each entry behaves in
// one way, good or bad, that a Runtime must cope with.
package main

import (
	"errors"
	"os"
	"strings"
	"time"

	sdk "github.com/trellishq/trellis/plugins/sdk/go"
)

// remembered must be 0 at the start of every call.
var remembered int

var sink [][]byte

func init() {
	sdk.Handle("echo", func(h *sdk.Hook) error {
		h.Set("name", h.Text("name"))
		return nil
	})
	sdk.Handle("validateAndPatch", func(h *sdk.Hook) error {
		h.Set("name", "changed")
		return nil
	})
	sdk.Handle("pass", func(*sdk.Hook) error { return nil })
	sdk.Handle("refuse", func(*sdk.Hook) error {
		return sdk.Veto("name", "NO", "line one\nline two\x1b[31m"+strings.Repeat("x", 2000))
	})
	sdk.Handle("report", func(*sdk.Hook) error { return errors.New("a secret of the author") })
	sdk.Handle("remember", func(h *sdk.Hook) error {
		remembered++
		h.Set("name", remembered)
		return nil
	})
	sdk.Handle("now", func(h *sdk.Hook) error {
		t, err := sdk.Now()
		h.Set("name", t)
		return err
	})
	sdk.Handle("manyCalls", func(h *sdk.Hook) error {
		for n := 0; ; n++ {
			if _, err := sdk.Now(); err != nil {
				var refused *sdk.HostError
				errors.As(err, &refused)
				h.Set("name", refused.Code)
				return nil
			}
		}
	})
	sdk.Handle("sleep", func(h *sdk.Hook) error {
		start := time.Now()
		done := make(chan struct{})
		go func() {
			time.Sleep(time.Hour)
			close(done)
		}()
		<-done
		h.Set("name", time.Since(start) >= time.Hour)
		return nil
	})
	sdk.Handle("log", func(*sdk.Hook) error {
		sdk.Log("logged by the guest")
		os.Stderr.WriteString(strings.Repeat("y", 64<<10))
		return nil
	})
	sdk.Handle("loop", func(*sdk.Hook) error {
		for {
			remembered++
		}
	})
	sdk.Handle("crash", func(*sdk.Hook) error { panic("crash") })
	sdk.Handle("exit", func(*sdk.Hook) error {
		os.Exit(0)
		return nil
	})
	sdk.Handle("deep", func(*sdk.Hook) error {
		remembered = deeper(1)
		return nil
	})
	sdk.Handle("grow", func(*sdk.Hook) error {
		for {
			sink = append(sink, make([]byte, 1<<20))
		}
	})
	sdk.Handle("growABit", func(h *sdk.Hook) error {
		sink = append(sink, make([]byte, 6<<20))
		h.Set("name", len(sink))
		return nil
	})
	sdk.Handle("oversize", func(h *sdk.Hook) error {
		h.Set("name", strings.Repeat("z", 2<<20))
		return nil
	})
	sdk.Handle("foreignField", func(h *sdk.Hook) error {
		h.Set("salary", 1)
		return nil
	})
}

func deeper(n int) int { return deeper(n+1) + n }

func main() {}
