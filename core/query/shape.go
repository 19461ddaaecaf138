package query

import (
	"hash/maphash"
	"slices"
	"sync"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// Shapes remembers what selections compile to, for those that ask for plain
// columns of one record: the most frequent ones, and the same for everybody
// with the same grant. A selection is known by where it is in memory, so
// callers gain by keeping it between requests (graphql keeps it in its plan).
// What is asked once is mostly not asked again, so a selection is remembered when
// it comes a second time. The zero value is ready and safe for concurrent use.
type Shapes struct {
	mu    sync.RWMutex
	known map[shapeKey]*shape
	seen  []uint32 // digests of selections that came once, by place; newer ones take the place
	seed  maphash.Seed
}

// maxShapes bounds what is remembered; then all is forgotten, for what is in
// use comes back at once. maxSeen is how many are known to have come once.
const (
	maxShapes = 500
	maxSeen   = 256
)

type shapeKey struct {
	first  *Item
	n      int
	object *metadata.ObjectView
	grant  *policy.Grant
	nested bool
}

// shape is the part of a level that a selection decides. It is never changed.
type shape struct {
	inner   []string
	columns []column
	codecs  []codec
	out     *record
}

func (s *Shapes) get(k shapeKey) *shape {
	if s == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known[k]
}

func (s *Shapes) put(k shapeKey, sh *shape) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen, s.seed = make([]uint32, maxSeen), maphash.MakeSeed()
	}
	h := maphash.Comparable(s.seed, k)
	place, digest := h%maxSeen, uint32(h>>32)|1
	if s.seen[place] != digest {
		s.seen[place] = digest
		return
	}
	if s.known == nil || len(s.known) >= maxShapes {
		s.known = map[shapeKey]*shape{}
	}
	s.known[k] = &shape{slices.Clone(sh.inner), slices.Clone(sh.columns), slices.Clone(sh.codecs), sh.out}
}

// plain says that a selection asks for columns alone, each shown in every row.
func plain(sel Selection, g *policy.Grant) bool {
	for i := range sel {
		switch sel[i].Kind {
		case TypeName:
		case Value, Composite:
			if f := g.Object().Field(sel[i].Field); g.Field(sel[i].Field).Mode != policy.Plain || f == nil || f.AtRead() || slices.ContainsFunc(sel[i].Parts, func(p PartItem) bool { return p.Target != "" }) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// levelSelection compiles what is asked of the record that rows were just made for.
func (c *compiler) levelSelection(l *level, r *rows, sel Selection, depth int) (*record, error) {
	p := rootScope(r)
	if len(sel) == 0 || !plain(sel, r.s.grant) {
		return c.selection(l, r, p, sel, depth)
	}
	k := shapeKey{&sel[0], len(sel), r.s.object, r.s.grant, r.nested}
	if sh := c.space.Shapes.get(k); sh != nil {
		// Whatever is added later goes into copies.
		r.inner, r.columns, r.codecs = slices.Clip(sh.inner), slices.Clip(sh.columns), slices.Clip(sh.codecs)
		c.items += len(sel)
		return sh.out, c.tooMany()
	}
	out, err := c.selection(l, r, p, sel, depth)
	if err != nil {
		return nil, err
	}
	c.space.Shapes.put(k, &shape{r.inner, r.columns, r.codecs, out})
	return out, nil
}
