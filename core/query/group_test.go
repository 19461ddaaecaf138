package query

import (
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// grouped asks for groups of an object; the answer is the list of them.
func (w *world) grouped(c *Caller, l List, g *Groups) (string, error) {
	w.t.Helper()
	l.Shape = []ListItem{{Key: "g", Kind: InGroups, Groups: g}}
	s, err := w.run(c, &Query{List: &l})
	return strings.TrimSuffix(strings.TrimPrefix(s, `{"g":`), "}"), err
}

func key(name string, i int) GroupItem { return GroupItem{Name: name, Kind: GroupKey, Key: i} }

func count(name string) GroupItem { return fn(name, expr.Count, "") }

func fn(name string, f expr.Aggregate, field string) GroupItem {
	return GroupItem{Name: name, Kind: GroupMeasure, Measure: Measure{Fn: f, Field: field}}
}

func money(name string, f expr.Aggregate, field string) GroupItem {
	it := fn(name, f, field)
	it.Parts = []PartItem{{Key: "amount", Part: expr.AmountPart}, {Key: "currency", Part: expr.CurrencyPart}}
	return it
}

func (w *world) checkGroups(l List, g *Groups, want string) {
	w.t.Helper()
	got, err := w.grouped(w.caller("all"), l, g)
	if want = strings.ReplaceAll(want, "'", `"`); err != nil || got != want {
		w.t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestGroupsOfRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition())
	w.fill()
	region := GroupBy{Hops: []string{"account"}, Field: "region"}
	won := GroupBy{Field: "won"}
	deals := List{Object: "deal"}
	all := []GroupItem{count("n"), fn("sizes", expr.Count, "size"), fn("sum", expr.Sum, "size"), fn("avg", expr.Mean, "size"), fn("min", expr.Least, "amount"), fn("max", expr.Most, "amount"), fn("last", expr.Most, "day")}
	for _, c := range []struct {
		name string
		list List
		g    *Groups
		want string
	}{
		{"all together", deals, &Groups{Shape: all},
			`[{'n':12,'sizes':10,'sum':'53','avg':'5.3','min':'0.25','max':'11.25','last':'2026-02-03'}]`},
		{"nothing, all together", List{Object: "deal", Filter: expr.Null{Term: col("name", expr.TextType)}}, &Groups{Shape: all},
			`[{'n':0,'sizes':0,'sum':null,'avg':null,'min':null,'max':null,'last':null}]`},
		{"nothing, by a key", List{Object: "deal", Filter: expr.Null{Term: col("name", expr.TextType)}}, &Groups{By: []GroupBy{won}, Shape: all}, `[]`},
		{"by a field", deals, &Groups{By: []GroupBy{won}, Shape: []GroupItem{key("won", 0), count("n"), fn("avg", expr.Mean, "amount")}},
			`[{'won':false,'n':6,'avg':'6.25'},{'won':true,'n':6,'avg':'5.25'}]`},
		{"over a lookup, and a field", deals, &Groups{By: []GroupBy{region, won}, Order: []GroupOrder{{Measure: &Measure{Fn: expr.Sum, Field: "size"}, Desc: true}},
			Shape: []GroupItem{{Name: "key", Kind: GroupObject, Items: []GroupItem{{Name: "account", Kind: GroupObject, Items: []GroupItem{key("region", 0)}}, key("won", 1), {Name: "t", Kind: GroupTypeName, Text: "Key"}}}, fn("sum", expr.Sum, "size")}},
			`[{'key':{'account':{'region':'N'},'won':true,'t':'Key'},'sum':'20'},{'key':{'account':{'region':'N'},'won':false,'t':'Key'},'sum':'15'},` +
				`{'key':{'account':{'region':'S'},'won':false,'t':'Key'},'sum':'12'},{'key':{'account':{'region':'S'},'won':true,'t':'Key'},'sum':'6'}]`},
		{"the first ones by a key", deals, &Groups{By: []GroupBy{{Field: "name"}}, Order: []GroupOrder{{Key: 0, Desc: true}}, First: 2, Shape: []GroupItem{key("name", 0)}},
			`[{'name':'deal 11'},{'name':'deal 10'}]`},
		{"distinct values", deals, &Groups{Shape: []GroupItem{{Name: "regions", Kind: GroupMeasure, Measure: Measure{Distinct: &region}}, {Name: "months", Kind: GroupMeasure, Measure: Measure{Distinct: &GroupBy{Field: "day", Bucket: Month}}}}},
			`[{'regions':2,'months':1}]`},
		{"a page does not matter", List{Object: "deal", First: 1, Order: []Order{{Field: "size"}}}, &Groups{Shape: []GroupItem{count("n")}}, `[{'n':12}]`},
		{"money", List{Object: "account"}, &Groups{By: []GroupBy{{Field: "region"}}, Shape: []GroupItem{key("region", 0), money("limit", expr.Sum, "limit"), money("mean", expr.Mean, "limit")}},
			`[{'region':'N','limit':{'amount':'21.00','currency':'EUR'},'mean':{'amount':'10.5','currency':'EUR'}},{'region':'S','limit':{'amount':'10.50','currency':'EUR'},'mean':{'amount':'10.5','currency':'EUR'}}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := *w
			w.t = t
			w.checkGroups(c.list, c.g, c.want)
		})
	}
}

func TestBucketsOfDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition())
	for _, at := range []string{"2025-12-31T15:59:59.999999Z", "2025-12-31T16:00:00Z", "2026-01-04T16:00:00Z", "2026-04-01T00:00:00Z"} {
		id := trellis.NewID()
		w.insert("deal", id, "day", at[:10])
		w.exec(`UPDATE ws_main.deal SET created_at = $2 WHERE id = $1`, [16]byte(id), at)
	}
	w.insert("deal", trellis.NewID(), "day", nil)
	w.exec(`UPDATE ws_main.deal SET created_at = '2026-04-01' WHERE day IS NULL`)
	for _, c := range []struct {
		by   GroupBy
		zone string
		want string
	}{
		{GroupBy{Field: "day", Bucket: Day}, "", "2025-12-31 2, 2026-01-04 1, 2026-04-01 1, null 1"},
		{GroupBy{Field: "day", Bucket: Week}, "", "2025-12-29 3, 2026-03-30 1, null 1"},
		{GroupBy{Field: "day", Bucket: Year}, "", "2025-01-01 2, 2026-01-01 2, null 1"},
		{GroupBy{Field: "createdAt", Bucket: Day}, "UTC", "2025-12-31 2, 2026-01-04 1, 2026-04-01 2"},
		{GroupBy{Field: "createdAt", Bucket: Day}, "Asia/Shanghai", "2025-12-31 1, 2026-01-01 1, 2026-01-05 1, 2026-04-01 2"},
		{GroupBy{Field: "createdAt", Bucket: Week}, "Asia/Shanghai", "2025-12-29 2, 2026-01-05 1, 2026-03-30 2"},
		{GroupBy{Field: "createdAt", Bucket: Month}, "Asia/Shanghai", "2025-12-01 1, 2026-01-01 2, 2026-04-01 2"},
		{GroupBy{Field: "createdAt", Bucket: Quarter}, "America/New_York", "2025-10-01 2, 2026-01-01 3"},
		{GroupBy{Field: "createdAt", Bucket: Year}, "", "2025-01-01 1, 2026-01-01 4"}, // the request's zone: eight hours ahead
	} {
		caller := w.caller("all")
		caller.Vars.Now = w.now.In(time.FixedZone("CST", 8*3600))
		got, err := w.grouped(caller, List{Object: "deal"}, &Groups{By: []GroupBy{c.by}, Zone: c.zone, Shape: []GroupItem{key("k", 0), count("n")}})
		got = strings.NewReplacer(`[{"k":`, "", `},{"k":`, ", ", `,"n":`, " ", `"`, "", "}]", "").Replace(got)
		if err != nil || got != c.want {
			t.Errorf("%v in %q: %s, %v; want %s", c.by, c.zone, got, err, c.want)
		}
	}
}

func TestGroupsRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition(
		&metadata.Policy{Name: "reads", Role: "some", Object: "*", Actions: []metadata.Action{metadata.ActionRead}}))
	w.fill()
	w.insert("account", trellis.NewID(), `region, "limit", limit_code`, "N", "1", "USD")
	deals, accounts := List{Object: "deal"}, List{Object: "account"}
	n := []GroupItem{count("n")}
	for _, c := range []struct {
		role string
		list List
		g    *Groups
		want string
	}{
		{"some", deals, &Groups{Shape: n}, "FORBIDDEN: g: you may not aggregate deal"},
		{"all", deals, &Groups{By: []GroupBy{{Field: "nothing"}}, Shape: n}, `INVALID_INPUT: g.by[0]: deal has no field "nothing"`},
		{"all", deals, &Groups{By: []GroupBy{{Hops: []string{"size"}, Field: "id"}}, Shape: n}, `INVALID_INPUT: g.by[0]: deal has no field "size"`},
		{"all", deals, &Groups{By: []GroupBy{{Field: "won"}, {Field: "won"}}, Shape: n}, `INVALID_INPUT: g.by[1]: is a key already`},
		{"all", deals, &Groups{By: []GroupBy{{Field: "day"}}, Shape: n}, `INVALID_INPUT: g.by[0]: say day, week, month, quarter or year`},
		{"all", deals, &Groups{By: []GroupBy{{Field: "day", Bucket: "hour"}}, Shape: n}, `INVALID_INPUT: g.by[0]: there is no bucket "hour"`},
		{"all", deals, &Groups{By: []GroupBy{{Field: "won", Bucket: Day}}, Shape: n}, `INVALID_INPUT: g.by[0]: only dates have a day`},
		{"all", deals, &Groups{By: []GroupBy{{Field: "createdAt", Bucket: Day}}, Zone: "Moon/Sea", Shape: n}, `INVALID_INPUT: g.timeZone: there is no time zone "Moon/Sea"`},
		{"all", deals, &Groups{Shape: []GroupItem{fn("s", expr.Sum, "name")}}, `INVALID_INPUT: g.s: there is no sum of "name"`},
		{"all", deals, &Groups{Shape: []GroupItem{fn("s", "median", "size")}}, `INVALID_INPUT: g.s: there is no median of "size"`},
		{"all", deals, &Groups{Shape: []GroupItem{key("k", 0)}}, `INVALID_INPUT: g.k: is not a key of these groups`},
		{"all", deals, &Groups{First: MaxGroups + 1, Shape: n}, `INVALID_INPUT: g.first: is 1000 at most here`},
		{"all", accounts, &Groups{Shape: []GroupItem{money("sum", expr.Sum, "limit")}}, `INVALID_INPUT: limit has amounts in several currencies: group by its currency`},
	} {
		_, err := w.grouped(w.caller(c.role), c.list, c.g)
		if e := trellis.Public(err); len(e) != 1 || string(e[0].Code)+": "+strings.TrimPrefix(trellis.PathString(e[0].Path)+": ", ": ")+e[0].Message != c.want {
			t.Errorf("%v: %v, want %s", c.g, err, c.want)
		}
	}
	w.checkGroups(accounts, &Groups{By: []GroupBy{{Field: "limit", Part: expr.CurrencyPart}}, Shape: []GroupItem{key("code", 0), money("sum", expr.Sum, "limit")}},
		`[{'code':'EUR','sum':{'amount':'31.50','currency':'EUR'}},{'code':'USD','sum':{'amount':'1.00','currency':'USD'}}]`)
}

