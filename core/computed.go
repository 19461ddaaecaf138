package core

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// writePlan is what writing the records of one object takes, compiled once per
// revision.
type writePlan struct {
	object *metadata.ObjectView
	rules  []compiledRule
	// hops and lists are the paths of rules over lookups, and into to-many
	// relations.
	hops, lists []expr.Path
	rollUps     []*rollUp // stored ones
	formulas    []*computed
	defaults    []*computed
	numbers     []*number
	// asked are formulas without a column that rules read, each after those it
	// reads itself.
	asked []*computed
	// windows are roll-ups without a column that rules read, themselves or by a
	// formula of asked.
	windows []*rollUp
	feeds   []*feed
	// rank is 0 for an object whose records change no parent, else one more than
	// its parents': locks are taken in its order, values computed in the reverse.
	rank int
	// complete says that feeds and rank are there.
	complete bool
}

// rollUp is a stored roll-up of an object.
type rollUp struct {
	field  *metadata.Field
	as     *metadata.Field // asValue of field
	lookup *metadata.Field // of the child, to the object
	child  *metadata.ObjectView
	of     *metadata.Field // nil for count
	where  *expr.Rule      // nil for all
	reads  map[string]bool // fields of the child
}

// feed is what the parents over one lookup take from an object's records.
type feed struct {
	lookup   *metadata.Field
	parent   *metadata.ObjectView
	relation string
	rollUps  []*rollUp
	// judged are the object's fields that rules of the parent read through the
	// list; nil when no rule looks at it.
	judged map[string]bool
}

// alwaysChanged are the fields that every write of a record changes.
var alwaysChanged = []string{"version", "updatedAt", "updatedBy"}

// touchedBy says that a change of a record of these fields matters to what
// reads the fields of reads.
func touchedBy(w *row, lookup string, reads map[string]bool) bool {
	if w.verb != Update || w.changed[lookup] || slices.ContainsFunc(alwaysChanged, func(n string) bool { return reads[n] }) {
		return true
	}
	for name := range w.changed {
		if reads[name] {
			return true
		}
	}
	return false
}

