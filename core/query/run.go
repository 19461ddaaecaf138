package query

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DB is where statements run: a pool, a connection or a transaction.
type DB interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// maxLevelRows bounds what one level reads into memory, over all parents.
const maxLevelRows = 100_000

// fetched are the rows of one level. Rows without lists inside are written as
// JSON while they are read, because their cells are then of no more use; those
// with lists keep their cells until the lists are there.
type fetched struct {
	level *level
	n     int // rows read
	// cells are copies, row after row: all of a row, or, when rows were written,
	// those of the sort keys if the page's cursors are asked.
	cells [][]byte
	arena []byte
	// text holds the written rows, ends where each ends; nil when cells are kept.
	text []byte
	ends []int

	count  []int64       // totalCount, one per parent (one at the root)
	groups map[int]*told // by index in list.Shape
	starts []int         // first row of each parent, and the end
	subs   []*fetched
	// subRow says which parent position of subs[i] belongs to a row, -1 none.
	subRow [][]int32
}

// line is a row's cells.
func (f *fetched) line(row int) [][]byte {
	w := len(f.level.codecs)
	return f.cells[row*w : (row+1)*w]
}

// written is a row's JSON.
func (f *fetched) written(row int) []byte {
	if row == 0 {
		return f.text[:f.ends[0]]
	}
	return f.text[f.ends[row-1]:f.ends[row]]
}

// Run executes a plan and appends the answer's JSON to buf: an object or null
// for a Get, a connection object for a List, a list for a Search. On an error buf comes back as it
// was.
func (p *Plan) Run(ctx context.Context, db DB, buf []byte) ([]byte, error) {
	before := len(buf)
	if p.hits != nil {
		out, err := p.hits.run(ctx, db, buf)
		if err != nil {
			return buf[:before], err
		}
		return out, nil
	}
	root := &fetched{level: p.root}
	if err := fetchLevel(ctx, db, []*fetched{root}); err != nil {
		return buf, err
	}
	for frontier := []*fetched{root}; len(frontier) > 0; {
		frontier = expand(frontier)
		if err := fetchLevel(ctx, db, frontier); err != nil {
			return buf, err
		}
	}
	var err error
	if p.get {
		buf, err = root.appendOne(buf)
	} else {
		buf, err = root.appendList(buf, 0)
	}
	if err != nil {
		return buf[:before], err
	}
	return buf, nil
}

// appendOne writes the answer of a Get.
func (f *fetched) appendOne(buf []byte) ([]byte, error) {
	if f.n == 0 {
		return append(buf, "null"...), nil
	}
	if f.ends != nil {
		return append(buf, f.written(0)...), nil
	}
	return f.appendRecord(buf, f.level.out, f.line(0), 0)
}

// expand makes the next level: for every child list of every level just read,
// the ids of the records it hangs on.
func expand(frontier []*fetched) []*fetched {
	var next []*fetched
	for _, f := range frontier {
		for _, ch := range f.level.children {
			sub := &fetched{level: ch.level}
			at := make([]int32, f.n)
			ids := make([][16]byte, 0, f.n)
			for row := range at {
				at[row] = -1
				if raw := f.line(row)[ch.parent]; len(raw) == 16 && !f.spare(row) {
					at[row] = int32(len(ids))
					ids = append(ids, [16]byte(raw))
				}
			}
			f.subs, f.subRow = append(f.subs, sub), append(f.subRow, at)
			ch.level.hangOn(ids)
			sub.starts = make([]int, len(ids)+1)
			sub.count = make([]int64, len(ids))
			if len(ids) > 0 {
				next = append(next, sub)
			}
		}
	}
	return next
}

