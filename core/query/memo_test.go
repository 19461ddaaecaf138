package query

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// memoWorld is definition with a role whose rules are the same for everybody and
// one whose rules ask who it is. There is no database: nothing runs.
func memoWorld(t *testing.T) *world {
	t.Helper()
	policyFor := func(role, object, rule string, fields ...string) *metadata.Policy {
		return &metadata.Policy{Name: role + object + rule, Role: role, Object: object, Rule: rule, ReadFields: fields, Actions: []metadata.Action{metadata.ActionAny}}
	}
	def := definition(
		policyFor("some", "deal", "record.size != 3"), policyFor("some", "account", `record.region != "S"`), policyFor("some", "account", `record.region == "N"`, "limit"),
		policyFor("mine", "deal", "record.owner == user.id"), policyFor("mine", "account", `record.region != "S"`), policyFor("mine", "user", ""))
	def.Roles = append(def.Roles, &metadata.Role{Name: "mine"})
	w := &world{t: t, id: trellis.NewID(), now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	w.space = &Space{Schema: "ws_main", Snapshot: metadata.New(def, 1)}
	var err error
	if w.engine, err = policy.NewEngine(w.id, w.space.Snapshot); err != nil {
		t.Fatal(err)
	}
	return w
}

// randomFilter makes a filter on deals: its form by the first source, its values
// by the second.
func randomFilter(form, values *rand.Rand, depth int) expr.Pred {
	some := func() []expr.Pred {
		list := make([]expr.Pred, 1+form.IntN(3))
		for i := range list {
			list[i] = randomFilter(form, values, depth-1)
		}
		return list
	}
	text := func(field string) expr.Pred {
		return expr.Compare{Op: expr.Op(1 + form.IntN(6)), L: col(field, expr.TextType), R: expr.Literal{Of: expr.TextType, Value: fmt.Sprintf("v%d", values.IntN(99))}}
	}
	pick := form.IntN(12)
	if depth == 0 {
		pick = 3 + form.IntN(7)
	}
	switch pick {
	case 0:
		return expr.And(some())
	case 1:
		return expr.Or(some())
	case 2:
		return expr.Hop{Field: "account", Target: "account", Cond: text("region"), Not: form.IntN(2) == 0}
	case 3:
		return expr.Null{Term: col("day", expr.DateType), Not: form.IntN(2) == 0}
	case 4:
		return expr.Compare{Op: expr.Op(1 + form.IntN(6)), L: col("size", expr.IntType), R: expr.Literal{Of: expr.IntType, Value: values.Int64N(100)}}
	case 5:
		return expr.Truth{Term: col("won", expr.BoolType), Not: form.IntN(2) == 0}
	case 6:
		list := make([]expr.Term, 1+values.IntN(4))
		for i := range list {
			list[i] = expr.Literal{Of: expr.IntType, Value: values.Int64N(100)}
		}
		return expr.In{Term: col("size", expr.IntType), List: list, Not: form.IntN(2) == 0}
	case 7:
		id := trellis.NewID()
		return expr.Compare{Op: expr.Eq, L: col("account", expr.IDType), R: expr.Literal{Of: expr.IDType, Value: id}}
	case 8:
		return expr.Compare{Op: expr.Eq, L: col("won", expr.BoolType), R: expr.Literal{Of: expr.BoolType, Value: values.IntN(2) == 0}}
	case 9:
		return text("name")
	case 10:
		return expr.Match{Kind: expr.Prefix, Term: col("name", expr.TextType), Pattern: expr.Literal{Of: expr.TextType, Value: fmt.Sprintf("p%d", values.IntN(9))}}
	}
	return expr.Const(form.IntN(2) == 0)
}

// TestMemoIsCompiling asks each random query with several values by several
// people, and compares what a memo gives with what is compiled afresh.
func TestMemoIsCompiling(t *testing.T) {
	t.Parallel()
	w := memoWorld(t)
	remembered := map[string]int{}
	for seed := range uint64(300) {
		shape := []ListItem{
			{Key: "nodes", Kind: Nodes, Select: Selection{
				{Key: "name", Field: "name"}, {Key: "size", Field: "size"},
				{Key: "account", Kind: Record, Field: "account", Select: Selection{{Key: "name", Field: "name"}, {Key: "deals", Kind: ToMany, List: &List{Relation: "deals", Filter: randomFilter(rand.New(rand.NewPCG(seed, 9)), rand.New(rand.NewPCG(seed, 9)), 1), Shape: names()}}}},
			}},
			{Key: "totalCount", Kind: TotalCount},
		}
		memo := &Memo{}
		for turn := range uint64(9) {
			role := []string{"all", "some", "mine"}[turn%3]
			c := w.caller(role)
			q := &Query{Memo: memo, List: &List{Object: "deal", Shape: shape, First: int(turn % 2 * 7)}}
			q.List.Filter = randomFilter(rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, turn)), 2)
			if turn == 8 {
				q.List.Order = []Order{{Field: "size", Desc: true}}
			}
			w.compare(c, q)
		}
		for _, p := range memo.known {
			if p != nil {
				remembered["list"]++
			}
		}
		get := &Memo{}
		for range 3 {
			w.compare(w.caller("some"), &Query{Memo: get, Get: &Get{Object: "deal", ID: trellis.NewID(), Select: shape[0].Select}})
			w.compare(w.caller("mine"), &Query{Memo: get, Get: &Get{Object: "deal", ID: trellis.NewID(), Select: shape[0].Select}})
		}
		for _, p := range get.known {
			if p != nil {
				remembered["get"]++
			}
		}
	}
	if remembered["get"] != 300 || remembered["list"] < 300 {
		t.Errorf("%v plans are remembered: the test is too thin", remembered)
	}
}

