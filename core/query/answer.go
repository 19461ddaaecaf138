package query

import (
	"slices"
	"strconv"

	"github.com/trellishq/trellis"
)

func errTooManyRows() *trellis.Error {
	return trellis.Errorf(trellis.CodeQueryTooCostly, "the lists inside this query hold more than %d records; ask for fewer at a time", maxLevelRows)
}

// appendRecord writes one row, whose number matters for the lists inside it
// alone, in the given shape.
func (f *fetched) appendRecord(buf []byte, rec *record, cells [][]byte, row int) ([]byte, error) {
	var err error
	buf = append(buf, '{')
	for i := range rec.items {
		it := &rec.items[i]
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, it.key...)
		switch it.kind {
		case Value:
			buf, err = appendValue(buf, f.level.codecs[it.col], cells[it.col])
		case TypeName:
			buf = append(buf, it.text...)
		case FileList:
			buf, err = appendFiles(buf, it, cells[it.col])
		case Composite:
			buf, err = f.appendComposite(buf, it, cells, row)
		case Record:
			if cells[it.sub.id] == nil {
				buf = append(buf, "null"...)
			} else {
				buf, err = f.appendRecord(buf, it.sub, cells, row)
			}
		case ToMany:
			buf, err = f.subs[it.child].appendList(buf, int(f.subRow[it.child][row]))
		}
		if err != nil {
			return buf, err
		}
	}
	return append(buf, '}'), nil
}

// appendComposite writes what is asked of a value of several columns.
func (f *fetched) appendComposite(buf []byte, it *output, cells [][]byte, row int) ([]byte, error) {
	if it.whole && cells[it.cols[0]] == nil || !slices.ContainsFunc(it.cols, func(col int) bool { return cells[col] != nil }) {
		return append(buf, "null"...), nil
	}
	var err error
	buf = append(buf, '{')
	for i := range it.parts {
		p := &it.parts[i]
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, p.key...)
		if p.sub != nil && cells[p.sub.id] != nil {
			if buf, err = f.appendRecord(buf, p.sub, cells, row); err != nil {
				return buf, err
			}
		} else if p.col < 0 {
			buf = append(buf, p.text...)
		} else if buf, err = appendValue(buf, p.codec, cells[p.col]); err != nil {
			return buf, err
		}
	}
	return append(buf, '}'), nil
}

// window is the rows of one parent that the caller gets.
type window struct {
	from, to int // row numbers
	more     bool
}

func (f *fetched) window(parent int) window {
	w := window{from: f.starts[parent], to: f.starts[parent+1]}
	if w.to-w.from > f.level.first {
		w.to, w.more = w.from+f.level.first, true
	}
	return w
}

// row gives the i-th row to show: rows read from the back come in reverse.
func (f *fetched) row(w window, i int) int {
	if f.level.backward {
		return w.to - 1 - i
	}
	return w.from + i
}

// appendList writes the list of one parent.
func (f *fetched) appendList(buf []byte, parent int) ([]byte, error) {
	var err error
	var w window
	if f.level.sql != "" {
		w = f.window(parent)
	}
	buf = append(buf, '{')
	for i := range f.level.list.Shape {
		it := &f.level.list.Shape[i]
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(AppendJSONString(buf, it.Key), ':')
		switch it.Kind {
		case TotalCount:
			buf = strconv.AppendInt(buf, f.count[parent], 10)
		case ListTypeName:
			buf = AppendJSONString(buf, it.Text)
		case InGroups, GroupCount:
			buf = f.groups[i].appendTo(buf, parent)
		case PageInfo:
			buf, err = f.appendPage(buf, it.Page, w)
		default:
			buf, err = f.appendRows(buf, i, it, w)
		}
		if err != nil {
			return buf, err
		}
	}
	return append(buf, '}'), nil
}

// appendRows writes the rows of a Nodes or Edges item.
func (f *fetched) appendRows(buf []byte, at int, it *ListItem, w window) ([]byte, error) {
	var err error
	buf = append(buf, '[')
	for i := range w.to - w.from {
		if i > 0 {
			buf = append(buf, ',')
		}
		row := f.row(w, i)
		if f.ends != nil {
			buf = append(buf, f.written(row)...)
			continue
		}
		if buf, err = f.appendRow(buf, at, it, f.line(row), row); err != nil {
			return buf, err
		}
	}
	return append(buf, ']'), nil
}

// appendRow writes one row as the item wants it.
func (f *fetched) appendRow(buf []byte, at int, it *ListItem, cells [][]byte, row int) ([]byte, error) {
	rec := f.level.edgeOuts[at]
	if it.Kind == Nodes {
		return f.appendRecord(buf, rec, cells, row)
	}
	return f.appendEdge(buf, rec, it.Edges, cells, row)
}

// appendEdge writes an edge. The nodes of all its EdgeNode items were compiled
// into one shape, one after the other; each takes its share.
func (f *fetched) appendEdge(buf []byte, rec *record, edges []EdgeItem, cells [][]byte, row int) ([]byte, error) {
	var err error
	taken := 0
	buf = append(buf, '{')
	for i, e := range edges {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(AppendJSONString(buf, e.Key), ':')
		switch e.Kind {
		case EdgeCursor:
			buf, err = f.appendCursor(buf, func(i int) []byte { return cells[f.level.keyCols[i]] })
		case EdgeTypeName:
			buf = AppendJSONString(buf, e.Text)
		case EdgeNode:
			part := record{id: rec.id, items: rec.items[taken : taken+len(e.Select)]}
			taken += len(e.Select)
			buf, err = f.appendRecord(buf, &part, cells, row)
		}
		if err != nil {
			return buf, err
		}
	}
	return append(buf, '}'), nil
}

func (f *fetched) appendCursor(buf []byte, key func(i int) []byte) ([]byte, error) {
	buf = append(buf, '"')
	buf, err := appendCursor(buf, f.level.sig, f.level.keys, key)
	return append(buf, '"'), err
}

// rowCursor writes the cursor of a row that was read before.
func (f *fetched) rowCursor(buf []byte, row int) ([]byte, error) {
	return f.appendCursor(buf, func(i int) []byte {
		if f.ends != nil {
			return f.cells[row*len(f.level.keys)+i]
		}
		return f.line(row)[f.level.keyCols[i]]
	})
}

func (f *fetched) appendPage(buf []byte, items []PageItem, w window) ([]byte, error) {
	var err error
	n := w.to - w.from
	buf = append(buf, '{')
	for i, it := range items {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(AppendJSONString(buf, it.Key), ':')
		switch it.Kind {
		case HasNextPage:
			buf = strconv.AppendBool(buf, w.more && !f.level.backward || f.level.backward && f.level.list.Before != "")
		case HasPreviousPage:
			buf = strconv.AppendBool(buf, w.more && f.level.backward || !f.level.backward && f.level.list.After != "")
		case PageTypeName:
			buf = AppendJSONString(buf, it.Text)
		case StartCursor, EndCursor:
			switch {
			case n == 0:
				buf = append(buf, "null"...)
			case it.Kind == StartCursor:
				buf, err = f.rowCursor(buf, f.row(w, 0))
			default:
				buf, err = f.rowCursor(buf, f.row(w, n-1))
			}
		}
		if err != nil {
			return buf, err
		}
	}
	return append(buf, '}'), nil
}
