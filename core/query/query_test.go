package query

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// world is a small workspace on a real database: accounts, deals of accounts.
type world struct {
	t      testing.TB
	db     *pgxpool.Pool
	space  *Space
	engine *policy.Engine
	id     trellis.ID
	now    time.Time
}

func definition(policies ...*metadata.Policy) *metadata.Definition {
	def := &metadata.Definition{
		Packages: []*metadata.Package{{Name: metadata.CustomPackage}},
		Objects: append(metadata.SystemObjects(),
			&metadata.Object{Name: "account", Plural: "accounts", Title: "name", Fields: []*metadata.Field{
				{Name: "name", Kind: metadata.KindText},
				{Name: "region", Kind: metadata.KindText},
				{Name: "limit", Kind: metadata.KindCurrency},
			}},
			&metadata.Object{Name: "deal", Plural: "deals", Title: "name", Fields: []*metadata.Field{
				{Name: "name", Kind: metadata.KindText},
				{Name: "size", Kind: metadata.KindInteger},
				{Name: "amount", Kind: metadata.KindDecimal},
				{Name: "won", Kind: metadata.KindBoolean},
				{Name: "day", Kind: metadata.KindDate},
				{Name: "account", Kind: metadata.KindLookup, Target: "account", Inverse: "deals"},
			}},
		),
		Roles:    []*metadata.Role{{Name: "all"}, {Name: "some"}},
		Policies: append([]*metadata.Policy{{Name: "everything", Role: "all", Object: "*", Actions: []metadata.Action{metadata.ActionAny}}}, policies...),
	}
	metadata.Normalize(def, nil)
	return def
}

