package core

import (
	"context"
	"encoding/json"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata/expr"
)

// Matched is a record that a filter found, with its version at that moment.
type Matched struct {
	ID      trellis.ID
	Version int64
}

// Matching finds the live records of an object that the caller may read and for
// which the filter holds, in the order of their ids: what an update or delete by
// a filter is about. More than most (0: MaxOps) are QUERY_TOO_COSTLY. An
// operation with IfVersion set to the version changes a record only as it was
// found.
func (e *Engine) Matching(ctx context.Context, r *Request, object string, filter expr.Pred, most int) ([]Matched, error) {
	if most <= 0 || most > MaxOps {
		most = MaxOps
	}
	item := func(name string) query.Item { return query.Item{Key: name, Field: name} }
	list := &query.List{Object: object, Filter: filter, Order: []query.Order{{Field: "id"}}, First: query.MaxFirst, Shape: []query.ListItem{
		{Key: "nodes", Kind: query.Nodes, Select: query.Selection{item("id"), item("version")}},
		{Key: "page", Kind: query.PageInfo, Page: []query.PageItem{{Key: "next", Kind: query.HasNextPage}, {Key: "end", Kind: query.EndCursor}}},
	}}
	var out []Matched
	var buf []byte
	for {
		var err error
		if buf, err = e.Query(ctx, r, &query.Query{List: list}, buf[:0]); err != nil {
			return nil, err
		}
		var page struct {
			Nodes []Matched
			Page  struct {
				Next bool
				End  string
			}
		}
		if err := json.Unmarshal(buf, &page); err != nil {
			return nil, trellis.Wrap(trellis.CodeInternal, err, "something went wrong on our side")
		}
		if out = append(out, page.Nodes...); len(out) > most {
			return nil, trellis.Errorf(trellis.CodeQueryTooCostly, "the filter finds more than %d records; do it in parts", most).At("filter")
		}
		if !page.Page.Next {
			return out, nil
		}
		list.After = page.Page.End
	}
}
