package embedded

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/trellishq/trellis"
)

// pidFile is PostgreSQL's postmaster.pid (src/include/utils/pidfile.h).
type pidFile struct {
	pid    int
	socket string // directory
	status string // starting, stopping, ready, standby
}

func readPidFile(dataDir string) (pidFile, error) {
	b, err := os.ReadFile(filepath.Join(dataDir, "postmaster.pid"))
	if err != nil {
		return pidFile{}, err
	}
	return parsePidFile(string(b))
}

// parsePidFile accepts a file that is still being written.
func parsePidFile(text string) (pidFile, error) {
	lines := strings.Split(text, "\n")
	pid, err := strconv.Atoi(strings.TrimPrefix(lines[0], "-")) // negative: a single-user backend
	if err != nil || pid <= 0 {
		return pidFile{}, errors.New("postmaster.pid does not begin with a process number")
	}
	pf := pidFile{pid: pid}
	if len(lines) > 4 {
		pf.socket = lines[4]
	}
	if len(lines) > 7 {
		pf.status = strings.TrimSpace(lines[7])
	}
	return pf, nil
}

const (
	// patienceForeign is how long a running server that is not ours may take to
	// begin stopping: the kernel has just told it to if its owner was killed.
	patienceForeign = 2 * time.Second
	// Processes that outlive their killed server are told to end, then made to.
	orphansTold, orphansKilled = 50 * time.Millisecond, 3 * time.Second
)

// claim waits until nothing uses the data directory any more. We hold the lock,
// so what uses it is left over from an owner or a server that was killed, or is a
// server that somebody started by other means; that is reported and left alone.
func (s *Server) claim(ctx context.Context) error {
	begin := time.Now()
	told := false
	for {
		pf, err := readPidFile(s.dataDir())
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil && !errors.Is(err, os.ErrPermission) {
			pf = pidFile{} // broken by a power cut: nothing runs, or it is found below
		} else if err != nil {
			return fileError(err, "read", s.pidFile())
		}
		using := processesIn(s.dataDir())
		waited := time.Since(begin)
		switch {
		case len(using) == 0:
			return s.clearStale(pf)
		case slices.Contains(using, pf.pid):
			if pf.status != "stopping" && waited > patienceForeign {
				return trellis.Errorf(trellis.CodeConflict,
					"%s is in use by a PostgreSQL server that Trellis did not start (process %d); stop it first", s.dataDir(), pf.pid)
			}
		case pf.pid == 0: // we cannot tell what they are
			if waited > patienceForeign {
				return trellis.Errorf(trellis.CodeConflict,
					"%s is in use by PostgreSQL processes that Trellis did not start (%d is one); stop them first", s.dataDir(), using[0])
			}
		case waited > orphansKilled:
			signalAll(using, syscall.SIGKILL)
		case waited > orphansTold && !told:
			told = true
			signalAll(using, syscall.SIGQUIT)
		}
		if !sleep(ctx, 5*time.Millisecond) {
			return trellis.Wrap(trellis.CodeTimeout, ctx.Err(), "an earlier PostgreSQL server in %s is still stopping", s.dataDir())
		}
	}
}

// clearStale removes a postmaster.pid whose number belongs to some other process
// by now, which PostgreSQL would take for a running server, and one that cannot
// be read. Any other it judges for itself, by shared memory too.
func (s *Server) clearStale(pf pidFile) error {
	if pf.pid != 0 && errors.Is(syscall.Kill(pf.pid, 0), syscall.ESRCH) {
		return nil
	}
	if err := os.Remove(s.pidFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fileError(err, "remove", s.pidFile())
	}
	return nil
}

// processesIn lists PostgreSQL's processes that run in a data directory: it is
// the working directory of each. Those of other users are not seen unless we are
// root, and they could not use our files.
func processesIn(dataDir string) []int {
	real, err := filepath.EvalSymlinks(dataDir)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		cwd, err := os.Readlink(filepath.Join("/proc", e.Name(), "cwd"))
		if err != nil || cwd != real {
			continue
		}
		// Somebody's shell may stand there as well.
		exe, err := os.Readlink(filepath.Join("/proc", e.Name(), "exe"))
		if err == nil && strings.HasPrefix(filepath.Base(exe), "postgres") {
			pids = append(pids, pid)
		}
	}
	return pids
}

func signalAll(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig) // gone already: fine
	}
}