// TestTooManyGroups: none is left out unless a number was asked for.
func TestTooManyGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition())
	w.exec(`INSERT INTO ws_main.deal (id, created_at, created_by, updated_at, updated_by, version, size)
		SELECT gen_random_uuid(), now(), 'system', now(), 'system', 1, n FROM generate_series(1, 1001) n`)
	by := []GroupBy{{Field: "size"}}
	n := []GroupItem{key("size", 0)}
	if _, err := w.grouped(w.caller("all"), List{Object: "deal"}, &Groups{By: by, Shape: n}); trellis.CodeOf(err) != trellis.CodeQueryTooCostly {
		t.Errorf("1,001 groups: %v", err)
	}
	w.checkGroups(List{Object: "deal"}, &Groups{By: by, Shape: n, First: 2}, `[{'size':1},{'size':2}]`)
	got := w.must(w.caller("all"), &Query{List: &List{Object: "deal", Shape: []ListItem{{Key: "n", Kind: GroupCount, Groups: &Groups{By: by}}, {Key: "all", Kind: TotalCount}}}})
	if got != `{"n":1001,"all":1001}` {
		t.Error(got)
	}
}

func TestGroupsInRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition())
	w.fill()
	w.insert("account", trellis.NewID(), "name", "账户 3")
	list := &List{Relation: "deals", Shape: []ListItem{
		{Key: "g", Kind: InGroups, Groups: &Groups{By: []GroupBy{{Field: "won"}}, Order: []GroupOrder{{Key: 0, Desc: true}}, Shape: []GroupItem{key("won", 0), fn("sum", expr.Sum, "size")}}},
		{Key: "n", Kind: GroupCount, Groups: &Groups{By: []GroupBy{{Field: "won"}}}},
		{Key: "all", Kind: InGroups, Groups: &Groups{Shape: []GroupItem{count("n")}}},
	}}
	ask := func(first int) string {
		return w.must(w.caller("all"), &Query{List: &List{Object: "account", First: first, Order: []Order{{Field: "name"}}, Shape: []ListItem{{Key: "nodes", Kind: Nodes, Select: Selection{{Key: "deals", Kind: ToMany, List: list}}}}}})
	}
	one := `{"deals":{"g":[{"won":true,"sum":"2"},{"won":false,"sum":"4"}],"n":2,"all":[{"n":4}]}}`
	want := `{"nodes":[` + one +
		`,{"deals":{"g":[{"won":true,"sum":"6"},{"won":false,"sum":"12"}],"n":2,"all":[{"n":4}]}}` +
		`,{"deals":{"g":[{"won":true,"sum":"18"},{"won":false,"sum":"11"}],"n":2,"all":[{"n":4}]}}` +
		`,{"deals":{"g":[],"n":0,"all":[{"n":0}]}}]}`
	if got := ask(0); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := ask(1); got != `{"nodes":[`+one+`]}` {
		t.Errorf("one parent: %s", got)
	}
}

