package policy

import (
	"strconv"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/casbin/casbin/v2/persist"
	"github.com/casbin/casbin/v2/rbac"
	defaultrolemanager "github.com/casbin/casbin/v2/rbac/default-role-manager"

	"github.com/trellishq/trellis/metadata"
)

// modelText is the specification. m decides one record; m2 decides nothing and
// collects the policies that apply.
const modelText = `
[request_definition]
r  = sub, dom, obj, act, rec
r2 = sub, dom, obj, act, sink
[policy_definition]
p = sub, dom, obj, act, fields, eft, id
[role_definition]
g = _, _, _
[policy_effect]
e  = some(where (p.eft == allow)) && !some(where (p.eft == deny))
e2 = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m  = r.dom == p.dom && (p.obj == r.obj || p.obj == "*") && (p.act == r.act || p.act == "*") && g(r.sub, p.sub, r.dom) && rowRule(p.id, r.rec, p.eft)
m2 = r2.dom == p.dom && (p.obj == r2.obj || p.obj == "*") && (p.act == r2.act || p.act == "*") && g(r2.sub, p.sub, r2.dom) && collect(r2.sink, p.id)
`

// subjectSep joins the roles of a principal to one casbin subject. No role
// name and no id can contain it.
const subjectSep = "|"

// subjects lets a casbin subject be a set of roles: what a principal holds
// comes from identity with the request, and casbin is loaded with the edges
// between roles alone, so it never has to change while others read it.
type subjects struct{ rbac.RoleManager }

var _ rbac.RoleManager = subjects{}

// HasLink says that one of the roles is, or inherits, role.
func (s subjects) HasLink(subject, role string, domain ...string) (bool, error) {
	for one := range strings.SplitSeq(subject, subjectSep) {
		if ok, err := s.RoleManager.HasLink(one, role, domain...); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// rows hands the loaded policies to casbin: ids alone, so that no text of a
// person can look like another row.
type rows struct {
	persist.Adapter // what is not loading is never called
	engine          *Engine
}

// LoadPolicy implements persist.Adapter.
func (r rows) LoadPolicy(m model.Model) error {
	dom := r.engine.workspace.String()
	for _, en := range r.engine.entries {
		eft, fields, id := string(metadata.Allow), "all", strconv.Itoa(en.id)
		if en.deny {
			eft = string(metadata.Deny)
		}
		if len(en.policy.ReadFields)+len(en.policy.WriteFields) > 0 {
			fields = "listed"
		}
		acts := en.actions
		if len(acts) == actionCount {
			acts = []metadata.Action{metadata.ActionAny}
		}
		for _, a := range acts {
			if err := m.AddPolicy("p", "p", []string{en.subject, dom, en.policy.Object, string(a), fields, eft, id}); err != nil {
				return err
			}
		}
	}
	for name, role := range r.engine.roles {
		for _, up := range role.Inherits {
			if r.engine.roles[up] == nil {
				continue
			}
			if err := m.AddPolicy("g", "g", []string{rolePrefix + name, rolePrefix + up, dom}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) newEnforcer() (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, err
	}
	enforcer, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	enforcer.AddFunction("rowRule", e.rowRule)
	enforcer.AddFunction("collect", collect)
	enforcer.SetNamedRoleManager("g", subjects{defaultrolemanager.NewRoleManager(maxDepth + 2)})
	enforcer.SetAdapter(rows{engine: e})
	return enforcer, enforcer.LoadPolicy()
}
