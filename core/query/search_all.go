package query

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// Limits of a search over objects.
const (
	DefaultHits      = 20
	MaxHits          = 100
	MaxSearchObjects = 50
)

// Search looks for records of several objects, the best first, then the newest.
type Search struct {
	Text string
	// Objects to look through; none are all that have a field the caller may
	// search, an error when these are more than MaxSearchObjects.
	Objects []string
	First   int // DefaultHits unless told
	Shape   []HitItem
}

// HitItem is one thing asked of a record found, in the order of the answer.
type HitItem struct {
	Key  string
	Kind HitKind
	Text string // HitTypeName
}

// HitKind says what a HitItem is.
type HitKind uint8

// What can be asked of a record found.
const (
	HitObject HitKind = iota // its object's name
	HitID
	HitTitle // its title field as text, null when the caller does not always see it
	HitTypeName
)

// hits is a compiled Search.
type hits struct {
	q      *Search
	first  int
	levels []*level // one per object
}

func (c *compiler) search(q *Search) (*hits, error) {
	h := &hits{q: q, first: q.First}
	switch {
	case h.first == 0:
		h.first = DefaultHits
	case h.first < 0 || h.first > MaxHits:
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "must be from 1 to %d", MaxHits).At("first")
	}
	if _, err := newSearching(q.Text); err != nil {
		return nil, at(err, "text")
	}
	objects, err := c.searchedObjects(q)
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		l, err := c.list(o, hitList(o, c.grants[o.Name], q.Text, h.first), nil, 1)
		if err != nil {
			return nil, err
		}
		l.keep = true
		h.levels = append(h.levels, l)
	}
	return h, nil
}

// searchedObjects are those asked for, or all that can be searched.
func (c *compiler) searchedObjects(q *Search) ([]*metadata.ObjectView, error) {
	asked := len(q.Objects) > 0
	names := q.Objects
	if !asked {
		names = c.space.Snapshot.Names()
	}
	var out []*metadata.ObjectView
	for i, name := range names {
		o, err := c.space.Object(name)
		if err == nil {
			_, err = c.grant(o.Name)
		}
		if err == nil && len(searched(scope{object: o, grant: c.grants[o.Name]})) == 0 {
			err = errNothingSearched(o.Name)
		}
		switch {
		case err != nil && (asked || trellis.CodeOf(err) != trellis.CodeInvalidInput):
			return nil, at(err, "objects", i)
		case err == nil && !slices.Contains(out, o):
			out = append(out, o)
		}
	}
	if len(out) > MaxSearchObjects {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "say which objects to search, %d at most", MaxSearchObjects).At("objects")
	}
	return out, nil
}

// hitList is what is read of one object: the title, and by cursor the order.
func hitList(o *metadata.ObjectView, g *policy.Grant, text string, first int) *List {
	item := Item{Key: "title", Kind: TypeName}
	if f := o.Field(o.Title); f != nil && f.Kind.IsText() && g.Field(f.Name).Mode == policy.Plain {
		item = Item{Key: "title", Kind: Value, Field: f.Name}
	}
	return &List{Object: o.Name, Search: text, First: first, Shape: []ListItem{
		{Kind: Nodes, Select: Selection{item}}, {Kind: PageInfo, Page: []PageItem{{Kind: EndCursor}}},
	}}
}

// hit is a record found, with what puts it in order.
type hit struct {
	of          *fetched
	row         int
	rank        int64
	created, id []byte
}

// run finds the records of all objects and appends the best as a list.
func (h *hits) run(ctx context.Context, db DB, buf []byte) ([]byte, error) {
	var all []hit
	for _, l := range h.levels {
		f := &fetched{level: l}
		if err := fetchLevel(ctx, db, []*fetched{f}); err != nil {
			return buf, err
		}
		for row := range min(f.n, h.first) {
			cells := f.line(row)
			all = append(all, hit{of: f, row: row, rank: int64(binary.BigEndian.Uint64(cells[l.keyCols[0]])),
				created: cells[l.keyCols[1]], id: cells[l.keyCols[2]]})
		}
	}
	slices.SortFunc(all, func(a, b hit) int {
		switch {
		case a.rank != b.rank:
			return int(b.rank - a.rank)
		case !bytes.Equal(a.created, b.created):
			return int64At(b.created) - int64At(a.created)
		}
		return bytes.Compare(b.id, a.id)
	})
	return h.append(buf, all[:min(len(all), h.first)])
}

// int64At compares instants: microseconds, which fit an int.
func int64At(raw []byte) int { return int(int64(binary.BigEndian.Uint64(raw))) }

func (h *hits) append(buf []byte, all []hit) ([]byte, error) {
	var err error
	buf = append(buf, '[')
	for i, x := range all {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, '{')
		for j, it := range h.q.Shape {
			if j > 0 {
				buf = append(buf, ',')
			}
			buf = append(AppendJSONString(buf, it.Key), ':')
			switch it.Kind {
			case HitObject:
				buf = AppendJSONString(buf, x.of.level.object.Name)
			case HitID:
				buf, err = appendValue(buf, codecUUID, x.id)
			case HitTitle:
				buf, err = x.title(buf)
			default:
				buf = AppendJSONString(buf, it.Text)
			}
			if err != nil {
				return buf, err
			}
		}
		buf = append(buf, '}')
	}
	return append(buf, ']'), nil
}

func (x hit) title(buf []byte) ([]byte, error) {
	item := x.of.level.out.items[0]
	if item.kind != Value {
		return append(buf, "null"...), nil
	}
	return appendValue(buf, codecText, x.of.line(x.row)[item.col])
}
