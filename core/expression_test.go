package core_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
)

// poolShop has pools of records of some object, and rules in them about it.
var poolShop = fstest.MapFS{
	"objects/pool.yaml": {Data: []byte(`
name: pool
plural: pools
fields:
  - {name: name, kind: text, label: {en: Name}}
  - {name: object, kind: select, options: [{name: lead}, {name: product}], label: {en: Object}}
`)},
	"objects/poolRule.yaml": {Data: []byte(`
name: poolRule
plural: poolRules
fields:
  - {name: name, kind: text, label: {en: Name}}
  - {name: pool, kind: lookup, target: pool, label: {en: Pool}}
  - {name: when, kind: expression, expression: {over: $pool.object}, label: {en: When}}
  - {name: check, kind: expression, expression: {over: lead, profile: validate}, label: {en: Check}}
  - {name: give, kind: expression, expression: {over: lead, profile: value}, label: {en: Give}}
`)},
}

func TestStoredExpressions(t *testing.T) {
	t.Parallel()
	l := newShop(t, poolShop)
	pool := l.must(l.root, core.Op{Verb: core.Create, Object: "pool", Values: map[string]any{"name": "P", "object": "lead"}})[0].ID
	rule := func(values map[string]any) (trellis.ID, error) {
		res, err := l.write(l.root, core.Op{Verb: core.Create, Object: "poolRule", Values: values})
		if err != nil {
			return trellis.ID{}, err
		}
		return res[0].ID, nil
	}
	id, err := rule(map[string]any{"pool": pool, "when": `record.region == "N"`, "check": `size(record.name) > 1`, "give": `record.region + "!"`})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`record.regoin == "N"`: `did you mean "region"`,
		`record.region`:        "must be true or false",
		`record.region ==`:     "line 1, column",
		`record.secret`:        "secret",
	} {
		_, err := rule(map[string]any{"pool": pool, "when": text})
		wantCode(t, err, trellis.CodeInvalidInput, "when")
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	_, err = rule(map[string]any{"when": "true"})
	wantCode(t, err, trellis.CodeInvalidInput, "when")
	_, err = rule(map[string]any{"check": strings.Repeat("x", 4001)})
	wantCode(t, err, trellis.CodeInvalidInput, "check")
	// Naming another object asks the text again; so does a pool made with it.
	other := l.must(l.root, core.Op{Verb: core.Create, Object: "pool", Values: map[string]any{"object": "product"}})[0].ID
	wantCode(t, l.update(l.root, "poolRule", id, map[string]any{"pool": other}), trellis.CodeInvalidInput, "when")
	l.must(l.root, core.Op{Verb: core.Create, Object: "pool", Values: map[string]any{"object": "product"}},
		core.Op{Verb: core.Create, Object: "poolRule", Values: map[string]any{"pool": core.Ref(0), "when": "record.secret == true"}})
	// Others use what is stored: as the condition of a query, and as a value.
	f := l.view.Snapshot.Lookup("poolRule").Field("when")
	compiled, err := l.engine.Expression(l.root, f, "lead", `record.region == "N"`)
	if err != nil {
		t.Fatal(err)
	}
	pred, err := compiled.Predicate(*l.root.Principal.Vars(l.root.Now))
	if err != nil {
		t.Fatal(err)
	}
	l.must(l.root, core.Op{Verb: core.Create, Object: "lead", Values: map[string]any{"name": "a", "region": "N"}}, core.Op{Verb: core.Create, Object: "lead", Values: map[string]any{"name": "b"}})
	buf, err := l.engine.Query(t.Context(), l.root, &query.Query{List: &query.List{Object: "lead", Filter: pred, Shape: []query.ListItem{{Key: "n", Select: query.Selection{{Key: "name", Field: "name"}}}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l.is(string(buf), `{"n":[{"name":"a"}]}`)
	give, err := l.engine.Expression(l.root, l.view.Snapshot.Lookup("poolRule").Field("give"), "lead", `record.region + "!"`)
	if err != nil {
		t.Fatal(err)
	}
	vars := *l.root.Principal.Vars(l.root.Now)
	vars.Record = query.NewImage(map[string]any{"region": "N"})
	if v, err := give.Value(t.Context(), vars); err != nil || v != "N!" {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestBrokenExpressions(t *testing.T) {
	t.Parallel()
	l := newShop(t, poolShop)
	pool := l.must(l.root, core.Op{Verb: core.Create, Object: "pool", Values: map[string]any{"name": "P", "object": "lead"}})[0].ID
	id := l.must(l.root, core.Op{Verb: core.Create, Object: "poolRule", Values: map[string]any{"pool": pool, "when": `record.region == "N"`, "check": `record.name != ""`}})[0].ID
	l.must(l.root, core.Op{Verb: core.Create, Object: "poolRule", Values: map[string]any{"pool": pool, "when": `record.name == "N"`}})
	current := l.view.Snapshot.Definition()
	draft := current.Fork()
	o := draft.Own("lead")
	o.Fields = append(o.Fields[:1:1], o.Fields[2:]...) // without region
	metadata.Normalize(draft, current)
	got, err := l.engine.BrokenExpressions(t.Context(), l.root, draft, "poolRule", 10)
	if err != nil || len(got) != 1 || got[0].ID != id || got[0].Field != "when" || !strings.Contains(got[0].Problem, "region") {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := l.engine.BrokenExpressions(t.Context(), l.root, current, "poolRule", 10); err != nil || len(got) > 0 {
		t.Errorf("under the definition of now: %v, %v", got, err)
	}
}
