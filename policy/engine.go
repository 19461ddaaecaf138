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

	entries   []*entry            // in order of the definition; the position is the id in casbin
	bySubject map[string][]*entry // "r:<role>" or "u:<id>" → its policies, in order
	roles     map[string]*metadata.Role
	users     map[string]bool // subjects "u:<id>" that policies name
	objects   map[string]int  // position in snapshot.Names()
	enforcer  *casbin.Enforcer

	rules sync.Map // ruleKey → *rule
	sets  atomic.Pointer[map[string]*roleSet]
	grow  sync.Mutex // held to change sets
	full  *roleSet   // of the system principal
}

// roleSet is what principals with the same roles share.
type roleSet struct {
	subject string   // for casbin, "" when nobody
	members []string // the roles held and inherited, and the user when named; sorted
	entries []*entry // what may apply, in order of the definition
	admin   bool
	system  bool
	// grants by object and action, filled when first asked for.
	grants     []atomic.Pointer[[actionCount]atomic.Pointer[Grant]]
	visibility sync.Map // object → *Visibility
	key        atomic.Pointer[string]
}

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
	e := &Engine{
		workspace: workspace, snapshot: snapshot, exprs: expr.New(snapshot, attributes...),
		bySubject: map[string][]*entry{}, users: map[string]bool{},
		objects: make(map[string]int, len(snapshot.Names())),
	}
	for i, name := range snapshot.Names() {
		e.objects[name] = i
	}
	if err := e.load(snapshot.Definition()); err != nil {
		return nil, err
	}
	enforcer, err := e.newEnforcer()
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeInternal, err, "the policies cannot be loaded")
	}
	e.enforcer = enforcer
	e.sets.Store(&map[string]*roleSet{})
	e.full = &roleSet{system: true, grants: make([]atomic.Pointer[[actionCount]atomic.Pointer[Grant]], len(e.objects))}
	return e, nil
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
	cell := set.grants[o].Load()
	if cell == nil {
		set.grants[o].CompareAndSwap(nil, new([actionCount]atomic.Pointer[Grant]))
		cell = set.grants[o].Load()
	}
	if g := cell[i].Load(); g != nil {
		return g, nil
	}
	g, err := e.compile(set, e.snapshot.Lookup(object), a)
	if err != nil {
		return nil, err
	}
	cell[i].CompareAndSwap(nil, g)
	return cell[i].Load(), nil
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
