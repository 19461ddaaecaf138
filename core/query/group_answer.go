package query

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
)

// told are the groups of one grouping, written as JSON while they are read.
type told struct {
	*grouping
	text  []byte
	ends  []int   // of each group
	start []int   // first group of each parent, and the end
	count []int64 // GroupCount, one per parent
}

// read takes in the groups of all parents (one at the root).
func (t *told) read(rows pgx.Rows, parents int) error {
	defer rows.Close()
	t.start, t.count = make([]int, parents+1), make([]int64, parents)
	parent, inParent, skip := 0, 0, 0
	if t.nested {
		skip = 1
	}
	odd := strangers(rows, skip, t.codecs)
	for rows.Next() {
		cells := rows.RawValues()
		if t.nested {
			ord := int(binary.BigEndian.Uint64(cells[0]))
			if cells = cells[1:]; ord > parents { // padding
				continue
			}
			for ; parent < ord; parent++ {
				t.start[parent], inParent = len(t.ends), 0
			}
		}
		if len(cells) != len(t.codecs) {
			return fmt.Errorf("query: %d columns came, %d were asked", len(cells), len(t.codecs))
		}
		if err := odd.in(cells); err != nil {
			return err
		}
		if t.counts {
			t.count[max(parent-1, 0)] = int64(binary.BigEndian.Uint64(cells[0]))
			continue
		}
		if inParent++; inParent > t.first {
			if t.whole {
				return trellis.Errorf(trellis.CodeQueryTooCostly, "there are more than %d groups; say how many with first", t.first)
			}
			continue
		}
		if err := t.write(cells); err != nil {
			return err
		}
	}
	if !t.nested {
		parent = 1
	}
	for ; parent <= parents; parent++ {
		t.start[parent] = len(t.ends)
	}
	return rows.Err()
}

func (t *told) write(cells [][]byte) error {
	for _, c := range t.checks {
		if !bytes.Equal(cells[c.least], cells[c.most]) {
			return trellis.Errorf(trellis.CodeInvalidInput, "%s has amounts in several currencies: group by its currency", c.field)
		}
	}
	var err error
	if t.text, err = t.object(t.text, t.out, cells); err != nil {
		return err
	}
	if len(t.ends) > maxLevelRows {
		return errTooManyRows()
	}
	t.ends = append(t.ends, len(t.text))
	return nil
}

func (t *told) object(buf []byte, items []groupOut, cells [][]byte) ([]byte, error) {
	var err error
	buf = append(buf, '{')
	for i := range items {
		it := &items[i]
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, it.key...)
		switch {
		case it.kind == GroupObject:
			buf, err = t.object(buf, it.items, cells)
		case it.kind == GroupTypeName:
			buf = append(buf, it.text...)
		case it.money != nil:
			buf, err = (*fetched)(nil).appendComposite(buf, it.money, cells, 0) // no records in it
		default:
			buf, err = appendValue(buf, t.codecs[it.col], cells[it.col])
		}
		if err != nil {
			return buf, err
		}
	}
	return append(buf, '}'), nil
}

// appendTo writes the groups of a parent, or their number.
func (t *told) appendTo(buf []byte, parent int) []byte {
	if t.counts {
		return strconv.AppendInt(buf, t.count[parent], 10)
	}
	buf = append(buf, '[')
	for i := t.start[parent]; i < t.start[parent+1]; i++ {
		if i > t.start[parent] {
			buf = append(buf, ',')
		}
		from := 0
		if i > 0 {
			from = t.ends[i-1]
		}
		buf = append(buf, t.text[from:t.ends[i]]...)
	}
	return append(buf, ']')
}
