// Package filestest is the conformance suite of files.Store: every
// implementation runs it.
package filestest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/files"
)

// Run holds a store to what the port promises. open gives an empty one.
func Run(t *testing.T, open func(t *testing.T) files.Store) {
	t.Helper()
	t.Run("what is put is got", func(t *testing.T) { putAndGet(t, open(t)) })
	t.Run("what fails leaves nothing", func(t *testing.T) { failures(t, open(t)) })
	t.Run("many at once", func(t *testing.T) { many(t, open(t)) })
}

func content(t *testing.T, s files.Store, id trellis.ID) string {
	t.Helper()
	r, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func putAndGet(t *testing.T, s files.Store) {
	id, text := trellis.NewID(), strings.Repeat("text\x00", 100_000)
	size, sum, err := s.Put(t.Context(), id, strings.NewReader(text), int64(len(text)))
	if err != nil || size != int64(len(text)) || sum != sha256.Sum256([]byte(text)) {
		t.Fatalf("%d bytes, %x, %v", size, sum, err)
	}
	if content(t, s, id) != text {
		t.Error("another content came back")
	}
	r, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := r.Seek(-5, io.SeekEnd); err != nil || at != int64(len(text)-5) {
		t.Error(at, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), id); err != nil {
		t.Errorf("deleting what is gone: %v", err)
	}
	if _, err := s.Get(t.Context(), id); trellis.CodeOf(err) != trellis.CodeNotFound {
		t.Errorf("after the delete: %v", err)
	}
}

func failures(t *testing.T, s files.Store) {
	broken := errors.New("the wire broke")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, x := range map[string]struct {
		ctx  context.Context
		r    io.Reader
		want func(error) bool
	}{
		"too large": {t.Context(), strings.NewReader("12345678901"), func(err error) bool { return trellis.CodeOf(err) == trellis.CodeInvalidInput }},
		"broken":    {t.Context(), io.MultiReader(strings.NewReader("123"), iotest.ErrReader(broken)), func(err error) bool { return errors.Is(err, broken) }},
		"cancelled": {ended, strings.NewReader("123"), func(err error) bool { return errors.Is(err, context.Canceled) }},
	} {
		id := trellis.NewID()
		if _, _, err := s.Put(x.ctx, id, x.r, 10); err == nil || !x.want(err) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.Get(t.Context(), id); trellis.CodeOf(err) != trellis.CodeNotFound {
			t.Errorf("%s: something is there: %v", name, err)
		}
		if _, _, err := s.Put(t.Context(), id, strings.NewReader("again"), 10); err != nil || content(t, s, id) != "again" {
			t.Errorf("%s: it cannot be put again: %v", name, err)
		}
	}
}

func many(t *testing.T, s files.Store) {
	var wg sync.WaitGroup
	for n := range 32 {
		wg.Go(func() {
			id, text := trellis.NewID(), bytes.Repeat([]byte{byte(n)}, 1000*n+1)
			if _, _, err := s.Put(t.Context(), id, bytes.NewReader(text), 1<<20); err != nil {
				t.Error(err)
				return
			}
			if content(t, s, id) != string(text) {
				t.Errorf("content %d is another", n)
			}
		})
	}
	wg.Wait()
}
