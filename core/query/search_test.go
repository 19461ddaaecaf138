package query

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// people is a workspace whose objects can be searched.
func people(policies ...*metadata.Policy) *metadata.Definition {
	def := &metadata.Definition{
		Packages: []*metadata.Package{{Name: metadata.CustomPackage}},
		Objects: append(metadata.SystemObjects(),
			&metadata.Object{Name: "firm", Plural: "firms", Title: "name", Fields: []*metadata.Field{
				{Name: "name", Kind: metadata.KindText, Searchable: true},
				{Name: "code", Kind: metadata.KindText, Searchable: true},
				{Name: "phone", Kind: metadata.KindPhone, Searchable: true},
				{Name: "secret", Kind: metadata.KindText, Searchable: true},
				{Name: "note", Kind: metadata.KindText},
			}},
			&metadata.Object{Name: "person", Plural: "people", Title: "name", Fields: []*metadata.Field{
				{Name: "name", Kind: metadata.KindText, Searchable: true},
				{Name: "firm", Kind: metadata.KindLookup, Target: "firm", Inverse: "people"},
			}},
		),
		Roles:    []*metadata.Role{{Name: "all"}, {Name: "some"}},
		Policies: append([]*metadata.Policy{{Name: "everything", Role: "all", Object: "*", Actions: []metadata.Action{metadata.ActionAny}}}, policies...),
	}
	metadata.Normalize(def, nil)
	return def
}

// firm adds a firm, each a minute newer than the one before.
func (w *world) firm(n int, columns string, values ...any) trellis.ID {
	id := trellis.NewID()
	w.insert("firm", id, columns, values...)
	w.exec(`UPDATE ws_main.firm SET created_at = '2026-01-01'::timestamptz + $2 * interval '1 min' WHERE id = $1`, [16]byte(id), n)
	return id
}

func (w *world) found(c *Caller, l List) string {
	w.t.Helper()
	l.Object = "firm"
	l.Shape = []ListItem{{Key: "nodes", Kind: Nodes, Select: Selection{{Key: "code", Field: "code"}}}}
	got, err := w.run(c, &Query{List: &l})
	if err != nil {
		return err.Error()
	}
	return strings.NewReplacer(`{"nodes":[`, "", `{"code":"`, "", `"}`, "", ",", " ", "]}", "").Replace(got)
}

func (w *world) firms() {
	for n, f := range []struct{ name, code, phone, secret string }{
		{"北京华为科技有限公司", "A-1", "+86 138-0013-8000", "金库"},
		{"上海科技贸易公司", "A-2", "021/555 0199", "金库"},
		{"Bloomberg Works GmbH", "A-10", "", ""},
		{"bloom & Söhne", "B-100%", "", ""},
		{"王", "W_1", "", ""},
		{"ＡＢＣ１２３ 贸易", "W-2", "", ""},
		{"老王火锅", "W-3", "", ""},
	} {
		w.firm(n, "name, code, phone, secret", f.name, f.code, nullIf(f.phone), nullIf(f.secret))
	}
}

