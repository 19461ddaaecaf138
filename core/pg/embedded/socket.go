package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/trellishq/trellis"
)

const (
	superuser = "trellis"
	database  = "trellis"

	// socketName has PostgreSQL's usual port in it; no port is opened.
	socketName = ".s.PGSQL.5432"
	// longestSocket is sun_path without its final zero (unix(7)).
	longestSocket = 107
)

func address(socketDir, database string) string {
	// The port names the socket; without it PGPORT would.
	q := url.Values{"host": {socketDir}, "port": {"5432"}, "user": {superuser}}.Encode()
	q = strings.ReplaceAll(q, "+", "%20") // neither libpq nor pgx take + for a space
	return (&url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: q}).String()
}

// placeSocket chooses and makes the directory of the socket, which lets nobody
// in but the server's user (and root).
func (s *Server) placeSocket() error {
	dir := filepath.Join(s.opts.Dir, "run")
	if fits(dir) {
		if err := s.who.makeDir(dir); err != nil && !errors.Is(err, os.ErrExist) {
			return fileError(err, "make the directory", dir)
		}
		if err := errors.Join(s.who.give(dir), os.Chmod(dir, 0o700)); err != nil { //nolint:gosec // a directory, not a file
			return fileError(err, "take over", dir)
		}
		s.socket = dir
		return nil
	}
	sum := sha256.Sum256([]byte(s.opts.Dir))
	name := "trellis-" + hex.EncodeToString(sum[:8])
	for _, base := range s.shortBases() {
		if !fits(filepath.Join(base, name+"-0123456789")) {
			continue
		}
		if dir, err := s.shortDir(base, name); err == nil {
			s.socket = dir
			return nil
		}
	}
	return trellis.Errorf(trellis.CodeUnavailable,
		"the path %s does not do for a socket, and no short directory could be made under %s", dir, os.TempDir())
}

// fits leaves out commas too: in a connection string they separate hosts.
func fits(dir string) bool {
	return len(filepath.Join(dir, socketName)) <= longestSocket && !strings.Contains(dir, ",")
}

// shortBases leave out the runtime directory of root, which other users cannot
// pass through.
func (s *Server) shortBases() []string {
	var bases []string
	if d := os.Getenv("XDG_RUNTIME_DIR"); d != "" && s.who.mode == asOurselves && filepath.IsAbs(d) {
		bases = append(bases, d)
	}
	return append(bases, os.TempDir(), "/tmp")
}

// shortDir makes the directory or takes the one a killed owner has left. Under a
// temporary directory anybody may have made one of that name; then it gets
// another.
func (s *Server) shortDir(base, name string) (string, error) {
	dir := filepath.Join(base, name)
	err := s.who.makeDir(dir)
	if errors.Is(err, os.ErrExist) && !s.ours(dir) {
		if dir, err = os.MkdirTemp(base, name+"-*"); err == nil { // with mode 0700
			err = s.who.give(dir)
		}
	} else if errors.Is(err, os.ErrExist) {
		err = nil
	}
	return dir, err
}

func (s *Server) ours(dir string) bool {
	fi, err := os.Lstat(dir)
	if err != nil || !fi.IsDir() || fi.Mode().Perm() != 0o700 {
		return false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	uid, _ := s.who.fileOwner()
	return ok && int(st.Uid) == uid
}

// clearSocket removes what a killed server has left. Its lock file names a
// process, and that number may belong to another one by now, which PostgreSQL
// would take for a server.
func clearSocket(dir string) error {
	for _, name := range []string{socketName, socketName + ".lock"} {
		path := filepath.Join(dir, name)
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fileError(err, "remove", path)
		}
	}
	return nil
}

// removeSocket takes a short directory away again; one that is not empty stays.
func (s *Server) removeSocket() {
	if s.socket != "" && filepath.Dir(s.socket) != s.opts.Dir {
		_ = os.Remove(s.socket)
	}
}