func newWorld(t testing.TB, def *metadata.Definition) *world {
	t.Helper()
	if errs := metadata.Validate(def); len(errs) > 0 {
		t.Fatal(errs)
	}
	w := &world{t: t, db: pgtest.New(t), id: trellis.NewID(), now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	w.space = &Space{Schema: "ws_main", Snapshot: metadata.New(def, 1)}
	before, after := ddl.Base("ws_main")
	plan, err := ddl.Make(nil, def, "ws_main")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range append(append(before, plan.Steps...), after...) {
		w.exec(s.SQL)
	}
	if w.engine, err = policy.NewEngine(w.id, w.space.Snapshot); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(context.Background(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

func (w *world) caller(roles ...string) *Caller {
	p := &policy.Principal{Kind: policy.KindUser, ID: trellis.NewID(), WorkspaceID: w.id}
	p.SetRoles(roles)
	p.User = &policy.UserFacts{ID: p.ID}
	return &Caller{Principal: p, Policy: w.engine, Vars: p.Vars(w.now)}
}

// insert adds a live record as it is; values by column.
func (w *world) insert(table string, id trellis.ID, columns string, values ...any) {
	w.t.Helper()
	marks := ""
	for i := range values {
		marks += fmt.Sprintf(", $%d", i+2)
	}
	w.exec(`INSERT INTO ws_main."`+table+`" (id, created_at, created_by, updated_at, updated_by, version, `+columns+
		`) VALUES ($1, '2026-01-01', 'system', '2026-01-01', 'system', 1`+marks+`)`, append([]any{[16]byte(id)}, values...)...)
}

func (w *world) run(c *Caller, q *Query) (string, error) {
	plan, err := Compile(context.Background(), w.space, c, q)
	if err != nil {
		return "", err
	}
	buf, err := plan.Run(context.Background(), w.db, nil)
	return string(buf), err
}

func (w *world) must(c *Caller, q *Query) string {
	w.t.Helper()
	s, err := w.run(c, q)
	if err != nil {
		w.t.Fatal(err)
	}
	if !json.Valid([]byte(s)) {
		w.t.Fatalf("not JSON: %s", s)
	}
	return s
}

func names() []ListItem {
	return []ListItem{{Key: "nodes", Kind: Nodes, Select: Selection{{Key: "name", Field: "name"}}}}
}

// fill makes 3 accounts with 4 deals each: sizes 0..11, every fifth null.
func (w *world) fill() (accounts, deals []trellis.ID) {
	for a := range 3 {
		id := trellis.NewID()
		accounts = append(accounts, id)
		w.insert("account", id, `name, region, "limit", limit_code`, fmt.Sprintf("账户 %d", a), []string{"N", "S", "N"}[a], "10.50", "EUR")
		for d := range 4 {
			n := a*4 + d
			did := trellis.NewID()
			deals = append(deals, did)
			var size any = n
			if n%5 == 4 {
				size = nil
			}
			w.insert("deal", did, "name, size, amount, won, day, account_id", fmt.Sprintf("deal %02d", n), size, fmt.Sprintf("%d.25", n), n%2 == 0, "2026-02-03", [16]byte(id))
		}
	}
	return accounts, deals
}

func TestAnswerHasTheShapeOfTheQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition())
	_, deals := w.fill()
	got := w.must(w.caller("all"), &Query{Get: &Get{Object: "deal", ID: deals[1], Select: Selection{
		{Key: "type", Kind: TypeName, Text: "Deal"},
		{Key: "n", Field: "name"}, {Key: "size", Field: "size"}, {Key: "amount", Field: "amount"}, {Key: "won", Field: "won"}, {Key: "day", Field: "day"},
		{Key: "createdAt", Field: "createdAt"}, {Key: "createdBy", Field: "createdBy"}, {Key: "owner", Field: "owner"}, {Key: "version", Field: "version"},
		{Key: "of", Kind: Record, Field: "account", Select: Selection{
			{Key: "name", Field: "name"},
			{Key: "limit", Kind: Composite, Field: "limit", Parts: []PartItem{{Key: "amount", Part: expr.AmountPart}, {Key: "currency", Part: expr.CurrencyPart}}},
			{Key: "deals", Kind: ToMany, List: &List{Relation: "deals", First: 2, Order: []Order{{Field: "name", Desc: true}}, Shape: append(names(), ListItem{Key: "totalCount", Kind: TotalCount})}},
		}},
	}}})
	want := `{"type":"Deal","n":"deal 01","size":1,"amount":"1.25","won":false,"day":"2026-02-03","createdAt":"2026-01-01T00:00:00Z","createdBy":"system","owner":null,"version":1,` +
		`"of":{"name":"账户 0","limit":{"amount":"10.50","currency":"EUR"},"deals":{"nodes":[{"name":"deal 03"},{"name":"deal 02"}],"totalCount":4}}}`
	if got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestNestedListsBelongToTheirRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition())
	w.fill()
	got := w.must(w.caller("all"), &Query{List: &List{Object: "account", Order: []Order{{Field: "name"}}, Shape: []ListItem{{Key: "nodes", Kind: Nodes, Select: Selection{
		{Key: "name", Field: "name"},
		{Key: "deals", Kind: ToMany, List: &List{Relation: "deals", Filter: expr.Truth{Term: col("won", expr.BoolType)}, Order: []Order{{Field: "size", NullsFirst: true}}, Shape: names()}},
	}}}}})
	for _, part := range []string{
		`{"name":"账户 0","deals":{"nodes":[{"name":"deal 00"},{"name":"deal 02"}]}}`,
		`{"name":"账户 1","deals":{"nodes":[{"name":"deal 04"},{"name":"deal 06"}]}}`,
		`{"name":"账户 2","deals":{"nodes":[{"name":"deal 08"},{"name":"deal 10"}]}}`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
}

func col(name string, of expr.Type) expr.Column {
	return expr.Column{Field: name, Of: of, Nullable: true}
}

// TestPagingSeesEveryRecordOnce walks every order forwards and backwards, nulls
// on either side, by pages of three.
func TestPagingSeesEveryRecordOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition())
	w.fill()
	c := w.caller("all")
	orders := [][]Order{nil, {{Field: "id"}}, {{Field: "size"}}, {{Field: "size", Desc: true}}, {{Field: "size", NullsFirst: true}}, {{Field: "size", Desc: true, NullsFirst: true}},
		{{Field: "won"}, {Field: "amount", Desc: true}}, {{Hops: []string{"account"}, Field: "region"}, {Field: "name", Desc: true}}, {{Field: "day"}, {Field: "createdAt"}}}
	for i, order := range orders {
		all := w.pages(c, order, false, 100)
		if len(all) != 12 {
			t.Fatalf("order %d shows %d records at once", i, len(all))
		}
		for _, backward := range []bool{false, true} {
			got := w.pages(c, order, backward, 3)
			if fmt.Sprint(got) != fmt.Sprint(all) {
				t.Errorf("order %d, backward %v: %v, want %v", i, backward, got, all)
			}
		}
	}
}

func (w *world) pages(c *Caller, order []Order, backward bool, size int) []string {
	w.t.Helper()
	return w.walk(c, List{Object: "deal", Order: order, Shape: names()}, size, backward)
}

