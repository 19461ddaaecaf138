package graphql

import (
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
)

// compiler turns nodes and variables into query trees.
type compiler struct {
	coercer
	sight *sight
}

func newCompiler(s *Schema) *compiler {
	return &compiler{coercer: coercer{schema: s}, sight: s.sight}
}

// compiler makes one that has the types of the plan's text at hand.
func (p *plan) compiler() *compiler {
	c := newCompiler(p.schema)
	c.inputs = p.inputs
	return c
}

// compiledSelection and compiledList are trees with their cost: the records
// they may bring, for each record they are asked of.
type compiledSelection struct {
	items query.Selection
	cost  int
}

type compiledList struct {
	list *query.List
	cost int
}

// costly is where the cost stops growing.
const costly = 1 << 40

// precompile keeps with the plan what does not depend on variables. What fails
// to compile is left: the error belongs to the answer of its field.
func precompile(p *plan) {
	c := p.compiler()
	for _, n := range p.roots {
		c.keep(n)
		if w := n.bind.what; !n.dynamic && (w == rootOne || w == rootMany || w == rootSearch) {
			if q, cost, err := c.root(n); err == nil {
				n.query, n.cost = q, cost
			}
		}
	}
}

func (c *compiler) keep(n *node) {
	for _, child := range n.children {
		c.keep(child)
	}
	switch n.bind.what {
	case rootMany:
		n.remember()
	case rootOne, recordLookup, refRecord, listNodes, edgeNode, payloadRecord, batchRecord:
		if !slices.ContainsFunc(n.children, func(n *node) bool { return n.dynamic }) {
			if s, err := c.selection(n); err == nil {
				n.selection = &s
				n.remember()
			}
		}
	case recordList:
		if !n.dynamic {
			if l, err := c.nested(n); err == nil {
				n.list = &l
			}
		}
	}
}

// remember gives a root a memo when what it selects is the same each time.
func (n *node) remember() {
	if w := n.bind.what; (w == rootOne || w == rootMany || w == payloadRecord) && !slices.ContainsFunc(n.children, func(n *node) bool { return n.dynamic }) {
		n.memo = &query.Memo{}
	}
}

// root compiles a top-level field of a query.
func (c *compiler) root(n *node) (*query.Query, int, *trellis.Error) {
	if n.query != nil {
		return n.query, n.cost, nil
	}
	switch n.bind.what {
	case rootSearch:
		return c.search(n)
	case rootOne:
		get, cost, err := c.get(n)
		return &query.Query{Get: get, Memo: n.memo}, cost, err
	}
	list, err := c.list(n, query.DefaultFirst, query.MaxFirst)
	if err != nil {
		return nil, 0, err
	}
	list.list.Object = n.bind.object.Name
	return &query.Query{List: list.list, Memo: n.memo}, list.cost, nil
}

func (c *compiler) get(n *node) (*query.Get, int, *trellis.Error) {
	o := n.bind.object
	g := &query.Get{Object: o.Name}
	id, err := c.argument(n, "id")
	if err != nil {
		return nil, 0, err
	}
	key, err := c.argument(n, "key")
	if err != nil {
		return nil, 0, err
	}
	deleted, err := c.argument(n, "includeDeleted")
	if err != nil {
		return nil, 0, err
	}
	g.Deleted = deleted == true
	switch {
	case (id == nil) == (key == nil):
		return nil, 0, invalid("give an id, or a key where the object has one")
	case id != nil:
		if g.ID, err = parseID(id); err != nil {
			return nil, 0, err.At("id")
		}
	default:
		if g.Key, err = o.keyValues(as[map[string]any](key)); err != nil {
			return nil, 0, err.At("key")
		}
	}
	s, err := c.selection(n)
	g.Select = s.items
	return g, 1 + s.cost, err
}

// keyValues checks that a key is one of the object's unique keys.
func (o *objectSight) keyValues(given map[string]any) (map[string]any, *trellis.Error) {
	given = o.namesOfToday(given)
	for _, k := range o.keys {
		if len(k) != len(given) || slices.ContainsFunc(k, func(f string) bool { _, ok := given[f]; return !ok }) {
			continue
		}
		values := make(map[string]any, len(k))
		for _, name := range k {
			v, err := o.Field(name).Coerce(given[name])
			if err != nil {
				return nil, trellis.Public(err)[0].At(name)
			}
			if v == nil {
				return nil, invalid("must not be empty").At(name)
			}
			values[name] = v
		}
		return values, nil
	}
	return nil, invalid("the fields given are not exactly those of one unique key")
}

func parseID(v any) (trellis.ID, *trellis.Error) {
	text, _ := v.(string)
	id, err := trellis.ParseID(text)
	if err != nil || id.IsZero() {
		return trellis.ID{}, invalid("must be the id of a record")
	}
	return id, nil
}

// selection compiles what is asked of a record.
func (c *compiler) selection(n *node) (compiledSelection, *trellis.Error) {
	if n.selection != nil {
		return *n.selection, nil
	}
	s := compiledSelection{items: make(query.Selection, 0, len(n.children))}
	for _, child := range n.children {
		if !child.when.holds(c.vars) {
			continue
		}
		item, cost, err := c.item(child)
		if err != nil {
			return compiledSelection{}, err
		}
		s.items = append(s.items, item)
		s.cost = min(s.cost+cost, costly)
	}
	return s, nil
}

func (c *compiler) item(n *node) (query.Item, int, *trellis.Error) {
	item := query.Item{Key: n.key}
	switch n.bind.what {
	case typeName:
		item.Kind, item.Text = query.TypeName, n.parent
	case recordValue:
		item.Kind, item.Field = query.Value, n.bind.field.Name
	case recordFiles:
		c.fileParts(n, &item)
	case recordRef:
		cost, err := c.refParts(n, &item)
		return item, cost, err
	case recordComposite:
		item.Kind, item.Field, item.Parts = query.Composite, n.bind.field.Name, c.parts(n)
	case recordLookup:
		s, err := c.selection(n)
		item.Kind, item.Field, item.Select = query.Record, n.bind.field.Name, s.items
		return item, 1 + s.cost, err
	case recordList:
		l, err := c.nested(n)
		item.Kind, item.List = query.ToMany, l.list
		return item, l.cost, err
	}
	return item, 0, nil
}

// parts compiles what is asked of a field of several parts.
func (c *compiler) parts(n *node) []query.PartItem {
	var parts []query.PartItem
	for _, child := range n.children {
		if !child.when.holds(c.vars) {
			continue
		}
		part := query.PartItem{Key: child.key, Part: child.bind.part}
		if child.bind.what == typeName {
			part.Text = child.parent
		}
		parts = append(parts, part)
	}
	return parts
}
