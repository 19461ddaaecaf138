package query

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// Each formula in testdata/formulas.txt with the SQL it becomes: the kind of its
// result, "|" and the text, then the SQL, indented. -update writes the SQL anew.
func TestFormulaSQL(t *testing.T) {
	t.Parallel()
	const file = "testdata/formulas.txt"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	formulas := 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "\t") || strings.TrimSpace(line) == "" {
			continue
		}
		got.WriteString(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		kind, text, _ := strings.Cut(strings.TrimSpace(line), " | ")
		got.WriteString("\t" + formulaSQL(t, metadata.Kind(kind), text) + "\n")
		formulas++
	}
	if formulas < 40 {
		t.Errorf("there are %d formulas", formulas)
	}
	if *updateFormulas {
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if got.String() != string(data) {
		t.Errorf("%s differs; run with -update-formulas and read the difference\n%s", file, got.String())
	}
}

// formulaSQL is what a formula of a deal, or with a line in front a roll-up's
// condition, becomes when it is read.
func formulaSQL(t *testing.T, kind metadata.Kind, text string) string {
	t.Helper()
	f := &metadata.Field{Name: "f", Kind: metadata.KindFormula, Result: kind, Formula: text, Column: "f"}
	if kind == metadata.KindRollUp {
		fn, where, _ := strings.Cut(text, " where ")
		name, field, _ := strings.Cut(fn, " ")
		f = &metadata.Field{Name: "f", Kind: kind, RollUp: &metadata.RollUp{Relation: "lines", Function: expr.Aggregate(name), Field: field, Where: where}, Column: "f"}
	}
	def := &metadata.Definition{Objects: []*metadata.Object{
		{Name: "deal", Plural: "deals", Fields: []*metadata.Field{
			{Name: "name", Kind: metadata.KindText}, {Name: "size", Kind: metadata.KindInteger}, {Name: "price", Kind: metadata.KindDecimal},
			{Name: "total", Kind: metadata.KindCurrency}, {Name: "hot", Kind: metadata.KindBoolean}, {Name: "due", Kind: metadata.KindDate},
			{Name: "seen", Kind: metadata.KindDateTime}, {Name: "dealer", Kind: metadata.KindLookup, Target: "dealer"},
			{Name: "late", Kind: metadata.KindFormula, Result: metadata.KindBoolean, Formula: "record.due < today"}, f,
		}},
		{Name: "dealer", Plural: "dealers", Fields: []*metadata.Field{{Name: "code", Kind: metadata.KindText}, {Name: "rank", Kind: metadata.KindInteger}}},
		{Name: "line", Plural: "lines", Fields: []*metadata.Field{
			{Name: "deal", Kind: metadata.KindLookup, Target: "deal", Inverse: "lines"}, {Name: "qty", Kind: metadata.KindInteger},
			{Name: "net", Kind: metadata.KindDecimal}, {Name: "paid", Kind: metadata.KindCurrency}, {Name: "day", Kind: metadata.KindDate},
		}},
	}}
	metadata.Normalize(def, nil)
	if errs := metadata.Validate(def); errs != nil {
		return "problem: " + errs[0].Message
	}
	s := metadata.New(def, 1)
	o := s.Lookup("deal")
	shown := *o.Field("f")
	shown.Computed = metadata.AtRead
	b := &builder{}
	c := &compiler{ctx: context.Background(), space: &Space{Schema: "ws", Snapshot: s}, grants: map[string]*policy.Grant{},
		caller: &Caller{Vars: &expr.Vars{Now: time.Date(2026, 5, 17, 12, 0, 0, 0, mustZone("Asia/Shanghai"))}}}
	rd := renderer{builder: b, c: c}
	var all []string
	for _, p := range shown.ValueParts() {
		sql, err := b.capture(func() error { return rd.column(scope{alias: "t", object: o}, &shown, p.Name) })
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all = append(all, sql)
	}
	return strings.Join(all, "\n\t")
}