func nullIf(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func TestSearchFinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people())
	w.firms()
	for text, want := range map[string]string{
		"科技":            "A-2 A-1", // inside: the newest first
		"上海":            "A-2",
		"华为科技":          "A-1",
		"为科":            "A-1",
		"科学":            "",
		"王":             "W_1", // one character: where a text begins
		"火锅 老王":         "W-3", // words in any order
		"科技 a-":         "A-2 A-1",
		"bloom":         "B-100% A-10",
		"BLOOMBERG":     "A-10",
		"berg works":    "A-10",
		"oomb":          "A-10",
		"SÖHNE":         "B-100%",
		"abc123":        "W-2", // wide letters
		"ＢＬＯＯＭＢＥＲＧ":     "A-10",
		"a-1":           "A-1 A-10", // the whole before a beginning
		"w_":            "W_1",      // no wildcard
		"100%":          "B-100%",
		"13800138000":   "A-1",
		"138-0013":      "A-1",
		"+86 138 0013":  "A-1",
		"8000":          "A-1",
		"5550199":       "A-2",
		"(021) 555":     "A-2",
		"金库":            "A-2 A-1",
		"  科技   贸易    ": "A-2",
		"\x02":          "",
		"'; DROP TABLE": "",
	} {
		if got := w.found(w.caller("all"), List{Search: text}); got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
		// The same by way of a filter, in another order.
		if got := w.found(w.caller("all"), List{Search: text, Order: []Order{{Field: "id"}}}); len(got) != len(want) {
			t.Errorf("%q ordered finds %q, want those of %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"":                       "search: say what to search for",
		"   ":                    "search: say what to search for",
		strings.Repeat("x", 201): "search: a search has 200 characters at most",
		"1 2 3 4 5 6 7 8 9 0 1":  "search: a search has 10 words at most",
		"a\x00b":                 "search: must be valid UTF-8 text without zero bytes",
	} {
		l := List{Object: "firm", Search: text}
		if _, err := newSeeker(&builder{}, scope{}, text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %q in %v", text, err, want, l)
		}
	}
}

// TestSearchComparesEachField: the fields are compared in one text, where no
// word reaches from one into the next, and a later line of a text is not its
// beginning.
func TestSearchComparesEachField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people())
	for n, f := range []struct{ name, code, secret string }{
		{"科技\n上海一号", "L-1", "第一行\n王"},
		{"上海二号", "L-2", "\u0301x"},
		{"e", "L-3", "\u0301x"},
		{"ΟΔΟΣ", "L-4", "ﬁne ①②"},
		{"\u2126 ǅ", "L-5", "上海"},
	} {
		w.firm(n, "name, code, secret", f.name, f.code, f.secret)
	}
	for text, want := range map[string]string{
		"上海":      "L-5 L-2 L-1", // the last by a later line only, after what begins with it
		"海二":      "L-2",
		"号l":      "",
		"号\nl":    "", // two words: 号 alone begins nothing
		"王":       "",
		"é":       "",
		"\u0301x": "L-3 L-2",
		"οδοσ":    "L-4",
		"FINE":    "L-4",
		"12":      "L-4",
		"ω":       "L-5",
		"ω ǆ":     "L-5",
		"-4":      "L-4",
	} {
		if got := w.found(w.caller("all"), List{Search: text}); got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
		if got := w.found(w.caller("all"), List{Search: text, Order: []Order{{Field: "code"}}}); len(got) != len(want) {
			t.Errorf("%q ordered finds %q, want those of %q", text, got, want)
		}
	}
}

// TestSearchAsksForEachWord: two words that many records have and no two
// together are both looked up, and only what has both is read.
func TestSearchAsksForEachWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people())
	w.exec(`INSERT INTO ws_main.firm (id, created_at, created_by, updated_at, updated_by, version, name, code)
		SELECT gen_random_uuid(), '2026-01-01'::timestamptz + n * interval '1 min', 'system', now(), 'system', 1,
			CASE n % 2 WHEN 0 THEN 'Nordwind' ELSE '软件公司' END, n::text FROM generate_series(1, 20000) n`)
	w.exec("VACUUM ANALYZE ws_main.firm")
	plan, err := Compile(t.Context(), w.space, w.caller("all"), &Query{List: &List{Object: "firm", Search: "nordwind 软件", Shape: names()}})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := w.db.Query(t.Context(), "EXPLAIN (ANALYZE, TIMING OFF) "+plan.root.sql, append([]any{pgx.QueryExecModeCacheDescribe}, plan.root.args...)...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(lines, "\n"); !strings.Contains(all, "BitmapAnd") || strings.Contains(all, "Seq Scan") || strings.Contains(all, "Heap Blocks") {
		t.Errorf("not both words were looked up:\n%s", all)
	}
}

