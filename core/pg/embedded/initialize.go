package embedded

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/trellishq/trellis"
)

// unfinished marks data directories whose making was cut off.
const unfinished = "pgdata.init-"

// dataMajor is the major version of the data directory, "" when there is none.
func (s *Server) dataMajor() (string, error) {
	dir := s.dataDir()
	b, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return "", fileError(err, "read", dir)
	}
	switch err := syscall.Rmdir(dir); { // takes an empty directory only
	case err == nil, errors.Is(err, os.ErrNotExist):
		return "", nil
	case errors.Is(err, syscall.ENOTEMPTY), errors.Is(err, syscall.EEXIST), errors.Is(err, syscall.ENOTDIR):
		return "", trellis.Wrap(trellis.CodeConflict, err,
			"%s exists but is no PostgreSQL data directory. Nothing was changed; move it away or use another directory", dir)
	default:
		return "", fileError(err, "use", dir)
	}
}

// initialize makes the data directory under a temporary name and gives it its own
// when it is complete and on disk, so that a data directory is never half done.
func (s *Server) initialize(ctx context.Context) error {
	old, _ := filepath.Glob(filepath.Join(s.opts.Dir, unfinished+"*")) // the pattern is fine
	for _, dir := range old {
		// Ours by its name, and never used. What cannot go now goes next time.
		_ = os.RemoveAll(dir)
	}
	dir, err := os.MkdirTemp(s.opts.Dir, unfinished+"*")
	if err != nil {
		return fileError(err, "make a data directory in", s.opts.Dir)
	}
	defer os.RemoveAll(dir) // finds nothing once it has been renamed
	if err := s.who.give(dir); err != nil {
		return fileError(err, "take over", dir)
	}
	if err := s.initdb(ctx, dir); err != nil {
		return err
	}
	conf := filepath.Join(dir, "postgresql.conf")
	if err := appendSynced(conf, defaults(memory())); err != nil {
		return fileError(err, "write", conf)
	}
	if err := os.Rename(dir, s.dataDir()); err != nil {
		return fileError(err, "rename", dir)
	}
	return syncDir(s.opts.Dir)
}

func (s *Server) initdb(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, s.bin.path("initdb"), "--pgdata="+dir, "--username="+superuser,
		"--auth-local=trust", "--auth-host=reject", // the socket's directory is closed to others
		"--encoding=UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C", "--lc-monetary=C",
		"--lc-numeric=C", "--lc-time=C", "--text-search-config=simple", "--data-checksums", "--no-instructions")
	cmd.Dir = s.opts.Dir
	cmd.Env = environment()
	cmd.SysProcAttr = s.who.attributes()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.WaitDelay = 2 * time.Second // initdb's own child may outlive it

	// The death signal is sent when the thread dies that started the child.
	runtime.LockOSThread()
	out, err := cmd.CombinedOutput()
	runtime.UnlockOSThread()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return trellis.Wrap(trellis.CodeTimeout, ctx.Err(), "the making of %s took too long and was stopped", s.dataDir())
	}
	return startError(s.dataDir(), strings.Split(string(out), "\n"), err)
}

func appendSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fileError(err, "open", path)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fileError(err, "write", path)
	}
	return nil
}
