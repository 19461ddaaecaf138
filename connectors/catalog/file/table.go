package file

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/trellishq/trellis/connectors"
)

// options say how to read a file.
type options struct {
	keys        []string
	format      string
	encoding    string
	delimiter   rune // 0 to find out
	emptyAsNull bool
}

// rows reads one file. next returns io.EOF itself at the end; what cannot be
// read but leaves the rest readable is a rowError.
type rows interface {
	next() (map[string]any, error)
	columns() []string
}

// rowError is about one row; the next one can be read.
type rowError string

func (e rowError) Error() string { return string(e) }

// table is an open file.
type table struct {
	rows
	stream, name string
	keys         []string
	file         fs.File
	in           *bounded
	row          int
}

// sniffed is how much of a file is looked at to find out what it is.
const sniffed = 64 << 10

func (o options) open(files fs.FS, stream, name string) (*table, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("file: %w", err)
	}
	raw := bufio.NewReaderSize(f, sniffed)
	start, err := raw.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		_ = f.Close()
		return nil, fmt.Errorf("file: %w", err)
	}
	t := &table{stream: stream, name: name, keys: o.keys, file: f, in: &bounded{r: decoder(raw, start, o.encoding)}}
	if o.isJSONL(name) {
		t.rows = newJSONRows(t.in)
		return t, nil
	}
	rows, err := newCSVRows(t.in, o)
	if err != nil {
		_ = f.Close()
		return nil, connectors.ConfigError("pattern", "%s: %v", name, err)
	}
	t.rows = rows
	if header := rows.columns(); len(header) > 0 {
		for _, k := range o.keys {
			if !contains(header, k) {
				_ = f.Close()
				return nil, connectors.ConfigError("key", "%s has no column %.80q", name, k)
			}
		}
	}
	return t, nil
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

func (o options) isJSONL(name string) bool {
	if o.format != automatic {
		return o.format == formatJSONL
	}
	ext := strings.ToLower(path.Ext(name))
	return ext == ".jsonl" || ext == ".ndjson"
}

// decoder gives UTF-8. A byte order mark wins over everything. Bytes that do not
// fit the encoding become U+FFFD, which makes their row a problem.
func decoder(r io.Reader, start []byte, encoding string) io.Reader {
	if encoding == automatic {
		encoding = "utf-8"
		// The last character may be cut by the end of what was looked at.
		for len(start) > 0 && len(start) >= sniffed-utf8.UTFMax && !utf8.Valid(start) {
			start = start[:len(start)-1]
		}
		if !utf8.Valid(start) {
			encoding = "gb18030"
		}
	}
	fallback := unicode.UTF8.NewDecoder().Transformer
	if encoding == "gb18030" {
		fallback = simplifiedchinese.GB18030.NewDecoder().Transformer
	}
	return transform.NewReader(r, unicode.BOMOverride(fallback))
}

func (t *table) close() { _ = t.file.Close() }

func (t *table) bytes() int64 { return t.in.total }

// next is the next record, with a Problem when its row cannot be used.
func (t *table) next() (connectors.Record, error) {
	t.in.left = maxRow
	t.row++
	r := connectors.Record{Stream: t.stream, Key: fmt.Sprintf("%s:%d", path.Base(t.name), t.row)}
	data, err := t.rows.next()
	var bad rowError
	switch {
	case errors.Is(err, io.EOF):
		return r, io.EOF
	case errors.As(err, &bad):
		r.Problem = fmt.Sprintf("%s, record %d: %s", t.name, t.row, bad)
		return r, nil
	case errors.Is(err, errRowTooLong):
		return r, connectors.ConfigError("pattern", "%s, record %d: %v", t.name, t.row, errRowTooLong)
	case err != nil:
		return r, fmt.Errorf("file: %s: %w", t.name, notEnd(err))
	}
	r.Data = data
	key, err := t.key(data)
	if err != nil {
		r.Problem = fmt.Sprintf("%s, record %d: %v", t.name, t.row, err)
		return r, nil
	}
	r.Key = key
	return r, nil
}

var escapeKey = strings.NewReplacer(`\`, `\\`, `|`, `\|`)

// key joins the values of the key columns.
func (t *table) key(data map[string]any) (string, error) {
	parts := make([]string, len(t.keys))
	for i, name := range t.keys {
		switch v := data[name].(type) {
		case string:
			parts[i] = v
		case int64, connectors.Decimal, bool:
			parts[i] = fmt.Sprint(v)
		}
		if parts[i] == "" {
			return "", fmt.Errorf("the key %.80s is empty", name)
		}
		if len(t.keys) > 1 {
			parts[i] = escapeKey.Replace(parts[i])
		}
	}
	key := strings.Join(parts, "|")
	if len(key) > 500 {
		return "", errors.New("the key is longer than 500 bytes")
	}
	return key, nil
}

// errRowTooLong ends a file: where its next row begins cannot be told.
var errRowTooLong = fmt.Errorf("a record is longer than %d bytes", maxRow)

// bounded reads at most left bytes and counts all.
type bounded struct {
	r           io.Reader
	left, total int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRowTooLong
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	b.total += int64(n)
	return n, err
}
