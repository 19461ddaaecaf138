package graphql

import (
	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
)

// nested compiles a list inside a record.
func (c *compiler) nested(n *node) (compiledList, *trellis.Error) {
	if n.list != nil {
		return *n.list, nil
	}
	l, err := c.list(n, query.DefaultNestedFirst, query.MaxNestedFirst)
	if err != nil {
		return compiledList{}, err.At(n.key)
	}
	l.list.Relation = n.bind.relation.Name
	return l, nil
}

// list compiles the arguments and the shape of a list.
func (c *compiler) list(n *node, standard, most int) (compiledList, *trellis.Error) {
	l := &query.List{}
	if err := c.page(n, l, most); err != nil {
		return compiledList{}, err
	}
	filter, err := c.argument(n, "filter")
	if err == nil && filter != nil {
		l.Filter, err = c.filter(n.bind.object, as[map[string]any](filter))
	}
	if err != nil {
		return compiledList{}, err
	}
	text, err := c.argument(n, "search")
	if err != nil {
		return compiledList{}, err
	}
	if text != nil {
		if l.Search = as[string](text); l.Search == "" {
			return compiledList{}, invalid("say what to search for").At("search")
		}
	}
	order, err := c.argument(n, "orderBy")
	if err == nil && order != nil {
		l.Order, err = c.order(n.bind.object, as[[]any](order))
	}
	if err != nil {
		return compiledList{}, err
	}
	cost, groups, err := c.shape(n, l, most)
	if err != nil {
		return compiledList{}, err
	}
	rows := standard
	if l.First+l.Last > 0 {
		rows = l.First + l.Last
	}
	return compiledList{list: l, cost: min(1+groups+rows*cost, costly)}, nil
}

// page reads first, last, after, before and includeDeleted.
func (c *compiler) page(n *node, l *query.List, most int) *trellis.Error {
	var err *trellis.Error
	if l.First, err = c.count(n, "first", most); err != nil {
		return err
	}
	if l.Last, err = c.count(n, "last", most); err != nil {
		return err
	}
	if l.First > 0 && l.Last > 0 {
		return invalid("give first or last, not both")
	}
	after, err := c.argument(n, "after")
	if err != nil {
		return err
	}
	before, err := c.argument(n, "before")
	if err != nil {
		return err
	}
	l.After, _ = after.(string)
	l.Before, _ = before.(string)
	deleted, err := c.argument(n, "includeDeleted")
	l.Deleted = deleted == true
	return err
}

// count reads first or last, 0 when absent.
func (c *compiler) count(n *node, name string, most int) (int, *trellis.Error) {
	v, err := c.argument(n, name)
	if err != nil || v == nil {
		return 0, err
	}
	k := as[int64](v)
	if k < 1 || k > int64(most) {
		return 0, invalid("must be from 1 to %d", most).At(name)
	}
	return int(k), nil
}

// shape compiles what is asked of the list; cost is per record, groups what its
// groups cost, of which there are most at most.
func (c *compiler) shape(n *node, l *query.List, most int) (cost, groups int, err *trellis.Error) {
	for _, child := range n.children {
		if !child.when.holds(c.vars) {
			continue
		}
		item := query.ListItem{Key: child.key}
		switch child.bind.what {
		case listNodes:
			s, err := c.selection(child)
			if err != nil {
				return 0, 0, err
			}
			item.Kind, item.Select = query.Nodes, s.items
			cost = min(cost+1+s.cost, costly)
		case listEdges:
			more, err := c.edges(child, &item)
			if err != nil {
				return 0, 0, err
			}
			cost = min(cost+1+more, costly)
		case listPageInfo:
			item.Kind, item.Page = query.PageInfo, c.pageItems(child)
		case listTotal:
			exact, err := c.argument(child, "exact")
			if err != nil {
				return 0, 0, err
			}
			item.Kind, item.Exact = query.TotalCount, exact == true
		case listGroups, listGroupCount:
			g, more, err := c.groups(child, most)
			if err != nil {
				return 0, 0, err.At(child.key)
			}
			item.Kind, item.Groups = query.InGroups, g
			if child.bind.what == listGroupCount {
				item.Kind = query.GroupCount
			}
			groups = min(groups+more, costly)
		case typeName:
			item.Kind, item.Text = query.ListTypeName, child.parent
		}
		l.Shape = append(l.Shape, item)
	}
	return cost, groups, nil
}

func (c *compiler) edges(n *node, item *query.ListItem) (cost int, err *trellis.Error) {
	item.Kind = query.Edges
	for _, child := range n.children {
		if !child.when.holds(c.vars) {
			continue
		}
		e := query.EdgeItem{Key: child.key}
		switch child.bind.what {
		case edgeNode:
			s, err := c.selection(child)
			if err != nil {
				return 0, err
			}
			e.Kind, e.Select = query.EdgeNode, s.items
			cost = min(cost+s.cost, costly)
		case edgeCursor:
			e.Kind = query.EdgeCursor
		case typeName:
			e.Kind, e.Text = query.EdgeTypeName, child.parent
		}
		item.Edges = append(item.Edges, e)
	}
	return cost, nil
}

func (c *compiler) pageItems(n *node) []query.PageItem {
	var items []query.PageItem
	for _, child := range n.children {
		if !child.when.holds(c.vars) {
			continue
		}
		p := query.PageItem{Key: child.key}
		switch child.bind.what {
		case pageHasNext:
			p.Kind = query.HasNextPage
		case pageHasPrevious:
			p.Kind = query.HasPreviousPage
		case pageStart:
			p.Kind = query.StartCursor
		case pageEnd:
			p.Kind = query.EndCursor
		case typeName:
			p.Kind, p.Text = query.PageTypeName, child.parent
		}
		items = append(items, p)
	}
	return items
}
