package core_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// What is written under a name that a field had is written to the field, once.
func TestWritesUnderFormerNames(t *testing.T) {
	t.Parallel()
	l := documents(t, fstest.MapFS{
		"objects/member.yaml": {Data: []byte(`name: member
plural: members
unowned: true
fields:
  - {name: name, kind: text, formerly: [{name: title}]}
  - {name: branch, kind: text}
  - {name: most, kind: integer, default: "2", formerly: [{name: much}]}
  - {name: twice, kind: formula, result: integer, formula: record.most * 2}
indexes:
  - {fields: [name, branch], unique: true}
`)}})
	m := l.must(l.root, create("member", map[string]any{"much": 5, "title": "Ada", "branch": "A"}))[0].ID
	set := func(values map[string]any) core.Op {
		return core.Op{Verb: core.Update, Object: "member", ID: m, Values: values}
	}
	l.must(l.root, set(map[string]any{"much": core.Increment{By: 3}}))
	l.must(l.root, core.Op{Verb: core.Upsert, Object: "member", Key: []string{"branch", "title"}, Values: map[string]any{"title": "Ada", "branch": "A", "much": core.Increment{By: 1}}})
	if got := l.get(l.root, "member", m, "most", "twice"); fmt.Sprint(got) != "map[most:9 twice:18]" {
		t.Fatal(got)
	}
	for what, op := range map[string]core.Op{
		"a value and an increment": set(map[string]any{"most": 1, "much": core.Increment{By: 3}}),
		"two increments":           set(map[string]any{"most": core.Increment{By: 1}, "much": core.Increment{By: 3}}),
		"two values":               create("member", map[string]any{"most": 1, "much": 1}),
		"no such object":           create("nowhere", map[string]any{"much": 5}),
		"no such field":            set(map[string]any{"many": core.Increment{By: 1}}),
	} {
		if _, err := l.write(l.root, op); trellis.CodeOf(err) != trellis.CodeInvalidInput {
			t.Errorf("%s: %v", what, err)
		}
	}
	res, err := l.engine.Write(t.Context(), l.root, &core.Write{PerRow: true, Ops: []core.Op{create("nowhere", nil), create("member", nil)}})
	if err != nil || trellis.CodeOf(res[0].Err) != trellis.CodeInvalidInput || res[1].Err != nil {
		t.Error(res, err)
	}
}
