package file

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/trellishq/trellis/connectors"
)

// jsonRows reads one JSON object a line; empty lines do not count.
type jsonRows struct {
	in   *bounded
	buf  *bufio.Reader
	line []byte
}

var _ rows = (*jsonRows)(nil)

func newJSONRows(in *bounded) *jsonRows {
	return &jsonRows{in: in, buf: bufio.NewReaderSize(in, sniffed)}
}

func (j *jsonRows) columns() []string { return nil }

func (j *jsonRows) next() (map[string]any, error) {
	for {
		j.in.left = maxRow
		line, err := j.readLine()
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return parseObject(line)
		}
	}
}

// readLine reads up to the end of a line. The last line may lack it.
func (j *jsonRows) readLine() ([]byte, error) {
	j.line = j.line[:0]
	for {
		part, err := j.buf.ReadSlice('\n')
		j.line = append(j.line, part...)
		switch {
		case err == nil:
			return j.line, nil
		case err == io.EOF && len(j.line) > 0:
			return j.line, nil
		case len(j.line) > maxRow:
			return nil, errRowTooLong
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

func parseObject(line []byte) (map[string]any, error) {
	if bytes.ContainsRune(line, '\uFFFD') {
		return nil, rowError("it does not fit the file's encoding")
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil || object == nil {
		return nil, rowError("it is not a JSON object")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, rowError("something follows the JSON object")
	}
	if _, err := exact(object, 0); err != nil {
		return nil, rowError(err.Error())
	}
	return object, nil
}

// exact replaces numbers, in place, by values without loss.
func exact(v any, depth int) (any, error) {
	if depth > connectors.MaxDepth {
		return nil, errors.New("it nests too deep")
	}
	var err error
	switch v := v.(type) {
	case json.Number:
		if !strings.ContainsAny(string(v), ".eE") {
			if n, err := v.Int64(); err == nil {
				return n, nil
			}
		}
		return connectors.ParseDecimal(string(v))
	case []any:
		for i := range v {
			if v[i], err = exact(v[i], depth+1); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = exact(v[k], depth+1); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}
