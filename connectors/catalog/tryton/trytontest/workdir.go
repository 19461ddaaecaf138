package trytontest

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// workDir is the temporary directory of one server. It is locked while its
// process lives, so that what a killed one has left is told and removed.
type workDir struct {
	path string
	lock *os.File
}

const workDirPrefix = "trytontest-"

// newWorkDir makes a directory that who can use, with a path short enough for a
// unix socket.
func newWorkDir(who *syscall.Credential) (*workDir, error) {
	base := os.TempDir()
	if len(base) > 40 || who != nil {
		base = "/tmp"
	}
	sweep(base)
	path, err := os.MkdirTemp(base, workDirPrefix)
	if err != nil {
		return nil, err
	}
	// The lock is held before it has the name that sweep looks for: others, who
	// sweep at the same moment, must not take a directory for left behind.
	making := filepath.Join(path, "making")
	lock, err := os.OpenFile(making, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	d := &workDir{path: path, lock: lock}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
	if err == nil {
		err = os.Rename(making, filepath.Join(path, "lock"))
	}
	if err := errors.Join(err, own(path, who)); err != nil {
		return nil, errors.Join(err, d.remove())
	}
	return d, nil
}

func (d *workDir) remove() error { return errors.Join(os.RemoveAll(d.path), d.lock.Close()) }

// sweep removes the directories whose lock nobody holds. One without a lock is
// just being made.
func sweep(base string) {
	found, _ := filepath.Glob(filepath.Join(base, workDirPrefix+"*", "lock"))
	for _, path := range found {
		lock, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
		_ = lock.Close()
	}
}
