package query

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
	"github.com/trellishq/trellis/policy/policytest"
)

// The differential test of formulas: for random ones and the records of the lab,
// what SQL computes by the term is what CEL computes in process, null where it
// fails. More than a CI run does: go test ./core/query -run Formulas -formulas 50000.
var (
	formulas       = flag.Int("formulas", 2400, "random formulas put to SQL and CEL")
	updateFormulas = flag.Bool("update-formulas", false, "write the SQL in testdata/formulas.txt anew")
	formulaSeed    = flag.Uint64("formula-seed", 1, "seed of the formulas")
)

const formulasAtOnce = 20

// momentOf is a moment of the request; the zones differ.
func momentOf(n int) time.Time {
	now := time.Date(2026, 5, 17, 23, 30, 0, 123456789, time.UTC)
	switch n % 4 {
	case 1:
		return now.In(mustZone("Asia/Shanghai"))
	case 2:
		return now.In(mustZone("America/New_York"))
	case 3:
		return now.In(time.FixedZone("", -(9*3600 + 1800)))
	}
	return now
}

func mustZone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

func TestFormulasInSQL(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, column := range []string{"deal.stage", "deal.total_code", "dealer.code", "country.code"} { // as newLab did with others
		table, name, _ := strings.Cut(column, ".")
		execSQL(t, l.db, "ALTER TABLE ws_lab."+table+" ALTER COLUMN "+name+` TYPE text COLLATE "und-x-icu"`)
	}
	def := &metadata.Definition{Objects: l.universe.Objects}
	metadata.Normalize(def, nil)
	s := metadata.New(def, 1)
	world, _, err := policytest.NewSet(1).World(l.universe)
	if err != nil {
		t.Fatal(err)
	}
	g := &formulaGen{rnd: rand.New(rand.NewPCG(*formulaSeed, 9)), hits: map[string]int{}}
	types := []expr.Type{expr.IntType, expr.DecimalType, expr.TextType, expr.BoolType, expr.DateType, expr.TimestampType, expr.DurationType}
	refused, values, nulls := 0, 0, 0
	for n := 0; n < *formulas; n += formulasAtOnce {
		var rules []*expr.Rule
		var of []expr.Type
		for len(rules) < formulasAtOnce {
			typ := types[g.rnd.IntN(len(types))]
			src := g.formula(typ, 1+g.rnd.IntN(3))
			r, err := s.Exprs().CompileValue(policytest.Tested, src, expr.Formula, typ)
			if err != nil {
				if refused++; refused < 5 {
					t.Logf("%s: %v", src, err)
				}
				continue
			}
			rules, of = append(rules, r), append(of, typ)
		}
		v, z := l.agree(t, s, world.Linked(), rules, of, momentOf(n/formulasAtOnce))
		values, nulls = values+v, nulls+z
	}
	if refused > *formulas/8 {
		t.Errorf("%d formulas were refused", refused)
	}
	if nulls*10 > values*7 {
		t.Errorf("%d of %d values are null", nulls, values)
	}
	for _, name := range knownFunctions {
		if g.hits[name] < *formulas/300 {
			t.Errorf("%s was used %d times", name, g.hits[name])
		}
	}
	t.Logf("%d formulas, %d refused, %d values, %d null, %v", *formulas, refused, values, nulls, g.hits)
}

// agree computes formulas for every record of the lab in both ways.
func (l *lab) agree(t *testing.T, s *metadata.Snapshot, records map[trellis.ID]expr.MapRecord, rules []*expr.Rule, of []expr.Type, now time.Time) (values, nulls int) {
	t.Helper()
	vars := expr.Vars{Now: now}
	b := &builder{}
	c := &compiler{ctx: context.Background(), space: &Space{Schema: "ws_lab", Snapshot: s}, caller: &Caller{Vars: &vars}, grants: map[string]*policy.Grant{}}
	o := s.Lookup(policytest.Tested)
	rd := renderer{builder: b, c: c, scopes: []scope{{alias: "t", object: o}}}
	b.text("SELECT t.id")
	terms := make([]expr.Term, len(rules))
	for i, r := range rules {
		term, err := r.Term(vars)
		if err != nil {
			t.Fatal(err)
		}
		terms[i] = term
		b.text(", ")
		if err := rd.term(term); err != nil {
			t.Fatalf("%s: %v", r.Source(), err)
		}
		b.text("::" + sqlType(of[i]))
	}
	b.text(" FROM " + c.space.TableName(o) + " t")
	rows, err := l.db.Query(t.Context(), string(b.buf), b.args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, b.buf)
	}
	defer rows.Close()
	for rows.Next() {
		raw := rows.RawValues()
		id := trellis.ID(raw[0])
		vars.Record = records[id]
		for i, r := range rules {
			want, err := r.Value(t.Context(), vars)
			if err != nil {
				t.Fatal(err)
			}
			got, err := decodeValue(codecOf(of[i]), raw[i+1])
			if err != nil {
				t.Fatal(err)
			}
			if !equalValues(want, got) {
				t.Fatalf("%s of %s at %s\nin process %s\nin SQL     %s", r.Source(), id, now, show(want), show(got))
			}
			if oracle := expr.ValueOf(terms[i], []expr.Record{vars.Record}); !equalValues(want, oracle) {
				t.Fatalf("%s of %s at %s\nin process %s\nby its term %s", r.Source(), id, now, show(want), show(oracle))
			}
			values++
			if want == nil {
				nulls++
			}
		}
	}
	if err := rows.Err(); err != nil {
		sources := ""
		for _, r := range rules {
			sources += "\n" + r.Source()
		}
		t.Fatalf("%v\n%s%s", err, b.buf, sources)
	}
	return values, nulls
}

func equalValues(a, b any) bool {
	switch a := a.(type) {
	case *expr.Decimal:
		d, ok := b.(*expr.Decimal)
		return ok && a.Cmp(d) == 0
	case time.Time:
		u, ok := b.(time.Time)
		return ok && a.Equal(u)
	}
	return a == b
}

func show(v any) string {
	if d, ok := v.(*expr.Decimal); ok {
		return d.Text('f')
	}
	return fmt.Sprintf("%v", v)
}
