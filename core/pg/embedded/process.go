package embedded

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/trellishq/trellis"
)

// process is one life of the server's first process.
type process struct {
	cmd    *exec.Cmd
	words  *words
	exited chan struct{}
	err    error // of Wait, set before exited is closed
}

// launch starts PostgreSQL and waits until it takes connections.
func (s *Server) launch(ctx context.Context) (*process, error) {
	if err := s.claim(ctx); err != nil {
		return nil, err
	}
	if err := clearSocket(s.socket); err != nil {
		return nil, err
	}
	p, err := s.spawn()
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeUnavailable, err, "PostgreSQL's program %s cannot be run", s.bin.path("postgres"))
	}
	for {
		pf, err := readPidFile(s.dataDir())
		if err == nil && pf.pid == p.cmd.Process.Pid && pf.status == "ready" {
			return p, nil
		}
		select {
		case <-p.exited:
			return nil, startError(s.dataDir(), p.words.last(), p.err)
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			p.shutdown(end)
			return nil, trellis.Wrap(trellis.CodeTimeout, ctx.Err(), "PostgreSQL in %s took too long to start and was stopped", s.dataDir())
		case <-time.After(3 * time.Millisecond):
		}
	}
}

// spawn starts the process on a thread that lives as long as it does: the kernel
// sends the death signal when that thread ends. The signal asks for a fast
// shutdown, which is a clean one.
func (s *Server) spawn() (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &process{words: readWords(r, s.log), exited: make(chan struct{})}
	p.cmd = exec.Command(s.bin.path("postgres"), s.arguments()...)
	p.cmd.Dir = s.opts.Dir
	p.cmd.Env = environment()
	p.cmd.Stdout, p.cmd.Stderr = w, w
	p.cmd.SysProcAttr = s.who.attributes()
	p.cmd.SysProcAttr.Pdeathsig = syscall.SIGINT

	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			p.words.wait(100 * time.Millisecond)
			close(p.exited)
		}
	}()
	err = <-started
	_ = w.Close() // ours; the reader sees the end when the server's are closed too
	if err != nil {
		return nil, err
	}
	return p, nil
}

// shutdown ends the process: cleanly while ctx lasts, then as after a power cut.
func (p *process) shutdown(ctx context.Context) {
	p.signal(syscall.SIGINT)
	select {
	case <-p.exited:
		return
	case <-ctx.Done():
	}
	p.signal(syscall.SIGQUIT)
	select {
	case <-p.exited:
	case <-time.After(5 * time.Second):
		p.signal(syscall.SIGKILL)
		<-p.exited
	}
}

// signal fails only when the process is gone, which exited tells as well.
func (p *process) signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }

func (p *process) reason() string {
	if p.err != nil {
		return p.err.Error()
	}
	return "it ended by itself"
}

func (s *Server) pidFile() string { return filepath.Join(s.dataDir(), "postmaster.pid") }
