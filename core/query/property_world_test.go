package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
	"github.com/trellishq/trellis/policy/policytest"
)

// The property test puts random query trees to SQL and to an evaluation in
// memory, which knows nothing of SQL: records, what a caller sees of them, and
// the meaning of each part of a tree.

// treeObjects are firms, their deals, and deals that are parts of deals.
func treeObjects() []*metadata.Object {
	field := func(name string, kind metadata.Kind) *metadata.Field {
		return &metadata.Field{Name: name, Kind: kind}
	}
	text := func(name string) *metadata.Field {
		return &metadata.Field{Name: name, Kind: metadata.KindText, Searchable: true}
	}
	stage := &metadata.Field{Name: "stage", Kind: metadata.KindSelect, Options: []*metadata.Option{{Name: "open"}, {Name: "won"}, {Name: "lost"}}}
	return append(metadata.SystemObjects(),
		&metadata.Object{Name: "firm", Plural: "firms", Unowned: true, Fields: []*metadata.Field{
			text("code"), text("note"), field("rank", metadata.KindInteger), field("limit", metadata.KindCurrency), field("since", metadata.KindDate),
		}},
		&metadata.Object{Name: "deal", Plural: "deals", Unowned: true, Fields: []*metadata.Field{
			text("code"), text("note"), field("size", metadata.KindInteger), field("price", metadata.KindDecimal), field("total", metadata.KindCurrency),
			field("active", metadata.KindBoolean), field("due", metadata.KindDate), field("seen", metadata.KindDateTime), stage,
			field("share", metadata.KindPercent), field("stars", metadata.KindRating), field("took", metadata.KindDuration), field("at", metadata.KindTime),
			{Name: "firm", Kind: metadata.KindLookup, Target: "firm", Inverse: "deals"},
			{Name: "whole", Kind: metadata.KindLookup, Target: "deal", Inverse: "parts"},
		}},
	)
}

