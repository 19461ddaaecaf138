package query

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// To try more than a CI run does: go test ./core/query -run RandomTrees
// -query-trees 50000 -query-seed 7. One seed alone: -query-trees 1.
var (
	queryTrees = flag.Int("query-trees", 2000, "random query trees put to SQL and to memory")
	querySeed  = flag.Uint64("query-seed", 0, "first seed")
)

// treesPerViewer is how many trees one set of policies is asked.
const treesPerViewer = 20

func TestRandomTrees(t *testing.T) {
	t.Parallel()
	f := newForest(t)
	var mu sync.Mutex
	counts := map[string]int{}
	for seed := *querySeed; seed < *querySeed+uint64(*queryTrees); seed++ {
		v := newViewer(t, f, rand.New(rand.NewPCG(seed/treesPerViewer, 11)))
		a := &arborist{Rand: rand.New(rand.NewPCG(seed, 13)), v: v, count: func(what string) { mu.Lock(); counts[what]++; mu.Unlock() }}
		object := []string{"deal", "deal", "firm"}[seed%3]
		if !a.readable(object) {
			continue
		}
		counts["trees"]++
		if problem := v.differs(t, a.list(object, 2), a); problem != "" {
			t.Fatalf("seed %d: %s", seed, problem)
		}
	}
	if *queryTrees >= 2000 {
		for _, what := range []string{"and", "or", "hop", "some", "null", "truth", "match", "in", "compare 1", "compare 2", "compare 3", "compare 4", "compare 5", "compare 6",
			"kind text", "kind integer", "kind decimal", "kind currency", "kind boolean", "kind date", "kind dateTime", "kind select", "kind lookup", "kind percent", "kind rating", "kind duration", "kind time",
			"order over a lookup", "order by text", "order by currency", "order by date", "order by dateTime", "order by boolean", "order by select", "order by duration",
			"bucket day", "bucket week", "bucket month", "bucket quarter", "bucket year", "key over a lookup", "distinct",
			"measure count", "measure sum", "measure avg", "measure min", "measure max", "measure of a currency",
			"search", "rank", "record", "value", "list in a record", "total", "groups", "page forward", "page backward", "some rows"} {
			if counts[what] < 20 {
				t.Errorf("%q was met %d times: too few", what, counts[what])
			}
		}
	}
	t.Logf("%v", counts)
}

// differs puts a tree to SQL and to memory, whole and as a page of it.
func (v *viewer) differs(t *testing.T, l *List, a *arborist) string {
	l.First = 100
	want, problem := v.expect(l, v.seen[l.Object])
	describe := func(got any) string {
		tree, _ := json.Marshal(l)
		w, _ := json.Marshal(want)
		return fmt.Sprintf("\ntree %s\nSQL    %v\nmemory %s, %s", tree, got, w, problem)
	}
	got, err := v.ask(t, l)
	if err != nil {
		if problem == "" || !strings.Contains(err.Error(), problem) {
			return describe(err)
		}
		a.count("refused")
		return ""
	}
	if problem != "" || !same(got, want) {
		js, _ := json.Marshal(got)
		return describe(string(js))
	}
	all := want["nodes"].([]any)
	if len(all) == 0 {
		return ""
	}
	a.count("some rows")
	return v.pageDiffers(t, l, all, a)
}

// pageDiffers reads up to some record, and then a page from there, forwards or
// backwards.
func (v *viewer) pageDiffers(t *testing.T, l *List, all []any, a *arborist) string {
	page := *l
	page.Shape = []ListItem{{Key: "edges", Kind: Edges, Edges: []EdgeItem{{Key: "c", Kind: EdgeCursor}}}, l.Shape[0]}
	got, err := v.ask(t, &page)
	if err != nil {
		return err.Error()
	}
	edges := got["edges"].([]any)
	at := a.IntN(len(edges))
	cursor, size := edges[at].(map[string]any)["c"].(string), 1+a.IntN(6)
	page = *l
	page.Shape = l.Shape[:1]
	var want []any
	if a.IntN(2) == 0 {
		a.count("page forward")
		page.First, page.After = size, cursor
		want = all[at+1 : min(at+1+size, len(all))]
	} else {
		a.count("page backward")
		page.First, page.Last, page.Before = 0, size, cursor
		want = all[max(0, at-size):at]
	}
	if got, err = v.ask(t, &page); err != nil {
		return err.Error()
	}
	if !same(got["nodes"], any(slices.Clone(want))) {
		tree, _ := json.Marshal(page)
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(want)
		return fmt.Sprintf("\npage %s\nSQL    %s\nmemory %s", tree, g, w)
	}
	return ""
}

func (v *viewer) ask(t *testing.T, l *List) (map[string]any, error) {
	plan, err := Compile(t.Context(), &Space{Schema: "ws_lab", Snapshot: v.f.snapshot}, v.caller, &Query{List: l})
	if err != nil {
		return nil, err
	}
	buf, err := plan.Run(t.Context(), v.f.db, nil)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(buf, &out)
}