// hangOn gives a nested level the records it belongs to.
func (l *level) hangOn(ids [][16]byte) {
	var parents any
	if len(ids) == 1 {
		parents = ids[0]
		l.sql = strings.Replace(l.sql, manyParents, oneParent, 1)
		l.countSQL = strings.Replace(l.countSQL, manyParents, oneParent, 1)
	} else {
		parents = padded(ids)
	}
	if l.sql != "" {
		l.args[0] = parents
	}
	if l.countSQL != "" {
		l.countArgs[0] = parents
	}
	for _, g := range l.groups {
		g.args[0] = parents
		if len(ids) == 1 {
			g.sql = strings.Replace(g.sql, manyParents, oneParent, 1)
		}
	}
}

// spare says that a row was read only to know whether there is another page.
func (f *fetched) spare(row int) bool {
	return !f.level.nested && row >= f.level.first
}

// fetchLevel runs the statements of one depth together.
func fetchLevel(ctx context.Context, db DB, level []*fetched) error {
	if len(level) == 0 {
		return nil
	}
	if len(level) == 1 && level[0].level.rowsAlone() {
		l := level[0].level
		rows, err := db.Query(ctx, l.sql, l.args...)
		if err != nil {
			return err
		}
		return level[0].read(rows)
	}
	b := &pgx.Batch{}
	var readers []func(pgx.Rows) error
	for _, f := range level {
		asks := f.asks()
		if f.level.skewed {
			if err := runSkewed(ctx, db, asks); err != nil {
				return err
			}
			continue
		}
		for _, a := range asks {
			b.Queue(a.sql, a.args...)
			readers = append(readers, a.read)
		}
	}
	if len(readers) == 0 {
		return nil
	}
	res := db.SendBatch(ctx, b)
	err := readAll(res, readers)
	if cerr := res.Close(); err == nil {
		err = cerr
	}
	return err
}

// ask is one statement and what reads its rows.
type ask struct {
	sql  string
	args []any
	read func(pgx.Rows) error
}

// runSkewed runs statements one by one in the mode that plans each for its
// values: whether a word is frequent decides how it is best found.
func runSkewed(ctx context.Context, db DB, asks []ask) error {
	for _, a := range asks {
		rows, err := db.Query(ctx, a.sql, append([]any{pgx.QueryExecModeCacheDescribe}, a.args...)...)
		if err != nil {
			return err
		}
		if err := a.read(rows); err != nil {
			return err
		}
	}
	return nil
}

// rowsAlone says that a level has one statement: that of its rows.
func (l *level) rowsAlone() bool {
	return l.sql != "" && l.countSQL == "" && l.groups == nil && !l.skewed
}

// asks lists the statements of a level.
func (f *fetched) asks() []ask {
	l := f.level
	asks := make([]ask, 0, 2+len(l.groups))
	if l.sql != "" {
		asks = append(asks, ask{l.sql, l.args, f.read})
	}
	if l.countSQL != "" {
		asks = append(asks, ask{l.countSQL, l.countArgs, f.readCount})
	}
	parents := 1
	if l.nested {
		parents = len(f.count)
	}
	if l.groups == nil {
		return asks
	}
	for i := range l.list.Shape {
		g := l.groups[i]
		if g == nil {
			continue
		}
		t := &told{grouping: g}
		if f.groups == nil {
			f.groups = make(map[int]*told, len(l.groups))
		}
		f.groups[i] = t
		asks = append(asks, ask{g.sql, g.args, func(rows pgx.Rows) error { return t.read(rows, parents) }})
	}
	return asks
}

func readAll(res pgx.BatchResults, readers []func(pgx.Rows) error) error {
	for _, read := range readers {
		rows, err := res.Query()
		if err != nil {
			return err
		}
		if err := read(rows); err != nil {
			return err
		}
	}
	return nil
}

