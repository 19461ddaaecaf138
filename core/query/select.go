package query

import (
	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// shape compiles what is asked of a list.
func (c *compiler) shape(l *level, r *rows, depth int) error {
	l.edgeOuts = map[int]*record{}
	p := rootScope(r)
	for i, it := range l.list.Shape {
		sel := it.Select
		for _, e := range it.Edges {
			if e.Kind == EdgeNode {
				sel = append(sel, e.Select...)
			}
		}
		if it.Kind != Nodes && it.Kind != Edges {
			continue
		}
		var out *record
		var err error
		if it.Kind == Nodes && len(l.edgeOuts) == 0 {
			out, err = c.levelSelection(l, r, sel, depth)
		} else {
			out, err = c.selection(l, r, p, sel, depth)
		}
		if err != nil {
			return at(err, it.Key)
		}
		l.edgeOuts[i] = out
	}
	if len(l.edgeOuts) == 0 { // only page information is asked
		out, err := c.selection(l, r, p, nil, depth)
		l.out = out
		return err
	}
	for _, out := range l.edgeOuts {
		l.out = out
	}
	return nil
}

func (c *compiler) tooMany() error {
	if c.items > MaxItems {
		return trellis.Errorf(trellis.CodeQueryTooCostly, "a query asks for %d fields at most", MaxItems)
	}
	return nil
}

// selection compiles what is asked of the record at p.
func (c *compiler) selection(l *level, r *rows, p place, sel Selection, depth int) (*record, error) {
	if depth > MaxLevels {
		return nil, trellis.Errorf(trellis.CodeQueryTooCostly, "records go %d levels deep at most", MaxLevels)
	}
	c.items += len(sel)
	if err := c.tooMany(); err != nil {
		return nil, err
	}
	id, err := r.add(p, p.object.Field("id"), "", codecUUID)
	if err != nil {
		return nil, err
	}
	rec := &record{id: id, items: make([]output, 0, len(sel))}
	for _, it := range sel {
		out, err := c.item(l, r, p, rec, it, depth)
		if err != nil {
			return nil, at(err, it.Key)
		}
		rec.items = append(rec.items, out)
	}
	return rec, nil
}

func (c *compiler) item(l *level, r *rows, p place, rec *record, it Item, depth int) (output, error) {
	out := output{key: quoteKey(it.Key), kind: it.Kind}
	switch it.Kind {
	case TypeName:
		out.text = AppendJSONString(nil, it.Text)
		return out, nil
	case ToMany:
		return out, c.toMany(l, p, rec, it, depth, &out)
	}
	f := p.object.Field(it.Field)
	if f == nil || f.Linked() {
		return out, errNoField(p.object.Name, it.Field)
	}
	var err error
	switch it.Kind {
	case Value:
		out.col, err = r.add(p, f, "", codecOf(f.Type()))
	case Record:
		if !f.Kind.IsLookup() {
			return out, errNoField(p.object.Name, it.Field)
		}
		var to place
		if to, err = r.follow(p, f); err == nil {
			out.sub, err = c.selection(l, r, to, it.Select, depth+1)
		}
	case FileList:
		err = c.fileList(r, p, f, it, &out)
	case Composite:
		err = c.composite(l, r, p, f, it, depth, &out)
	}
	return out, err
}

func (c *compiler) toMany(l *level, p place, rec *record, it Item, depth int, out *output) error {
	rel := p.object.Relation(it.List.Relation)
	if rel == nil {
		return errNoField(p.object.Name, it.List.Relation)
	}
	o, err := c.space.Object(rel.Object)
	if err != nil {
		return err
	}
	sub, err := c.list(o, it.List, rel, depth+1)
	if err != nil {
		return err
	}
	out.child = len(l.children)
	l.children = append(l.children, &child{level: sub, parent: rec.id})
	return nil
}

// composite selects all columns of a field, since only all of them tell whether
// it is null, and what is asked of its parts.
func (c *compiler) composite(l *level, r *rows, p place, f *metadata.Field, it Item, depth int, out *output) error {
	parts := f.ValueParts()
	if len(parts) < 2 {
		return errNoField(p.object.Name, it.Field)
	}
	out.cols, out.whole = make([]int, len(parts)), f.Kind == metadata.KindPolymorphic
	for i, col := range parts {
		var err error
		if out.cols[i], err = r.add(p, f, col.Name, codecOf(col.Of)); err != nil {
			return err
		}
	}
	for _, part := range it.Parts {
		o := partOut{key: quoteKey(part.Key), col: -1}
		for i, col := range out.cols {
			if f.Part(i).Part == part.Part {
				o.col, o.codec = col, codecOf(f.Part(i).Of)
			}
		}
		switch {
		case part.Target != "":
			if err := c.referred(l, r, p, f, part, depth, &o); err != nil {
				return at(err, part.Key)
			}
		case o.col < 0:
			o.text = AppendJSONString(nil, part.Text)
		}
		out.parts = append(out.parts, o)
	}
	return nil
}

func quoteKey(key string) []byte { return append(AppendJSONString(nil, key), ':') }
