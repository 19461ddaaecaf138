package query

import (
	"cmp"
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

// Search looks for records of several objects. Those that match better come
// first: a field is the text, one begins with it, it is inside. Among these the
// objects follow in order, and of each the newest first. Where there are more
// than First, those that match better are taken, then the newest of every object
// in turns, so that one object with many does not hide the others.
type Search struct {
	Text string
	// Objects to look through, in their order; none are all that have a field the
	// caller may search, an error when these are more than MaxSearchObjects. Then
	// objects whose records have owners come first, among them those on which
	// most lists hang that the caller sees, and users and teams last.
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
	HitField // the name of the field in which the text, or its first word, was found
	HitValue // the first hitValue characters of that field
)

const hitValue = 200

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
		c.telling = true
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
	if !asked {
		return c.usualOrder(out)
	}
	return out, nil
}

// usualOrder puts first what people work with, and of that what the rest hangs on.
func (c *compiler) usualOrder(objects []*metadata.ObjectView) ([]*metadata.ObjectView, error) {
	lists := make(map[*metadata.ObjectView]int, len(objects))
	for _, o := range objects {
		for _, r := range slices.Concat(o.Relations, o.Links) {
			_, err := c.grant(r.Object)
			if err == nil {
				lists[o]++
			} else if trellis.CodeOf(err) != trellis.CodeInvalidInput {
				return nil, err
			}
		}
	}
	standing := func(o *metadata.ObjectView) int {
		switch {
		case !o.Unowned:
			return 0
		case o.Package != "system":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(objects, func(a, b *metadata.ObjectView) int {
		return cmp.Or(standing(a)-standing(b), lists[b]-lists[a])
	})
	return objects, nil
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
	of     *fetched
	row    int
	object int // position among the objects
	match  how
	place  int // among the records of its object that match as well
	field  *metadata.Field
}

// run finds the records of all objects and appends the best as a list.
func (h *hits) run(ctx context.Context, db DB, buf []byte) ([]byte, error) {
	var all []hit
	for object, l := range h.levels {
		f := &fetched{level: l}
		if err := fetchLevel(ctx, db, []*fetched{f}); err != nil {
			return buf, err
		}
		places := map[how]int{}
		for row := range min(f.n, h.first) {
			x := hit{of: f, row: row, object: object}
			if at := f.line(row)[l.told[0]]; at != nil {
				x.field = l.searched[binary.BigEndian.Uint64(at)-1]
			}
			x.match = how(binary.BigEndian.Uint64(f.line(row)[l.keyCols[0]]))
			x.place = places[x.match]
			places[x.match]++
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b hit) int { return cmp.Or(int(b.match-a.match), a.place-b.place, a.object-b.object) })
	all = all[:min(len(all), h.first)]
	slices.SortFunc(all, func(a, b hit) int { return cmp.Or(int(b.match-a.match), a.object-b.object, a.place-b.place) })
	return h.append(buf, all)
}

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
				buf, err = appendValue(buf, codecUUID, x.of.line(x.row)[x.of.level.told[2]])
			case HitTitle:
				buf, err = x.title(buf)
			case HitField:
				if x.field == nil {
					buf = append(buf, "null"...)
				} else {
					buf = AppendJSONString(buf, x.field.Name)
				}
			case HitValue:
				buf, err = appendValue(buf, codecText, x.of.line(x.row)[x.of.level.told[1]])
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
