package metadata

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/trellishq/trellis"
)

// Limits of a package folder.
const (
	maxFileBytes = 1 << 20
	maxFiles     = 10_000
	maxProblems  = 500
)

// objectFile is what objects/<name>.yaml holds: an object, or a package's
// additions to an object of another.
type objectFile struct {
	Extends string `json:"extends,omitempty"`
	Object
}

type rolesFile struct {
	Roles []*Role `json:"roles"`
}

type policiesFile struct {
	Role     string    `json:"role"`
	Policies []*Policy `json:"policies"`
}

// laterFolders belong to the format and hold what this version does not read.
var laterFolders = []string{"views", "flows", "dashboards", "samples"}

// Read reads a package folder, or a folder of package folders:
//
//	package.yaml             name, version, label
//	objects/<name>.yaml      an object with its fields, or extends: <name> with
//	                         what this package adds to an object of another
//	policies/roles.yaml      roles
//	policies/<role>.yaml     the policies of a role
//
// All problems are told at once, each with its path, file and line. A file has
// at most 1 MiB, a folder 10,000 files. The result is as written: Normalize
// (after Merge, where a workspace has other packages) and Validate come next,
// and their problems carry files and lines too. With problems the result is what
// could be understood, for AllProblems, or nil when a whole file could not.
func Read(fsys fs.FS) (*Definition, trellis.Errors) {
	r := &reader{fsys: fsys, def: &Definition{origin: origins{}}}
	if _, err := fs.Stat(fsys, "package.yaml"); err == nil {
		r.pkg(".")
	} else {
		r.packages()
	}
	Sort(r.def)
	if len(r.errs) > maxProblems {
		r.errs = r.errs[:maxProblems]
	}
	if r.lost {
		return nil, r.errs
	}
	return r.def, r.errs
}

var placeSuffix = regexp.MustCompile(` \([^()]+:[0-9]+\)$`)

// AllProblems adds to what Read told of a folder what was found wrong with the
// definition that came of it: only in lines of which nothing was told, since
// what stands there was not understood.
func AllProblems(read, found trellis.Errors) trellis.Errors {
	if len(read) == 0 {
		return found
	}
	told := map[string]bool{}
	for _, e := range read {
		told[placeSuffix.FindString(e.Message)] = true
	}
	all := slices.Clone(read)
	for _, e := range found {
		if at := placeSuffix.FindString(e.Message); at != "" && !told[at] {
			all = append(all, e)
		}
	}
	return all
}

type reader struct {
	fsys  fs.FS
	def   *Definition
	errs  trellis.Errors
	files int
	lost  bool // a file that could not be understood at all
}

func (r *reader) fail(format string, args ...any) {
	r.errs = append(r.errs, trellis.Errorf(trellis.CodeInvalidInput, format, args...))
}

func (r *reader) packages() {
	found := false
	for _, e := range r.list(".") {
		if _, err := fs.Stat(r.fsys, path.Join(e.Name(), "package.yaml")); err == nil && e.IsDir() {
			found = true
			r.pkg(e.Name())
		}
	}
	if !found && len(r.errs) == 0 {
		r.fail("there is no package.yaml here, and no folder with one")
	}
}

func (r *reader) list(dir string) []fs.DirEntry {
	entries, err := fs.ReadDir(r.fsys, dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.errs = append(r.errs, trellis.Wrap(trellis.CodeInvalidInput, err, "the folder %s cannot be read", dir))
	}
	return entries
}

