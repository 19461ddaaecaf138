package trytontest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// recipe changes when what prepare does changes, so that old copies are left
// alone.
const recipe = "1"

// versions prints what goes into a prepared database.
const versions = `
import os, trytond
print(trytond.__version__)
base = os.path.join(os.path.dirname(trytond.__file__), 'modules')
for name in ('country', 'currency', 'company', 'party', 'product'):
    print(name, open(os.path.join(base, name, 'tryton.cfg')).read())
`

// prepared gives the packed data directory of a Tryton whose modules are
// activated, and makes it when the cache has none. One process makes it while
// others wait.
func (o Options) prepared(ctx context.Context, who *syscall.Credential, bin string) (string, error) {
	if err := os.MkdirAll(o.CacheDir, 0o700); err != nil {
		return "", err
	}
	out, err := installed(ctx)
	if err != nil {
		return "", fmt.Errorf("no Tryton with the modules party and product is installed here: %w", err)
	}
	sum := sha256.Sum256(fmt.Append(out, bin, recipe))
	file := filepath.Join(o.CacheDir, fmt.Sprintf("tryton-%x.tar.gz", sum[:6]))

	lock, err := os.OpenFile(file+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		return file, err
	}
	fmt.Fprintln(o.Progress, "preparing a Tryton database; this takes about a minute, once")
	return file, prepare(ctx, who, bin, file)
}

// installed tells the versions. It asks the interpreter of trytond, which need
// not be the first in PATH.
func installed(ctx context.Context) ([]byte, error) {
	path, err := exec.LookPath("trytond")
	if err != nil {
		return nil, err
	}
	script, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(string(script), "\n")
	python, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return nil, fmt.Errorf("%s does not say which Python it runs with", path)
	}
	return exec.CommandContext(ctx, strings.Fields(python)[0], "-c", versions).Output()
}

func prepare(ctx context.Context, who *syscall.Credential, bin, file string) (err error) {
	work, err := newWorkDir(who)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, work.remove()) }()
	dir := work.path
	if err := initPostgres(ctx, who, bin, dir); err != nil {
		return err
	}
	pg, err := startPostgres(ctx, who, bin, dir)
	if err != nil {
		return err
	}
	err = activate(ctx, who, pg)
	pg.stop()
	if err != nil {
		return err
	}
	return pack(filepath.Join(dir, "data"), file)
}

// activate creates Tryton's tables and the few countries that the seeds use:
// Tryton itself ships none.
func activate(ctx context.Context, who *syscall.Credential, pg *postgres) error {
	conn, err := pg.connect(ctx, "postgres")
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+database)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return err
	}
	conf, err := writeConfig(pg.dir, "127.0.0.1:0", who)
	if err != nil {
		return err
	}
	passfile := filepath.Join(pg.dir, "password")
	if err := errors.Join(os.WriteFile(passfile, []byte(password+"\n"), 0o600), own(passfile, who)); err != nil {
		return err
	}
	err = run(ctx, who, pg.dir, []string{"TRYTONPASSFILE=" + passfile}, "trytond-admin", "-c", conf, "-d", database,
		"-u", "ir", "party", "product", "--activate-dependencies", "--email", "admin@example.com")
	if err != nil {
		return err
	}
	s, err := startTryton(ctx, who, pg, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer s.StopTryton()
	var records []any
	for _, c := range countries {
		records = append(records, map[string]any{"name": c.Name, "code": c.Code})
	}
	return s.Call(ctx, "model.country.country.create", nil, records, map[string]any{})
}

// writeConfig makes trytond's configuration file.
func writeConfig(dir, listen string, who *syscall.Credential) (string, error) {
	path := filepath.Join(dir, "trytond.conf")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.WriteString(f, "[database]\nuri = postgresql://tryton@/?host="+dir+"\npath = "+dir+
		"\n[web]\nlisten = "+listen+"\n")
	return path, errors.Join(err, f.Close(), own(path, who))
}
