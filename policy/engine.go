package policy

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/casbin/casbin/v2"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// maxRoleSets bounds the cache; when it is full, it starts anew.
const maxRoleSets = 1024

// Engine decides for one workspace, by one snapshot of its metadata. It never
// changes and is safe for any number of goroutines; what changes is which
// Engine is used.
type Engine struct {
	workspace trellis.ID
	snapshot  *metadata.Snapshot
	exprs     *expr.Engine
	// attributes are those of user that rules may ask for.
	attributes []*expr.Field

	*loaded
	objects  map[string]int // position in snapshot.Names()
	enforcer func() (*casbin.Enforcer, error)

	sets    atomic.Pointer[map[string]*roleSet]
	grow    sync.Mutex // held to change sets
	full    *roleSet   // of the system principal
	made    made
	reaches sync.Map // object → what its computed fields read elsewhere
}

// roleSet is what principals with the same roles share.
type roleSet struct {
	subject string   // for casbin, "" when nobody
	members []string // the roles held and inherited, and the user when named; sorted
	entries []*entry // what may apply, in order of the definition
	byAbout []*entry // the same in order of the object that they are about
	admin   bool
	system  bool
	// grants by action and object, filled when first asked for and forgotten
	// when there are too many.
	grants [actionCount]atomic.Pointer[grantTable]
	key    atomic.Pointer[string]
}

// grantTable has the grants of a role set by object, for one action.
type grantTable []atomic.Pointer[Grant]

// The actions in the order of the cache.
var actions = [...]metadata.Action{
	metadata.ActionRead, metadata.ActionCreate, metadata.ActionUpdate, metadata.ActionDelete,
	metadata.ActionExport, metadata.ActionAggregate, metadata.ActionShare,
}

const actionCount = len(actions)

// NewEngine reads the roles and policies of a snapshot. It fails, with all
// problems as trellis.Errors, when one of them cannot be loaded: then nobody
// may do anything until an admin has repaired it. Rules are compiled when first
// needed; Check compiles them all.
//
// attributes declares what rules may ask of user beyond expr.UserFields; the
// values are Principal.Attributes.
func NewEngine(workspace trellis.ID, snapshot *metadata.Snapshot, attributes ...*expr.Field) (*Engine, error) {
	l, err := load(snapshot.Definition())
	if err != nil {
		return nil, err
	}
	objects := make(map[string]int, len(snapshot.Names()))
	for i, name := range snapshot.Names() {
		objects[name] = i
	}
	return newEngine(workspace, snapshot, l, objects, attributes), nil
}

func newEngine(workspace trellis.ID, snapshot *metadata.Snapshot, l *loaded, objects map[string]int, attributes []*expr.Field) *Engine {
	e := &Engine{
		workspace: workspace, snapshot: snapshot, exprs: expr.New(snapshot, attributes...),
		attributes: attributes, loaded: l, objects: objects, full: &roleSet{system: true},
	}
	e.enforcer = sync.OnceValues(e.newEnforcer)
	e.sets.Store(&map[string]*roleSet{})
	return e
}

// Next is the engine of a later snapshot of the workspace, in the time of what
// changed as far as roles and policies are the same; errors are NewEngine's.
func (e *Engine) Next(snapshot *metadata.Snapshot) (*Engine, error) {
	was, is := e.snapshot, snapshot
	l, objects := e.loaded, e.objects
	if !slices.Equal(was.Definition().Roles, is.Definition().Roles) || !slices.Equal(was.Definition().Policies, is.Definition().Policies) {
		return NewEngine(e.workspace, snapshot, e.attributes...)
	}
	if !slices.Equal(was.Names(), is.Names()) {
		objects = make(map[string]int, len(is.Names()))
		for i, name := range is.Names() {
			objects[name] = i
		}
	}
	return newEngine(e.workspace, snapshot, l, objects, e.attributes), nil
}

// Snapshot is what the engine was made from.
func (e *Engine) Snapshot() *metadata.Snapshot { return e.snapshot }

