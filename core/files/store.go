package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/trellishq/trellis"
)

// Store keeps contents by id. It is safe for concurrent use.
type Store interface {
	// Put keeps what r gives and tells its size in bytes and its SHA-256. When it
	// returns without error the content is on disk. More than most bytes is an
	// INVALID_INPUT, no room left UNAVAILABLE, an error of r comes back as it is;
	// then nothing is kept. An id is put once.
	Put(ctx context.Context, id trellis.ID, r io.Reader, most int64) (size int64, sum [32]byte, err error)
	// Get opens a content; NOT_FOUND when there is none. The caller closes it.
	Get(ctx context.Context, id trellis.ID) (io.ReadSeekCloser, error)
	// Delete takes a content away; one that is not there is gone already.
	Delete(ctx context.Context, id trellis.ID) error
}

// Dir is a Store in a directory of its own: a file per content, in folders by the
// last two characters of the id.
type Dir struct{ root *os.Root }

var _ Store = (*Dir)(nil)

// OpenDir opens a directory, and makes it when it is not there.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(filepath.Join(path, incoming), 0o700); err != nil {
		return nil, trellis.Wrap(trellis.CodeUnavailable, err, "the directory %s cannot be made", path)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeUnavailable, err, "the directory %s cannot be opened", path)
	}
	return &Dir{root}, nil
}

// Close lets the directory go.
func (d *Dir) Close() error { return d.root.Close() }

// incoming is the folder of contents that are not complete. What a crash leaves
// there belongs to no file.
const incoming = "incoming"

func (d *Dir) place(id trellis.ID) (folder, path string) {
	name := id.String()
	folder = name[len(name)-2:]
	return folder, filepath.Join(folder, name)
}

// Put implements Store: into a temporary file, synced, then renamed.
func (d *Dir) Put(ctx context.Context, id trellis.ID, r io.Reader, most int64) (size int64, sum [32]byte, err error) {
	temporary := filepath.Join(incoming, id.String())
	f, err := d.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, sum, failed(err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = d.root.Remove(temporary)
		}
	}()
	hash := sha256.New()
	in := &source{ctx: ctx, r: io.LimitReader(r, most+1)}
	size, err = io.Copy(io.MultiWriter(f, hash), in)
	switch {
	case in.err != nil:
		return 0, sum, in.err
	case err != nil:
		return 0, sum, failed(err)
	case size > most:
		return 0, sum, trellis.Errorf(trellis.CodeInvalidInput, "is larger than %d bytes", most)
	}
	if err = f.Sync(); err == nil {
		err = f.Close()
	}
	if err == nil {
		err = d.keep(temporary, id)
	}
	if err != nil {
		return 0, sum, failed(err)
	}
	return size, [32]byte(hash.Sum(nil)), nil
}

// keep moves a complete content to its place and makes sure it stays there.
func (d *Dir) keep(temporary string, id trellis.ID) error {
	folder, path := d.place(id)
	if err := d.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := d.root.Rename(temporary, path); err != nil {
		return err
	}
	for _, dir := range []string{folder, "."} {
		f, err := d.root.Open(dir)
		if err != nil {
			return err
		}
		err = f.Sync()
		_ = f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// source remembers what went wrong with reading, to tell it from writing.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// Get implements Store.
func (d *Dir) Get(_ context.Context, id trellis.ID) (io.ReadSeekCloser, error) {
	_, path := d.place(id)
	f, err := d.root.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, trellis.Errorf(trellis.CodeNotFound, "there is no such file")
	}
	if err != nil {
		return nil, failed(err)
	}
	return f, nil
}

// Delete implements Store.
func (d *Dir) Delete(_ context.Context, id trellis.ID) error {
	_, path := d.place(id)
	if err := d.root.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return failed(err)
	}
	return nil
}

func failed(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return trellis.Wrap(trellis.CodeUnavailable, err, "there is no room left for files")
	}
	return trellis.Wrap(trellis.CodeUnavailable, err, "files cannot be kept or read now")
}

func hexOf(sum [32]byte) string { return hex.EncodeToString(sum[:]) }
