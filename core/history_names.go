package core

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
)

// namesThen says what the names of fields meant in the revisions of entries. A
// field may have been renamed, and another have its name since: what is shown is
// by the rights to the field that it was.
type namesThen struct {
	object   *metadata.ObjectView
	current  int64
	byColumn map[string]*metadata.Field
	then     map[objectThen]*metadata.Object
}

type objectThen struct {
	revision int64
	name     string
}

func (e *Engine) namesThen(ctx context.Context, r *Request, o *metadata.ObjectView, entries []*entry) (*namesThen, error) {
	n := &namesThen{object: o, current: r.View.Revision, byColumn: map[string]*metadata.Field{}, then: map[objectThen]*metadata.Object{}}
	for _, f := range o.All {
		if f.Column != "" {
			n.byColumn[f.Column] = f
		}
	}
	var revisions []int64
	var objects []string
	for _, x := range entries {
		k := objectThen{x.revision, x.object}
		if _, known := n.then[k]; known || x.revision == n.current {
			continue
		}
		n.then[k] = nil
		revisions, objects = append(revisions, k.revision), append(objects, k.name)
	}
	if len(revisions) == 0 {
		return n, nil
	}
	rows, err := e.db.Query(ctx, `SELECT k.revision, k.name, h.definition FROM unnest($2::bigint[], $3::text[]) AS k(revision, name)
		CROSS JOIN LATERAL (SELECT definition FROM trellis.component_history
			WHERE workspace_id = $1 AND kind = 'object' AND name = k.name AND revision <= k.revision ORDER BY revision DESC LIMIT 1) h
		WHERE h.definition IS NOT NULL`, [16]byte(r.View.WorkspaceID), revisions, objects)
	if err != nil {
		return nil, pg.Error(err)
	}
	var k objectThen
	var data []byte
	if _, err := pgx.ForEachRow(rows, []any{&k.revision, &k.name, &data}, func() error {
		was := &metadata.Object{}
		n.then[k] = was
		return json.Unmarshal(data, was)
	}); err != nil {
		return nil, pg.Error(err)
	}
	return n, nil
}

// now is the field of today that a name of an entry meant, nil for none.
func (n *namesThen) now(x *entry, name string) *metadata.Field {
	today := n.object.Field(name)
	if x.revision == n.current {
		return today
	}
	was := n.then[objectThen{x.revision, x.object}]
	if was == nil {
		return nil
	}
	f := was.Field(name)
	switch {
	case f == nil && today != nil && today.System():
		return today
	case f == nil:
		return nil
	case f.Column != "":
		return n.byColumn[f.Column]
	case today != nil && today.Linked() && today.Target == f.Target && today.Link == f.Link:
		return today
	}
	return nil
}

// withoutUnseen takes out of changes to manyToMany fields the records that the
// caller does not see: a list of the field would not show them either.
func (e *Engine) withoutUnseen(ctx context.Context, r *Request, o *metadata.ObjectView, changes []HistoryEntry) error {
	for _, f := range o.All {
		if !f.Linked() {
			continue
		}
		var lists []*json.RawMessage
		for i := range changes {
			for j := range changes[i].Fields {
				if c := &changes[i].Fields[j]; c.Field == f.Name {
					lists = append(lists, &c.Old, &c.New)
				}
			}
		}
		if err := e.onlySeen(ctx, r, o, f, lists); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) onlySeen(ctx context.Context, r *Request, o *metadata.ObjectView, f *metadata.Field, lists []*json.RawMessage) error {
	var all []trellis.ID
	each := make([][]trellis.ID, len(lists))
	for i, list := range lists {
		if err := json.Unmarshal(*list, &each[i]); err != nil {
			return trellis.Wrap(trellis.CodeInternal, err, "something went wrong on our side")
		}
		all = append(all, each[i]...)
	}
	if len(all) == 0 {
		return nil
	}
	seen := map[trellis.ID]bool{}
	link, _, _ := r.View.Snapshot.Sides(o.Relation(f.Name))
	g, err := r.Policy.Grant(ctx, r.Principal, link.Name, metadata.ActionRead)
	if err != nil {
		return err
	}
	if link.Implied || g.Unconditional() {
		if seen, err = query.Visible(ctx, e.db, r.space(), r.caller(), r.View.Snapshot.Lookup(f.Target), all); err != nil {
			return pg.Error(err)
		}
	}
	for i, list := range lists {
		kept := []trellis.ID{}
		for _, id := range each[i] {
			if seen[id] {
				kept = append(kept, id)
			}
		}
		if *list, err = json.Marshal(kept); err != nil {
			return err
		}
	}
	return nil
}