// expect evaluates a list over the records in sight; problem is what the error
// must say, "" for none.
func (v *viewer) expect(l *List, from []*sight) (answer map[string]any, problem string) {
	rows := slices.DeleteFunc(slices.Clone(from), func(s *sight) bool { return !s.meets(l) })
	v.sort(rows, l)
	answer = map[string]any{}
	for i := range l.Shape {
		it := &l.Shape[i]
		switch it.Kind {
		case Nodes:
			nodes := []any{}
			for _, s := range rows[:min(len(rows), l.First)] {
				node, p := v.node(s, it.Select)
				nodes, problem = append(nodes, node), cmp.Or(problem, p)
			}
			answer[it.Key] = nodes
		case TotalCount:
			answer[it.Key] = float64(len(rows))
		case InGroups:
			groups, p := v.groups(rows, it.Groups)
			answer[it.Key], problem = groups, cmp.Or(problem, p)
		}
	}
	return answer, problem
}

func (s *sight) meets(l *List) bool {
	if l.Filter != nil && !expr.Holds(l.Filter, s) {
		return false
	}
	return l.Search == "" || s.rank(l.Search) > 0
}

// rank is 0 where a search does not find the record, 3 where a field is the text,
// 2 where one begins with it.
func (s *sight) rank(text string) int {
	has := func(fits func(value string) bool) bool {
		return slices.ContainsFunc(searched(scope{object: s.v.f.snapshot.Lookup(s.object), grant: s.v.grants[s.object]}), func(f *metadataField) bool {
			value, _ := s.Get(f.Name)
			text, ok := value.(string)
			return ok && fits(strings.ToLower(text))
		})
	}
	text = strings.ToLower(text)
	for _, word := range strings.Fields(text) {
		if !has(func(v string) bool {
			return strings.HasPrefix(v, word) || len([]rune(word)) > 1 && strings.Contains(v, word)
		}) {
			return 0
		}
	}
	switch {
	case has(func(v string) bool { return v == text }):
		return 3
	case has(func(v string) bool { return strings.HasPrefix(v, text) }):
		return 2
	}
	return 1
}

func (v *viewer) node(s *sight, sel Selection) (node map[string]any, problem string) {
	node = map[string]any{}
	for _, it := range sel {
		switch it.Kind {
		case Record:
			node[it.Key] = nil
			if to := s.to(it.Field); to != nil {
				node[it.Key] = map[string]any{"id": to.id.String()}
			}
		case ToMany:
			many, p := v.expect(it.List, s.many(it.List.Relation))
			node[it.Key], problem = many, cmp.Or(problem, p)
		default:
			value, _ := s.Get(it.Field)
			node[it.Key] = plainValue(value)
		}
	}
	return node, problem
}

// plainValue is a value as decoding the answer gives it.
func plainValue(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case trellis.ID:
		return v.String()
	}
	return v
}

// sort puts records in the order of a list: nulls where they belong, the id last
// in the direction of the last term.
func (v *viewer) sort(rows []*sight, l *List) {
	order := l.Order
	if len(order) == 0 {
		order = []Order{{Field: "createdAt", Desc: true}}
	}
	slices.SortFunc(rows, func(a, b *sight) int {
		if l.Search != "" && len(l.Order) == 0 {
			if c := cmp.Compare(b.rank(l.Search), a.rank(l.Search)); c != 0 {
				return c
			}
		}
		for _, o := range order {
			if c := compareNulls(a.along(o.Hops, o.Field, o.Part), b.along(o.Hops, o.Field, o.Part), o.Desc, o.NullsFirst); c != 0 {
				return c
			}
		}
		return compareNulls(a.id, b.id, order[len(order)-1].Desc, false)
	})
}

// along is a field of the record at the end of lookups, nil when there is none.
func (s *sight) along(hops []string, field string, part expr.Part) any {
	for _, hop := range hops {
		if s = s.to(hop); s == nil {
			return nil
		}
	}
	v, _ := s.Get(field)
	if m, ok := v.(expr.Money); ok {
		if part == expr.CurrencyPart {
			return m.Currency
		}
		return m.Amount
	}
	return v
}

func compareNulls(a, b any, desc, nullsFirst bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil || b == nil:
		if (a == nil) == nullsFirst {
			return -1
		}
		return 1
	}
	c := compareAny(a, b)
	if desc {
		return -c
	}
	return c
}

func compareAny(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	case bool:
		return map[bool]int{false: 0, true: 1}[a] - map[bool]int{false: 0, true: 1}[b.(bool)]
	case *expr.Decimal:
		return a.Cmp(b.(*expr.Decimal))
	case trellis.ID:
		return slices.Compare(a[:], func() []byte { id := b.(trellis.ID); return id[:] }())
	case time.Time:
		return a.Compare(b.(time.Time))
	case expr.Date:
		return a.Time().Compare(b.(expr.Date).Time())
	case expr.TimeOfDay:
		return cmp.Compare(a, b.(expr.TimeOfDay))
	case time.Duration:
		return cmp.Compare(a, b.(time.Duration))
	}
	panic(fmt.Sprintf("values of %T have no order here", a))
}

// same compares answers; text that is a number equals the same number.
func same(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k := range x {
			if !same(x[k], y[k]) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, same)
	case string:
		y, ok := b.(string)
		if !ok || x == y {
			return ok
		}
		p, ok := new(big.Rat).SetString(x)
		q, ok2 := new(big.Rat).SetString(y)
		return ok && ok2 && p.Cmp(q) == 0
	}
	return a == b
}