// read takes in the rows of a level. The driver reuses its buffers for the next
// row, so what is kept is copied.
func (f *fetched) read(rows pgx.Rows) error {
	defer rows.Close()
	take := f.keep
	if at, ok := f.level.writeWhole(); ok {
		take = func(cells [][]byte) error { return f.write(at, cells) }
	} else if f.level.list == nil && len(f.level.children) == 0 {
		take = f.writeRecord
	}
	parent, odd := 0, strangers(rows, 0, f.level.codecs)
	for rows.Next() {
		if f.n >= maxLevelRows {
			return errTooManyRows()
		}
		raw := rows.RawValues()
		if len(raw) != len(f.level.codecs) {
			return fmt.Errorf("query: %d columns came, %d were asked", len(raw), len(f.level.codecs))
		}
		if err := odd.in(raw); err != nil {
			return err
		}
		if f.level.nested {
			ord := int(binary.BigEndian.Uint64(raw[0]))
			for ; parent < ord; parent++ {
				f.starts[parent] = f.n
			}
		}
		if err := take(raw); err != nil {
			return err
		}
		f.n++
	}
	if f.level.nested {
		for ; parent < len(f.starts); parent++ {
			f.starts[parent] = f.n
		}
	} else {
		f.starts = []int{0, f.n}
	}
	return rows.Err()
}

// writeWhole says that rows can be written as they come: nothing hangs on them,
// and one item of the shape shows them.
func (l *level) writeWhole() (at int, ok bool) {
	if l.keep || len(l.children) > 0 || l.list == nil || len(l.edgeOuts) != 1 {
		return 0, false
	}
	for at = range l.edgeOuts {
		ok = true
	}
	return at, ok
}

// keep copies a row's cells.
func (f *fetched) keep(cells [][]byte) error {
	for _, v := range cells {
		f.keepCell(v)
	}
	return nil
}

// writeRecord writes the one record of a Get.
func (f *fetched) writeRecord(cells [][]byte) error {
	var err error
	f.text, err = f.appendRecord(make([]byte, 0, 512), f.level.out, cells, 0)
	f.ends = []int{len(f.text)}
	return err
}

// write writes a row as JSON and keeps its sort keys if a cursor needs them.
func (f *fetched) write(at int, cells [][]byte) error {
	it := &f.level.list.Shape[at]
	if f.ends == nil {
		f.ends = make([]int, 0, min(f.level.first+1, 512))
	}
	var err error
	if f.text, err = f.appendRow(f.text, at, it, cells, f.n); err != nil {
		return err
	}
	if f.n == 0 { // the others will be about as long
		f.text = slices.Grow(f.text, min(len(f.text)*min(f.level.first, 512)*9/8, 1<<20))
	}
	f.ends = append(f.ends, len(f.text))
	if f.level.pageCursors {
		for _, col := range f.level.keyCols {
			f.keepCell(cells[col])
		}
	}
	return nil
}

// An arena begins small, for one record, and the next is larger.
const (
	firstArena = 1 << 10
	arenaSize  = 16 << 10
)

// keepCell copies v into the arena; a full arena is left to its cells and a new
// one begun, twice as large.
func (f *fetched) keepCell(v []byte) {
	if v == nil {
		f.cells = append(f.cells, nil)
		return
	}
	if len(f.arena)+len(v) > cap(f.arena) {
		f.arena = make([]byte, 0, max(firstArena, min(4*cap(f.arena), arenaSize), len(v)))
	}
	start := len(f.arena)
	f.arena = append(f.arena, v...)
	f.cells = append(f.cells, f.arena[start:len(f.arena):len(f.arena)])
}

func (f *fetched) readCount(rows pgx.Rows) error {
	defer rows.Close()
	if !f.level.nested {
		f.count = make([]int64, 1)
	}
	for rows.Next() {
		raw := rows.RawValues()
		at := 0
		if f.level.nested {
			at = int(binary.BigEndian.Uint64(raw[0])) - 1
		}
		if at >= len(f.count) { // padding
			continue
		}
		f.count[at] = int64(binary.BigEndian.Uint64(raw[len(raw)-1]))
	}
	return rows.Err()
}