// TestGroupsUnderRules: rows and fields that reading or aggregating hides count
// nowhere.
func TestGroupsUnderRules(t *testing.T) {
	t.Parallel()
	read, sum := []metadata.Action{metadata.ActionRead}, []metadata.Action{metadata.ActionAggregate}
	w := newWorld(t, definition(
		&metadata.Policy{Name: "reads", Role: "some", Object: "deal", Actions: read, Rule: "record.size == null || record.size > 1", ReadFields: []string{"name", "size", "won", "account"}},
		&metadata.Policy{Name: "readsBig", Role: "some", Object: "deal", Actions: read, Rule: "record.size > 5", ReadFields: []string{"amount"}},
		&metadata.Policy{Name: "sums", Role: "some", Object: "deal", Actions: sum, Rule: "record.size < 9", ReadFields: []string{"size", "amount", "won"}},
		&metadata.Policy{Name: "readsAccounts", Role: "some", Object: "account", Actions: read, Rule: `record.region == "N"`, ReadFields: []string{"region"}},
	))
	w.fill()
	c := w.caller("some")
	got, err := w.grouped(c, List{Object: "deal"}, &Groups{By: []GroupBy{{Field: "won"}}, Shape: []GroupItem{key("won", 0), count("n"), fn("sum", expr.Sum, "size"), fn("amount", expr.Sum, "amount")}})
	if want := `[{"won":false,"n":3,"sum":"15","amount":"7.25"},{"won":true,"n":3,"sum":"16","amount":"14.50"}]`; got != want || err != nil {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	for _, hidden := range []GroupBy{{Field: "name"}, {Field: "account"}, {Hops: []string{"account"}, Field: "region"}, {Field: "day", Bucket: Day}} {
		if _, err := w.grouped(c, List{Object: "deal"}, &Groups{By: []GroupBy{hidden}}); trellis.CodeOf(err) != trellis.CodeInvalidInput || !strings.Contains(err.Error(), "has no field") {
			t.Errorf("%v: %v", hidden, err)
		}
	}
	// A filter is of the reading side.
	got, err = w.grouped(c, List{Object: "deal", Filter: expr.Match{Kind: expr.Suffix, Term: col("name", expr.TextType), Pattern: expr.Literal{Of: expr.TextType, Value: "2"}}}, &Groups{Shape: []GroupItem{count("n")}})
	if got != `[{"n":1}]` || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}