func (r *reader) pkg(dir string) {
	p := &Package{}
	r.read(path.Join(dir, "package.yaml"), p)
	r.lost = r.lost || p.Name == ""
	r.def.Packages = append(r.def.Packages, p)
	for _, e := range r.list(dir) {
		name := e.Name()
		switch {
		case !e.IsDir() && name != "package.yaml" && isYAML(name):
			r.fail("%s has no place here: objects are in objects/, roles and policies in policies/", path.Join(dir, name))
		case e.IsDir() && name != "objects" && name != "policies" && !slices.Contains(laterFolders, name) && name[0] != '.':
			r.fail("the folder %s has no meaning in a package%s", path.Join(dir, name), didYouMean(name, []string{"objects", "policies"}))
		}
	}
	r.each(path.Join(dir, "objects"), func(file, name string) { r.object(p.Name, file, name) })
	r.each(path.Join(dir, "policies"), func(file, name string) { r.access(p.Name, file, name) })
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// each visits the YAML files of a folder, in order of name.
func (r *reader) each(dir string, visit func(file, name string)) {
	for _, e := range r.list(dir) {
		file := path.Join(dir, e.Name())
		name, ok := strings.CutSuffix(e.Name(), ".yaml")
		switch {
		case e.IsDir():
			r.fail("%s is a folder: files are directly in %s", file, dir)
		case ok:
			visit(file, name)
		case isYAML(e.Name()):
			r.fail("%s must end in .yaml", file)
		}
	}
}

// read decodes a file into v, a pointer to a structure. False means that nothing
// of the file was understood; else there may be problems all the same.
func (r *reader) read(file string, v any) bool {
	if r.files++; r.files > maxFiles {
		if r.files == maxFiles+1 {
			r.fail("the folder has more than %d files", maxFiles)
		}
		r.lost = true
		return false
	}
	data, err := readBounded(r.fsys, file)
	if err != nil {
		r.errs = append(r.errs, trellis.Wrap(trellis.CodeInvalidInput, err, "%s cannot be read: it is missing or larger than 1 MiB", file))
		r.lost = true
		return false
	}
	d := &decoder{file: file, at: r.def.origin}
	n := d.parse(data)
	if n != nil {
		d.value(n, reflect.ValueOf(v).Elem(), nil)
	}
	r.errs = append(r.errs, d.errs...)
	r.lost = r.lost || n == nil || n.Kind != yaml.MappingNode
	return n != nil
}

func readBounded(fsys fs.FS, file string) ([]byte, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(data) > maxFileBytes {
		err = fmt.Errorf("more than %d bytes", maxFileBytes)
	}
	return data, err
}

func (r *reader) object(pkg, file, name string) {
	var f objectFile
	if !r.read(file, &f) {
		return
	}
	o := &f.Object
	r.def.origin.alias(o, &f)
	if f.Extends != "" {
		if o.Name != "" || o.Plural != "" || o.Label != "" || o.PluralLabel != "" || o.Description != "" || o.Title != "" || o.Unowned || o.AppendOnly || len(o.Formerly) > 0 {
			r.fail("%s extends %s, so it may have fields, indexes and rules only", file, f.Extends)
		}
		o.Name, o.Extends = f.Extends, true
	}
	if o.Name != name {
		r.fail("%s holds the object %q: name the file %s.yaml", file, o.Name, o.Name)
	}
	o.Package = pkg
	for _, x := range o.Fields {
		x.Package = pkg
	}
	for _, x := range o.Indexes {
		x.Package = pkg
	}
	for _, x := range o.Rules {
		x.Package = pkg
	}
	r.def.Objects = append(r.def.Objects, o)
}

func (r *reader) access(pkg, file, name string) {
	if name == "roles" {
		var f rolesFile
		if r.read(file, &f) {
			for _, x := range f.Roles {
				x.Package = pkg
			}
			r.def.Roles = append(r.def.Roles, f.Roles...)
		}
		return
	}
	var f policiesFile
	if !r.read(file, &f) {
		return
	}
	if f.Role != name {
		r.fail("%s holds the policies of %q: name the file %s.yaml", file, f.Role, f.Role)
	}
	for _, x := range f.Policies {
		x.Package, x.Role = pkg, f.Role
	}
	r.def.Policies = append(r.def.Policies, f.Policies...)
}
