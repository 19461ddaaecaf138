package policytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// Table is one file of decisions: a world, and what must be true in it.
type Table struct {
	File  string
	World *World
	Cases []*Case
}

// Case says for one principal, action and object which records are allowed
// and in which of them a field is.
type Case struct {
	Name   string          `json:"name"`
	Who    string          `json:"who"`
	Do     metadata.Action `json:"do"`
	Object string          `json:"object"`
	Rows   []string        `json:"rows"` // names of the allowed records
	// Fields has, per field, the records in which it may be seen or written; a
	// field that is not listed is not checked.
	Fields map[string][]string `json:"fields"`
}

// tableFile is the form of a file in policy/testdata.
type tableFile struct {
	Story      string               `json:"story"`
	Now        time.Time            `json:"now"`
	Objects    []*metadata.Object   `json:"objects"`
	Roles      []*metadata.Role     `json:"roles"`
	Policies   []*metadata.Policy   `json:"policies"`
	Principals map[string]tableWho  `json:"principals"`
	Records    map[string]tableRows `json:"records"` // by object
	Cases      []*Case              `json:"cases"`
}

type tableWho struct {
	Roles []string `json:"roles"`
	Teams []string `json:"teams"`
	Below []string `json:"below"`
}

// tableRows are records by name. The value trashed: true puts one in the trash.
type tableRows map[string]map[string]any

// Tables reads all tables of a folder, in order of name.
func Tables(fsys fs.FS) ([]*Table, error) {
	files, err := fs.Glob(fsys, "*.yaml")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no decision tables: %w", err)
	}
	var out []*Table
	for _, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		t, err := readTable(path.Base(file), data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, t)
	}
	return out, nil
}

func readTable(file string, data []byte) (*Table, error) {
	var tree any
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return nil, err
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	var f tableFile
	dec := json.NewDecoder(bytes.NewReader(asJSON))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(&f); err != nil {
		return nil, err
	}
	w, err := NewWorld(&metadata.Definition{Objects: f.Objects, Roles: f.Roles, Policies: f.Policies}, f.Now)
	if err != nil {
		return nil, err
	}
	for name, who := range f.Principals {
		w.AddPrincipal(name, who.Roles, ids(who.Teams), ids(who.Below))
	}
	for _, object := range w.Snapshot.Names() {
		if err := w.addRows(object, f.Records[object]); err != nil {
			return nil, err
		}
	}
	return &Table{File: file, World: w, Cases: f.Cases}, nil
}

func ids(names []string) []trellis.ID {
	var out []trellis.ID
	for _, n := range names {
		out = append(out, IDOf(n))
	}
	return out
}

func (w *World) addRows(object string, rows tableRows) error {
	var names []string
	for name := range rows {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r := &Record{Name: name, Object: object, ID: IDOf(name), Values: map[string]any{}}
		for field, raw := range rows[name] {
			if field == "trashed" {
				r.Trashed = raw == true
				continue
			}
			v, err := w.Value(object, field, raw)
			if err != nil {
				return err
			}
			if v != nil {
				r.Values[field] = v
			}
		}
		w.Complete(r)
		w.Records = append(w.Records, r)
	}
	return nil
}
