package file_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/connectors/catalog/file"
	"github.com/trellishq/trellis/connectors/connectortest"
)

// folder is a directory of the disk as the host gives it to a connection.
func folder(t *testing.T) (string, fs.FS) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return dir, root.FS()
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"csv", "jsonl"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			dir, files := folder(t)
			rows, made := map[string]string{}, 0
			// Each record is in the file of its hundred.
			write := func(n int) error {
				text := "code,name\n"
				for _, k := range slices.Sorted(maps.Keys(rows)) {
					if strings.HasPrefix(k, fmt.Sprintf("%02d", n/10)) {
						if format == "csv" {
							text += k + "," + rows[k] + "\n"
						} else {
							text += fmt.Sprintf("{\"code\":%q,\"name\":%q}\n", k, rows[k])
						}
					}
				}
				if format == "jsonl" {
					_, text, _ = strings.Cut(text, "\n")
				}
				return os.WriteFile(filepath.Join(dir, fmt.Sprintf("part%d.%s", n/10, format)), []byte(text), 0o600)
			}
			connectortest.Run(t, connectortest.Harness{
				Connector: file.Connector{},
				Values:    map[string]any{"pattern": "part*", "stream": "s", "key": []any{"code"}, "batchSize": 4},
				Stream:    "s",
				Files:     files,
				Create: func(_ context.Context, n int) error {
					for range n {
						rows[fmt.Sprintf("%03d", made)] = "made"
						if err := write(made); err != nil {
							return err
						}
						made++
					}
					return nil
				},
				Update: func(_ context.Context, key string) error {
					rows[key] = "changed, by hand"
					if format == "csv" {
						rows[key] = `"` + rows[key] + `"`
					}
					var n int
					_, err := fmt.Sscanf(key, "%d", &n)
					return errors.Join(err, write(n))
				},
				Keys: func(context.Context) ([]string, error) { return slices.Collect(maps.Keys(rows)), nil },
			})
		})
	}
}

