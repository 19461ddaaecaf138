package graphql

import (
	"strconv"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
)

// answerer writes the payload of a mutation.
type answerer struct {
	x    *execution
	root *node
	// records are the selections by which written records are read back.
	records map[*node]compiledSelection
	asked   []*node // the same, in the order of the text
	along   *node   // the one that was asked along with the write
	cost    int     // of one row
	// read has the records of several rows, read together.
	read map[*node]recordSet
}

// prepare compiles all that is asked of records, before anything is written.
func (a *answerer) prepare(n *node) *trellis.Error {
	for _, child := range n.children {
		if !child.when.holds(a.x.c.vars) {
			continue
		}
		if w := child.bind.what; w == batchRecord || w == payloadRecord && child.bind.object != nil {
			s, err := a.x.c.selection(child)
			if err != nil {
				return err
			}
			if a.records == nil {
				a.records = map[*node]compiledSelection{}
			}
			a.records[child], a.asked = s, append(a.asked, child)
			a.cost = min(a.cost+1+s.cost, costly)
			continue
		}
		if err := a.prepare(child); err != nil {
			return err
		}
	}
	return nil
}

// payload writes the answer of one top-level field.
func (a *answerer) payload(n *node, rows []row) error {
	return a.object(n, func(child *node) error {
		if child.bind.what != payloadResults {
			return a.outcome(child, &rows[0], 0)
		}
		if err := a.readAll(rows); err != nil {
			a.x.fail(err, a.root.key)
		}
		return a.list(len(rows), func(i int) error {
			return a.object(child, func(c *node) error { return a.outcome(c, &rows[i], i) })
		})
	})
}

// outcome writes one field about one row.
func (a *answerer) outcome(n *node, r *row, index int) error {
	x := a.x
	switch n.bind.what {
	case payloadID:
		x.buf = appendID(x.buf, r.id)
	case resultIndex:
		x.buf = strconv.AppendInt(x.buf, int64(index), 10)
	case resultRef:
		if r.ref == "" {
			x.buf = append(x.buf, "null"...)
		} else {
			x.buf = appendString(x.buf, r.ref)
		}
	case payloadErrors:
		return a.list(len(r.errs), func(i int) error {
			return a.object(n, func(c *node) error { return a.problem(c, r.errs[i]) })
		})
	case payloadRecord:
		if n.bind.object != nil {
			return a.record(n, r)
		}
		if r.id.IsZero() || !r.object.read {
			x.buf = append(x.buf, "null"...)
			return nil
		}
		return a.object(n, func(c *node) error { return a.record(c, r) })
	}
	return nil
}

// record reads a written record under the caller's rights. When that fails the
// write has been done all the same: the record is null, with an error.
func (a *answerer) record(n *node, r *row) error {
	x := a.x
	if r.id.IsZero() || r.object != n.bind.object {
		x.buf = append(x.buf, "null"...)
		return nil
	}
	if a.read != nil {
		x.buf = append(x.buf, a.read[n].of(r.id)...)
		return nil
	}
	if r.answer != nil && n == a.along {
		x.buf = append(x.buf, r.answer...)
		return nil
	}
	start := len(x.buf)
	var err error
	q := a.query(n)
	q.Get.ID = r.id
	x.buf, err = x.api.engine.Query(x.ctx, x.r, q, x.buf)
	if err != nil {
		x.buf = append(x.buf[:start], "null"...)
		x.fail(err, a.root.key, n.key)
	}
	return nil
}

// query asks for a record as n shows it, its id left out.
func (a *answerer) query(n *node) *query.Query {
	return &query.Query{Get: &query.Get{Object: n.bind.object.Name, Select: a.records[n].items}, Memo: n.memo}
}

// ask is what a write of one record reads along with it: the first selection of
// the record.
func (a *answerer) ask(rows []row) *query.Query {
	if len(rows) != 1 || rows[0].object == nil {
		return nil
	}
	for _, n := range a.asked {
		if n.bind.object == rows[0].object {
			a.along = n
			return a.query(n)
		}
	}
	return nil
}

func (a *answerer) problem(n *node, e *trellis.Error) error {
	x := a.x
	switch n.bind.what {
	case errorCode:
		x.buf = appendString(x.buf, string(e.Code))
	case errorMessage:
		x.buf = appendString(x.buf, e.Message)
	case errorPath:
		x.buf = appendPath(x.buf, e.Path, true)
	}
	return nil
}

// object writes an object with the fields asked of n.
func (a *answerer) object(n *node, field func(*node) error) error {
	x := a.x
	x.buf = append(x.buf, '{')
	i := 0
	for _, child := range n.children {
		if !child.when.holds(x.c.vars) {
			continue
		}
		x.key(i, child.key)
		i++
		if child.bind.what == typeName {
			x.buf = appendString(x.buf, child.parent)
			continue
		}
		if err := field(child); err != nil {
			return err
		}
	}
	x.buf = append(x.buf, '}')
	return nil
}

func (a *answerer) list(n int, element func(int) error) error {
	a.x.buf = append(a.x.buf, '[')
	for i := range n {
		if i > 0 {
			a.x.buf = append(a.x.buf, ',')
		}
		if err := element(i); err != nil {
			return err
		}
	}
	a.x.buf = append(a.x.buf, ']')
	return nil
}

func appendID(b []byte, id trellis.ID) []byte {
	if id.IsZero() {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = id.AppendText(b)
	return append(b, '"')
}
