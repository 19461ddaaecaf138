package trytontest

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// pack writes a directory into one file, which appears whole or not at all.
func pack(dir, file string) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".pack-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	zip, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		return err
	}
	out := tar.NewWriter(zip)
	err = out.AddFS(os.DirFS(dir))
	if err := errors.Join(err, out.Close(), zip.Close(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// unpack restores what pack wrote into a new directory, owned by who.
func unpack(file, dir string, who *syscall.Credential) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	zip, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	if err := makeDir(dir, who); err != nil {
		return err
	}
	for in := tar.NewReader(zip); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !filepath.IsLocal(h.Name) {
			return errors.New("a name in the archive leads outside")
		}
		path := filepath.Join(dir, h.Name)
		if h.Typeflag == tar.TypeDir {
			err = makeDir(path, who)
		} else {
			err = writeFile(path, in, who)
		}
		if err != nil {
			return err
		}
	}
}

func makeDir(path string, who *syscall.Credential) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return own(path, who)
}

func writeFile(path string, from io.Reader, who *syscall.Credential) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close(), own(path, who))
}

func own(path string, who *syscall.Credential) error {
	if who == nil {
		return nil
	}
	return os.Chown(path, int(who.Uid), int(who.Gid))
}
