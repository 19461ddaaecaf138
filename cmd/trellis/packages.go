package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// packages is where a command reads metadata from.
type packages struct {
	Folder string `short:"f" default:"-" help:"Folder of a package, or of several. Without it what export prints is read."`
}

// maxPacked bounds what is read of one export, in bytes.
const maxPacked = 64 << 20

// read reads the packages. The definition is nil when nothing could be
// understood; with problems it is what could.
func (p packages) read(in io.Reader) (*metadata.Definition, trellis.Errors) {
	if p.Folder != "-" {
		return readFolder(p.Folder)
	}
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return nil, told(trellis.Errorf(trellis.CodeInvalidInput, "say which folder with -f, or pipe in what trellis export prints"))
		}
	}
	dir, err := os.MkdirTemp("", "trellis-packages-")
	if err != nil {
		return nil, told(trellis.Wrap(trellis.CodeUnavailable, err, "there is no place for temporary files"))
	}
	defer os.RemoveAll(dir)
	if err := unpack(in, dir); err != nil {
		return nil, told(err)
	}
	return metadata.Read(os.DirFS(dir))
}

func readFolder(dir string) (*metadata.Definition, trellis.Errors) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, told(trellis.Errorf(trellis.CodeInvalidInput, "there is no folder %s", dir))
	}
	return metadata.Read(os.DirFS(dir))
}

func told(err error) trellis.Errors { return trellis.Public(err) }

// header begins a file in what export prints. In YAML as export writes it no
// line looks like that.
var header = regexp.MustCompile(`^-- (\S+) --\n?$`)

// pack prints files one after the other, each under a line with its name.
func pack(out io.Writer, files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, err := fmt.Fprintf(out, "-- %s --\n%s", name, files[name]); err != nil {
			return trellis.Wrap(trellis.CodeUnavailable, err, "the export cannot be written to the end")
		}
	}
	return nil
}

// unpack writes what pack printed into a folder, and nothing outside of it.
func unpack(in io.Reader, dir string) error {
	text, err := io.ReadAll(io.LimitReader(in, maxPacked+1))
	if err != nil {
		return trellis.Wrap(trellis.CodeUnavailable, err, "the input cannot be read")
	}
	if len(text) > maxPacked {
		return trellis.Errorf(trellis.CodeInvalidInput, "the input has more than %d MiB", maxPacked>>20)
	}
	files, err := split(text)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return trellis.Wrap(trellis.CodeUnavailable, err, "the temporary folder cannot be opened")
	}
	defer root.Close()
	for name, data := range files {
		path := filepath.FromSlash(name)
		err := root.MkdirAll(filepath.Dir(path), 0o700)
		if err == nil {
			err = root.WriteFile(path, data, 0o600)
		}
		if err != nil {
			return trellis.Wrap(trellis.CodeInvalidInput, err, "%q cannot be the name of a file", name)
		}
	}
	return nil
}

// split undoes pack.
func split(text []byte) (map[string][]byte, error) {
	files := map[string][]byte{}
	name := ""
	for line := range bytes.Lines(text) {
		if m := header.FindSubmatch(line); m != nil {
			name = string(m[1])
			if files[name] != nil {
				return nil, trellis.Errorf(trellis.CodeInvalidInput, "%s is there twice", name)
			}
			files[name] = []byte{}
		} else if name != "" {
			files[name] = append(files[name], line...)
		} else if len(bytes.TrimSpace(line)) > 0 {
			break
		}
	}
	if name == "" {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "this is not what trellis export prints: that begins with a line such as -- package.yaml --")
	}
	return files, nil
}
