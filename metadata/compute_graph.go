package metadata

import (
	"cmp"
	"slices"

	"github.com/trellishq/trellis/metadata/expr"
)

// computeGraph knows the computed fields of a definition and what they read.
type computeGraph struct {
	find   *finder
	engine *expr.Engine
	nodes  map[*Field]*computeNode
}

// computeNode is a computed field.
type computeNode struct {
	object *Object
	field  *Field
	rule   *expr.Rule // of a formula
	where  *expr.Rule // of a roll-up with a condition
	child  *Object    // of a roll-up
	err    error      // why rule or where is missing
	// where the value comes from; empty while it is being found out.
	computed Computed
	walking  bool
	told     bool // in a problem
}

// fieldRef is a field of an object, as one that is read.
type fieldRef struct {
	object *Object
	field  *Field
	away   bool // over a lookup
}

func newComputeGraph(x *finder) *computeGraph {
	return &computeGraph{find: x, engine: expr.New(x), nodes: map[*Field]*computeNode{}}
}

func isComputed(f *Field) bool { return f.Kind == KindFormula || f.Kind == KindRollUp }

// fieldOf finds a field by its name or one that it had, nil for none.
func fieldOf(o *Object, name string) *Field {
	if f := ownOrSystem(o, name); f != nil {
		return f
	}
	for _, f := range o.Fields {
		if had(f.Formerly, name) {
			return f
		}
	}
	return nil
}

// node compiles a computed field once.
func (g *computeGraph) node(o *Object, f *Field) *computeNode {
	if n := g.nodes[f]; n != nil {
		return n
	}
	n := &computeNode{object: o, field: f}
	g.nodes[f] = n
	if f.Kind == KindFormula {
		n.rule, n.err = g.engine.CompileValue(o.Name, f.Formula, expr.Formula, f.Type())
		return n
	}
	if f.RollUp == nil {
		return n
	}
	if rel := g.find.relation(o.Name, f.RollUp.Relation); rel != nil {
		n.child = rel.object
	}
	if n.child != nil && f.RollUp.Where != "" {
		n.where, n.err = g.engine.Compile(n.child.Name, f.RollUp.Where, expr.Row)
	}
	return n
}

// reads lists the fields a computed field reads, the lookups on the way among
// them.
func (g *computeGraph) reads(n *computeNode) []fieldRef {
	var out []fieldRef
	add := func(o *Object, paths []expr.Path) {
		for _, p := range paths {
			at, away := o, false
			for i, name := range p {
				f := fieldOf(at, name)
				if f == nil {
					break
				}
				out = append(out, fieldRef{at, f, away})
				if i+1 < len(p) {
					if at, away = g.find.object(f.Target), true; at == nil {
						break
					}
				}
			}
		}
	}
	if n.rule != nil {
		add(n.object, n.rule.Deps())
	}
	if n.child == nil {
		return out
	}
	if n.field.RollUp.Field != "" {
		add(n.child, []expr.Path{{n.field.RollUp.Field}})
	}
	if n.where != nil {
		add(n.child, n.where.Deps())
	}
	return out
}

// unsteady are system fields that change without the record's being written, or
// with every write: what reads them is computed at read.
var unsteady = []string{"version", "updatedAt", "updatedBy", "deletedAt"}

// decide says where a computed field gets its value. What cannot be compiled or
// reads itself is AtRead: it needs no column, and Validate refuses it.
func (g *computeGraph) decide(n *computeNode) Computed {
	if n.computed != "" || n.walking {
		return cmp.Or(n.computed, AtRead)
	}
	n.walking = true
	defer func() { n.walking = false }()
	n.computed = Stored
	switch {
	case n.err != nil, n.field.Kind == KindFormula && n.rule == nil, n.field.Kind == KindRollUp && n.child == nil,
		n.rule != nil && n.rule.Moment(), n.where != nil && n.where.Moment():
		n.computed = AtRead
	case slices.ContainsFunc(g.reads(n), g.keepsFromStored):
		n.computed = AtRead
	}
	return n.computed
}

func (g *computeGraph) keepsFromStored(r fieldRef) bool {
	return r.away || r.field.system && slices.Contains(unsteady, r.field.Name) ||
		isComputed(r.field) && g.decide(g.node(r.object, r.field)) == AtRead
}

// settler fills what follows of computed fields in a draft.
type settler struct {
	def   *Definition
	was   *finder // of what the draft was made from
	graph *computeGraph
	// hidden are removed objects that may come back, by table.
	hidden map[string]*Object
}

