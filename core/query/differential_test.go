package query

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
	"github.com/trellishq/trellis/policy/policytest"
)

// The differential test: for random policy sets, the records that SQL selects
// under a grant, and the fields it shows, are those that casbin allows one by
// one. To try more than a CI run does: go test ./core/query -run Differential
// -policy-sets 50000 -policy-seed 7.
var (
	policySets = flag.Int("policy-sets", 2000, "random policy sets put to SQL and casbin")
	policySeed = flag.Uint64("policy-seed", 0, "first seed")
)

const testedDeals = 50

// lab is the universe of random sets in a database.
type lab struct {
	db       *pgxpool.Pool
	universe *policytest.Universe
	deals    []*policytest.Record
}

func newLab(t *testing.T) *lab {
	t.Helper()
	u, err := policytest.NewUniverse(1, testedDeals)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{db: pgtest.New(t), universe: u}
	for _, r := range u.Records {
		if r.Object == policytest.Tested {
			l.deals = append(l.deals, r)
		}
	}
	def := &metadata.Definition{Objects: u.Objects}
	metadata.Normalize(def, nil)
	createTables(t, l.db, def)
	insertRecords(t, l.db, metadata.New(def, 1), u.Records)
	// The product's columns sort by C. Here they sort as people do, so that a
	// comparison that forgets its collation is seen.
	for _, column := range []string{"code", "name"} {
		execSQL(t, l.db, `ALTER TABLE ws_lab.deal ALTER COLUMN `+column+` TYPE text COLLATE "und-x-icu"`)
	}
	return l
}

func execSQL(t testing.TB, db *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func createTables(t testing.TB, db *pgxpool.Pool, def *metadata.Definition) {
	t.Helper()
	before, _ := ddl.Base("ws_lab")
	plan, err := ddl.Make(nil, def, "ws_lab")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range append(before, plan.Steps...) {
		execSQL(t, db, s.SQL)
	}
}

func insertRecords(t testing.TB, db *pgxpool.Pool, s *metadata.Snapshot, records []*policytest.Record) {
	t.Helper()
	space := &Space{Schema: "ws_lab", Snapshot: s}
	for _, r := range records {
		o := s.Lookup(r.Object)
		b := &builder{}
		b.text("INSERT INTO " + space.TableName(o) + " (id")
		var bound []any
		add := func(column string, v any) {
			b.text(", ")
			b.ident(column)
			bound = append(bound, Param(v))
		}
		for _, f := range o.All {
			if f.Name == "id" {
				continue
			}
			for i, v := range metadata.Split(f, r.Values[f.Name]) {
				if v != nil {
					add(f.Part(i).Name, v)
				}
			}
		}
		b.text(") VALUES ($1")
		for i := range bound {
			b.text(fmt.Sprintf(", $%d", i+2))
		}
		b.text(")")
		execSQL(t, db, string(b.buf), append([]any{[16]byte(r.ID)}, bound...)...)
	}
}

// asked is a policy set with what casbin answers.
type asked struct {
	set    *policytest.Set
	world  *policytest.World
	who    *policy.Principal
	grant  *policy.Grant
	caller *Caller
	fields []string
	// rows and shown: allowed records, and per field those that show it.
	rows  map[trellis.ID]bool
	shown map[string]map[trellis.ID]bool
}

// ask puts a set to casbin, record by record.
func (l *lab) ask(t *testing.T, s *policytest.Set, fields []string) *asked {
	t.Helper()
	w, p, err := s.World(l.universe)
	if err != nil {
		t.Fatalf("%v\n%s", err, s)
	}
	a := &asked{set: s, world: w, who: p, fields: fields, rows: map[trellis.ID]bool{}, shown: map[string]map[trellis.ID]bool{}}
	a.caller = &Caller{Principal: p, Policy: w.Engine, Vars: p.Vars(w.Now)}
	if a.grant, err = w.Engine.Grant(t.Context(), p, policytest.Tested, metadata.ActionRead); err != nil {
		t.Fatalf("%v\n%s", err, s)
	}
	a.enforce(t, l.deals, metadata.ActionRead)
	return a
}

func (a *asked) enforce(t *testing.T, records []*policytest.Record, action metadata.Action) {
	t.Helper()
	linked := a.world.Linked()
	for _, f := range a.fields {
		a.shown[f] = map[trellis.ID]bool{}
	}
	for _, r := range records {
		ok, err := a.world.Engine.Enforce(a.who, r.Object, action, linked[r.ID], a.world.Now)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			a.rows[r.ID] = true
		}
		for _, f := range a.fields {
			if ok, err = a.world.Engine.EnforceField(a.who, r.Object, action, f, linked[r.ID], a.world.Now); err != nil {
				t.Fatal(err)
			} else if ok {
				a.shown[f][r.ID] = true
			}
		}
	}
}