func read(t *testing.T, files fs.FS, more map[string]any) ([]connectors.Record, error) {
	t.Helper()
	raw := map[string]any{"pattern": "*", "key": []string{"id"}}
	maps.Copy(raw, more)
	values, err := file.Connector{}.Spec().Resolve(raw)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := file.Connector{}.Open(t.Context(), connectors.Config{Values: values, Files: files})
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var all []connectors.Record
	var cur connectors.Cursor
	for {
		batch, next, err := conn.(connectors.Source).Read(t.Context(), "rows", cur)
		all, cur = append(all, batch.Records...), next
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

func one(name, text string) fs.FS { return fstest.MapFS{name: {Data: []byte(text)}} }

// show writes records as key{field=value …} or key!problem.
func show(records []connectors.Record) string {
	var out []string
	for _, r := range records {
		if r.Problem != "" {
			out = append(out, "!"+r.Problem)
			continue
		}
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(r.Data)) {
			fields = append(fields, fmt.Sprintf("%s=%v", name, r.Data[name]))
		}
		out = append(out, r.Key+"{"+strings.Join(fields, " ")+"}")
	}
	return strings.Join(out, "\n")
}

func TestCSV(t *testing.T) {
	t.Parallel()
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String("id,名称\n1,上海€\n")
	utf16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("id,名称\n1,上海\n")
	for name, c := range map[string]struct {
		text string
		more map[string]any
		want string
	}{
		"plain":            {"id,name\n1,a\n2,\n", nil, "1{id=1 name=a}\n2{id=2}"},
		"empty clears":     {"id,name\n2,\n", map[string]any{"emptyAsNull": true}, "2{id=2 name=<nil>}"},
		"semicolon":        {"id;na,me;x\n1;\"a;b\";\n", nil, "1{id=1 na,me=a;b}"},
		"tab":              {"id\tname\n1\ta, b\n", nil, "1{id=1 name=a, b}"},
		"given delimiter":  {"id|a;b;c\n1|x\n", map[string]any{"delimiter": "pipe"}, "1{a;b;c=x id=1}"},
		"lines in a cell":  {"id,name\r\n1,\"a\r\nb\"\r\n", nil, "1{id=1 name=a\nb}"},
		"no last newline":  {"id,name\n1,a", nil, "1{id=1 name=a}"},
		"mark":             {"\ufeffid,name\n1,a\n", nil, "1{id=1 name=a}"},
		"gb18030":          {gb, nil, "1{id=1 名称=上海€}"},
		"utf-16":           {utf16, nil, "1{id=1 名称=上海}"},
		"wrong encoding":   {"id,n\n1,\xff\n2,b\n", map[string]any{"encoding": "utf-8"}, "!file, record 1: column \"n\" does not fit the file's encoding\n2{id=2 n=b}"},
		"empty":            {"", nil, ""},
		"header alone":     {"id,name\n", nil, ""},
		"unnamed column":   {"id,\n1,a\n", nil, "1{column_2=a id=1}"},
		"two keys":         {"id,no\na|b,1\n", map[string]any{"key": []string{"id", "no"}}, `a\|b|1{id=a|b no=1}`},
		"broken rows":      {"id,name\n1\n2,b\n,c\n3,\"x\"y\n4,d\n", nil, "!file, record 1: it has 1 cells, the header 2\n2{id=2 name=b}\n!file, record 3: the key id is empty\n!file, record 4: extraneous or missing \" in quoted-field\n4{id=4 name=d}"},
		"quote left open":  {"id,name\n1,\"a\n2,b\n", nil, "!file, record 1: extraneous or missing \" in quoted-field"},
		"numbers are text": {"id,n\n007,1e5\n", nil, "007{id=007 n=1e5}"},
	} {
		got, err := read(t, one("file", c.text), c.more)
		if err != nil || show(got) != c.want {
			t.Errorf("%s:\n%s\n%v\nwant\n%s", name, show(got), err, c.want)
		}
	}
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	text := `{"id":1,"price":10.50,"big":123456789012345678901,"ok":true,"none":null,"deep":[{"x":1e2}]}

{"id":"b"}
{"id":
[1]
{"id":"c"} x
{"name":"no key"}
{"id":"d"}`
	got, err := read(t, one("file.jsonl", text), nil)
	want := "1{big=123456789012345678901 deep=[map[x:100]] id=1 none=<nil> ok=true price=10.50}\nb{id=b}\n" +
		"!file.jsonl, record 3: it is not a JSON object\n!file.jsonl, record 4: it is not a JSON object\n" +
		"!file.jsonl, record 5: something follows the JSON object\n!file.jsonl, record 6: the key id is empty\nd{id=d}"
	if err != nil || show(got) != want {
		t.Errorf("%s\n%v\nwant\n%s", show(got), err, want)
	}
	for _, r := range got {
		if err := r.Check(); (err != nil) != (r.Problem != "") {
			t.Errorf("%s: %v", r.Key, err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2<<20)
	for name, c := range map[string]struct {
		files fs.FS
		more  map[string]any
	}{
		"two columns of one name": {one("f", "id,a,a\n"), nil},
		"header in another code":  {one("f", "id,\xc4\xe3\n"), map[string]any{"encoding": "utf-8"}},
		"no such key":             {one("f", "no,a\n"), nil},
		"long cell":               {one("f", "id,a\n1,"+long+"\n"), nil},
		"long header":             {one("f", long), nil},
		"long line":               {one("f.jsonl", `{"id":"`+long+`"}`), nil},
		"outside":                 {one("f", ""), map[string]any{"pattern": "../*"}},
		"absolute":                {one("f", ""), map[string]any{"pattern": "/etc/*"}},
		"no pattern":              {one("f", ""), map[string]any{"pattern": "[a"}},
		"no folder":               {nil, nil},
	} {
		if got, err := read(t, c.files, c.more); !errors.Is(err, connectors.ErrConfig) {
			t.Errorf("%s: %d records, %v", name, len(got), err)
		}
	}
}

func TestLinksDoNotLeadOutside(t *testing.T) {
	t.Parallel()
	dir, files := folder(t)
	outside := filepath.Join(t.TempDir(), "secret.csv")
	if err := errors.Join(os.WriteFile(outside, []byte("id\nsecret\n"), 0o600), os.Symlink(outside, filepath.Join(dir, "link.csv"))); err != nil {
		t.Fatal(err)
	}
	if got, err := read(t, files, nil); len(got) != 0 {
		t.Errorf("read %s, %v", show(got), err)
	}
}

// Of a key in two files the one in the file changed last is the newer, and a
// file that grows while it is read is read to its end at last.
func TestOrderAndGrowth(t *testing.T) {
	t.Parallel()
	dir, files := folder(t)
	path := filepath.Join(dir, "b.csv")
	if err := os.WriteFile(path, []byte("id,n\n1,old\n2,old\n3,ol"), 0o600); err != nil {
		t.Fatal(err)
	}
	values, _ := file.Connector{}.Spec().Resolve(map[string]any{"pattern": "*.csv", "key": []string{"id"}, "batchSize": 2})
	conn, err := file.Connector{}.Open(t.Context(), connectors.Config{Values: values, Files: files})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	seen := map[string]any{}
	step := func(cur connectors.Cursor) (connectors.Cursor, error) {
		batch, next, err := conn.(connectors.Source).Read(t.Context(), "rows", cur)
		for _, r := range batch.Records {
			seen[r.Key] = r.Data["n"]
		}
		return next, err
	}
	cur, err := step("")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("id,n\n1,old\n2,old\n3,old\n4,old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil; {
		cur, err = step(cur)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte("id,n\n1,new\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil; {
		cur, err = step(cur)
	}
	if want := (map[string]any{"1": "new", "2": "old", "3": "old", "4": "old"}); err != io.EOF || !maps.Equal(seen, want) {
		t.Errorf("%v, %v", seen, err)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("id,name\n1,a\n"))
	f.Add([]byte("\xff\xfei\x00d\x00\n\x00"))
	f.Add([]byte("id;\"x\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		records, err := read(t, one("f.csv", string(text)), nil)
		if err != nil && !errors.Is(err, connectors.ErrConfig) {
			t.Fatal(err)
		}
		for _, r := range records {
			if err := r.Check(); err != nil && r.Problem == "" {
				t.Fatal(err)
			}
		}
	})
}

func FuzzJSONLines(f *testing.F) {
	f.Add([]byte(`{"id":1}`))
	f.Add([]byte("{\"id\":\"a\",\"x\":[1e9,{}]}\n{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		records, err := read(t, one("f.jsonl", string(text)), nil)
		if err != nil && !errors.Is(err, connectors.ErrConfig) {
			t.Fatal(err)
		}
		for _, r := range records {
			if err := r.Check(); err != nil && r.Problem == "" {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	_ = w.Write([]string{"id", "name", "city", "phone"})
	for i := range 10_000 {
		_ = w.Write([]string{fmt.Sprint(i), "Northwind Trading", "上海", "+86 21 1234 5678"})
	}
	w.Flush()
	files := one("f.csv", text.String())
	values, _ := file.Connector{}.Spec().Resolve(map[string]any{"pattern": "*", "key": []string{"id"}})
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		conn, _ := file.Connector{}.Open(b.Context(), connectors.Config{Values: values, Files: files})
		cur := connectors.Cursor("")
		for {
			_, next, err := conn.(connectors.Source).Read(b.Context(), "rows", cur)
			if cur = next; err != nil {
				break
			}
		}
	}
}