// TestSearchIgnoresWhatIsHidden: what a role set does not always see is not
// searched: whether it is empty or full of hits changes nothing.
func TestSearchIgnoresWhatIsHidden(t *testing.T) {
	t.Parallel()
	read := []metadata.Action{metadata.ActionRead}
	w := newWorld(t, people(
		&metadata.Policy{Name: "reads", Role: "some", Object: "firm", Actions: read, Rule: `record.code != "A-2"`, ReadFields: []string{"name", "code"}},
		&metadata.Policy{Name: "readsSome", Role: "some", Object: "firm", Actions: read, Rule: `record.code == "A-1"`, ReadFields: []string{"name", "code", "secret"}},
	))
	w.firms()
	c := w.caller("some")
	for text, want := range map[string]string{"金库": "", "8000": "", "科技": "A-1", "上海": ""} {
		if got := w.found(c, List{Search: text}); got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
	plan, err := Compile(t.Context(), w.space, c, &Query{List: &List{Object: "firm", Search: "金库", Shape: names()}})
	if err != nil || strings.Contains(plan.root.sql, "phone") || strings.Contains(plan.root.sql, "secret\") COLLATE") {
		t.Errorf("%v: the statement reads what is hidden: %s", err, plan.root.sql)
	}
	w.space.Snapshot.Lookup("person")
	if got := w.found(w.caller(), List{Search: "科技"}); !strings.Contains(got, "there is no object") {
		t.Error(got)
	}
}

// TestSearchPages walks a search in order of rank by pages, through both tiers,
// through frequent and rare words, forwards and backwards.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people())
	w.exec(`INSERT INTO ws_main.firm (id, created_at, created_by, updated_at, updated_by, version, name, code)
		SELECT gen_random_uuid(), '2026-01-01'::timestamptz + (n/3) * interval '1 min', 'system', now(), 'system', 1,
			CASE WHEN n % 7 = 0 THEN '华为' ELSE '北京华为' END || CASE WHEN n % 100 = 0 THEN '罕见' ELSE '' END, n::text FROM generate_series(1, 6000) n`)
	for _, l := range []List{{Search: "华为"}, {Search: "罕见"}, {Search: "华为罕"}, {Search: "北京 罕见"}, {Search: "华为", Filter: expr.Match{Kind: expr.Suffix, Term: col("code", expr.TextType), Pattern: expr.Literal{Of: expr.TextType, Value: "77"}}}} {
		l.Object, l.Shape = "firm", []ListItem{{Key: "nodes", Kind: Nodes, Select: Selection{{Key: "name", Field: "code"}}}}
		want := w.walk(w.caller("all"), l, 900, false)
		if n := len(want); n < 8 {
			t.Fatalf("%q finds %d", l.Search, n)
		}
		if len(want) > 200 {
			continue // compared with the database below
		}
		if got := w.walk(w.caller("all"), l, 7, false); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q by pages: %v\nwant %v", l.Search, got, want)
		}
		if got := w.walk(w.caller("all"), l, 7, true); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q backwards: %v\nwant %v", l.Search, got, want)
		}
	}
	var want []string
	rows, err := w.db.Query(t.Context(), `SELECT code FROM ws_main.firm ORDER BY name = '华为' DESC, name LIKE '华为%' DESC, created_at DESC, id DESC`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		want = append(want, s)
	}
	if got := w.walk(w.caller("all"), List{Object: "firm", Search: "华为", Shape: []ListItem{{Key: "nodes", Kind: Nodes, Select: Selection{{Key: "name", Field: "code"}}}}}, 500, false); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d records in another order than the database's %d", len(got), len(want))
	}
}

func TestSearchGoesWithTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people())
	w.firms()
	firm := w.firm(99, "name, code", "深圳科技", "C-1")
	w.insert("person", trellis.NewID(), "name, firm_id", "王小明", [16]byte(firm))
	w.insert("person", trellis.NewID(), "name, firm_id", "小王", [16]byte(firm))
	got := w.must(w.caller("all"), &Query{List: &List{Object: "firm", Search: "科技", First: 2, Shape: []ListItem{
		{Key: "n", Kind: TotalCount},
		{Key: "g", Kind: InGroups, Groups: &Groups{Shape: []GroupItem{count("n")}}},
		{Key: "nodes", Kind: Nodes, Select: Selection{{Key: "code", Field: "code"}, {Key: "p", Kind: ToMany, List: &List{Relation: "people", Search: "小", Shape: names()}},
			{Key: "q", Kind: ToMany, List: &List{Relation: "people", Search: "小王", Shape: names()}}}},
	}}})
	if want := `{"n":3,"g":[{"n":3}],"nodes":[{"code":"C-1","p":{"nodes":[{"name":"小王"}]},"q":{"nodes":[{"name":"小王"}]}},{"code":"A-2","p":{"nodes":[]},"q":{"nodes":[]}}]}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = w.must(w.caller("all"), &Query{List: &List{Object: "person", Search: "王小", Shape: []ListItem{{Key: "nodes", Kind: Nodes, Select: Selection{{Key: "of", Kind: Record, Field: "firm", Select: Selection{{Key: "name", Field: "name"}}}}}}}})
	if want := `{"nodes":[{"of":{"name":"深圳科技"}}]}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSearchOverObjects(t *testing.T) {
	t.Parallel()
	read := []metadata.Action{metadata.ActionRead}
	w := newWorld(t, people(&metadata.Policy{Name: "reads", Role: "some", Object: "firm", Actions: read, ReadFields: []string{"code"}}))
	w.firms()
	w.insert("person", trellis.NewID(), "name", "科技 老王")
	ask := func(c *Caller, s Search) string {
		s.Shape = []HitItem{{Key: "o"}, {Key: "t", Kind: HitTitle}, {Key: "f", Kind: HitField}, {Key: "v", Kind: HitValue}, {Key: "_", Kind: HitTypeName, Text: "Hit"}}
		got, err := w.run(c, &Query{Search: &s})
		if err != nil {
			return err.Error()
		}
		return strings.NewReplacer(`,_:Hit`, "", "{o:", "{", ",t:", " ", ",f:", " ", ",v:", " ").Replace(strings.ReplaceAll(got, `"`, ""))
	}
	for _, c := range []struct {
		role string
		s    Search
		want string
	}{
		{"all", Search{Text: "科技"}, `[{person 科技 老王 name 科技 老王},{firm 上海科技贸易公司 name 上海科技贸易公司},{firm 北京华为科技有限公司 name 北京华为科技有限公司}]`},
		{"all", Search{Text: "科技", First: 1}, `[{person 科技 老王 name 科技 老王}]`},
		{"all", Search{Text: "老王", Objects: []string{"firm"}}, `[{firm 老王火锅 name 老王火锅}]`},
		{"all", Search{Text: "罕见"}, `[]`},
		{"all", Search{Text: "+86 138-0013"}, `[{firm 北京华为科技有限公司 phone +86 138-0013-8000}]`},
		{"all", Search{Text: "a-1"}, `[{firm 北京华为科技有限公司 code A-1},{firm Bloomberg Works GmbH code A-10}]`},
		{"some", Search{Text: "科技"}, `[]`},
		{"some", Search{Text: "a-1"}, `[{firm null code A-1},{firm null code A-10}]`},
		{"some", Search{Text: "a-1", Objects: []string{"person"}}, `objects[0]: there is no object "person"`},
		{"all", Search{Text: "a-1", Objects: []string{"ghost"}}, `objects[0]: there is no object "ghost"`},
		{"all", Search{Text: " "}, `text: say what to search for`},
		{"all", Search{Text: "x", First: 101}, `first: must be from 1 to 100`},
	} {
		if got := ask(w.caller(c.role), c.s); got != c.want {
			t.Errorf("%s, %+v: %s\nwant %s", c.role, c.s, got, c.want)
		}
	}
}

