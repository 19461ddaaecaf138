package metadata

import (
	"encoding/json"
	"mime"
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// Limits of what fields of the kind file hold.
const (
	DefaultFiles    = 20
	MaxFiles        = 100
	DefaultFileSize = 10 << 20
	MaxFileSize     = 1 << 30
)

// fileForm is a file as JSON, in columns and in answers.
type fileForm struct {
	ID     trellis.ID `json:"id"`
	Name   string     `json:"name"`
	Type   string     `json:"type"`
	Size   int64      `json:"size"`
	SHA256 string     `json:"sha256"`
	Added  time.Time  `json:"added"`
	URL    string     `json:"url,omitempty"` // in answers alone
}

// FileJSON is a file as answers show it. Its URL is of the workspace one is in;
// /w/{slug} in front names another.
func FileJSON(f *expr.File) any {
	form := formOf(f)
	form.URL = FileURL(f.ID)
	return form
}

// FileURL is where a file is got, in the workspace of the session or key.
func FileURL(id trellis.ID) string { return "/files/" + id.String() }

func formOf(f *expr.File) fileForm {
	return fileForm{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, SHA256: f.SHA256, Added: f.Added}
}

// AppendFiles appends the JSON form of files, as a column has it.
func AppendFiles(buf []byte, files []expr.File) []byte {
	forms := make([]fileForm, len(files))
	for i := range files {
		forms[i] = formOf(&files[i])
	}
	b, err := json.Marshal(forms)
	if err != nil { // plain values always marshal
		return append(buf, "null"...)
	}
	return append(buf, b...)
}

// ParseFiles reads what AppendFiles wrote.
func ParseFiles(raw []byte) ([]expr.File, error) {
	var forms []fileForm
	if err := json.Unmarshal(raw, &forms); err != nil {
		return nil, err
	}
	out := make([]expr.File, len(forms))
	for i, x := range forms {
		out[i] = expr.File{ID: x.ID, Name: x.Name, Type: x.Type, Size: x.Size, SHA256: x.SHA256, Added: x.Added}
	}
	return out, nil
}

// Bounds are the field's settings with their defaults.
func (x *Files) Bounds() (count int, size int64) {
	count, size = 1, DefaultFileSize
	if x == nil {
		return count, size
	}
	if x.Multiple {
		if count = DefaultFiles; x.MaxCount > 0 {
			count = x.MaxCount
		}
	}
	if x.MaxSize > 0 {
		size = int64(x.MaxSize)
	}
	return count, size
}

// Takes says that the field may hold files of a media type.
func (x *Files) Takes(found string) bool {
	if x == nil || len(x.Types) == 0 {
		return true
	}
	for _, t := range x.Types {
		if family, any := strings.CutSuffix(t, "/*"); t == found || any && strings.HasPrefix(found, family+"/") {
			// A drawing can hold scripts: it is no picture unless it is named.
			if !any || found != "image/svg+xml" {
				return true
			}
		}
	}
	return false
}

// coerceFiles reads ids, {id} or lists of them. What else is known of the files
// is the engine's to fill.
func (f *Field) coerceFiles(v any) (any, error) {
	var out []expr.File
	switch v := v.(type) {
	case []expr.File:
		out = v
	case []any:
		if len(v) > MaxFiles {
			return nil, invalid("holds %d files at most", MaxFiles)
		}
		for _, x := range v {
			file, err := coerceFile(x)
			if err != nil {
				return nil, err
			}
			out = append(out, file)
		}
	default:
		file, err := coerceFile(v)
		if err != nil {
			return nil, err
		}
		out = []expr.File{file}
	}
	if len(out) == 0 {
		return nil, nil
	}
	if count, _ := f.Files.Bounds(); len(out) > count {
		return nil, invalid("holds %s at most", plural(count, "file"))
	}
	seen := map[trellis.ID]bool{}
	for _, x := range out {
		if seen[x.ID] {
			return nil, invalid("has the same file twice")
		}
		seen[x.ID] = true
	}
	return out, nil
}

func coerceFile(v any) (expr.File, error) {
	switch x := v.(type) {
	case expr.File:
		return x, nil
	case map[string]any:
		v = x["id"]
	}
	id, err := coerceID(v)
	if err != nil || id == nil {
		return expr.File{}, invalid("needs the ids of uploaded files")
	}
	return expr.File{ID: id.(trellis.ID)}, nil
}

func checkFiles(v *validator, f *Field, at []any) {
	x := f.Files
	if x == nil {
		return
	}
	if x.MaxCount < 0 || x.MaxCount > MaxFiles || x.MaxCount > 0 && !x.Multiple {
		v.problem(f, "files", at, "a field with multiple holds 1 to %d files", MaxFiles)
	}
	if x.MaxSize < 0 || x.MaxSize > MaxFileSize {
		v.problem(f, "files", at, "a file has at most %d bytes", MaxFileSize)
	}
	for _, t := range x.Types {
		media, params, err := mime.ParseMediaType(t)
		if err != nil || media != t || len(params) > 0 || strings.Count(t, "/") != 1 {
			v.problem(f, "files", at, "%q is no media type, as application/pdf or image/*", short(t))
		}
	}
}