// Grant gives what the principal may do with an object by an action. A grant
// that allows nothing is no error (Grant.Never); errors are UNAUTHENTICATED
// without a principal, FORBIDDEN for one of another workspace or past its
// time, INVALID_INPUT for an unknown object or action.
func (e *Engine) Grant(_ context.Context, p *Principal, object string, a metadata.Action) (*Grant, error) {
	r, err := e.Rights(p)
	if err != nil {
		return nil, err
	}
	return r.Grant(object, a)
}

// Grant is Engine.Grant, of the role set.
func (r Rights) Grant(object string, a metadata.Action) (*Grant, error) {
	e, set := r.engine, r.set
	o, known := e.objects[object]
	i := slices.Index(actions[:], a)
	if !known || i < 0 {
		return nil, errUnknown(object, a, known)
	}
	table := set.grants[i].Load()
	if table != nil {
		if g := (*table)[o].Load(); g != nil {
			return g, nil
		}
	}
	g, err := e.grant(set, e.snapshot.Lookup(object), i)
	if err != nil {
		return nil, err
	}
	if table == nil {
		table = e.newTable(set, i)
	}
	(*table)[o].CompareAndSwap(nil, g)
	return (*table)[o].Load(), nil
}

// newTable gives a role set the table of an action.
func (e *Engine) newTable(set *roleSet, action int) *grantTable {
	e.note(int64(len(e.objects)) * 8)
	fresh := make(grantTable, len(e.objects))
	set.grants[action].CompareAndSwap(nil, &fresh)
	if table := set.grants[action].Load(); table != nil {
		return table
	}
	return &fresh // forgotten meanwhile
}

func errUnknown(object string, a metadata.Action, known bool) *trellis.Error {
	if !known {
		return trellis.Errorf(trellis.CodeInvalidInput, "there is no object %.40q", object)
	}
	return trellis.Errorf(trellis.CodeInvalidInput, "there is no action %.40q", string(a))
}

// IsAdmin says that the principal holds, directly or inherited, a role that may
// change metadata, policies, users, connections and plugins. The system may.
func (e *Engine) IsAdmin(p *Principal) bool {
	set, err := e.roleSet(p)
	return err == nil && (set.system || set.admin)
}

// RoleKey names the role set of the principal as this engine sees it: equal
// keys, equal grants.
func (e *Engine) RoleKey(p *Principal) string { return string(e.appendKey(nil, p)) }

// appendKey writes the roles with their lengths in front, so that no name can
// imitate two, and the user when a policy names it.
func (e *Engine) appendKey(b []byte, p *Principal) []byte {
	for _, r := range p.Roles {
		b = binary.AppendUvarint(b, uint64(len(r)))
		b = append(b, r...)
	}
	if len(e.users) > 0 {
		if u := p.subject(); e.users[u] {
			b = append(b, 0)
			b = append(b, u...)
		}
	}
	return b
}

func (e *Engine) roleSet(p *Principal) (*roleSet, error) {
	switch {
	case p == nil:
		return nil, errNobody()
	case p.WorkspaceID != e.workspace:
		return nil, trellis.Errorf(trellis.CodeForbidden, "you have no access to this workspace")
	case p.system:
		return e.full, nil
	case !p.ValidUntil.IsZero() && !time.Now().Before(p.ValidUntil):
		return nil, trellis.Errorf(trellis.CodeForbidden, "a role of yours has ended; ask again")
	}
	var room [256]byte
	key := e.appendKey(room[:0], p)
	if set := (*e.sets.Load())[string(key)]; set != nil {
		return set, nil
	}
	set := e.newRoleSet(p)
	e.grow.Lock()
	defer e.grow.Unlock()
	old := *e.sets.Load()
	if first := old[string(key)]; first != nil {
		return first, nil
	}
	sets := make(map[string]*roleSet, len(old)+1)
	if len(old) < maxRoleSets {
		for k, v := range old {
			sets[k] = v
		}
	}
	sets[string(key)] = set
	e.sets.Store(&sets)
	return set, nil
}