// TestSearchOverObjectsInOrder: objects with many records do not hide the others,
// and what matches alike comes by object, not by age.
func TestSearchOverObjectsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people(
		&metadata.Policy{Name: "reads", Role: "some", Object: "firm", Actions: []metadata.Action{metadata.ActionRead}, Rule: `record.code != "x"`},
		&metadata.Policy{Name: "readsPeople", Role: "some", Object: "person", Actions: []metadata.Action{metadata.ActionRead}},
	))
	for n := range 30 {
		w.insert("person", trellis.NewID(), "name", fmt.Sprintf("Acme %02d", n))
		w.firm(n, "name, code", fmt.Sprintf("Firm %02d", n), "acme")
	}
	w.firm(-5, "name, code", "Acme Ltd", "y")
	w.firm(-6, "name, code", "ACME", "z")
	w.firm(-7, "name, code", "Great Acme", "v")
	ask := func(role string, s Search) string {
		s.Shape = []HitItem{{Key: "o"}, {Key: "t", Kind: HitTitle}}
		got, err := w.run(w.caller(role), &Query{Search: &s})
		if err != nil {
			t.Fatal(err)
		}
		return strings.NewReplacer("{o:", "", ",t:", " ", "}", "").Replace(strings.ReplaceAll(got, `"`, ""))
	}
	for _, role := range []string{"all", "some"} {
		for _, c := range []struct {
			s    Search
			want string
		}{
			// The whole of a field, then a beginning; lists hang on firms.
			{Search{Text: "acme", First: 3}, "[firm Firm 29,firm Firm 28,firm Firm 27]"},
			{Search{Text: "acme", First: 34}, ""},
			{Search{Text: "acme 02", First: 2}, "[person Acme 02,firm Firm 02]"},
			{Search{Text: "acme", First: 2, Objects: []string{"person", "firm"}}, "[firm Firm 29,firm Firm 28]"},
			{Search{Text: "ac", First: 4}, "[firm Firm 29,firm Firm 28,person Acme 29,person Acme 28]"},
			{Search{Text: "ac", First: 4, Objects: []string{"person", "firm"}}, "[person Acme 29,person Acme 28,firm Firm 29,firm Firm 28]"},
			{Search{Text: "acme ltd", First: 4}, "[firm Acme Ltd]"},
			{Search{Text: "cme", First: 3}, "[firm Firm 29,firm Firm 28,person Acme 29]"},
		} {
			got := ask(role, c.s)
			if c.want == "" {
				if n := strings.Count(got, "person"); n != 2 || !strings.Contains(got, "Acme Ltd") {
					t.Errorf("%s: %d people of 34: %s", role, n, got)
				}
				continue
			}
			if got != c.want {
				t.Errorf("%s, %+v:\n%s, want\n%s", role, c.s, got, c.want)
			}
		}
	}
	// What is hidden has no place and takes none.
	before := ask("some", Search{Text: "acme", First: 5})
	w.firm(99, "name, code", "acme", "x")
	if after := ask("some", Search{Text: "acme", First: 5}); after != before {
		t.Errorf("a hidden record changes\n%s to\n%s", before, after)
	}
	if got := ask("all", Search{Text: "acme", First: 1}); got != "[firm acme]" {
		t.Error(got)
	}
}