// walk reads a list page by page, from the front or the back; the shape's first
// item shows nodes with a name.
func (w *world) walk(c *Caller, list List, size int, backward bool) []string {
	w.t.Helper()
	var all []string
	cursor := ""
	for range 1000 {
		page := list
		l := &page
		l.Shape = append(list.Shape[:1:1], ListItem{Key: "p", Kind: PageInfo, Page: []PageItem{
			{Key: "next"}, {Key: "prev", Kind: HasPreviousPage}, {Key: "start", Kind: StartCursor}, {Key: "end", Kind: EndCursor}}})
		if backward {
			l.Last, l.Before = size, cursor
		} else {
			l.First, l.After = size, cursor
		}
		var answer struct {
			Nodes []struct{ Name string }
			P     struct {
				Next, Prev bool
				Start, End string
			}
		}
		if err := json.Unmarshal([]byte(w.must(c, &Query{List: l})), &answer); err != nil {
			w.t.Fatal(err)
		}
		var got []string
		for _, n := range answer.Nodes {
			got = append(got, n.Name)
		}
		more := answer.P.Next
		cursor = answer.P.End
		if backward {
			all, more, cursor = append(got, all...), answer.P.Prev, answer.P.Start
		} else {
			all = append(all, got...)
		}
		if !more {
			return all
		}
	}
	w.t.Fatal("the pages do not end")
	return nil
}

func TestCursorsOfAnotherListAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition())
	w.fill()
	c := w.caller("all")
	var page struct{ P struct{ End string } }
	l := &List{Object: "deal", First: 1, Order: []Order{{Field: "size"}}, Shape: []ListItem{{Key: "p", Kind: PageInfo, Page: []PageItem{{Key: "end", Kind: EndCursor}}}}}
	if err := json.Unmarshal([]byte(w.must(c, &Query{List: l})), &page); err != nil || page.P.End == "" {
		t.Fatal(err, page)
	}
	for _, bad := range []*List{
		{Object: "deal", After: page.P.End},
		{Object: "account", Order: []Order{{Field: "name"}}, After: page.P.End},
		{Object: "deal", Order: []Order{{Field: "size"}}, After: "garbage!"},
		{Object: "deal", Order: []Order{{Field: "size"}}, After: strings.Repeat("A", 1<<20)},
	} {
		bad.Shape = names()
		if _, err := w.run(c, &Query{List: bad}); trellis.CodeOf(err) != trellis.CodeInvalidInput {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestGrantsHoldInListsCountsAndRelations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition(
		&metadata.Policy{Name: "north", Role: "some", Object: "account", Actions: []metadata.Action{metadata.ActionRead}, Rule: `record.region == "N"`, ReadFields: []string{"name", "region"}},
		&metadata.Policy{Name: "small", Role: "some", Object: "deal", Actions: []metadata.Action{metadata.ActionRead}, Rule: `record.size < 6`},
	))
	w.fill()
	c := w.caller("some")
	got := w.must(c, &Query{List: &List{Object: "deal", Order: []Order{{Field: "name"}}, Shape: []ListItem{{Key: "totalCount", Kind: TotalCount},
		{Key: "nodes", Kind: Nodes, Select: Selection{{Key: "name", Field: "name"}, {Key: "account", Kind: Record, Field: "account", Select: Selection{{Key: "name", Field: "name"}}}}}}}})
	want := `{"totalCount":5,"nodes":[{"name":"deal 00","account":{"name":"账户 0"}},{"name":"deal 01","account":{"name":"账户 0"}},{"name":"deal 02","account":{"name":"账户 0"}},{"name":"deal 03","account":{"name":"账户 0"}},{"name":"deal 05","account":null}]}`
	if got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	for name, l := range map[string]*List{
		"select": {Object: "account", Shape: []ListItem{{Key: "nodes", Kind: Nodes, Select: Selection{{Key: "x", Kind: Composite, Field: "limit"}}}}},
		"filter": {Object: "account", Filter: expr.Null{Term: expr.Column{Field: "limit", Part: expr.AmountPart, Of: expr.DecimalType, Nullable: true}}, Shape: names()},
		"order":  {Object: "account", Order: []Order{{Field: "limit"}}, Shape: names()},
		"hop":    {Object: "deal", Filter: expr.Hop{Field: "account", Target: "account", Cond: expr.Null{Term: expr.Column{Field: "limit", Part: expr.AmountPart, Of: expr.DecimalType, Nullable: true}}}, Shape: names()},
	} {
		_, hidden := w.run(c, &Query{List: l})
		if trellis.CodeOf(hidden) != trellis.CodeInvalidInput || !strings.Contains(hidden.Error(), `account has no field "limit"`) {
			t.Errorf("%s by a hidden field: %v", name, hidden)
		}
	}
	// A filter over a hop sees what the target's grant shows: deal 05 belongs to
	// an account of the south.
	south := &List{Object: "deal", Filter: expr.Hop{Field: "account", Target: "account", Cond: expr.Compare{Op: expr.Eq, L: col("region", expr.TextType), R: expr.Literal{Of: expr.TextType, Value: "S"}}}, Shape: names()}
	if got := w.must(c, &Query{List: south}); got != `{"nodes":[]}` {
		t.Errorf("a filter saw through the grant: %s", got)
	}
}