func (w *world) compare(c *Caller, q *Query) {
	w.t.Helper()
	got, err := Compile(w.t.Context(), w.space, c, q)
	if err != nil {
		w.t.Fatal(err)
	}
	plain := *q
	plain.Memo = nil
	want, err := Compile(w.t.Context(), w.space, c, &plain)
	if err != nil {
		w.t.Fatal(err)
	}
	if !sameStatements(got.root, want.root) || got.get != want.get || got.root.list != q.List || !reflect.DeepEqual(got.root.out, want.root.out) {
		w.t.Fatalf("%s %v\n%s %v\nwant\n%s %v", c.Principal.Roles, q.List, got.root.sql, got.root.args, want.root.sql, want.root.args)
	}
}

// TestMemoIsNobodysElse gives one memo to people of different rights, and to a
// later revision.
func TestMemoIsNobodysElse(t *testing.T) {
	t.Parallel()
	w := memoWorld(t)
	memo := &Memo{}
	q := func() *Query { return &Query{Memo: memo, List: &List{Object: "account", Shape: names()}} }
	for range 2 {
		for _, role := range []string{"all", "some", "mine"} {
			w.compare(w.caller(role), q())
		}
	}
	if _, err := Compile(t.Context(), w.space, w.caller("nobody"), q()); err == nil {
		t.Error("somebody without rights uses the plan of another")
	}
	old := w.space.Snapshot
	w.space = &Space{Schema: "ws_main", Snapshot: old.Next(old.Definition().Fork(), 2)}
	w.compare(w.caller("all"), q())
	if memo.snapshot == old || len(memo.known) != 1 {
		t.Error("plans of an old revision are kept")
	}
}

// TestFormKnowsAll fails when a node of a filter or an argument of a query gets
// a field that form does not note: two queries that differ in it would share a
// plan.
func TestFormKnowsAll(t *testing.T) {
	t.Parallel()
	for typ, fields := range map[any]int{
		expr.Compare{}: 3, expr.Null{}: 2, expr.Truth{}: 2, expr.Hop{}: 5, expr.Some{}: 4, expr.Column{}: 5, expr.Literal{}: 2,
	} {
		if k := reflect.TypeOf(typ); k.Kind() == reflect.Struct && k.NumField() != fields {
			t.Errorf("%s has %d fields, form notes %d: teach it and this test the others", k, k.NumField(), fields)
		}
	}
	for _, c := range []struct {
		typ    reflect.Type
		fields int
	}{{reflect.TypeFor[expr.In](), 4}, {reflect.TypeFor[Order](), 5}, {reflect.TypeFor[Get](), 5}, {reflect.TypeFor[List](), 11}, {reflect.TypeFor[Query](), 4}, {reflect.TypeFor[ListItem](), 8}} {
		if c.typ.NumField() != c.fields {
			t.Errorf("%s has %d fields, form knows of %d: teach it and this test the others", c.typ, c.typ.NumField(), c.fields)
		}
	}
}
