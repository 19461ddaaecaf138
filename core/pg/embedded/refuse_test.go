package embedded

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/trellishq/trellis"
)

// refused wants Start to fail with the code and a sentence with the words.
func refused(t *testing.T, o Options, code trellis.Code, words ...string) {
	t.Helper()
	s, err := Start(within(t), o)
	if err == nil {
		stop(t, s)
		t.Fatal("it was started")
	}
	if trellis.CodeOf(err) != code {
		t.Errorf("the code is %s, want %s: %v", trellis.CodeOf(err), code, err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

// listing is every file with its size.
func listing(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err == nil && !d.IsDir() {
			all[path] = fi.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestOtherMajorVersionIsRefused(t *testing.T) {
	t.Parallel()
	o := Options{Dir: seeded(t)}
	s := start(t, o)
	bin := s.bin
	stop(t, s)
	version := filepath.Join(s.dataDir(), "PG_VERSION")
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := listing(t, s.dataDir())
	refused(t, o, trellis.CodeConflict, "data of PostgreSQL 9", "only PostgreSQL "+bin.major, "Nothing was changed")
	o.BinDir = bin.dir
	refused(t, o, trellis.CodeConflict, "data of PostgreSQL 9")
	after := listing(t, s.dataDir())
	if len(before) != len(after) {
		t.Errorf("%d files before, %d after", len(before), len(after))
	}
	for path, size := range before {
		if after[path] != size {
			t.Errorf("%s was changed", path)
		}
	}
	if err := os.WriteFile(version, []byte(bin.major+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask(t, start(t, o).URL(), "SELECT 1")
}

func TestForeignFilesAreRefused(t *testing.T) {
	t.Parallel()
	dir := place(t)
	mine := filepath.Join(dir, "pgdata", "my thesis")
	if err := os.MkdirAll(filepath.Dir(mine), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, Options{Dir: dir}, trellis.CodeConflict, "no PostgreSQL data directory", "Nothing was changed")
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}

	file := place(t)
	if err := os.MkdirAll(file, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(file, "pgdata"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, Options{Dir: file}, trellis.CodeConflict, "no PostgreSQL data directory")
	refused(t, Options{Dir: filepath.Join(file, "pgdata", "deeper")}, trellis.CodeInvalidInput, "part of the path is a file")
	refused(t, Options{}, trellis.CodeInvalidInput, "missing")
}

// TestServerOfSomebodyElse starts PostgreSQL on our data directory without us.
func TestServerOfSomebodyElse(t *testing.T) {
	t.Parallel()
	o := Options{Dir: seeded(t)}
	s := start(t, o)
	stop(t, s)
	p, err := s.launch(within(t)) // without the lock
	if err != nil {
		t.Fatal(err)
	}
	defer p.shutdown(within(t))
	refused(t, o, trellis.CodeConflict, "in use by a PostgreSQL server that Trellis did not start")
	ask(t, s.URL(), "SELECT 1")
}

func TestNoBinaries(t *testing.T) {
	t.Parallel()
	refused(t, Options{Dir: place(t), BinDir: t.TempDir()}, trellis.CodeUnavailable, "does not hold PostgreSQL's programs")
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]struct {
		code  trellis.Code
		words string
	}{
		`initdb: error: could not write file "x": No space left on device`:                    {trellis.CodeUnavailable, "the disk is full"},
		`FATAL:  could not write lock file "postmaster.pid": No space left on device`:         {trellis.CodeUnavailable, "the disk is full"},
		`initdb: error: invalid locale name "C.UTF-8"`:                                        {trellis.CodeUnavailable, "lacks the locale C.UTF-8"},
		`FATAL:  data directory "/x" has wrong ownership`:                                     {trellis.CodeForbidden, "no permission"},
		`FATAL:  could not open file "global/pg_control": Permission denied`:                  {trellis.CodeForbidden, "no permission"},
		`FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use`:              {trellis.CodeConflict, "in use by another PostgreSQL"},
		`FATAL:  could not map anonymous shared memory: Cannot allocate memory`:               {trellis.CodeUnavailable, "not enough memory"},
		"LOG:  starting\nFATAL:  unrecognized configuration parameter \"x\"\nLOG:  shut down": {trellis.CodeUnavailable, "FATAL:  unrecognized configuration parameter"},
		"": {trellis.CodeUnavailable, "it gave no reason"},
	} {
		err := startError("/dir", strings.Split(said, "\n"), nil)
		if trellis.CodeOf(err) != want.code || !strings.Contains(err.Error(), want.words) {
			t.Errorf("%q gives %s %v", said, trellis.CodeOf(err), err)
		}
	}
	for err, want := range map[error]trellis.Code{
		syscall.EACCES: trellis.CodeForbidden, syscall.EROFS: trellis.CodeForbidden, syscall.ENOSPC: trellis.CodeUnavailable, syscall.EIO: trellis.CodeUnavailable,
	} {
		if got := trellis.CodeOf(fileError(err, "read", "x")); got != want {
			t.Errorf("%v gives %s, want %s", err, got, want)
		}
	}
}

func TestWrongSetting(t *testing.T) {
	t.Parallel()
	refused(t, Options{Dir: seeded(t), Settings: map[string]string{"no_such_setting": "1"}},
		trellis.CodeUnavailable, `unrecognized configuration parameter "no_such_setting"`)
}
