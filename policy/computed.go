package policy

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// A computed field tells of what it is computed from. So it is seen where a
// policy shows it and where all of its inputs are seen too:
//
//   - fields of the same record: never when one of them is never seen, and only
//     in the rows in which all of them are;
//   - fields over lookups: in the rows whose records on the way may be read, and
//     show the field, or where there is no such record;
//   - fields of children that a roll-up takes: never when the children, or a
//     field it reads of them, are never seen. Which of them may be read does not
//     count: a sum is the same for everybody who sees it.

// source is one input that must be seen for a computed field to be.
type source struct {
	via    []step // lookups on the way; none for a field of the same record
	access Access // to the input, on its record
}

// step goes over a lookup to a record of the grant's object.
type step struct {
	lookup string
	grant  *Grant
}

// inherited are the inputs of a computed field.
type inherited struct{ sources []source }

// when is the condition under which all inputs are seen.
func (in *inherited) when(v *expr.Vars) expr.Pred {
	var all expr.And
	for _, s := range in.sources {
		p := s.access.When(v)
		for _, st := range slices.Backward(s.via) {
			lookup := expr.Column{Field: st.lookup, Of: expr.IDType, Nullable: true}
			p = expr.Or{expr.Null{Term: lookup}, expr.Hop{Field: st.lookup, Target: st.grant.object.Name, Cond: expr.Fold(expr.And{st.grant.Rows(v), p})}}
		}
		all = append(all, p)
	}
	return expr.Fold(all)
}

// fixed says that the inputs on other records are seen by the same, whoever asks
// and whenever.
func (in *inherited) fixed() bool {
	return !slices.ContainsFunc(in.sources, func(s source) bool {
		return slices.ContainsFunc(s.via, func(st step) bool { return !st.grant.Fixed() })
	})
}

// digest is equal for inputs that decide the same.
func (in *inherited) digest() string {
	var b strings.Builder
	for _, s := range in.sources {
		for _, st := range s.via {
			b.WriteString(st.lookup + " " + st.grant.key + ">")
		}
		b.WriteString(s.access.g.key + s.access.Mode.String())
		b.Write(appendMask(nil, s.access.allow))
		b.Write(appendMask(nil, s.access.deny))
	}
	return b.String()
}

func isComputed(f *metadata.Field) bool {
	return f != nil && (f.Kind == metadata.KindFormula || f.Kind == metadata.KindRollUp)
}

// inherit narrows the access to a computed field by its inputs.
func (b *grantBuilder) inherit(set *roleSet, f *metadata.Field, a Access) (Access, error) {
	if a.Mode == Never || set.system || writes(b.g.action) || !isComputed(f) {
		return a, nil
	}
	h := heir{b: b, set: set, seen: map[string]bool{}, in: &inherited{}}
	visible, err := h.take(b.g.object, f, nil, b.field)
	if err != nil || !visible {
		return Access{}, err
	}
	if len(h.in.sources) > 0 {
		a.Mode, a.from = When, h.in
	}
	return a, nil
}

// heir collects the inputs of one computed field.
type heir struct {
	b    *grantBuilder
	set  *roleSet
	seen map[string]bool // paths taken
	in   *inherited
}

