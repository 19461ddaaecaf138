package file

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/trellishq/trellis/connectors"
)

// connection reads the files of one pattern. The file at hand stays open
// between two reads when the second goes on where the first ended.
type connection struct {
	files   fs.FS
	pattern string
	stream  string
	batch   int
	options options

	at   connectors.Cursor // where open stands
	open *table
}

var (
	_ connectors.Source     = (*connection)(nil)
	_ connectors.Tester     = (*connection)(nil)
	_ connectors.Discoverer = (*connection)(nil)
)

// Close closes the file at hand.
func (c *connection) Close(context.Context) error {
	c.drop()
	return nil
}

// Test opens every file and reads its first record.
func (c *connection) Test(ctx context.Context) error {
	found, err := c.list()
	if err != nil {
		return err
	}
	for _, f := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := c.columns(f.name); err != nil {
			return err
		}
	}
	return nil
}

// Streams describes the one stream by the newest file.
func (c *connection) Streams(context.Context) ([]connectors.Stream, error) {
	found, err := c.list()
	if err != nil {
		return nil, err
	}
	st := connectors.Stream{Name: c.stream, Label: connectors.Text{EN: c.stream}}
	if len(found) > 0 {
		names, err := c.columns(found[len(found)-1].name)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			st.Fields = append(st.Fields, connectors.Field{Name: name, Kind: connectors.FieldText, Label: connectors.Text{EN: name}})
		}
		slices.SortFunc(st.Fields, func(a, b connectors.Field) int { return cmp.Compare(a.Name, b.Name) })
	}
	return []connectors.Stream{st}, nil
}

// columns are the names in the header of a CSV file, none for JSON Lines.
func (c *connection) columns(name string) ([]string, error) {
	t, err := c.options.open(c.files, c.stream, name)
	if err != nil {
		return nil, err
	}
	defer t.close()
	if _, err := t.next(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return t.columns(), nil
}

// Read returns the next records, from as many files as make a batch.
func (c *connection) Read(ctx context.Context, stream string, cur connectors.Cursor) (connectors.Batch, connectors.Cursor, error) {
	fail := func(err error) (connectors.Batch, connectors.Cursor, error) {
		c.drop()
		return connectors.Batch{}, "", err
	}
	if stream != c.stream {
		return fail(connectors.ConfigError("stream", "a file connection has no stream %.80q", stream))
	}
	p, err := parsePlace(cur)
	if err != nil {
		return fail(err)
	}
	if cur != c.at {
		c.drop()
	}
	found, err := c.list()
	if err != nil {
		return fail(err)
	}
	p.forget(found)
	var batch connectors.Batch
	for _, f := range p.todo(found) {
		if err := c.readFile(ctx, p, f, &batch); err != nil {
			return fail(err)
		}
		if p.Current != nil { // the batch is full
			break
		}
	}
	c.at = p.cursor()
	if len(batch.Records) == 0 {
		return batch, c.at, io.EOF
	}
	return batch, c.at, nil
}

// readFile reads on in a file until its end or until the batch is full.
func (c *connection) readFile(ctx context.Context, p *place, f file, batch *connectors.Batch) error {
	if p.Current == nil || p.Current.Name != f.name || p.Current.Mark != f.mark {
		c.drop()
		p.Current = &current{Name: f.name, Mark: f.mark}
	}
	if c.open == nil {
		t, err := c.options.open(c.files, c.stream, f.name)
		if err != nil {
			return err
		}
		c.open = t
		for range p.Current.Rows {
			if _, err := t.next(); err != nil {
				return fmt.Errorf("file: %s: %w", f.name, notEnd(err))
			}
		}
	}
	from := c.open.bytes()
	for len(batch.Records) < c.batch && c.open.bytes()-from < maxBatchBytes {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := c.open.next()
		if errors.Is(err, io.EOF) {
			// Had the file changed meanwhile, its mark is another one now, and it is
			// read again next time.
			p.Read[f.name], p.Current = f.mark, nil
			c.drop()
			return nil
		}
		if err != nil {
			return err
		}
		p.Current.Rows++
		batch.Records = append(batch.Records, r)
	}
	return nil
}

// notEnd keeps io.EOF from being taken for the end of the stream.
func notEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (c *connection) drop() {
	if c.open != nil {
		c.open.close()
		c.open = nil
	}
}

type file struct {
	name string
	mark mark
	time time.Time
}

// list finds the files, oldest first.
func (c *connection) list() ([]file, error) {
	names, err := fs.Glob(c.files, c.pattern)
	if err != nil {
		return nil, connectors.ConfigError("pattern", "%.80q is not a pattern", c.pattern)
	}
	if len(names) > maxFiles {
		return nil, connectors.ConfigError("pattern", "%d files fit the pattern; the most is %d", len(names), maxFiles)
	}
	var out []file
	for _, name := range names {
		info, err := fs.Stat(c.files, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went away since
		}
		if err != nil {
			return nil, fmt.Errorf("file: %w", err)
		}
		if info.Mode().IsRegular() {
			out = append(out, file{name: name, mark: markOf(info), time: info.ModTime()})
		}
	}
	slices.SortFunc(out, func(a, b file) int {
		return cmp.Or(a.time.Compare(b.time), cmp.Compare(a.name, b.name))
	})
	return out, nil
}

// todo are the files to read: the one at hand, then those that are new or
// changed.
func (p *place) todo(found []file) []file {
	var out []file
	for _, f := range found {
		if p.Current != nil && f.name == p.Current.Name && f.mark == p.Current.Mark {
			out = append([]file{f}, out...)
		} else if p.Read[f.name] != f.mark {
			out = append(out, f)
		}
	}
	return out
}

// forget drops what is known of files that are gone.
func (p *place) forget(found []file) {
	there := map[string]bool{}
	for _, f := range found {
		there[f.name] = true
	}
	for name := range p.Read {
		if !there[name] {
			delete(p.Read, name)
		}
	}
	if p.Current != nil && !there[p.Current.Name] {
		p.Current = nil
	}
}
