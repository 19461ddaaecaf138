package policy

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// made is what an engine has compiled so far. Role sets whose policies on an
// object say the same share it. When it is too much, all is forgotten: what is
// in use comes back at once.
type made struct {
	rules  sync.Map // ruleKey → *rule
	common sync.Map // text → *rule, of rules that are the same on many objects
	grants sync.Map // grantKey → *Grant
	equal  sync.Map // key of a grant → *Grant, so that equal ones are one
	size   atomic.Int64
}

type grantKey struct {
	object  *metadata.ObjectView
	action  metadata.Action
	classes string
}

// The memory of what is made, roughly, and the most there may be of it.
const (
	ruleSize  = 4 << 10
	grantSize = 700
	maxMade   = 8 << 20
)

// note counts what was made, and forgets when it is too much.
func (e *Engine) note(size int64) {
	if e.made.size.Add(size) < maxMade {
		return
	}
	e.grow.Lock()
	defer e.grow.Unlock()
	if e.made.size.Load() < maxMade {
		return
	}
	e.made.rules.Clear()
	e.made.common.Clear()
	e.made.grants.Clear()
	e.made.equal.Clear()
	for _, set := range *e.sets.Load() {
		set.forget()
	}
	e.full.forget()
	e.made.size.Store(0)
}

func (set *roleSet) forget() {
	for i := range set.grants {
		set.grants[i].Store(nil)
	}
}

// classes names the policies that speak about an object and, unless it is "",
// by an action: equal for role sets that may do the same.
func (set *roleSet) classes(object string, a metadata.Action) string {
	if set.system {
		return "*"
	}
	var room [32]int
	list := room[:0]
	for _, name := range [...]string{"*", object} {
		for _, en := range set.about[name] {
			if a == "" || slices.Contains(en.actions, a) {
				list = append(list, en.class)
			}
		}
	}
	slices.Sort(list)
	var text []byte
	for _, c := range slices.Compact(list) {
		text = binary.AppendUvarint(text, uint64(c))
	}
	return string(text)
}

// grant finds or compiles a grant.
func (e *Engine) grant(set *roleSet, o *metadata.ObjectView, a metadata.Action) (*Grant, error) {
	key := grantKey{o, a, e.classes(set, o.Name, a)}
	if g, ok := e.made.grants.Load(key); ok {
		return g.(*Grant), nil
	}
	g, err := e.compile(set, o, a)
	if err != nil {
		return nil, err
	}
	// Other policies may come to the same.
	if same, ok := e.made.equal.LoadOrStore(g.key, g); ok && same.(*Grant).object == o {
		g = same.(*Grant)
	}
	found, known := e.made.grants.LoadOrStore(key, g)
	if !known {
		e.note(grantSize)
	}
	return found.(*Grant), nil
}

// glance is Grant for those who look at all actions once and keep none.
func (r Rights) glance(o *metadata.ObjectView, a metadata.Action) (*Grant, error) {
	if g, ok := r.engine.made.grants.Load(grantKey{o, a, r.engine.classes(r.set, o.Name, a)}); ok {
		return g.(*Grant), nil
	}
	return r.engine.compile(r.set, o, a)
}

// rule finds or compiles the rule text for an object.
func (e *Engine) rule(object, text string) *rule {
	if text == "" {
		return everyRow
	}
	o := e.snapshot.Lookup(object)
	if found, ok := e.made.common.Load(text); ok && o != nil {
		if r := found.(*rule); r.ofSystem(o) {
			return r
		}
	}
	key := ruleKey{object, text}
	found, ok := e.made.rules.Load(key)
	if !ok {
		if found, ok = e.made.rules.LoadOrStore(key, &rule{object: object, text: text}); !ok {
			defer e.note(ruleSize)
		}
	}
	r := found.(*rule)
	r.once.Do(func() { r.compiled, r.err = e.exprs.Compile(object, text, expr.Row) })
	if o != nil && r.ofSystem(o) {
		e.made.common.LoadOrStore(text, r)
	}
	return r
}

// everyRow is the rule without a text.
var everyRow = &rule{}

// ofSystem says that all a rule reads of its record are system fields that o
// has too: then it is the same rule on o. Policies on every object mostly are.
func (r *rule) ofSystem(o *metadata.ObjectView) bool {
	return r.err == nil && r.compiled != nil && !slices.ContainsFunc(r.compiled.Deps(), func(p expr.Path) bool {
		return len(p) == 0 || o.Field(p[0]) == nil || !o.Field(p[0]).System()
	})
}
