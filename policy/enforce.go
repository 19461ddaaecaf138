package policy

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/casbin/casbin/v2"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// question is what rowRule is asked with, as casbin's r.rec.
type question struct {
	ctx    context.Context
	object string
	action metadata.Action
	field  string // "" asks for the row
	vars   *expr.Vars
	record expr.Record
}

// Enforce asks casbin whether the principal may do the action with one record:
// the specification that Grant.Rows must equal. It scans all policies of the
// workspace (0.7 ms at 1,000) and is not for requests.
func (e *Engine) Enforce(p *Principal, object string, a metadata.Action, rec expr.Record, now time.Time) (bool, error) {
	return e.ask(p, question{object: object, action: a, record: rec, vars: p.Vars(now)})
}

// EnforceField asks casbin whether the action may be done with one field of
// one record: the specification of Rows and Field together.
func (e *Engine) EnforceField(p *Principal, object string, a metadata.Action, field string, rec expr.Record, now time.Time) (bool, error) {
	o := e.snapshot.Lookup(object)
	if o == nil || o.Field(field) == nil {
		return false, nil
	}
	if writes(a) && (slices.Contains(NeverWritable, field) || isComputed(o.Field(field))) {
		return false, nil
	}
	q := question{object: object, action: a, record: rec, vars: p.Vars(now)}
	if !slices.Contains(AlwaysReadable, field) || writes(a) {
		q.field = field
	}
	return e.ask(p, q)
}

func (e *Engine) ask(p *Principal, q question) (bool, error) {
	set, err := e.roleSet(p)
	if err != nil {
		return false, err
	}
	if set.system {
		return true, nil
	}
	if o := e.snapshot.Lookup(q.object); o != nil && o.Implied {
		return false, nil
	}
	// casbin answers allow to empty requests on an empty set: never ask it one.
	if set.subject == "" || q.object == "" || q.action == "" || q.action == metadata.ActionAny || q.object == "*" {
		return false, nil
	}
	q.ctx = context.Background()
	enforcer, err := e.enforcer()
	if err != nil {
		return false, trellis.Wrap(trellis.CodeInternal, err, "the policies cannot be loaded")
	}
	ok, err := enforcer.Enforce(set.subject, e.workspace.String(), q.object, string(q.action), &q)
	if err != nil {
		return false, trellis.Wrap(trellis.CodeInternal, err, "the policies cannot be evaluated")
	}
	return ok, nil
}

// rowRule is called by casbin with (id, question, effect). It never returns an
// error: one failing rule would fail the request for everybody.
func (e *Engine) rowRule(args ...any) (any, error) {
	if len(args) != 3 {
		return false, nil
	}
	id, _ := args[0].(string)
	q, ok := args[1].(*question)
	eft, _ := args[2].(string)
	deny := eft != string(metadata.Allow)
	en := e.byID(id)
	if !ok || en == nil {
		return deny, nil
	}
	r := e.rule(q.object, en.rule)
	if !e.concerns(en, r, q) {
		return false, nil
	}
	holds, err := r.eval(q.ctx, q.vars, q.record)
	if err != nil {
		return deny, nil
	}
	return holds, nil
}

// concerns says that the policy has a say in the question: a field's by its
// list, a row's unless it only takes fields away. A denial that cannot be
// compiled denies the row.
func (e *Engine) concerns(en *entry, r *rule, q *question) bool {
	if en.deny && r.err != nil {
		return true
	}
	if q.field != "" {
		return en.lists(q.action, q.field)
	}
	return !en.deny || en.deniesRow(q.action)
}

func (e *Engine) byID(id string) *entry {
	i, err := strconv.Atoi(id)
	if err != nil || i < 0 || i >= len(e.entries) {
		return nil
	}
	return e.entries[i]
}

// collecting selects m2 over the same policies.
var collecting = casbin.EnforceContext{RType: "r2", PType: "p", EType: "e2", MType: "m2"}

// sink gathers the ids of one collecting request.
type sink struct{ ids []string }

// collect is called by casbin's m2 with (sink, id) for each policy that
// applies; it answers false so that casbin goes on to the last.
func collect(args ...any) (any, error) {
	if len(args) == 2 {
		s, ok := args[0].(*sink)
		id, isText := args[1].(string)
		if ok && isText {
			s.ids = append(s.ids, id)
		}
	}
	return false, nil
}

// applying asks casbin which policies apply to the object and action.
func (e *Engine) applying(p *Principal, object string, a metadata.Action) ([]*entry, error) {
	set, err := e.roleSet(p)
	if err != nil || set.subject == "" {
		return nil, err
	}
	var s sink
	enforcer, err := e.enforcer()
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeInternal, err, "the policies cannot be loaded")
	}
	if _, err := enforcer.Enforce(collecting, set.subject, e.workspace.String(), object, string(a), &s); err != nil {
		return nil, trellis.Wrap(trellis.CodeInternal, err, "the policies cannot be evaluated")
	}
	var out []*entry
	for _, id := range s.ids {
		if en := e.byID(id); en != nil {
			out = append(out, en)
		}
	}
	return out, nil
}
