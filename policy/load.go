package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// maxDepth bounds how deep roles may inherit. casbin stops looking at 10
// without a word, which would turn a denial off.
const maxDepth = 8

// entry is a policy as loaded.
type entry struct {
	id      int
	policy  *metadata.Policy
	subject string
	rule    string // trimmed
	actions []metadata.Action
	deny    bool
	class   int // equal for policies that say the same, whoever they are for
}

var (
	roleName   = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_.-]{0,79}$`)
	objectName = regexp.MustCompile(`^(\*|[a-z][a-zA-Z0-9]{0,39})$`)
)

// loaded are the roles and policies of a definition, checked and indexed. They
// never change: engines of revisions that have the same share them.
type loaded struct {
	entries   []*entry            // in order of the definition; the position is the id in casbin
	bySubject map[string][]*entry // "r:<role>" or "u:<id>" → its policies, in order
	roles     map[string]*metadata.Role
	users     map[string]bool // subjects "u:<id>" that policies name
}

// load checks and indexes what the definition says; nothing is skipped.
func load(def *metadata.Definition) (*loaded, error) {
	var problems trellis.Errors
	e := &loaded{bySubject: map[string][]*entry{}, users: map[string]bool{}}
	e.roles = make(map[string]*metadata.Role, len(def.Roles))
	classes := map[string]int{}
	for _, r := range def.Roles {
		if !roleName.MatchString(r.Name) {
			problems = append(problems, invalid("a role has the name %.60q", r.Name).At("roles", r.Name))
		}
		e.roles[r.Name] = r
	}
	depths := e.depths()
	for _, r := range def.Roles {
		if d, ok := depths[r.Name]; !ok || d > maxDepth {
			problems = append(problems, invalid("the role inherits in a circle or more than %d deep", maxDepth).At("roles", r.Name))
		}
	}
	e.entries = make([]*entry, 0, len(def.Policies))
	names := make(map[string]bool, len(def.Policies))
	for i, p := range def.Policies {
		en, err := newEntry(i, p)
		if err == nil && names[p.Name] {
			err = invalid("two policies have this name")
		}
		if err != nil {
			problems = append(problems, err.At("policies", p.Name))
			continue
		}
		names[p.Name] = true
		digest := en.digest()
		if _, known := classes[digest]; !known {
			classes[digest] = len(classes)
		}
		en.class = classes[digest]
		e.entries = append(e.entries, en)
		e.bySubject[en.subject] = append(e.bySubject[en.subject], en)
		if strings.HasPrefix(en.subject, userPrefix) {
			e.users[en.subject] = true
		}
	}
	return e, problems.Err()
}

func invalid(format string, args ...any) *trellis.Error {
	return trellis.Errorf(trellis.CodeInvalidInput, format, args...)
}

// depths finds the longest way up from each role; a role on or above a circle
// is missing from it.
func (e *loaded) depths() map[string]int {
	depth := make(map[string]int, len(e.roles))
	var climb func(name string, below int) bool
	climb = func(name string, below int) bool {
		if _, done := depth[name]; done {
			return true
		}
		if below > len(e.roles) || below > 10*maxDepth {
			return false
		}
		deepest := 0
		for _, up := range e.roles[name].Inherits {
			if e.roles[up] == nil {
				continue
			}
			if !climb(up, below+1) {
				return false
			}
			deepest = max(deepest, 1+depth[up])
		}
		depth[name] = deepest
		return true
	}
	for name := range e.roles {
		climb(name, 0)
	}
	return depth
}

func newEntry(id int, p *metadata.Policy) (*entry, *trellis.Error) {
	en := &entry{id: id, policy: p, rule: trimRule(p.Rule)}
	switch p.Effect {
	case metadata.Allow, "":
	case metadata.Deny:
		en.deny = true
	default:
		return nil, invalid("%.40q is not an effect: allow or deny", string(p.Effect))
	}
	if user, ok := strings.CutPrefix(p.Role, userPrefix); ok {
		uid, err := trellis.ParseID(user)
		if err != nil {
			return nil, invalid("%.60q names no user: u:<id>", p.Role)
		}
		en.subject = userPrefix + uid.String()
	} else if roleName.MatchString(p.Role) {
		en.subject = rolePrefix + p.Role
	} else {
		return nil, invalid("%.60q is not a role", p.Role)
	}
	if !objectName.MatchString(p.Object) {
		return nil, invalid("%.60q is not an object", p.Object)
	}
	if len(p.Actions) == 0 {
		return nil, invalid("the policy has no action")
	}
	for _, a := range p.Actions {
		if a != metadata.ActionAny && !slices.Contains(actions[:], a) {
			return nil, invalid("%.40q is not an action", string(a))
		}
	}
	en.actions = en.covered()
	return en, nil
}

// covered lists the actions the policy speaks of, sorted and without "*".
func (en *entry) covered() []metadata.Action {
	p := en.policy
	var out []metadata.Action
	for _, a := range actions {
		listed := len(p.ReadFields)+len(p.WriteFields) > 0
		byStar := slices.Contains(p.Actions, metadata.ActionAny) && (!en.deny || !listed || len(listOf(p, a)) > 0)
		if byStar || slices.Contains(p.Actions, a) {
			out = append(out, a)
		}
	}
	switch { // in use by a role set for long
	case len(out) == actionCount:
		return actions[:]
	case slices.Equal(out, p.Actions):
		return p.Actions
	}
	return slices.Clip(out)
}

// speaks says that the policy concerns the object and action.
func (en *entry) speaks(object string, a metadata.Action) bool {
	return (en.policy.Object == object || en.policy.Object == "*") && slices.Contains(en.actions, a)
}

// deniesRow says that the policy denies the row and not only fields of it.
func (en *entry) deniesRow(a metadata.Action) bool {
	return en.deny && len(listOf(en.policy, a)) == 0
}

// lists says that the policy covers the field in the action. A denial that
// lists nothing covers all fields, with the row.
func (en *entry) lists(a metadata.Action, field string) bool {
	list := listOf(en.policy, a)
	return len(list) == 0 || slices.Contains(list, field)
}

// newRoleSet resolves what the principal holds.
func (e *Engine) newRoleSet(p *Principal) *roleSet {
	set := &roleSet{}
	var direct []string
	seen := map[string]bool{}
	var climb func(name string)
	climb = func(name string) {
		r, subject := e.roles[name], rolePrefix+name
		if r == nil || seen[subject] {
			return
		}
		seen[subject] = true
		set.members = append(set.members, subject)
		set.admin = set.admin || r.Admin
		for _, up := range r.Inherits {
			climb(up)
		}
	}
	for _, name := range p.Roles {
		if e.roles[name] != nil {
			direct = append(direct, rolePrefix+name)
			climb(name)
		}
	}
	if u := p.subject(); e.users[u] {
		direct = append(direct, u)
		set.members = append(set.members, u)
	}
	slices.Sort(set.members)
	set.subject = strings.Join(direct, subjectSep)
	for _, m := range set.members {
		set.entries = append(set.entries, e.bySubject[m]...)
	}
	slices.SortFunc(set.entries, func(a, b *entry) int { return a.id - b.id })
	set.byAbout = slices.Clone(set.entries)
	slices.SortStableFunc(set.byAbout, func(a, b *entry) int { return strings.Compare(a.policy.Object, b.policy.Object) })
	return set
}

// about lists the policies about an object, or about all of them ("*"), in order
// of the definition.
func (set *roleSet) about(object string) []*entry {
	from, _ := slices.BinarySearchFunc(set.byAbout, object, func(en *entry, object string) int { return strings.Compare(en.policy.Object, object) })
	to := from
	for to < len(set.byAbout) && set.byAbout[to].policy.Object == object {
		to++
	}
	return set.byAbout[from:to]
}

// String names the policy in explanations.
func (en *entry) String() string { return fmt.Sprintf("%s (%s)", en.policy.Name, en.subject) }