// settleComputed fills Result and the digits of roll-ups, and Computed of all
// computed fields. An object that def shares with current is copied when a
// change elsewhere makes one of its fields another.
func settleComputed(def, current *Definition, was *finder) {
	gone, changed := Differing(current.Objects, def.Objects)
	s := &settler{def: def, was: was, graph: newComputeGraph(find(whole(def, changed), current)), hidden: map[string]*Object{}}
	if s.graph.find.base == nil {
		changed = def.Objects
	}
	for _, r := range def.Removed {
		if r.ObjectWas != nil {
			s.hidden[r.Table] = r.ObjectWas
		}
	}
	affected := s.graph.affected(changed, gone)
	for _, name := range affected {
		s.results(name, map[fieldKey]bool{})
	}
	// Nothing was compiled so far: from here the types are known.
	for _, name := range affected {
		s.decide(s.graph.find.object(name))
	}
}

// whole is the definition without extensions of objects that are not there.
func whole(def *Definition, changed []*Object) *Definition {
	extends := func(o *Object) bool { return o.Extends }
	if !slices.ContainsFunc(changed, extends) {
		return def
	}
	w := *def
	w.Objects = slices.DeleteFunc(slices.Clone(def.Objects), extends)
	return &w
}

// own puts a copy in the place of an object that the draft shares.
func (s *settler) own(o *Object) *Object {
	if !s.was.has(o) {
		return o
	}
	c := o.Clone()
	s.def.Objects[position(s.def.Objects, o)] = c
	return c
}

// decide fills Computed and Filling.
func (s *settler) decide(o *Object) {
	g, mine := s.graph, o
	for i, f := range o.Fields {
		if !isComputed(f) {
			continue
		}
		computed := g.decide(g.node(o, f))
		filling := computed == Stored && s.filling(g.node(o, f))
		if f.Computed == computed && f.Filling == filling {
			continue
		}
		if mine == o {
			mine = s.own(o)
		}
		mine.Fields[i].Computed, mine.Fields[i].Filling = computed, filling
	}
}

// affected lists the changed objects that have computed fields, and those whose
// roll-ups take from a changed one, or did when it was as in gone.
func (g *computeGraph) affected(changed, gone []*Object) []string {
	var out []string
	seen := map[string]bool{}
	var add func(o *Object)
	parents := func(o *Object) {
		for _, f := range o.Fields {
			if f.Inverse == "" || f.Kind == KindManyToMany {
				continue
			}
			for _, target := range f.points() {
				if p := g.find.object(target); p != nil && p.rollsUp(f.Inverse) {
					add(p)
				}
			}
		}
	}
	add = func(o *Object) {
		if seen[o.Name] || o.Extends {
			return
		}
		seen[o.Name] = true
		if slices.ContainsFunc(o.Fields, isComputed) {
			out = append(out, o.Name)
		}
		parents(o)
	}
	for _, o := range changed {
		add(o)
	}
	for _, o := range gone {
		parents(o)
	}
	slices.Sort(out)
	return out
}

// rollsUp says that the object has a roll-up over a relation.
func (o *Object) rollsUp(relation string) bool {
	return slices.ContainsFunc(o.Fields, func(f *Field) bool { return f.RollUp != nil && f.RollUp.Relation == relation })
}

// results fills the kind and digits of an object's roll-ups from what they roll
// up, which may be computed in turn; above are the fields on the way here.
func (s *settler) results(name string, above map[fieldKey]bool) {
	for i := range s.graph.find.object(name).Fields {
		o := s.graph.find.object(name)
		f := o.Fields[i]
		key := fieldKey{name, f.Name}
		if f.RollUp == nil || above[key] {
			continue
		}
		above[key] = true
		if rel := s.graph.find.relation(name, f.RollUp.Relation); rel != nil {
			s.results(rel.object.Name, above)
			now := *f
			now.rollUpResult(fieldOf(s.graph.find.object(rel.object.Name), f.RollUp.Field))
			if now.Result != f.Result || now.Precision != f.Precision || now.Scale != f.Scale {
				if o = s.own(s.graph.find.object(name)); o != s.graph.find.object(name) {
					s.graph.find.put(o)
				}
				f = o.Fields[i]
				f.Result, f.Precision, f.Scale = now.Result, now.Precision, now.Scale
			}
		}
		delete(above, key)
	}
}

// rollUpResult fills Result, Precision and Scale of a roll-up over a field of
// its children, nil for count. A sum may have all the digits there are, and a
// mean four more places.
func (f *Field) rollUpResult(of *Field) {
	fn := f.RollUp.Function
	if fn == expr.Count {
		f.Result, f.Precision, f.Scale = KindInteger, 0, 0
		return
	}
	if of == nil {
		return
	}
	f.Result, f.Precision, f.Scale = of.ValueKind(), 0, 0
	numbers := of.Type() == expr.DecimalType || of.Type() == expr.MoneyType
	switch {
	case numbers:
		f.Precision, f.Scale = of.Digits()
	case fn == expr.Mean && of.Type() == expr.IntType:
		f.Result = KindDecimal
	case of.Type() == expr.IntType:
		f.Result = KindInteger
	default:
		return
	}
	if fn == expr.Sum && numbers {
		f.Precision = maxPrecision
	}
	if fn == expr.Mean {
		f.Precision, f.Scale = maxPrecision, min(f.Scale+4, maxScale)
	}
}
