package core_test

import (
	"context"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// change applies a change of the metadata; requests begun before are behind.
func (l *lab) change(do func(d *metadata.Definition)) {
	l.Helper()
	_, err := l.catalog.Apply(l.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
		next := d.Clone()
		do(next)
		return next, nil
	}, catalog.Options{By: "system", AllowLoss: true})
	if err != nil {
		l.Fatal(err)
	}
	l.root = l.request(policy.System(l.view.WorkspaceID))
}

// role adds a role with policies.
func (l *lab) role(name string, policies ...*metadata.Policy) {
	l.Helper()
	l.change(func(d *metadata.Definition) {
		d.Roles = append(d.Roles, &metadata.Role{Name: name})
		for _, p := range policies {
			p.Role = name
			d.Policies = append(d.Policies, p)
		}
	})
}

func upsert(code, name string) core.Op {
	return core.Op{Verb: core.Upsert, Object: "account", Key: []string{"code"}, Path: []any{"input"}, Values: map[string]any{"code": code, "name": name}}
}

// TestAnUpsertNeedsItsRights: whoever may not see the record with the key is
// told what a plain create would tell, and needs all three rights from the
// start, so that none of the two outcomes gives away the other.
func TestAnUpsertNeedsItsRights(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.role("creator", &metadata.Policy{Name: "creator", Object: "account", Actions: []metadata.Action{metadata.ActionRead, metadata.ActionCreate}})
	l.role("changer", &metadata.Policy{Name: "changer", Object: "account", Actions: []metadata.Action{metadata.ActionRead, metadata.ActionUpdate}})
	l.role("blind", &metadata.Policy{Name: "blind", Object: "account", Actions: []metadata.Action{metadata.ActionCreate, metadata.ActionUpdate}})
	l.role("keyless", &metadata.Policy{Name: "keyless", Object: "account", Actions: []metadata.Action{metadata.ActionRead, metadata.ActionCreate, metadata.ActionUpdate}, ReadFields: []string{"name"}})
	ann := l.person("ann", "salesRep")
	l.must(l.root, upsert("K", "theirs"))
	for _, role := range []string{"creator", "changer", "blind", "keyless"} {
		r := l.person(role, role)
		for _, code := range []string{"K", "new " + role} {
			_, err := l.write(r, upsert(code, "x"))
			if trellis.CodeOf(err) != trellis.CodeForbidden {
				t.Errorf("%s upserts %s: %v", role, code, err)
			}
		}
	}
	_, hidden := l.write(ann, upsert("K", "x"))
	plain := upsert("K", "x")
	plain.Verb, plain.Key = core.Create, nil
	_, created := l.write(ann, plain)
	wantCode(t, hidden, trellis.CodeConflict, "input.code")
	if hidden.Error() != created.Error() {
		t.Errorf("an upsert says %v, a create %v", hidden, created)
	}
}

// TestFieldsWritableInSomeRows: each row of a write answers for the fields it
// was given itself.
func TestFieldsWritableInSomeRows(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	some := []metadata.Action{metadata.ActionRead, metadata.ActionCreate, metadata.ActionUpdate}
	l.role("clerk",
		&metadata.Policy{Name: "names", Object: "account", Actions: some, WriteFields: []string{"name"}},
		&metadata.Policy{Name: "phones", Object: "account", Actions: some, WriteFields: []string{"name", "phone"}, Rule: `record.name == "open"`})
	clerk := l.person("clerk", "clerk")
	ids := l.must(l.root, account("open"), account("closed"))
	set := func(id trellis.ID, field, value string) core.Op {
		return core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{field: value}}
	}
	l.must(clerk, set(ids[0].ID, "phone", "+49 1"), set(ids[1].ID, "name", "still closed"))
	if _, err := l.write(clerk, set(ids[1].ID, "phone", "+49 2")); trellis.CodeOf(err) != trellis.CodeForbidden {
		t.Error(err)
	}
	made := func(name, phone string) core.Op {
		op := account(name)
		if phone != "" {
			op.Values["phone"] = phone
		}
		return op
	}
	l.must(clerk, made("open", "+49 3"), made("other", ""))
	if _, err := l.write(clerk, made("other", "+49 4")); trellis.CodeOf(err) != trellis.CodeForbidden {
		t.Error(err)
	}
}

// TestOtherWorkspacesAreNotTold: one that is there looks like one that is not.
func TestOtherWorkspacesAreNotTold(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if _, err := l.catalog.CreateWorkspace(t.Context(), "rival", "Rival"); err != nil {
		t.Fatal(err)
	}
	p := &policy.Principal{Kind: policy.KindUser, ID: trellis.NewID(), WorkspaceID: l.view.WorkspaceID}
	_, other := l.engine.Begin(t.Context(), "rival", p)
	for _, slug := range []string{"nosuch", "a\x00b", "\xff"} {
		_, err := l.engine.Begin(t.Context(), slug, p)
		if trellis.CodeOf(err) != trellis.CodeForbidden || err.Error() != other.Error() {
			t.Errorf("%q: %v, there: %v", slug, err, other)
		}
	}
}

// TestEverybodyMayOwn: naming oneself or one's team tells nobody anything.
func TestEverybodyMayOwn(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.role("lonely", &metadata.Policy{Name: "lonely", Object: "account", Actions: []metadata.Action{metadata.ActionRead, metadata.ActionCreate}})
	team := l.must(l.root, core.Op{Verb: core.Create, Object: "team", Values: map[string]any{"name": "north"}})[0].ID
	me, other := l.person("me", "lonely"), l.person("other", "lonely")
	me.Principal.User.Teams = []trellis.ID{team}
	op := account("mine")
	op.Values["owner"], op.Values["team"] = me.Principal.ID, team
	l.must(me, op)
	delete(op.Values, "team")
	_, err := l.write(other, op)
	wantCode(t, err, trellis.CodeInvalidInput, "owner")
}

// TestAnUpsertThatLostTheRace finds the record that came in between.
func TestAnUpsertThatLostTheRace(t *testing.T) {
	t.Parallel()
	for _, perRow := range []bool{false, true} {
		var l *lab
		raced := false
		l = newLab(t, hookFunc(func(_ context.Context, ev *core.BeforeEvent) error {
			if !raced && ev.Verb == core.Create && ev.Object.Name == "account" {
				raced = true
				l.must(l.request(policy.System(l.view.WorkspaceID)), upsert("K", "first"))
			}
			return nil
		}))
		res, err := l.engine.Write(t.Context(), l.root, &core.Write{Ops: []core.Op{upsert("K", "second")}, PerRow: perRow})
		if err != nil || res[0].Err != nil || res[0].Verb != core.Update {
			t.Errorf("per row %t: %+v, %v", perRow, res, err)
		}
	}
}

// TestARowThatChangedMeanwhile is tried again, alone or among others.
func TestARowThatChangedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, perRow := range []bool{false, true} {
		var l *lab
		var id trellis.ID
		raced := false
		l = newLab(t, hookFunc(func(_ context.Context, ev *core.BeforeEvent) error {
			if !raced && ev.Verb == core.Update {
				raced = true
				l.must(l.request(policy.System(l.view.WorkspaceID)), core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"phone": "+49 1"}})
			}
			return nil
		}))
		id = l.must(l.root, account("A"))[0].ID
		res, err := l.engine.Write(t.Context(), l.root, &core.Write{PerRow: perRow, Ops: []core.Op{
			{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"name": "B"}}, account("C")}})
		if err != nil || res[0].Err != nil || res[0].Version != 3 {
			t.Errorf("per row %t: %+v, %v", perRow, res, err)
		}
	}
}