// rendering says how the grant becomes SQL: the product's own way, or one that
// was broken on purpose.
type rendering struct {
	name string
	// rows gives the predicate of the grant; nil takes Grant.Rows.
	rows func(g *policy.Grant, v *expr.Vars) expr.Pred
	// leaf changes nodes of the predicate, from the leaves up; nil leaves them.
	leaf func(p expr.Pred) expr.Pred
	// sql changes the statement; nil leaves it.
	sql func(sql string, args []any) (string, []any)
	// whole shows fields without their rule.
	whole bool
}

// statement selects the id of every allowed record, and per field its value and
// what the caller sees of it, as text.
func (r rendering) statement(a *asked) (string, []any, error) {
	b := &builder{}
	space := &Space{Schema: "ws_lab", Snapshot: a.world.Snapshot}
	c := &compiler{ctx: context.Background(), space: space, caller: a.caller, grants: map[string]*policy.Grant{}}
	rd := renderer{builder: b, c: c}
	s := scope{alias: "t", object: a.grant.Object(), grant: a.grant}
	b.text("SELECT t.id")
	for _, name := range a.fields {
		f := s.object.Field(name)
		b.text(", t." + Ident(f.PartColumn(expr.Whole)) + "::text, ")
		switch {
		case a.grant.Field(name).Mode == policy.Never:
			if err := rd.column(s, f, ""); trellis.CodeOf(err) != trellis.CodeInvalidInput {
				return "", nil, fmt.Errorf("a field that is never shown answers %v", err)
			}
			b.text("NULL")
		case r.whole:
			b.text("t." + Ident(f.PartColumn(expr.Whole)) + "::text")
		default:
			if err := rd.column(s, f, ""); err != nil {
				return "", nil, err
			}
			b.text("::text")
		}
	}
	b.text(" FROM " + space.TableName(s.object) + " t WHERE TRUE")
	if err := r.where(&rd, s, a); err != nil {
		return "", nil, err
	}
	sql, args := string(b.buf), b.args
	if r.sql != nil {
		sql, args = r.sql(sql, args)
	}
	return sql, args, nil
}

func (r rendering) where(rd *renderer, s scope, a *asked) error {
	if r.rows == nil && r.leaf == nil {
		return rd.andRows(s)
	}
	rows := a.grant.Rows(a.caller.Vars)
	if r.rows != nil {
		rows = r.rows(a.grant, a.caller.Vars)
	}
	if r.leaf != nil {
		rows = mapPred(rows, r.leaf)
	}
	rd.text(" AND ")
	return rd.trusted(s, rows)
}

// failed begins what differs says when the statement could not be run.
const failed = "failed: "

// differs runs the statement and compares it with casbin; "" when they agree.
func (r rendering) differs(ctx context.Context, db DB, a *asked) string {
	sql, args, err := r.statement(a)
	if err != nil {
		return failed + err.Error()
	}
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Sprintf("%s%v in %s", failed, err, sql)
	}
	defer rows.Close()
	got, problem := 0, ""
	var id pgtype.UUID
	values := make([]*string, 2*len(a.fields))
	into := []any{&id}
	for i := range values {
		into = append(into, &values[i])
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return failed + err.Error()
		}
		got++
		if !a.rows[id.Bytes] {
			problem = fmt.Sprintf("SQL selects %s, casbin denies it", trellis.ID(id.Bytes))
		}
		for i, f := range a.fields {
			real, seen := values[2*i], values[2*i+1]
			if shown := a.shown[f][id.Bytes]; real != nil && shown != (seen != nil) || seen != nil && *seen != *real {
				problem = fmt.Sprintf("%s of %s: shown is %v, casbin says %v", f, trellis.ID(id.Bytes), seen != nil, shown)
			}
		}
	}
	switch {
	case rows.Err() != nil:
		return fmt.Sprintf("%s%v in %s", failed, rows.Err(), sql)
	case problem == "" && got != len(a.rows):
		problem = fmt.Sprintf("SQL selects %d records, casbin allows %d", got, len(a.rows))
	}
	if problem != "" {
		problem += "\n" + sql
	}
	return problem
}

// watched takes two fields a set in turn.
func watched(seed uint64) []string {
	i := int(seed % 3)
	return policytest.Watched[i : i+2]
}

func TestDifferential(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var sum tally
	t.Run("sets", func(t *testing.T) {
		const workers = 4
		for worker := range uint64(workers) {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for seed := *policySeed + worker; seed < *policySeed+uint64(*policySets); seed += workers {
					l.try(t, seed, &sum)
				}
			})
		}
	})
	sum.check(t)
}

