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
	rules  table[ruleKey, *rule]
	common table[string, *rule] // by text: rules that are the same on many objects
	grants table[grantKey, *Grant]
	equal  table[string, *Grant] // by their keys, so that equal ones are one
	size   atomic.Int64
}

type grantKey struct {
	object  *metadata.ObjectView
	action  uint8 // its position in actions, or bareRead
	classes string
}

// table is a map for many readers. (A sync.Map takes three times the memory.)
type table[K comparable, V any] struct {
	mu sync.RWMutex
	m  map[K]V
}

func (t *table[K, V]) load(k K) (v V, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	v, ok = t.m[k]
	return v, ok
}

// keep stores a value unless there is one, and gives what is there.
func (t *table[K, V]) keep(k K, v V) (kept V, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if first, ok := t.m[k]; ok {
		return first, true
	}
	if t.m == nil {
		t.m = map[K]V{}
	}
	t.m[k] = v
	return v, false
}

func (t *table[K, V]) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.m = nil
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
	e.made.rules.clear()
	e.made.common.clear()
	e.made.grants.clear()
	e.made.equal.clear()
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
		for _, en := range set.about(name) {
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
func (e *Engine) grant(set *roleSet, o *metadata.ObjectView, action int) (*Grant, error) {
	key := grantKey{o, uint8(action), e.classes(set, o.Name, actions[action])}
	if g, ok := e.made.grants.load(key); ok {
		return g, nil
	}
	g, err := e.compile(set, o, actions[action])
	if err != nil {
		return nil, err
	}
	// Other policies may come to the same.
	if same, _ := e.made.equal.keep(g.key, g); same.object == o {
		g = same
	}
	return e.keep(key, g), nil
}

// keep remembers a grant, and gives the one that was there first.
func (e *Engine) keep(key grantKey, g *Grant) *Grant {
	kept, known := e.made.grants.keep(key, g)
	if !known {
		e.note(grantSize)
	}
	return kept
}

// glance is Grant for those who look at all actions once and keep none.
func (r Rights) glance(o *metadata.ObjectView, action int) (*Grant, error) {
	if g, ok := r.engine.made.grants.load(grantKey{o, uint8(action), r.engine.classes(r.set, o.Name, actions[action])}); ok {
		return g, nil
	}
	return r.engine.compile(r.set, o, actions[action])
}

// rule finds or compiles the rule text for an object.
func (e *Engine) rule(object, text string) *rule {
	if text == "" {
		return everyRow
	}
	o := e.snapshot.Lookup(object)
	if r, ok := e.made.common.load(text); ok && o != nil && r.ofSystem(o) {
		return r
	}
	key := ruleKey{object, text}
	r, ok := e.made.rules.load(key)
	if !ok {
		if r, ok = e.made.rules.keep(key, &rule{object: object, text: text}); !ok {
			defer e.note(ruleSize)
		}
	}
	r.once.Do(func() { r.compiled, r.err = e.exprs.Compile(object, text, expr.Row) })
	if o != nil && r.ofSystem(o) {
		e.made.common.keep(text, r)
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
