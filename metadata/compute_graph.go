package metadata

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/trellishq/trellis/metadata/expr"
)

// computeGraph knows the computed fields of a definition and what they read.
type computeGraph struct {
	schema *ruleSchema
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

func newComputeGraph(objects map[string]*Object) *computeGraph {
	g := &computeGraph{schema: &ruleSchema{objects: objects}, nodes: map[*Field]*computeNode{}}
	g.engine = expr.New(g.schema)
	return g
}

func isComputed(f *Field) bool { return f.Kind == KindFormula || f.Kind == KindRollUp }

// relation finds a to-many relation of an object, nil for none.
func (g *computeGraph) relation(o *Object, name string) *Relation {
	for _, p := range g.schema.pointersTo(o.Name) {
		if p.field.Inverse == name && p.field.Kind != KindManyToMany && name != "" {
			return &Relation{Name: name, Object: p.object.Name, Field: p.field, Of: p.object.Name}
		}
	}
	return nil
}

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
	if rel := g.relation(o, f.RollUp.Relation); rel != nil {
		n.child = g.schema.objects[rel.Object]
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
					if at, away = g.schema.objects[f.Target], true; at == nil {
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

// settleComputed fills Result and the digits of roll-ups, and Computed of all
// computed fields. An object that def shares with current is copied when a
// change elsewhere makes one of its fields another.
func settleComputed(def, current *Definition) {
	objects := make(map[string]*Object, len(def.Objects))
	for _, o := range def.Objects {
		if !o.Extends {
			objects[o.Name] = o
		}
	}
	g := newComputeGraph(objects)
	affected := g.affected(unshared(def.Objects, current.Objects))
	if len(affected) == 0 {
		return
	}
	for _, name := range affected {
		g.results(objects[name], map[*Field]bool{})
	}
	// Nothing was compiled so far: from here the types are known.
	was := formerFields{map[string]*Object{}, map[string]*Object{}}
	for _, o := range current.Objects {
		was.byName[o.Name], was.byTable[o.Table] = o, o
	}
	for i, o := range def.Objects {
		if o.Extends || !slices.Contains(affected, o.Name) {
			continue
		}
		for j, f := range o.Fields {
			if !isComputed(f) {
				continue
			}
			computed := g.decide(g.node(o, f))
			filling := computed == Stored && was.filling(g, g.node(o, f))
			if f.Computed == computed && f.Filling == filling {
				continue
			}
			if slices.Contains(current.Objects, o) {
				o = o.Clone()
				def.Objects[i] = o
			}
			o.Fields[j].Computed, o.Fields[j].Filling = computed, filling
		}
	}
}

// formerFields finds what a definition was made from.
type formerFields struct{ byName, byTable map[string]*Object }

// of is the field as it was, and whether there may be records of its object.
func (w formerFields) of(o *Object, f *Field) (was *Field, records bool) {
	old := w.byTable[o.Table]
	if old == nil || o.Table == "" {
		old = w.byName[o.Name]
	}
	if old == nil {
		return nil, false
	}
	for _, x := range old.Fields {
		if f.Column != "" && x.Column == f.Column || f.Column == "" && x.Name == f.Name {
			return x, true
		}
	}
	return nil, true
}

// filling says that the column of a stored field does not hold, in every record,
// what the field is now: it is new, or computed otherwise than it was, or from
// something of that sort. The catalogue clears the mark when it has filled it.
func (w formerFields) filling(g *computeGraph, n *computeNode) bool {
	was, records := w.of(n.object, n.field)
	switch {
	case !records:
		return false
	case was == nil, was.Filling, was.Computed != Stored, !sameComputation(was, n.field):
		return true
	case n.walking:
		return false
	}
	n.walking = true
	defer func() { n.walking = false }()
	return slices.ContainsFunc(g.reads(n), func(r fieldRef) bool {
		return isComputed(r.field) && w.filling(g, g.node(r.object, r.field))
	})
}

func sameComputation(a, b *Field) bool {
	return a.Kind == b.Kind && a.Formula == b.Formula && a.Result == b.Result && a.Precision == b.Precision && a.Scale == b.Scale &&
		a.MaxLength == b.MaxLength && reflect.DeepEqual(a.RollUp, b.RollUp)
}

// affected lists the changed objects that have computed fields, and those whose
// roll-ups take from a changed one.
func (g *computeGraph) affected(changed []*Object) []string {
	var out []string
	var add func(o *Object)
	parents := map[string][]*Object{} // by the object they roll up
	for _, o := range g.schema.objects {
		for _, f := range o.Fields {
			if f.RollUp == nil {
				continue
			}
			if rel := g.relation(o, f.RollUp.Relation); rel != nil && !slices.Contains(parents[rel.Object], o) {
				parents[rel.Object] = append(parents[rel.Object], o)
			}
		}
	}
	seen := map[string]bool{}
	add = func(o *Object) {
		if seen[o.Name] || o.Extends {
			return
		}
		seen[o.Name] = true
		if slices.ContainsFunc(o.Fields, isComputed) {
			out = append(out, o.Name)
		}
		for _, p := range parents[o.Name] {
			add(p)
		}
	}
	for _, o := range changed {
		add(o)
	}
	slices.Sort(out)
	return out
}

// results fills the kind and digits of an object's roll-ups from what they roll
// up, which may be computed in turn; above are the fields on the way here.
func (g *computeGraph) results(o *Object, above map[*Field]bool) {
	for _, f := range o.Fields {
		if f.RollUp == nil || above[f] {
			continue
		}
		above[f] = true
		if rel := g.relation(o, f.RollUp.Relation); rel != nil {
			if child := g.schema.objects[rel.Object]; child != nil {
				g.results(child, above)
				f.rollUpResult(fieldOf(child, f.RollUp.Field))
			}
		}
		delete(above, f)
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
