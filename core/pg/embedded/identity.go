package embedded

import (
	"context"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"

	"github.com/trellishq/trellis"
)

// identity is who PostgreSQL runs as.
type identity struct {
	mode     identityMode
	uid, gid uint32 // of switched and namespaced
}

type identityMode int

const (
	asOurselves identityMode = iota // we are not root
	switched                        // root has become uid
	namespaced                      // still root outside, uid in a user namespace
)

// identify chooses. Data that exists goes on under its owner.
func (s *Server) identify(ctx context.Context) (identity, error) {
	if os.Geteuid() != 0 {
		return identity{}, nil
	}
	for _, path := range []string{s.dataDir(), s.opts.Dir} {
		if owner, ok := ownerOf(path); ok && owner.uid != 0 {
			if err := s.probe(ctx, owner); err != nil {
				return identity{}, trellis.Wrap(trellis.CodeForbidden, err,
					"%s belongs to user %d, who cannot reach it or PostgreSQL's programs", path, owner.uid)
			}
			return owner, nil
		}
	}
	nobody, err := unprivileged()
	if err != nil {
		return identity{}, err
	}
	if owner, exists := ownerOf(s.dataDir()); !exists || owner.uid != 0 {
		if s.probe(ctx, nobody) == nil {
			return nobody, nil
		}
	}
	nobody.mode = namespaced
	if err := s.probe(ctx, nobody); err != nil {
		return identity{}, trellis.Wrap(trellis.CodeForbidden, err,
			"PostgreSQL does not run as root, an unprivileged user cannot reach %s, and this system allows no user namespace: "+
				"use a directory that everybody can pass through, or do not run as root", s.opts.Dir)
	}
	return nobody, nil
}

// unprivileged is a user that initdb can find the name of.
func unprivileged() (identity, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return identity{switched, uint32(uid), uint32(gid)}, nil
		}
	}
	return identity{}, trellis.Errorf(trellis.CodeForbidden,
		"PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// probe runs a program of PostgreSQL's in the directory, as that user.
func (s *Server) probe(ctx context.Context, who identity) error {
	cmd := exec.CommandContext(ctx, s.bin.path("initdb"), "--version")
	cmd.Dir = s.opts.Dir
	cmd.Env = environment()
	cmd.SysProcAttr = who.attributes()
	return cmd.Run()
}

func ownerOf(path string) (identity, bool) {
	fi, err := os.Stat(path)
	if err != nil {
		return identity{}, false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}, false
	}
	return identity{switched, st.Uid, st.Gid}, true
}

func (who identity) attributes() *syscall.SysProcAttr {
	// In a process group of its own, so that Ctrl-C reaches us alone and we stop
	// the server when we are done with it.
	attr := &syscall.SysProcAttr{Setpgid: true}
	switch who.mode {
	case switched:
		attr.Credential = &syscall.Credential{Uid: who.uid, Gid: who.gid}
	case namespaced:
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: int(who.uid), HostID: 0, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: int(who.gid), HostID: 0, Size: 1}}
		attr.Credential = &syscall.Credential{Uid: who.uid, Gid: who.gid, NoSetGroups: true}
	}
	return attr
}

// fileOwner is who files of the server belong to, as seen from here.
func (who identity) fileOwner() (uid, gid int) {
	switch who.mode {
	case switched:
		return int(who.uid), int(who.gid)
	case namespaced:
		return 0, 0
	}
	return os.Geteuid(), os.Getegid()
}

// makeDir makes a directory that only the server's user can enter. It is an error
// when it exists.
func (who identity) makeDir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	return who.give(path)
}

// give makes a file the server's; an ordinary user's already is.
func (who identity) give(path string) error {
	if who.mode == asOurselves {
		return nil
	}
	uid, gid := who.fileOwner()
	return os.Lchown(path, uid, gid)
}
