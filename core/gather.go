package core

import (
	"context"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// gather gives rows that this write creates the children it creates with them,
// and these the records that rules reach from there. written are the images of
// the write.
func (e *Engine) gather(ctx context.Context, r *Request, plan *writePlan, group, rows []*row, written map[trellis.ID]*query.Image) error {
	below := map[string][]expr.Path{}
	for _, path := range plan.lists {
		below[path[0]] = append(below[path[0]], path[1:])
	}
	for name, paths := range below {
		rel := plan.object.Relation(name)
		if rel.Linked() {
			continue // read once the links are there
		}
		children := gatherList(plan, rel, group, rows)
		if paths = deeper(paths); len(paths) == 0 || len(children) == 0 {
			continue
		}
		if err := e.loadPaths(ctx, r, r.View.Snapshot.Lookup(rel.Object), paths, children, written); err != nil {
			return err
		}
	}
	return nil
}

// gatherList is gather for one relation, and gives all children.
func gatherList(plan *writePlan, rel *metadata.Relation, group, rows []*row) []*query.Image {
	lists := make(map[trellis.ID][]*query.Image, len(group))
	for _, w := range group {
		if w.verb == Create {
			lists[w.id] = nil
		}
	}
	var all []*query.Image
	for _, k := range rows {
		if k.object == nil || k.object.Name != rel.Object || k.err != nil || k.image == nil || k.verb == Delete {
			continue
		}
		to, ok := refers(k.image.Values, rel.Field, plan.object.Name)
		if _, wanted := lists[to]; ok && wanted {
			lists[to], all = append(lists[to], k.image), append(all, k.image)
		}
	}
	for _, w := range group {
		if w.verb != Create {
			continue
		}
		if len(lists[w.id]) > maxList {
			w.fail(tooManyChildren(w, rel.Name))
		}
		w.image.SetMany(rel.Name, lists[w.id])
	}
	return all
}