func (l *lab) try(t *testing.T, seed uint64, sum *tally) {
	s := policytest.NewSet(seed)
	a := l.ask(t, s, watched(seed))
	sum.add(a)
	for _, r := range []rendering{{}, byArms} {
		if r.differs(t.Context(), l.db, a) == "" {
			continue
		}
		differs := func(s *policytest.Set) string { return r.differs(t.Context(), l.db, l.ask(t, s, watched(seed))) }
		s = s.Shrink(func(s *policytest.Set) bool { return differs(s) != "" })
		t.Fatalf("%s\n%s", differs(s), s)
	}
}

// byArms unites the alternatives of a grant, each with the denials, as plans do
// that read every alternative by its own index.
var byArms = rendering{name: "by arms", rows: func(g *policy.Grant, v *expr.Vars) expr.Pred {
	allow, rest := g.Arms(v)
	var united expr.Or
	for _, arm := range allow {
		united = append(united, expr.And{arm, rest})
	}
	return united
}}

// tally says what the sets were like: a test that only meets all or nothing,
// or never a certain node, proves little.
type tally struct {
	mu            sync.Mutex
	sets, partial int
	fields        map[policy.Mode]int
	rules         map[string]int // rows of the mapping table in rules written
	nodes         map[string]int // nodes rendered
}

func (s *tally) add(a *asked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rules == nil {
		s.rules, s.nodes, s.fields = map[string]int{}, map[string]int{}, map[policy.Mode]int{}
	}
	s.sets++
	if n := len(a.rows); n > 0 && n < testedDeals {
		s.partial++
	}
	for _, f := range a.fields {
		s.fields[a.grant.Field(f).Mode]++
	}
	a.set.Count(s.rules)
	mapPred(a.grant.Rows(a.caller.Vars), func(p expr.Pred) expr.Pred {
		s.nodes[nodeName(p)]++
		return p
	})
}

func (s *tally) check(t *testing.T) {
	if s.sets < 1000 { // too few to judge
		return
	}
	if s.partial*4 < s.sets {
		t.Errorf("only %d of %d sets are neither all nor nothing", s.partial, s.sets)
	}
	for _, row := range policytest.MappingRows() {
		if s.rules[row] < s.sets/2 {
			t.Errorf("the row %q of the mapping table was in %d rules of %d sets: too few", row, s.rules[row], s.sets)
		}
	}
	for _, node := range nodeNames {
		if s.nodes[node] < s.sets/40 {
			t.Errorf("the node %s was rendered %d times in %d sets: too few", node, s.nodes[node], s.sets)
		}
	}
	for _, m := range []policy.Mode{policy.Never, policy.When, policy.Plain} {
		if s.fields[m] < s.sets/10 {
			t.Errorf("%d fields were %s", s.fields[m], m)
		}
	}
	t.Logf("%d sets, %d partial, fields %v, rules %v, nodes %v", s.sets, s.partial, s.fields, s.rules, s.nodes)
}

// TestTablesInSQL puts the decision tables to SQL: every case reads, and
// compares rows as its action grants them.
func TestTablesInSQL(t *testing.T) {
	t.Parallel()
	tables, err := policytest.Tables(os.DirFS("../../policy/testdata"))
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		t.Run(table.File, func(t *testing.T) {
			t.Parallel()
			db, w := pgtest.New(t), table.World
			createTables(t, db, w.Snapshot.Definition())
			insertRecords(t, db, w.Snapshot, parentsFirst(w))
			for _, c := range table.Cases {
				a := &asked{world: w, who: w.Principals[c.Who], rows: map[trellis.ID]bool{}, shown: map[string]map[trellis.ID]bool{}}
				a.caller = &Caller{Principal: a.who, Policy: w.Engine, Vars: a.who.Vars(w.Now)}
				if a.grant, err = w.Engine.Grant(t.Context(), a.who, c.Object, c.Do); err != nil {
					t.Fatal(err)
				}
				for _, name := range c.Rows {
					a.rows[policytest.IDOf(name)] = true
				}
				for f, in := range c.Fields {
					a.fields = append(a.fields, f)
					a.shown[f] = map[trellis.ID]bool{}
					for _, name := range in {
						a.shown[f][policytest.IDOf(name)] = true
					}
				}
				if problem := (rendering{}).differs(t.Context(), db, a); problem != "" {
					t.Errorf("%s: %s", c.Name, problem)
				}
			}
		})
	}
}

// parentsFirst orders records so that foreign keys find their targets.
func parentsFirst(w *policytest.World) []*policytest.Record {
	byID := map[trellis.ID]*policytest.Record{}
	for _, r := range w.Records {
		byID[r.ID] = r
	}
	var out []*policytest.Record
	var visit func(r *policytest.Record)
	visit = func(r *policytest.Record) {
		if slices.Contains(out, r) {
			return
		}
		for _, v := range r.Values {
			if id, ok := v.(trellis.ID); ok && byID[id] != nil && id != r.ID {
				visit(byID[id])
			}
		}
		out = append(out, r)
	}
	for _, r := range w.Records {
		visit(r)
	}
	return out
}
