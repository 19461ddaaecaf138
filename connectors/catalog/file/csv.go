package file

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxColumns bounds the width of a table.
const maxColumns = 2000

// csvRows reads RFC 4180 with any delimiter; the first record names the columns.
type csvRows struct {
	reader      *csv.Reader
	header      []string
	emptyAsNull bool
}

var _ rows = (*csvRows)(nil)

func newCSVRows(in *bounded, o options) (*csvRows, error) {
	in.left = maxRow
	buf := bufio.NewReaderSize(in, sniffed)
	delimiter := o.delimiter
	if delimiter == 0 {
		start, _ := buf.Peek(sniffed)
		delimiter = findDelimiter(string(start))
	}
	c := &csvRows{reader: csv.NewReader(buf), emptyAsNull: o.emptyAsNull}
	c.reader.Comma = delimiter
	c.reader.FieldsPerRecord = -1
	header, err := c.reader.Read()
	if errors.Is(err, io.EOF) {
		return c, nil // an empty file
	}
	if err != nil {
		return nil, fmt.Errorf("the first line cannot be read: %w", err)
	}
	if len(header) > maxColumns {
		return nil, fmt.Errorf("it has more than %d columns", maxColumns)
	}
	seen := map[string]bool{}
	for i, name := range header {
		if name = strings.TrimSpace(name); name == "" {
			name = fmt.Sprintf("column_%d", i+1)
		}
		if strings.ContainsRune(name, '\uFFFD') {
			return nil, fmt.Errorf("the name of column %d does not fit the file's encoding", i+1)
		}
		if seen[name] {
			return nil, fmt.Errorf("it has two columns %.80q", name)
		}
		seen[name] = true
		c.header = append(c.header, name)
	}
	return c, nil
}

func (c *csvRows) columns() []string { return c.header }

func (c *csvRows) next() (map[string]any, error) {
	cells, err := c.reader.Read()
	var parse *csv.ParseError
	switch {
	case errors.Is(err, errRowTooLong):
		return nil, errRowTooLong
	case errors.As(err, &parse):
		return nil, rowError(parse.Err.Error())
	case err != nil:
		return nil, err
	case len(cells) != len(c.header):
		return nil, rowError(fmt.Sprintf("it has %d cells, the header %d", len(cells), len(c.header)))
	}
	data := make(map[string]any, len(cells))
	for i, cell := range cells {
		switch {
		case strings.ContainsRune(cell, '\uFFFD'):
			return nil, rowError(fmt.Sprintf("column %.80q does not fit the file's encoding", c.header[i]))
		case cell != "":
			data[c.header[i]] = cell
		case c.emptyAsNull:
			data[c.header[i]] = nil
		}
	}
	return data, nil
}

// findDelimiter takes the one that is most frequent in the first line, outside
// of quotes.
func findDelimiter(start string) rune {
	counts := map[rune]int{}
	quoted := false
	for _, r := range start {
		if r == '"' {
			quoted = !quoted
		}
		if r == '\n' && !quoted {
			break
		}
		if !quoted {
			counts[r]++
		}
	}
	best := ','
	for _, r := range ";\t|" {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}