// take adds the inputs of a computed field of o, which lies behind the steps; see
// gives the access to o's fields. It is false when one of them is never seen.
func (h *heir) take(o *metadata.ObjectView, f *metadata.Field, via []step, see func(name string) Access) (bool, error) {
	c, err := h.b.engine.snapshot.Computation(o, f)
	if err != nil {
		return false, err
	}
	if c.Rule != nil {
		for _, p := range c.Rule.Deps() {
			if ok, err := h.path(o, p, via, see); err != nil || !ok {
				return false, err
			}
		}
		return true, nil
	}
	child := h.b.engine.snapshot.Lookup(c.Relation.Object)
	g, err := h.b.engine.bare(h.set, child)
	if err != nil || g.Never() || g.Field(c.Relation.Field.Name).Mode == Never {
		return false, err
	}
	var paths []expr.Path
	if c.Of != nil {
		paths = append(paths, expr.Path{c.Of.Name})
	}
	if c.Where != nil {
		paths = append(paths, c.Where.Deps()...)
	}
	for _, p := range paths {
		if ok, err := h.aggregated(child, g, p, 0); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// path adds what a formula reads over lookups, the lookups themselves included.
func (h *heir) path(o *metadata.ObjectView, p expr.Path, via []step, see func(name string) Access) (bool, error) {
	for i, name := range p {
		key := wayTo(via) + name
		f := o.Field(name)
		if f == nil {
			return false, nil
		}
		a := see(f.Name)
		if a.Mode == Never || a.Mode == Masked {
			return false, nil
		}
		if !h.seen[key] {
			h.seen[key] = true
			if a.Mode == When || slices.ContainsFunc(via, func(s step) bool { return !s.grant.Unconditional() }) {
				h.in.sources = append(h.in.sources, source{slices.Clone(via), a})
			}
			if isComputed(f) {
				if ok, err := h.take(o, f, via, see); err != nil || !ok {
					return false, err
				}
			}
		}
		if i+1 == len(p) {
			break
		}
		if o = h.b.engine.snapshot.Lookup(f.Target); o == nil {
			return false, nil
		}
		g, err := h.b.engine.bare(h.set, o)
		if err != nil || g.Never() {
			return false, err
		}
		via, see = append(slices.Clip(via), step{f.Name, g}), g.Field
	}
	return true, nil
}

func wayTo(via []step) string {
	var b strings.Builder
	for _, s := range via {
		b.WriteString(s.lookup + ".")
	}
	return b.String()
}

// aggregated says that no field on a path is never seen: what counts of records
// that a roll-up takes together.
func (h *heir) aggregated(o *metadata.ObjectView, g *Grant, p expr.Path, depth int) (bool, error) {
	const deepest = 20
	for i, name := range p {
		f := o.Field(name)
		if f == nil || depth > deepest || g.Field(f.Name).Mode < When {
			return false, nil
		}
		if isComputed(f) {
			c := heir{b: h.b, set: h.set, seen: map[string]bool{}, in: &inherited{}}
			if ok, err := c.take(o, f, nil, g.Field); err != nil || !ok {
				return false, err
			}
		}
		if i+1 == len(p) {
			break
		}
		var err error
		if o = h.b.engine.snapshot.Lookup(f.Target); o == nil {
			return false, nil
		}
		if g, err = h.b.engine.bare(h.set, o); err != nil || g.Never() {
			return false, err
		}
	}
	return true, nil
}

// bareRead is the action under which grants to read are kept whose computed
// fields do not inherit yet: what others inherit from.
const bareRead = uint8(actionCount)

// bare is the grant to read an object by policies alone.
func (e *Engine) bare(set *roleSet, o *metadata.ObjectView) (*Grant, error) {
	key := grantKey{o, bareRead, set.classes(o.Name, metadata.ActionRead)}
	if g, ok := e.made.grants.load(key); ok {
		return g, nil
	}
	g, err := e.build(set, o, metadata.ActionRead, true)
	if err != nil {
		return nil, err
	}
	return e.keep(key, g), nil
}

// classes names the policies that decide about an object: those that speak about
// it, and those about what its computed fields read elsewhere.
func (e *Engine) classes(set *roleSet, object string, a metadata.Action) string {
	text := set.classes(object, a)
	for _, other := range e.reached(object) {
		text += "\xff" + other + "\xff" + set.classes(other, metadata.ActionRead)
	}
	return text
}

// reached lists the other objects that an object's computed fields read.
func (e *Engine) reached(object string) []string {
	if list, ok := e.reaches.Load(object); ok {
		return list.([]string)
	}
	found := map[string]bool{}
	if o := e.snapshot.Lookup(object); o != nil {
		for _, f := range o.Fields {
			if isComputed(f) {
				e.reach(o, f, found, map[*metadata.Field]bool{})
			}
		}
	}
	delete(found, object)
	var list []string
	for name := range found {
		list = append(list, name)
	}
	slices.Sort(list)
	e.reaches.Store(object, list)
	return list
}

func (e *Engine) reach(o *metadata.ObjectView, f *metadata.Field, found map[string]bool, done map[*metadata.Field]bool) {
	c, err := e.snapshot.Computation(o, f)
	if err != nil || done[f] {
		return
	}
	done[f] = true
	var paths []expr.Path
	if c.Rule != nil {
		paths = c.Rule.Deps()
	} else {
		o = e.snapshot.Lookup(c.Relation.Object)
		found[o.Name] = true
		if c.Of != nil {
			paths = append(paths, expr.Path{c.Of.Name})
		}
		if c.Where != nil {
			paths = append(paths, c.Where.Deps()...)
		}
	}
	for _, p := range paths {
		at := o
		for _, name := range p {
			f := at.Field(name)
			if f == nil {
				break
			}
			if isComputed(f) {
				e.reach(at, f, found, done)
			}
			if at = e.snapshot.Lookup(f.Target); at == nil {
				break
			}
			found[at.Name] = true
		}
	}
}
