package query

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/trellishq/trellis/metadata"
)

// Memo remembers the plans of one query that is asked again and again with other
// values: the caller keeps it beside what does not change (graphql with its plan)
// and puts it into each Query. What may change from one time to the next are the
// arguments of the Get or of the outermost List, and who asks; the Select of a
// Get and the Shape of a List must be the same each time.
//
// A plan is remembered by the rights of the caller and by the form of the query,
// without the values in it (form). It is made once more by the same renderer,
// with a hole in the place of each value; where a hole went, the value goes.
// What depends on the person or the moment beyond its values is not remembered.
//
// The zero value is ready and safe for concurrent use.
type Memo struct {
	mu       sync.RWMutex
	snapshot *metadata.Snapshot
	known    map[string]*Plan // nil for what cannot be remembered
}

// maxMemo bounds what one memo has; then it forgets all.
const maxMemo = 32

// hole stands for the value of that number in the form of a query.
type hole int

// remembered is the plan of a query whose form is known; ok is false when it
// has to be compiled.
func (m *Memo) remembered(space *Space, f *form) (p *Plan, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.snapshot != space.Snapshot {
		return nil, false
	}
	p, ok = m.known[string(f.text)]
	return p, ok
}

func (m *Memo) remember(space *Space, f *form, p *Plan) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.snapshot != space.Snapshot || len(m.known) >= maxMemo {
		m.snapshot, m.known = space.Snapshot, map[string]*Plan{}
	}
	m.known[string(f.text)] = p
}

// compileMemo is Compile with what the query's Memo remembers.
func compileMemo(ctx context.Context, space *Space, caller *Caller, q *Query) (*Plan, error) {
	f, ok := formOf(caller, q)
	if !ok {
		return compile(ctx, space, caller, q, nil)
	}
	known, ok := q.Memo.remembered(space, f)
	if known != nil {
		return known.filled(q, f.values), nil
	}
	if ok {
		return compile(ctx, space, caller, q, nil)
	}
	p, err := compile(ctx, space, caller, q, nil)
	if err != nil {
		return nil, err
	}
	// Once more with holes. What fails, or asks for more than the form has, or
	// comes out otherwise, is compiled each time from now on.
	pattern, err := compile(ctx, space, caller, f.holed(q), f)
	if err != nil || f.personal || !pattern.root.dug() || !sameStatements(p.root, pattern.filled(q, f.values).root) {
		pattern = nil
	}
	q.Memo.remember(space, f, pattern)
	return p, nil
}

// dug puts holes in the place of what stood for them in arguments; false when
// some argument is neither a hole nor free of them.
func (l *level) dug() bool {
	if len(l.groups) > 0 {
		return false
	}
	for _, args := range [][]any{l.args, l.countArgs} {
		for i, a := range args {
			switch a := a.(type) {
			case [16]byte:
				if a == [16]byte(holeID) {
					args[i] = hole(0)
				}
			case []any: // the list of an In, of one hole
				h, ok := a[0].(hole)
				if !ok || len(a) != 1 {
					return false
				}
				args[i] = h
			}
		}
	}
	for _, c := range l.children {
		if !c.level.dug() {
			return false
		}
	}
	return true
}

// sameStatements compares what two plans send.
func sameStatements(a, b *level) bool {
	if a.sql != b.sql || a.countSQL != b.countSQL || len(a.children) != len(b.children) ||
		!reflect.DeepEqual(a.args, b.args) || !reflect.DeepEqual(a.countArgs, b.countArgs) || !slices.Equal(a.codecs, b.codecs) {
		return false
	}
	for i, c := range a.children {
		if !sameStatements(c.level, b.children[i].level) {
			return false
		}
	}
	return true
}

// filled is a plan with values in its holes.
func (p *Plan) filled(q *Query, values []any) *Plan {
	root := p.root.filled(values)
	root.list = q.List
	return &Plan{root: root, get: p.get}
}

func (l *level) filled(values []any) *level {
	n := *l
	n.args, n.countArgs = fill(l.args, values), fill(l.countArgs, values)
	if len(l.children) > 0 {
		kids := make([]child, len(l.children))
		n.children = make([]*child, len(l.children))
		for i, c := range l.children {
			kids[i] = child{level: c.level.filled(values), parent: c.parent}
			n.children[i] = &kids[i]
		}
	}
	return &n
}

func fill(args, values []any) []any {
	if len(args) == 0 {
		return nil
	}
	out := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case hole:
			out[i] = values[a]
		default:
			out[i] = a
		}
	}
	return out
}
