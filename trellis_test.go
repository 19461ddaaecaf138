package trellis

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
)

func TestIDsRiseAndParse(t *testing.T) {
	t.Parallel()
	last := ID{}
	for range 10_000 {
		id := NewID()
		if id.String() <= last.String() {
			t.Fatalf("%s came after %s", id, last)
		}
		back, err := ParseID(id.String())
		if err != nil || back != id {
			t.Fatalf("ParseID(%s) = %s, %v", id, back, err)
		}
		if id[6]>>4 != 7 || id[8]>>6 != 2 {
			t.Fatalf("%s is not a UUID of version 7", id)
		}
		last = id
	}
}

func TestIDsAreUniqueAcrossGoroutines(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[ID]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2_000 {
				id := NewID()
				mu.Lock()
				if seen[id] {
					t.Errorf("%s was made twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestParseIDRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "x", "0190b2c0-0000-7000-8000-00000000000", "0190b2c0x0000-7000-8000-000000000000", "0190b2c0-0000-7000-8000-00000000000g"} {
		if id, err := ParseID(s); CodeOf(err) != CodeInvalidInput || !id.IsZero() {
			t.Errorf("ParseID(%q) = %s, %v", s, id, err)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("0190b2c0-0000-7000-8000-000000000000")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseID(s); err == nil {
			if again, err := ParseID(id.String()); err != nil || again != id {
				t.Fatalf("%q: %v %v", s, again, err)
			}
		}
	})
}

func TestErrorsHideTheirCause(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("layer: %w", Wrap(CodeConflict, io.ErrUnexpectedEOF, "somebody else changed it").At("input", 2, "name"))
	if CodeOf(err) != CodeConflict || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("lost the code or the cause: %v", err)
	}
	if got := Public(err).Error(); got != "input[2].name: somebody else changed it" {
		t.Fatalf("public text is %q", got)
	}
	if got := Public(io.EOF); got[0].Code != CodeInternal || got[0].Error() != "something went wrong on our side" {
		t.Fatalf("an unknown error must become a plain INTERNAL, got %v", got)
	}
	if Errors(nil).Err() != nil {
		t.Fatal("no problems must be a nil error")
	}
}