func TestNumericsKeepEveryDigit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition())
	for _, s := range []string{"0", "-0.01", "1", "10000", "9999.99", "-1234567890123456.78", "0.10", "100000000.05"} {
		var raw []byte
		rows, err := w.db.Query(context.Background(), "SELECT $1::numeric", s)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			raw = append(raw, rows.RawValues()[0]...)
		}
		if got, err := appendNumeric(nil, raw); err != nil || string(got) != s {
			t.Errorf("%s came back as %s, %v", s, got, err)
		}
	}
}

func FuzzReadCursor(f *testing.F) {
	keys := []sortKey{{field: &metadata.Field{Name: "size", Kind: metadata.KindInteger}, nullable: true}, {field: &metadata.Field{Name: "id", Kind: metadata.KindID}}}
	f.Add("WyJ4IixudWxsLCIwMTkwYjJjMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDAiXQ")
	f.Add("garbage")
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := readCursor("after", s, "x", keys); err == nil && len(v) != 2 {
			t.Fatal(v)
		}
	})
}

func FuzzAppendNumeric(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 0, 0, 2, 0, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 64 {
			return
		}
		if out, err := appendNumeric(nil, raw); err == nil && len(out) == 0 {
			t.Fatal("nothing written")
		}
	})
}

// TestPagingByAFieldShownInSomeRows: a field that no record lacks is null where
// it is not the caller's to see, in the order and in cursors too.
func TestPagingByAFieldShownInSomeRows(t *testing.T) {
	t.Parallel()
	read := []metadata.Action{metadata.ActionRead}
	w := newWorld(t, definition(
		&metadata.Policy{Name: "names", Role: "some", Object: "deal", Actions: read, ReadFields: []string{"name"}},
		&metadata.Policy{Name: "makers", Role: "some", Object: "deal", Actions: read, ReadFields: []string{"createdBy"}, Rule: "record.size > 5"}))
	w.fill()
	c := w.caller("some")
	for _, order := range [][]Order{{{Field: "createdBy"}}, {{Field: "createdBy", Desc: true}}, {{Field: "createdBy", NullsFirst: true}}} {
		all := w.pages(c, order, false, 100)
		if len(all) != 12 {
			t.Fatalf("%v shows %d records at once", order, len(all))
		}
		for _, backward := range []bool{false, true} {
			if got := w.pages(c, order, backward, 3); fmt.Sprint(got) != fmt.Sprint(all) {
				t.Errorf("%v, backward %v: %v, want %v", order, backward, got, all)
			}
		}
	}
}

// TestRememberedShapesAreTheSame: a selection that was compiled before answers
// as it did, for lists in lists too, and others' grants do not share it.
func TestRememberedShapesAreTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, definition(&metadata.Policy{Name: "noRegion", Role: "some", Object: "account", Actions: []metadata.Action{metadata.ActionRead}, ReadFields: []string{"name"}}))
	accounts, _ := w.fill()
	w.space.Shapes = &Shapes{}
	sel := Selection{{Key: "name", Field: "name"}, {Key: "region", Field: "region"}, {Key: "limit", Kind: Composite, Field: "limit", Parts: []PartItem{{Key: "amount", Part: expr.AmountPart}}}}
	get := &Query{Get: &Get{Object: "account", ID: accounts[0], Select: sel}}
	list := func(cursors bool) *Query {
		l := &List{Object: "account", Order: []Order{{Field: "region", Desc: true}, {Field: "name"}}, Shape: []ListItem{{Key: "nodes", Kind: Nodes, Select: sel}}}
		if cursors {
			l.Shape = append(l.Shape, ListItem{Key: "p", Kind: PageInfo, Page: []PageItem{{Key: "end", Kind: EndCursor}}})
		}
		return &Query{List: l}
	}
	c := w.caller("all")
	for range 2 {
		for _, q := range []*Query{get, list(false), list(true)} {
			remembered := w.must(c, q)
			shapes := w.space.Shapes
			w.space.Shapes = nil
			if fresh := w.must(c, q); fresh != remembered {
				t.Errorf("remembered %s\nfresh      %s", remembered, fresh)
			}
			w.space.Shapes = shapes
		}
	}
	if len(w.space.Shapes.known) != 1 {
		t.Errorf("%d shapes are known", len(w.space.Shapes.known))
	}
	if _, err := w.run(w.caller("some"), get); trellis.CodeOf(err) != trellis.CodeInvalidInput {
		t.Errorf("another grant shares the shape: %v", err)
	}
}
