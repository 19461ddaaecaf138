package core

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
)

// maxLinked bounds the links of one record that a set may replace, maxLinks
// those that all of a write name.
const (
	maxLinked = 10_000
	maxLinks  = 50_000
)

// linkSet is what a write does to the links of one manyToMany field: what was
// asked, then what of it changes anything.
type linkSet struct {
	field          *metadata.Field
	ask            metadata.LinkChange
	added, removed []trellis.ID
}

// link notes what was given for a manyToMany field; null is no links at all.
func (w *row) link(f *metadata.Field, v any) {
	ask, ok := v.(metadata.LinkChange)
	if !ok {
		ask = metadata.LinkChange{Replace: true}
	}
	if w.links == nil {
		w.links = map[string]*linkSet{}
	}
	w.links[f.Name] = &linkSet{field: f, ask: ask}
}

// withLinks adds the links that rows ask for through their manyToMany fields,
// as rows of the link objects. The record itself changes with its links: its
// version tells concurrent writers apart, so that a set ends as it was asked.
//
// Who may set the field may link: the right to it was checked with the record's
// other fields, and that the records linked are there and visible is checked
// with other lookups. A link object that somebody defined asks for the caller's
// right to create and delete its records besides; an implied one is written by
// the system's right.
func (e *Engine) withLinks(ctx context.Context, r *Request, rows []*row) ([]*row, error) {
	type listed struct {
		rows []*row
		rel  *metadata.Relation
	}
	var order []string
	total := 0
	groups := map[string]*listed{}
	for _, w := range rows {
		if w.err != nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(w.links)) {
			key := w.object.Name + "." + name
			if groups[key] == nil {
				groups[key] = &listed{rel: w.object.Relation(name)}
				order = append(order, key)
			}
			groups[key].rows = append(groups[key].rows, w)
		}
	}
	out := rows
	for _, w := range rows {
		for _, set := range w.links {
			if total += len(set.ask.Add) + len(set.ask.Remove); total > maxLinks {
				return nil, trellis.Errorf(trellis.CodeQueryTooCostly, "one write takes %d links at most; do it in parts", maxLinks)
			}
		}
	}
	for _, key := range order {
		l := &linking{engine: e, r: r, rel: groups[key].rel, batch: trellis.NewID()}
		l.link, l.near, l.far = r.View.Snapshot.Sides(l.rel)
		more, err := l.rows(ctx, groups[key].rows)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// linking makes the links of one field for several records.
type linking struct {
	engine    *Engine
	r         *Request
	rel       *metadata.Relation
	link      *metadata.ObjectView
	near, far *metadata.Field
	batch     trellis.ID // of the links that go
}

// rows gives the links that go, then those that come: few statements.
func (l *linking) rows(ctx context.Context, of []*row) ([]*row, error) {
	stored, err := l.stored(ctx, of)
	if err != nil {
		return nil, err
	}
	var gone, come []*row
	for _, w := range of {
		if w.err != nil {
			continue
		}
		set, has := w.links[l.rel.Name], stored[w.id]
		wanted := map[trellis.ID]bool{}
		for i, id := range set.ask.Add {
			if wanted[id] = true; has[id] == nil {
				set.added = append(set.added, id)
				come = append(come, l.create(ctx, w, id, i))
			}
		}
		for _, id := range slices.SortedFunc(maps.Keys(has), func(a, b trellis.ID) int { return bytes.Compare(a[:], b[:]) }) {
			if set.ask.Replace && !wanted[id] || slices.Contains(set.ask.Remove, id) {
				set.removed = append(set.removed, id)
				gone = append(gone, l.remove(ctx, w, has[id]))
			}
		}
		if len(set.added)+len(set.removed) > 0 {
			w.changed[l.rel.Name] = true
		}
	}
	return append(gone, come...), nil
}

// stored reads the links there are, by record and by the record linked: all of
// those that are replaced, else those asked for.
func (l *linking) stored(ctx context.Context, of []*row) (map[trellis.ID]map[trellis.ID]*query.Stored, error) {
	some := &query.Wanted{Object: l.link, Match: []*metadata.Field{l.near, l.far}, Action: metadata.ActionDelete}
	all := &query.Wanted{Object: l.link, Match: []*metadata.Field{l.near}, Action: metadata.ActionDelete, Many: maxLinked + 1}
	for _, w := range of {
		set := w.links[l.rel.Name]
		switch {
		case w.verb == Create:
		case set.ask.Replace:
			all.Values = append(all.Values, []any{w.id})
		default:
			for _, id := range append(slices.Clone(set.ask.Add), set.ask.Remove...) {
				some.Values = append(some.Values, []any{w.id, id})
			}
		}
	}
	r := l.r
	if l.link.Implied {
		r = systemRequest(r)
	}
	out := map[trellis.ID]map[trellis.ID]*query.Stored{}
	for _, wanted := range []*query.Wanted{some, all} {
		found, err := l.engine.stored(ctx, r, wanted)
		if err != nil {
			return nil, err
		}
		if len(found) > maxLinked && wanted == all {
			for _, w := range of {
				w.fail(trellis.Errorf(trellis.CodeConflict, "has too many links to replace them all; add and remove some").At(w.at(l.rel.Name)...))
			}
			return nil, nil
		}
		for _, s := range found {
			if s == nil {
				continue
			}
			near, _ := s.Values[l.near.Name].(trellis.ID)
			far, _ := s.Values[l.far.Name].(trellis.ID)
			if out[near] == nil {
				out[near] = map[trellis.ID]*query.Stored{}
			}
			out[near][far] = s
		}
	}
	return out, l.hide(ctx, out)
}

// hide leaves out links to records that the caller may not read: they are not
// replaced by a set nor removed, and adding one is refused like adding what is
// not there.
func (l *linking) hide(ctx context.Context, stored map[trellis.ID]map[trellis.ID]*query.Stored) error {
	seen := map[trellis.ID]bool{}
	for _, has := range stored {
		for id := range has {
			seen[id] = false
		}
	}
	if len(seen) == 0 || l.r.Principal.IsSystem() {
		return nil
	}
	visible, err := l.engine.visible(ctx, l.r, l.rel.Object, slices.Collect(maps.Keys(seen)))
	for _, has := range stored {
		maps.DeleteFunc(has, func(id trellis.ID, _ *query.Stored) bool { return !visible[id] })
	}
	return err
}

// row is a link of w's.
func (l *linking) row(w *row, verb Verb) *row {
	return &row{op: w.op, verb: verb, object: l.link, path: w.at(l.rel.Name), root: w.top(), system: l.link.Implied, linked: true, given: map[string]any{}, changed: map[string]bool{}}
}

// create is a new link to the record id, the i-th of those given.
func (l *linking) create(ctx context.Context, w *row, id trellis.ID, i int) *row {
	n := l.row(w, Create)
	part := "add"
	if w.links[l.rel.Name].ask.Replace {
		part = "set"
	}
	n.id, n.path = trellis.NewID(), append(slices.Clip(n.path), part, i)
	n.given[l.near.Name], n.given[l.far.Name] = w.id, id
	l.finish(ctx, n)
	return n
}

func (l *linking) remove(ctx context.Context, w *row, s *query.Stored) *row {
	n := l.row(w, Delete)
	n.id, n.old, n.batch = s.ID, s, l.batch
	if !l.link.Implied && !s.May {
		n.fail(trellis.Errorf(trellis.CodeForbidden, "you may not take this link away").At(n.path...))
	}
	l.finish(ctx, n)
	return n
}

// finish makes the image of a link, under the right it is written by.
func (l *linking) finish(ctx context.Context, n *row) {
	r := l.r
	if n.system {
		r = systemRequest(r)
	}
	if l.engine.makeImage(ctx, r, n); n.system && n.image != nil {
		// The record that has the field may be written without being readable.
		delete(n.given, l.near.Name)
	}
}

func (s *linkSet) appendJSON(buf []byte) []byte {
	for i, ids := range [][]trellis.ID{s.removed, s.added} {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, '[')
		for j, id := range ids {
			if j > 0 {
				buf = append(buf, ',')
			}
			buf = metadata.AppendJSON(buf, id)
		}
		buf = append(buf, ']')
	}
	return buf
}