// planOf compiles what writes of an object need.
func (e *Engine) planOf(r *Request, o *metadata.ObjectView) (*writePlan, error) {
	b := e.book(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.plan(r.View.Snapshot, o, nil)
}

// plan is planOf under the book's lock; above are the objects on the way here,
// which end a circle of roll-ups.
func (b *book) plan(s *metadata.Snapshot, o *metadata.ObjectView, above []string) (*writePlan, error) {
	p, err := b.own(s, o)
	if err != nil || p.complete {
		return p, err
	}
	feeds, rank, err := b.feeds(s, o, append(above, o.Name))
	if err != nil {
		return nil, err
	}
	if len(above) > 0 { // the rank may be cut short by a circle
		return &writePlan{rank: rank}, nil
	}
	p.feeds, p.rank, p.complete = feeds, rank, true
	return p, nil
}

// own is the part of a plan that does not ask for parents.
func (b *book) own(s *metadata.Snapshot, o *metadata.ObjectView) (*writePlan, error) {
	if p := b.plans[o.Name]; p != nil {
		return p, nil
	}
	p := &writePlan{object: o}
	var err error
	if p.rules, err = b.rulesOf(o); err != nil {
		return nil, err
	}
	for _, rule := range p.rules {
		for _, path := range rule.Deps() {
			switch {
			case len(path) > 0 && o.Relation(path[0]) != nil:
				p.lists = append(p.lists, path)
			case len(path) > 1:
				p.hops = append(p.hops, path)
			}
		}
	}
	for _, f := range o.Fields {
		if f.RollUp == nil || f.Computed != metadata.Stored {
			continue
		}
		up, err := b.rollUp(s, o, f)
		if err != nil {
			return nil, err
		}
		p.rollUps = append(p.rollUps, up)
	}
	for _, f := range o.Fields {
		switch {
		case f.DefaultRule != "":
			err = b.defaultRule(p, f, o)
		case f.Kind == metadata.KindAutoNumber:
			err = p.addNumber(f)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := b.ask(s, p); err != nil {
		return nil, err
	}
	p.defaults = inOrder(p.defaults)
	calcs, err := s.Formulas(o)
	if err != nil {
		return nil, err
	}
	for _, c := range calcs {
		p.formulas = append(p.formulas, newComputed(c.Field, c.Rule, c))
	}
	b.plans[o.Name] = p
	return p, nil
}

func (b *book) defaultRule(p *writePlan, f *metadata.Field, o *metadata.ObjectView) error {
	rule, err := b.exprs.CompileValue(o.Name, f.DefaultRule, expr.Default, f.Type())
	if err != nil {
		return trellis.Wrap(trellis.CodeInternal, err, "the default of %s of %s does not compile", f.Name, o.Name)
	}
	p.defaults = append(p.defaults, newComputed(f, rule, nil))
	return nil
}

func newComputed(f *metadata.Field, rule *expr.Rule, calc *metadata.Computation) *computed {
	c := &computed{field: f, as: asValue(f), rule: rule, calc: calc}
	for _, path := range rule.Deps() {
		c.reads = append(c.reads, path[0])
		if len(path) > 1 {
			c.hops = append(c.hops, path)
		}
	}
	return c
}

// inOrder puts what is computed after what it reads; a circle, which Validate
// refuses, is cut.
func inOrder(list []*computed) []*computed {
	byName := make(map[string]*computed, len(list))
	for _, c := range list {
		byName[c.field.Name] = c
	}
	var out []*computed
	seen := map[*computed]bool{}
	var visit func(c *computed)
	visit = func(c *computed) {
		if c == nil || seen[c] {
			return
		}
		seen[c] = true
		for _, name := range c.reads {
			visit(byName[name])
		}
		out = append(out, c)
	}
	for _, c := range list {
		visit(c)
	}
	return out
}

func (b *book) rollUp(s *metadata.Snapshot, o *metadata.ObjectView, f *metadata.Field) (*rollUp, error) {
	rel := o.Relation(f.RollUp.Relation)
	if rel == nil {
		return nil, trellis.Errorf(trellis.CodeInternal, "the roll-up %s of %s has no relation", f.Name, o.Name)
	}
	up := &rollUp{field: f, as: asValue(f), lookup: rel.Field, child: s.Lookup(rel.Object), reads: map[string]bool{}}
	if f.RollUp.Field != "" {
		up.of = up.child.Field(f.RollUp.Field)
		up.reads[f.RollUp.Field] = true
	}
	if f.RollUp.Where == "" {
		return up, nil
	}
	var err error
	if up.where, err = b.exprs.Compile(up.child.Name, f.RollUp.Where, expr.Row); err != nil {
		return nil, trellis.Wrap(trellis.CodeInternal, err, "the condition of the roll-up %s of %s does not compile", f.Name, o.Name)
	}
	for _, path := range up.where.Deps() {
		up.reads[path[0]] = true
	}
	return up, nil
}

// feeds finds the parents that an object's records change, and the object's rank.
func (b *book) feeds(s *metadata.Snapshot, o *metadata.ObjectView, above []string) ([]*feed, int, error) {
	var out []*feed
	rank := 0
	for _, f := range o.All {
		for _, target := range targetsOf(f) {
			parent := s.Lookup(target)
			relation := listOf(s, o, f, parent)
			if relation == "" || !listens(parent, relation) {
				continue
			}
			fd, err := b.feed(s, f, parent, relation)
			if err != nil {
				return nil, 0, err
			}
			if len(fd.rollUps) == 0 && fd.judged == nil {
				continue
			}
			out = append(out, fd)
			if slices.Contains(above, target) {
				continue
			}
			up, err := b.plan(s, parent, above)
			if err != nil {
				return nil, 0, err
			}
			rank = max(rank, up.rank+1)
		}
	}
	return out, rank, nil
}

// listOf is the list that a lookup's records make on an object: its inverse, or
// for a link the list that goes over it.
func listOf(s *metadata.Snapshot, o *metadata.ObjectView, f *metadata.Field, parent *metadata.ObjectView) string {
	if parent == nil || f.Inverse != "" {
		return f.Inverse
	}
	for _, rel := range parent.Links {
		if link, near, _ := s.Sides(rel); link == o && near == f {
			return rel.Name
		}
	}
	return ""
}

func (b *book) feed(s *metadata.Snapshot, f *metadata.Field, parent *metadata.ObjectView, relation string) (*feed, error) {
	fd := &feed{lookup: f, parent: parent, relation: relation}
	own, err := b.own(s, parent)
	if err != nil {
		return nil, err
	}
	for _, r := range own.rollUps {
		if r.field.RollUp.Relation == relation {
			fd.rollUps = append(fd.rollUps, r)
		}
	}
	for _, path := range own.lists {
		if path[0] == relation {
			fd.judges(path)
		}
	}
	for _, r := range own.windows {
		if r.field.RollUp.Relation != relation {
			continue
		}
		fd.judges(expr.Path{relation})
		for name := range r.reads {
			fd.judges(expr.Path{relation, name})
		}
	}
	return fd, nil
}

func (fd *feed) judges(path expr.Path) {
	if fd.judged == nil {
		fd.judged = map[string]bool{}
	}
	if len(path) > 1 {
		fd.judged[path[1]] = true
	}
}

// listens says that an object may have a roll-up or a rule over a relation.
func listens(o *metadata.ObjectView, relation string) bool {
	for _, f := range o.Fields {
		if f.RollUp != nil && f.RollUp.Relation == relation {
			return true
		}
	}
	return slices.ContainsFunc(o.Rules, func(v *metadata.ValidationRule) bool { return strings.Contains(v.Rule, relation) })
}

// targetsOf are the objects a lookup may refer to.
func targetsOf(f *metadata.Field) []string {
	switch {
	case f.Kind.IsLookup():
		return []string{f.Target}
	case f.Kind == metadata.KindPolymorphic:
		return f.Targets
	}
	return nil
}

// refers is the record of the object that a lookup holds, false for none.
func refers(rec map[string]any, f *metadata.Field, object string) (trellis.ID, bool) {
	switch v := rec[f.Name].(type) {
	case trellis.ID:
		return v, true
	case expr.Ref:
		return v.ID, v.Object == object
	}
	return trellis.ID{}, false
}
