package core_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// Rules read roll-ups over moving windows, which have no column: of what is
// created, of what changes, and of what the engine writes for its children.
func TestRulesOverMovingWindows(t *testing.T) {
	t.Parallel()
	l := documents(t, fstest.MapFS{
		"objects/member.yaml": {Data: []byte(`name: member
plural: members
unowned: true
fields:
  - {name: name, kind: text}
  - {name: most, kind: integer, default: "2"}
  - {name: lent, kind: rollUp, rollUp: {relation: loans, function: count}}
  - {name: open, kind: rollUp, rollUp: {relation: loans, function: count, where: record.until >= today}}
  - {name: fees, kind: rollUp, rollUp: {relation: loans, function: sum, field: fee, where: record.until >= today}}
  - {name: left, kind: formula, result: integer, formula: record.most - record.open}
  - {name: late, kind: rollUp, rollUp: {relation: loans, function: count, where: record.overdue == true}}
  - {name: busy, kind: formula, result: boolean, formula: record.lent > 20 && today > date("2000-01-01")}
rules:
  - {name: notLate, rule: record.late < 2, message: {en: Two are late}}
  - {name: notBusy, rule: record.busy != true, message: {en: Busy}}
  - {name: few, rule: record.open <= record.most, message: {en: Too many are open}}
  - {name: some, rule: record.left >= 0 && record.lent < 9, message: {en: None is left}}
  - {name: grows, rule: old == null || old.open <= record.open, message: {en: It may not shrink}}
  - {name: cheap, rule: record.fees == null || record.fees.amount < 9, message: {en: Too dear}}
`)},
		"objects/loan.yaml": {Data: []byte(`name: loan
plural: loans
unowned: true
fields:
  - {name: member, kind: lookup, target: member, inverse: loans}
  - {name: until, kind: date}
  - {name: fee, kind: currency}
  - {name: bound, kind: boolean, default: "false"}
  - {name: overdue, kind: formula, result: boolean, formula: record.bound == true && record.until < today}
`)},
	})
	loan := func(of any, until string) core.Op {
		return create("loan", map[string]any{"member": of, "until": until, "fee": "3 EUR"})
	}
	const past, future = "2020-01-01", "2999-01-01"
	refused := func(what string, messages int, ops ...core.Op) {
		t.Helper()
		_, err := l.write(l.root, ops...)
		if all := trellis.Public(err); len(all) != messages || all[0].Code != trellis.CodeValidationFailed {
			t.Errorf("%s: %v", what, err)
		}
	}
	member := func(most int) core.Op { return create("member", map[string]any{"most": most}) }
	l.must(l.root, member(2))
	refused("created together", 2, member(1), loan(core.Ref(0), future), loan(core.Ref(0), future))
	res := l.must(l.root, member(2), loan(core.Ref(0), past), loan(core.Ref(0), future), loan(core.Ref(0), future))
	ada, mine := res[0].ID, res[2].ID
	set := func(values map[string]any) core.Op {
		return core.Op{Verb: core.Update, Object: "member", ID: ada, Values: values}
	}
	l.must(l.root, set(map[string]any{"name": "Ada"}))
	refused("changed", 2, set(map[string]any{"most": 1}))
	refused("changed with a child", 3, set(map[string]any{"name": "A"}), loan(ada, future))
	l.must(l.root, set(map[string]any{"most": 3}), loan(ada, past))
	refused("a child less", 1, set(map[string]any{"name": "B"}), core.Op{Verb: core.Delete, Object: "loan", ID: mine})
	l.must(l.root, loan(ada, past))
	if m := l.get(l.root, "member", ada, "name", "open", "left", "lent"); m["name"] != "Ada" || m["open"] != 2.0 || m["left"] != 1.0 || m["lent"] != 5.0 {
		t.Error(m)
	}
	results, err := l.engine.Write(t.Context(), l.root, &core.Write{PerRow: true, Ops: []core.Op{set(map[string]any{"most": 0}), member(1)}})
	if err != nil || results[0].Err == nil || results[1].Err != nil {
		t.Error(results, err)
	}
	// A loan alone changes what its member's rules say.
	change := func(id trellis.ID, values map[string]any) core.Op {
		return core.Op{Verb: core.Update, Object: "loan", ID: id, Values: values}
	}
	eve := l.must(l.root, member(1))[0].ID
	old := l.must(l.root, loan(eve, past), loan(eve, past), loan(eve, future))
	before := l.get(l.root, "member", eve, "version")["version"]
	refused("a child more", 2, loan(eve, future))
	refused("a child that is open again", 2, change(old[0].ID, map[string]any{"until": future}))
	refused("a child that moves in", 3, change(mine, map[string]any{"member": eve}))
	refused("children that are late", 1, change(old[0].ID, map[string]any{"bound": true}), change(old[1].ID, map[string]any{"bound": true}))
	l.must(l.root, change(old[0].ID, map[string]any{"bound": true}))
	if m := l.get(l.root, "member", eve, "version", "late"); m["version"] != before || m["late"] != 1.0 {
		t.Errorf("judging a record is no change of it: %v, version %v before", m, before)
	}
}

// Eight writers at once lend no more than may be open.
func TestWindowsUnderWriters(t *testing.T) {
	t.Parallel()
	l := documents(t, fstest.MapFS{
		"objects/member.yaml": {Data: []byte(`name: member
plural: members
unowned: true
fields:
  - {name: name, kind: text}
  - {name: open, kind: rollUp, rollUp: {relation: loans, function: count, where: record.until >= today}}
rules:
  - {name: few, rule: record.open <= 10, message: {en: Too many are open}}
  - {name: steps, rule: old == null || record.open <= old.open + 1, message: {en: One at a time}}
`)},
		"objects/loan.yaml": {Data: []byte(`name: loan
plural: loans
unowned: true
fields:
  - {name: member, kind: lookup, target: member, inverse: loans}
  - {name: until, kind: date}
`)},
	})
	m := l.must(l.root, create("member", nil))[0].ID
	var lent atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		r := l.request(l.root.Principal)
		group.Go(func() {
			for range 4 {
				_, err := l.write(r, create("loan", map[string]any{"member": m, "until": "2999-01-01"}))
				switch trellis.CodeOf(err) {
				case "":
					lent.Add(1)
				case trellis.CodeValidationFailed:
				default:
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := l.get(l.root, "member", m, "open")["open"]; got != 10.0 || lent.Load() != 10 {
		t.Errorf("%v are open, %d were lent", got, lent.Load())
	}
}