var (
	treeCodes = []string{"ada", "bob", "cay", "dan", "eve"} // in an order that is the same everywhere
	treeNotes = []string{"a", "aB", "50%", "a_b", `a\b`, "华为科技", "科技有限公司", "北京 华为", "Ab cd", "É"}
	treeDays  = []string{"2025-12-31", "2026-01-01", "2026-02-28", "2026-03-30", "2026-04-01"}
	treeNow   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// forest is the records, in a database and in memory.
type forest struct {
	db       *pgxpool.Pool
	def      *metadata.Definition
	snapshot *metadata.Snapshot
	records  []*policytest.Record
	linked   map[trellis.ID]expr.MapRecord // as the system sees them
}

func newForest(t *testing.T) *forest {
	t.Helper()
	def := &metadata.Definition{Objects: treeObjects()}
	w, err := policytest.NewWorld(def, treeNow)
	if err != nil {
		t.Fatal(err)
	}
	f := &forest{db: pgtest.New(t), def: def, snapshot: w.Snapshot}
	rnd := rand.New(rand.NewPCG(7, 7))
	for i := range 12 {
		f.add(w, rnd, "firm", i)
	}
	for i := range 60 {
		f.add(w, rnd, "deal", i)
	}
	w.Records = f.records
	f.linked = w.Linked()
	createTables(t, f.db, def)
	insertRecords(t, f.db, f.snapshot, f.records)
	return f
}

func (f *forest) add(w *policytest.World, rnd *rand.Rand, object string, i int) {
	name := fmt.Sprintf("%s%d", object, i)
	r := &policytest.Record{Name: name, Object: object, ID: policytest.IDOf(name), Values: map[string]any{}, Trashed: rnd.IntN(8) == 0}
	r.Values["createdAt"] = treeNow.Add(time.Duration(rnd.IntN(5)) * time.Hour) // ties
	for _, field := range f.snapshot.Lookup(object).Fields {
		if rnd.IntN(5) == 0 {
			continue
		}
		if v := treeValue(rnd, field, i); v != nil {
			r.Values[field.Name] = v
		}
	}
	w.Complete(r)
	f.records = append(f.records, r)
}

// treeValue is a value from a small pool, so that records are often equal.
func treeValue(rnd *rand.Rand, f *metadata.Field, before int) any {
	of := func(v any, err error) any {
		if err != nil {
			panic(err)
		}
		return v
	}
	switch f.Kind {
	case metadata.KindInteger, metadata.KindRating:
		return int64(1 + rnd.IntN(4))
	case metadata.KindDecimal, metadata.KindPercent:
		return expr.MustDecimal([]string{"-1.50", "0.25", "2.00", "10.00"}[rnd.IntN(4)])
	case metadata.KindCurrency:
		return expr.Money{Amount: expr.MustDecimal([]string{"1.00", "2.50", "7.25"}[rnd.IntN(3)]), Currency: []string{"EUR", "EUR", "EUR", "CNY"}[rnd.IntN(4)]}
	case metadata.KindBoolean:
		return rnd.IntN(2) == 0
	case metadata.KindDate:
		return of(expr.ParseDate(treeDays[rnd.IntN(len(treeDays))]))
	case metadata.KindDateTime:
		return of(time.Parse(time.RFC3339, treeDays[rnd.IntN(len(treeDays))]+[]string{"T15:30:00Z", "T16:00:00Z"}[rnd.IntN(2)]))
	case metadata.KindDuration, metadata.KindTime:
		return of(f.Coerce(map[metadata.Kind][]string{metadata.KindDuration: {"PT1H", "PT90M", "P2D"}, metadata.KindTime: {"08:00:00", "12:30:00"}}[f.Kind][rnd.IntN(2)]))
	case metadata.KindSelect:
		return []string{"open", "won", "lost"}[rnd.IntN(3)]
	case metadata.KindLookup:
		n := map[string]int{"firm": 12, "deal": before}[f.Target]
		if n == 0 {
			return nil
		}
		return policytest.IDOf(fmt.Sprintf("%s%d", f.Target, rnd.IntN(n)))
	}
	if f.Name == "note" {
		return treeNotes[rnd.IntN(len(treeNotes))]
	}
	return treeCodes[rnd.IntN(len(treeCodes))]
}

// treeRules are conditions that random policies take.
var treeRules = map[string][]string{
	"firm": {"", "", "record.rank < 4", `record.code != "bob"`, `record.limit.currency == "EUR" || record.rank > 1`},
	"deal": {"", "", "record.size > 1", "record.active == true", "record.firm.rank < 4", `record.stage != "lost"`, `record.code in ["ada", "bob", "cay"]`, `record.whole == null || record.stars > 1`},
}

// viewer is a caller with random policies, and what each record is for it.
type viewer struct {
	f      *forest
	caller *Caller
	grants map[string]*policy.Grant // to read
	sums   map[string]*policy.Grant // to aggregate
	seen   map[string][]*sight      // live records that may be read, by object
	byID   map[trellis.ID]*sight
}

// sight is a record as a viewer sees it. also narrows it to what may be
// aggregated.
type sight struct {
	v      *viewer
	id     trellis.ID
	object string
	also   *policy.Grant
}

var _ expr.ManyRecord = (*sight)(nil)

func newViewer(t *testing.T, f *forest, rnd *rand.Rand) *viewer {
	t.Helper()
	def := &metadata.Definition{Objects: treeObjects(), Roles: []*metadata.Role{{Name: "r"}}}
	add := func(object string, action metadata.Action, effect metadata.Effect) {
		p := &metadata.Policy{Name: fmt.Sprintf("p%d", len(def.Policies)), Role: "r", Object: object, Effect: effect, Actions: []metadata.Action{action},
			Rule: treeRules[object][rnd.IntN(len(treeRules[object]))]}
		if effect == metadata.Allow && rnd.IntN(2) == 0 {
			for _, field := range f.snapshot.Lookup(object).Fields {
				if rnd.IntN(3) > 0 {
					p.ReadFields = append(p.ReadFields, field.Name)
				}
			}
		}
		if effect == metadata.Deny && p.Rule == "" {
			return
		}
		def.Policies = append(def.Policies, p)
	}
	for object := range treeRules {
		for range 1 + rnd.IntN(2) {
			add(object, metadata.ActionRead, metadata.Allow)
			add(object, metadata.ActionAggregate, metadata.Allow)
		}
		if rnd.IntN(4) == 0 {
			add(object, metadata.ActionRead, metadata.Deny)
		}
	}
	w, err := policytest.NewWorld(def, treeNow)
	if err != nil {
		t.Fatal(err)
	}
	p := w.AddPrincipal("someone", []string{"r"}, nil, nil)
	v := &viewer{f: f, caller: &Caller{Principal: p, Policy: w.Engine, Vars: p.Vars(treeNow)}, grants: map[string]*policy.Grant{}, sums: map[string]*policy.Grant{},
		seen: map[string][]*sight{}, byID: map[trellis.ID]*sight{}}
	v.f.snapshot = w.Snapshot
	for object := range treeRules {
		for action, into := range map[metadata.Action]map[string]*policy.Grant{metadata.ActionRead: v.grants, metadata.ActionAggregate: v.sums} {
			if into[object], err = w.Engine.Grant(t.Context(), p, object, action); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, r := range f.records {
		if !r.Trashed && v.grants[r.Object].Allows(f.linked[r.ID], v.caller.Vars) {
			s := &sight{v: v, id: r.ID, object: r.Object}
			v.seen[r.Object], v.byID[r.ID] = append(v.seen[r.Object], s), s
		}
	}
	return v
}

// shows says that a field of a record is shown.
func (s *sight) shows(field string) bool {
	raw, vars := s.v.f.linked[s.id], s.v.caller.Vars
	return s.v.grants[s.object].Field(field).Holds(raw, vars) && (s.also == nil || s.also.Field(field).Holds(raw, vars))
}

func (s *sight) Get(field string) (any, bool) {
	if !s.shows(field) {
		return nil, true
	}
	return s.v.f.linked[s.id].Get(field)
}

func (s *sight) Hop(lookup string) expr.Record {
	if to := s.to(lookup); to != nil {
		return to
	}
	return nil
}

func (s *sight) to(lookup string) *sight {
	id, _ := s.Get(lookup)
	if id, ok := id.(trellis.ID); ok {
		return s.v.byID[id]
	}
	return nil
}

func (s *sight) Many(relation string) ([]expr.Record, bool) {
	var out []expr.Record
	for _, x := range s.many(relation) {
		out = append(out, x)
	}
	return out, true
}

func (s *sight) many(relation string) []*sight {
	rel := s.v.f.snapshot.Lookup(s.object).Relation(relation)
	return slices.DeleteFunc(slices.Clone(s.v.seen[rel.Object]), func(x *sight) bool {
		id, _ := x.Get(rel.Field.Name)
		return id != s.id
	})
}

// shown are the fields of an object that a viewer sees in some record.
func (v *viewer) shown(object string, fits func(*metadata.Field) bool) []*metadata.Field {
	var out []*metadata.Field
	for _, f := range v.f.snapshot.Lookup(object).Fields {
		if v.grants[object].Field(f.Name).Mode >= policy.When && fits(f) {
			out = append(out, f)
		}
	}
	return out
}
