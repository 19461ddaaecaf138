package embedded

import (
	"strings"
	"testing"
)

func FuzzParsePidFile(f *testing.F) {
	f.Add("123\n/data\n1700000000\n5432\n/run\n\n 5432001 5\nready   \n")
	f.Add("-5\n/data\n")
	f.Add("123")
	f.Add("")
	f.Add("\x00\x00\n\n\n\n\n\n\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		pf, err := parsePidFile(text)
		if err == nil && pf.pid <= 0 {
			t.Errorf("process %d", pf.pid)
		}
		if strings.ContainsAny(pf.socket+pf.status, "\n") {
			t.Errorf("%q %q", pf.socket, pf.status)
		}
	})
}

func TestParsePidFile(t *testing.T) {
	t.Parallel()
	got, err := parsePidFile("123\n/data\n1700000000\n5432\n/run/x\n\n 5432001 5\nready   \n")
	if want := (pidFile{123, "/run/x", "ready"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDefaultsFollowMemory(t *testing.T) {
	t.Parallel()
	for memory, want := range map[uint64]string{
		256 << 20: "shared_buffers = 128MB", 8 << 30: "shared_buffers = 1024MB", 512 << 30: "shared_buffers = 1024MB",
	} {
		if got := defaults(memory); !strings.Contains(got, want+"\n") {
			t.Errorf("%d bytes: no %s in %s", memory, want, got)
		}
	}
}
