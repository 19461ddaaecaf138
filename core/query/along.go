package query

import (
	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
)

// Along is the plan of one record whose statements go in a batch of the
// caller's, after the one that writes the record: its id is known before it is
// there, so nothing has to come back first.
type Along struct {
	root *fetched
	asks []ask
}

// Along prepares a plan to be asked along with a write of the record with the
// id. It is nil when the plan needs answers to go on: lists inside lists, or in
// a record that is reached over a lookup.
func (p *Plan) Along(id trellis.ID) *Along {
	if !p.get || p.root == nil || p.root.skewed {
		return nil
	}
	root := &fetched{level: p.root}
	a := &Along{root: root, asks: root.asks()}
	for _, ch := range p.root.children {
		if ch.parent != p.root.out.id || ch.level.skewed || len(ch.level.children) > 0 {
			return nil
		}
		ch.level.hangOn([][16]byte{id})
		sub := &fetched{level: ch.level, starts: make([]int, 2), count: make([]int64, 1)}
		root.subs, root.subRow = append(root.subs, sub), append(root.subRow, []int32{0})
		a.asks = append(a.asks, sub.asks()...)
	}
	return a
}

// Queue adds the statements to a batch.
func (a *Along) Queue(b *pgx.Batch) {
	for _, ask := range a.asks {
		b.Queue(ask.sql, ask.args...)
	}
}

// Read takes the statements' results, which must be the next, and gives the
// answer as Plan.Run does.
func (a *Along) Read(res pgx.BatchResults) ([]byte, error) {
	for _, ask := range a.asks {
		rows, err := res.Query()
		if err != nil {
			return nil, err
		}
		if err := ask.read(rows); err != nil {
			return nil, err
		}
	}
	return a.root.appendOne(nil)
}
