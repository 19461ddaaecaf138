package query

import (
	"strconv"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// fileMembers write what can be asked of a file.
var fileMembers = map[string]func(buf []byte, f *expr.File) []byte{
	"id":     func(buf []byte, f *expr.File) []byte { return metadata.AppendJSON(buf, f.ID) },
	"name":   func(buf []byte, f *expr.File) []byte { return AppendJSONString(buf, f.Name) },
	"type":   func(buf []byte, f *expr.File) []byte { return AppendJSONString(buf, f.Type) },
	"size":   func(buf []byte, f *expr.File) []byte { return strconv.AppendInt(buf, f.Size, 10) },
	"sha256": func(buf []byte, f *expr.File) []byte { return AppendJSONString(buf, f.SHA256) },
	"added":  func(buf []byte, f *expr.File) []byte { return metadata.AppendJSON(buf, f.Added) },
	"url":    func(buf []byte, f *expr.File) []byte { return AppendJSONString(buf, metadata.FileURL(f.ID)) },
}

func (c *compiler) fileList(r *rows, p place, f *metadata.Field, it Item, out *output) error {
	if f.Kind != metadata.KindFile {
		return errNoField(p.object.Name, it.Field)
	}
	var err error
	out.col, err = r.add(p, f, "", codecJSON)
	for _, part := range it.Parts {
		o := partOut{key: quoteKey(part.Key), member: fileMembers[part.Member]}
		switch {
		case part.Member == "":
			o.text = AppendJSONString(nil, part.Text)
		case o.member == nil:
			return trellis.Errorf(trellis.CodeInvalidInput, "a file has no %q", clip(part.Member)).At(part.Key)
		}
		out.parts = append(out.parts, o)
	}
	return err
}

// appendFiles writes what is asked of the files in a column, as a list.
func appendFiles(buf []byte, it *output, raw []byte) ([]byte, error) {
	if raw == nil {
		return append(buf, "null"...), nil
	}
	text, err := appendJSON(nil, raw)
	if err != nil {
		return buf, err
	}
	files, err := metadata.ParseFiles(text)
	if err != nil {
		return buf, err
	}
	buf = append(buf, '[')
	for i := range files {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, '{')
		for j := range it.parts {
			if j > 0 {
				buf = append(buf, ',')
			}
			p := &it.parts[j]
			if buf = append(buf, p.key...); p.member != nil {
				buf = p.member(buf, &files[i])
			} else {
				buf = append(buf, p.text...)
			}
		}
		buf = append(buf, '}')
	}
	return append(buf, ']'), nil
}
