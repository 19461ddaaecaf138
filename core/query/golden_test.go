package query

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

var update = flag.Bool("update", false, "write the golden SQL anew")

// goldenWorld has no database: the pairs show what is rendered, not what it
// answers. The clerk sees some firms, and one field of them in some.
func goldenWorld(t *testing.T) *world {
	t.Helper()
	def := people(
		&metadata.Policy{Name: "reads", Role: "some", Object: "firm", Actions: []metadata.Action{metadata.ActionRead, metadata.ActionAggregate}, Rule: `record.code != "X"`, ReadFields: []string{"name", "code", "size", "amount", "day", "at"}},
		&metadata.Policy{Name: "notes", Role: "some", Object: "firm", Actions: []metadata.Action{metadata.ActionRead}, Rule: `record.size > 1`, ReadFields: []string{"name", "code", "size", "amount", "day", "at", "note"}},
		&metadata.Policy{Name: "persons", Role: "some", Object: "person", Actions: []metadata.Action{metadata.ActionRead}},
	)
	for _, o := range def.Objects {
		if o.Name == "firm" {
			o.Fields = append(o.Fields, &metadata.Field{Name: "size", Kind: metadata.KindInteger}, &metadata.Field{Name: "amount", Kind: metadata.KindCurrency},
				&metadata.Field{Name: "day", Kind: metadata.KindDate}, &metadata.Field{Name: "at", Kind: metadata.KindDateTime},
				&metadata.Field{Name: "open", Kind: metadata.KindBoolean}, &metadata.Field{Name: "tags", Kind: metadata.KindMultiSelect, Options: []*metadata.Option{{Name: "a"}, {Name: "b"}}})
		}
	}
	metadata.Normalize(def, nil)
	if errs := metadata.Validate(def); len(errs) > 0 {
		t.Fatal(errs)
	}
	w := &world{t: t, id: trellis.MustParseID("01890000-0000-7000-8000-000000000001"), now: treeNow, space: &Space{Schema: "ws_main", Snapshot: metadata.New(def, 1)}}
	var err error
	if w.engine, err = policy.NewEngine(w.id, w.space.Snapshot); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestGoldenSQL holds a pair for every node: the tree above, the statements it
// becomes below. With -update they are written anew; read the difference.
func TestGoldenSQL(t *testing.T) {
	t.Parallel()
	w := goldenWorld(t)
	seen := map[string]bool{}
	for name, q := range goldenQueries() {
		file := filepath.Join("testdata", "sql", name+".txt")
		seen[filepath.Base(file)] = true
		role := "all"
		if strings.HasPrefix(name, "rule_") {
			role = "some"
		}
		tree, err := json.MarshalIndent(stripped(q), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("%s\n-- sql --\n%s", tree, w.statements(role, q))
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != got {
			t.Errorf("%s differs from what is rendered now; run with -update and read the difference.\n%s", file, got)
		}
	}
	files, _ := filepath.Glob("testdata/sql/*.txt")
	for _, f := range files {
		if !seen[filepath.Base(f)] {
			t.Errorf("%s belongs to no query", f)
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d pairs", len(seen))
	}
}

var breaks = regexp.MustCompile(` (FROM|WHERE|ORDER BY|GROUP BY|LEFT JOIN|CROSS JOIN|JOIN|UNION ALL|HAVING|LIMIT) `)

// statements writes all statements of a plan, broken into lines, with their
// values.
func (w *world) statements(role string, q *Query) string {
	plan, err := Compile(w.t.Context(), w.space, w.caller(role), q)
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	put := func(what, sql string, args []any) {
		if sql != "" {
			fmt.Fprintf(&b, "%s:\n%s\n%q\n", what, breaks.ReplaceAllString(sql, "\n$1 "), fmt.Sprint(args...))
		}
	}
	var show func(path string, l *level)
	show = func(path string, l *level) {
		put(path+"rows", l.sql, l.args)
		put(path+"count", l.countSQL, l.countArgs)
		for i := range 10 {
			if g := l.groups[i]; g != nil {
				put(fmt.Sprintf("%sgroups %d", path, i), g.sql, g.args)
			}
		}
		for i, c := range l.children {
			show(fmt.Sprintf("%slist %d: ", path, i), c.level)
		}
	}
	if plan.hits != nil {
		for _, l := range plan.hits.levels {
			show(l.object.Name+": ", l)
		}
		return b.String()
	}
	show("", plan.root)
	return b.String()
}

// stripped is a tree without what is empty in it, with the names of its nodes.
func stripped(v any) any {
	js, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var out any
	_ = json.Unmarshal(js, &out)
	return dense(out)
}

func dense(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e = dense(e); e == nil || e == "" || e == 0.0 || e == false {
				delete(v, k)
			} else {
				v[k] = e
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = dense(v[i])
		}
	}
	return v
}

func goldenQueries() map[string]*Query {
	id := trellis.MustParseID("01890000-0000-7000-8000-0000000000aa")
	lit := func(t expr.Type, v any) expr.Literal { return expr.Literal{Of: t, Value: v} }
	nodes := func(items ...Item) []ListItem {
		return []ListItem{{Key: "nodes", Kind: Nodes, Select: append(Selection{{Key: "name", Field: "name"}}, items...)}}
	}
	list := func(l List, items ...Item) *Query {
		l.Object = "firm"
		if l.Shape == nil {
			l.Shape = nodes(items...)
		}
		return &Query{List: &l}
	}
	where := func(p expr.Pred) *Query { return list(List{Filter: p}) }
	text, code, size := lit(expr.TextType, "x"), col("code", expr.TextType), col("size", expr.IntType)
	firm := Item{Key: "firm", Kind: Record, Field: "firm", Select: Selection{{Key: "name", Field: "name"}}}
	many := func(l List) Item {
		l.Relation = "people"
		if l.Shape == nil {
			l.Shape = nodes()
		}
		return Item{Key: "people", Kind: ToMany, List: &l}
	}
	groups := func(g Groups) []ListItem {
		return []ListItem{{Key: "g", Kind: InGroups, Groups: &g}}
	}
	n := []GroupItem{count("n")}
	sum := []GroupItem{count("n"), money("sum", expr.Sum, "amount"), fn("avg", expr.Mean, "size"), fn("max", expr.Most, "day")}
	return map[string]*Query{
		"get_by_id":        {Get: &Get{Object: "firm", ID: id, Select: Selection{{Key: "name", Field: "name"}}}},
		"get_by_key":       {Get: &Get{Object: "firm", Key: map[string]any{"code": "A", "size": int64(1)}, Select: Selection{{Key: "name", Field: "name"}}}},
		"get_with_record":  {Get: &Get{Object: "person", ID: id, Deleted: true, Select: Selection{firm}}},
		"list":             list(List{}),
		"list_composite":   list(List{}, Item{Key: "m", Kind: Composite, Field: "amount", Parts: []PartItem{{Key: "a", Part: expr.AmountPart}, {Key: "c", Part: expr.CurrencyPart}}}),
		"list_order":       list(List{Order: []Order{{Field: "size", Desc: true}, {Field: "name", NullsFirst: true}}, First: 5}),
		"list_last":        list(List{Order: []Order{{Field: "size"}}, Last: 5}),
		"list_order_hops":  {List: &List{Object: "person", Order: []Order{{Hops: []string{"firm"}, Field: "amount", Part: expr.CurrencyPart}}, Shape: nodes()}},
		"list_record":      {List: &List{Object: "person", Shape: nodes(firm)}},
		"list_count":       list(List{Shape: []ListItem{{Key: "n", Kind: TotalCount}}}),
		"list_count_exact": list(List{Shape: []ListItem{{Key: "n", Kind: TotalCount, Exact: true}}}),
		"list_deleted":     list(List{Deleted: true}),
		"list_cursors":     list(List{Shape: []ListItem{{Key: "e", Kind: Edges, Edges: []EdgeItem{{Key: "c", Kind: EdgeCursor}, {Key: "n", Kind: EdgeNode, Select: Selection{{Key: "code", Field: "code"}}}}}}}),
		"nested":           list(List{}, many(List{First: 3, Order: []Order{{Field: "name"}}})),
		"nested_count":     list(List{}, many(List{Shape: []ListItem{{Key: "n", Kind: TotalCount}}})),
		"nested_groups":    list(List{}, many(List{Shape: groups(Groups{By: []GroupBy{{Field: "name"}}, First: 2, Shape: n})})),
		"nested_search":    list(List{}, many(List{Search: "小王"})),
		"nested_record":    list(List{}, many(List{Shape: nodes(firm)})),

		"filter_and_or":       where(expr.And{expr.Or{expr.Compare{Op: expr.Eq, L: code, R: text}, expr.Const(false)}, expr.And{}}),
		"filter_compare":      where(expr.Or{expr.Compare{Op: expr.Ne, L: code, R: text}, expr.Compare{Op: expr.Lt, L: code, R: text}, expr.Compare{Op: expr.Ge, L: size, R: lit(expr.IntType, int64(3))}}),
		"filter_fields":       where(expr.Compare{Op: expr.Eq, L: code, R: col("name", expr.TextType)}),
		"filter_null":         where(expr.Or{expr.Null{Term: code}, expr.Null{Term: expr.Column{Field: "amount", Of: expr.MoneyType, Nullable: true}, Not: true}}),
		"filter_truth":        where(expr.Or{expr.Truth{Term: col("open", expr.BoolType)}, expr.Truth{Term: col("open", expr.BoolType), Not: true}}),
		"filter_in":           where(expr.Or{expr.In{Term: size, List: []expr.Term{lit(expr.IntType, int64(1)), lit(expr.IntType, int64(2))}}, expr.In{Term: code, List: []expr.Term{text}, Not: true}}),
		"filter_contains":     where(expr.Contains{List: expr.Column{Field: "tags", Of: expr.TextListType, Nullable: true}, Elem: lit(expr.TextType, "a"), Not: true}),
		"filter_match":        where(expr.Or{expr.Match{Kind: expr.Prefix, Term: code, Pattern: lit(expr.TextType, `a%_\`)}, expr.Match{Kind: expr.Substring, Term: code, Pattern: text, Not: true, FoldCase: true}, expr.Match{Kind: expr.Suffix, Term: code, Pattern: col("name", expr.TextType)}}),
		"filter_hop":          {List: &List{Object: "person", Filter: expr.Hop{Field: "firm", Target: "firm", Cond: expr.Compare{Op: expr.Eq, L: code, R: text}}, Shape: nodes()}},
		"filter_hop_not":      {List: &List{Object: "person", Filter: expr.Hop{Field: "firm", Target: "firm", Cond: expr.Always, Not: true}, Shape: nodes()}},
		"filter_some":         where(expr.Some{Relation: "people", Target: "person", Cond: expr.Compare{Op: expr.Eq, L: col("name", expr.TextType), R: text}}),
		"filter_none":         where(expr.Some{Relation: "people", Target: "person", Cond: expr.Always, Not: true}),
		"filter_money":        where(expr.Compare{Op: expr.Gt, L: expr.Column{Field: "amount", Part: expr.AmountPart, Of: expr.DecimalType, Nullable: true}, R: lit(expr.DecimalType, expr.MustDecimal("1.5"))}),
		"groups_all":          list(List{Shape: groups(Groups{Shape: sum})}),
		"groups_by":           list(List{Shape: groups(Groups{By: []GroupBy{{Field: "name"}, {Field: "amount", Part: expr.CurrencyPart}}, Order: []GroupOrder{{Measure: &Measure{Fn: expr.Sum, Field: "amount"}, Desc: true}}, First: 10, Shape: sum})}),
		"groups_hops":         {List: &List{Object: "person", Shape: groups(Groups{By: []GroupBy{{Hops: []string{"firm"}, Field: "id"}, {Hops: []string{"firm"}, Field: "day", Bucket: Quarter}}, Shape: n})}},
		"groups_days":         list(List{Shape: groups(Groups{By: []GroupBy{{Field: "day", Bucket: Day}, {Field: "at", Bucket: Week}}, Zone: "Asia/Shanghai", Shape: n})}),
		"groups_distinct":     list(List{Shape: groups(Groups{Shape: []GroupItem{{Name: "d", Kind: GroupMeasure, Measure: Measure{Distinct: &GroupBy{Field: "name"}}}}})}),
		"groups_count":        list(List{Shape: []ListItem{{Key: "n", Kind: GroupCount, Groups: &Groups{By: []GroupBy{{Field: "name"}}}}}}),
		"search_rank":         list(List{Search: "华为 138"}),
		"search_record":       {List: &List{Object: "person", Search: "王", First: 2, Shape: nodes(firm)}},
		"search_order":        list(List{Search: "科技", Order: []Order{{Field: "name"}}, Filter: expr.Null{Term: code}}),
		"search_count":        list(List{Search: "科技", Shape: []ListItem{{Key: "n", Kind: TotalCount}, {Key: "g", Kind: InGroups, Groups: &Groups{Shape: n}}}}),
		"search_all":          {Search: &Search{Text: "华为", Objects: []string{"firm", "person"}, Shape: []HitItem{{Key: "t", Kind: HitTitle}}}},
		"rule_list":           list(List{Filter: expr.Compare{Op: expr.Eq, L: col("note", expr.TextType), R: text}}, Item{Key: "note", Field: "note"}),
		"rule_order":          list(List{Order: []Order{{Field: "note"}}}),
		"rule_hop":            {List: &List{Object: "person", Filter: expr.Hop{Field: "firm", Target: "firm", Cond: expr.Null{Term: col("note", expr.TextType)}}, Shape: nodes(firm)}},
		"rule_nested":         {List: &List{Object: "firm", Shape: []ListItem{{Key: "nodes", Kind: Nodes, Select: Selection{many(List{})}}}}},
		"rule_groups":         list(List{Shape: groups(Groups{By: []GroupBy{{Field: "name"}}, Shape: []GroupItem{fn("s", expr.Sum, "size")}})}),
		"rule_groups_hidden":  list(List{Shape: groups(Groups{By: []GroupBy{{Field: "note"}}, Shape: n})}),
		"rule_search":         list(List{Search: "科技"}),
		"rule_search_person":  {List: &List{Object: "person", Search: "王", Shape: nodes()}},
		"rule_unknown_hidden": where(expr.Null{Term: col("open", expr.BoolType)}),
	}
}
