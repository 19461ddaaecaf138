package query

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
	"github.com/trellishq/trellis/policy/policytest"
)

// FuzzRuleToStatement: whatever compiles as a row rule is a statement that
// Postgres prepares and runs without an error, for the rule and its negation,
// and that names values by parameters alone.
func FuzzRuleToStatement(f *testing.F) {
	u, err := policytest.NewUniverse(1, 20)
	if err != nil {
		f.Fatal(err)
	}
	def := &metadata.Definition{Objects: u.Objects}
	metadata.Normalize(def, nil)
	db, snapshot := pgtest.New(f), metadata.New(def, 1)
	createTables(f, db, def)
	insertRecords(f, db, snapshot, u.Records)
	for seed := range uint64(20) {
		for _, rule := range policytest.NewSet(seed).Rules() {
			f.Add(rule)
		}
	}
	for _, rule := range []string{
		"", "true", "record.code == 'x\"; DROP TABLE deal; --'", `record.code == "\u0000"`, `record.code.startsWith("\\%_")`,
		"record.size + 9223372036854775807 > 0", "record.size / 0 == 1", "record.parent.parent.parent.code == 'a'",
		"record.seen - now > duration('1h')", "user.teams.all(t, user.teams.exists(s, s == t))", "record.price == dec('1e999')",
		"record.code in []", "null == null", "record.owner.manager.name != null", "record == null", "record.total == null", "-record.size < 0",
	} {
		f.Add(rule)
	}
	exprs, space := expr.New(snapshot), &Space{Schema: "ws_lab", Snapshot: snapshot}
	p := &policy.Principal{Kind: policy.KindUser, ID: policytest.IDOf("u1"), User: &policy.UserFacts{ID: policytest.IDOf("u1"), Teams: []trellis.ID{policytest.IDOf("t1")}}}
	vars := p.Vars(u.Now)
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := exprs.Compile(policytest.Tested, text, expr.Row)
		if err != nil {
			return
		}
		for _, make := range []func(expr.Vars) (expr.Pred, error){rule.Predicate, rule.Negation} {
			pred, err := make(*vars)
			if err != nil {
				continue
			}
			b := &builder{}
			rd := renderer{builder: b, c: &compiler{ctx: t.Context(), space: space, caller: &Caller{Vars: vars}}}
			b.text(`SELECT t."id" FROM "ws_lab"."deal" t WHERE `)
			if err := rd.trusted(scope{alias: "t", object: snapshot.Lookup(policytest.Tested)}, pred); err != nil {
				t.Fatalf("%q cannot be rendered: %v", text, err)
			}
			if strings.ContainsAny(string(b.buf), ";\x00") || strings.Contains(string(b.buf), "--") {
				t.Fatalf("%q puts a value into the statement: %s", text, b.buf)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if _, err := db.Exec(ctx, string(b.buf), b.args...); err != nil {
				t.Fatalf("%q fails: %v\n%s %v", text, err, b.buf, b.args)
			}
		}
	})
}
