package query

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// DB is where statements run: a pool, a connection or a transaction.
type DB interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// maxLevelRows bounds what one level reads into memory, over all parents.
const maxLevelRows = 100_000

// fetched are the rows of one level.
type fetched struct {
	level  *level
	cells  [][]byte // row after row
	width  int
	count  []int64 // totalCount, one per parent (one at the root)
	starts []int   // first row of each parent, and the end
	subs   []*fetched
	// subRow says which parent position of subs[i] belongs to a row, -1 none.
	subRow [][]int32
}

func (f *fetched) rows() int { return len(f.cells) / f.width }

func (f *fetched) cell(row, col int) []byte { return f.cells[row*f.width+col] }

// Run executes a plan and appends the answer's JSON to buf: an object or null
// for a Get, a connection object for a List. On an error buf comes back as it
// was.
func (p *Plan) Run(ctx context.Context, db DB, buf []byte) ([]byte, error) {
	before := len(buf)
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
		if root.rows() == 0 {
			return append(buf, "null"...), nil
		}
		buf, err = root.appendRecord(buf, root.level.out, 0)
	} else {
		buf, err = root.appendList(buf, 0)
	}
	if err != nil {
		return buf[:before], err
	}
	return buf, nil
}

// expand makes the next level: for every child list of every level just read,
// the ids of the records it hangs on.
func expand(frontier []*fetched) []*fetched {
	var next []*fetched
	for _, f := range frontier {
		for _, ch := range f.level.children {
			sub := &fetched{level: ch.level}
			at := make([]int32, f.rows())
			ids := make([][16]byte, 0, f.rows())
			for row := range at {
				at[row] = -1
				if raw := f.cell(row, ch.parent); len(raw) == 16 && !f.spare(row) {
					at[row] = int32(len(ids))
					ids = append(ids, [16]byte(raw))
				}
			}
			f.subs, f.subRow = append(f.subs, sub), append(f.subRow, at)
			ch.level.args[0] = ids
			if ch.level.countSQL != "" {
				ch.level.countArgs[0] = ids
			}
			sub.starts = make([]int, len(ids)+1)
			sub.count = make([]int64, len(ids))
			if len(ids) > 0 {
				next = append(next, sub)
			}
		}
	}
	return next
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
	if len(level) == 1 && level[0].level.countSQL == "" {
		l := level[0].level
		rows, err := db.Query(ctx, l.sql, l.args...)
		if err != nil {
			return err
		}
		return level[0].read(rows)
	}
	b := &pgx.Batch{}
	for _, f := range level {
		b.Queue(f.level.sql, f.level.args...)
		if f.level.countSQL != "" {
			b.Queue(f.level.countSQL, f.level.countArgs...)
		}
	}
	res := db.SendBatch(ctx, b)
	err := readLevel(res, level)
	if cerr := res.Close(); err == nil {
		err = cerr
	}
	return err
}

func readLevel(res pgx.BatchResults, level []*fetched) error {
	for _, f := range level {
		rows, err := res.Query()
		if err != nil {
			return err
		}
		if err := f.read(rows); err != nil {
			return err
		}
		if f.level.countSQL == "" {
			continue
		}
		if rows, err = res.Query(); err != nil {
			return err
		}
		if err := f.readCount(rows); err != nil {
			return err
		}
	}
	return nil
}

// read copies the binary cells; the driver reuses its buffer for the next row.
func (f *fetched) read(rows pgx.Rows) error {
	defer rows.Close()
	f.width = len(f.level.codecs)
	var arena []byte
	n, parent := 0, 0
	for rows.Next() {
		if n >= maxLevelRows {
			return errTooManyRows()
		}
		raw := rows.RawValues()
		if len(raw) != f.width {
			return fmt.Errorf("query: %d columns came, %d were asked", len(raw), f.width)
		}
		for _, v := range raw {
			arena, f.cells = appendCell(arena, f.cells, v)
		}
		if f.level.nested {
			ord := int(binary.BigEndian.Uint64(raw[0]))
			for ; parent < ord; parent++ {
				f.starts[parent] = n
			}
		}
		n++
	}
	if f.level.nested {
		for ; parent < len(f.starts); parent++ {
			f.starts[parent] = n
		}
	} else {
		f.starts = []int{0, n}
	}
	return rows.Err()
}

const arenaSize = 16 << 10

// appendCell copies v into the arena; a full arena is left to its cells and a
// new one begun.
func appendCell(arena []byte, cells [][]byte, v []byte) ([]byte, [][]byte) {
	if v == nil {
		return arena, append(cells, nil)
	}
	if len(arena)+len(v) > cap(arena) {
		arena = make([]byte, 0, max(arenaSize, len(v)))
	}
	start := len(arena)
	arena = append(arena, v...)
	return arena, append(cells, arena[start:len(arena):len(arena)])
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
		f.count[at] = int64(binary.BigEndian.Uint64(raw[len(raw)-1]))
	}
	return rows.Err()
}
