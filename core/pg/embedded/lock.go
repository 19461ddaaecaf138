package embedded

import (
	"errors"
	"os"
	"syscall"

	"github.com/trellishq/trellis"
)

// tryLock gives nil without an error when another process holds the lock. The
// kernel lets go of it when the process dies; child processes do not inherit it.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fileError(err, "lock", path)
	}
	switch err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case err == nil:
		return f, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, f.Close()
	}
	_ = f.Close()
	return nil, fileError(err, "lock", path)
}

// fileError says what went wrong with a file of ours, in words of the operator.
func fileError(err error, doing, path string) error {
	switch {
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return trellis.Wrap(trellis.CodeForbidden, err, "no permission to %s %s", doing, path)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return trellis.Wrap(trellis.CodeUnavailable, err, "cannot %s %s: the disk is full", doing, path)
	case errors.Is(err, syscall.ENOTDIR):
		return trellis.Wrap(trellis.CodeInvalidInput, err, "cannot %s %s: part of the path is a file", doing, path)
	}
	return trellis.Wrap(trellis.CodeUnavailable, err, "cannot %s %s", doing, path)
}
