package query

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
	"github.com/trellishq/trellis/policy/policytest"
)

// mapPred rebuilds a tree from the leaves up.
func mapPred(p expr.Pred, f func(expr.Pred) expr.Pred) expr.Pred {
	switch q := p.(type) {
	case expr.And:
		out := make(expr.And, len(q))
		for i, part := range q {
			out[i] = mapPred(part, f)
		}
		p = out
	case expr.Or:
		out := make(expr.Or, len(q))
		for i, part := range q {
			out[i] = mapPred(part, f)
		}
		p = out
	case expr.Hop:
		q.Cond = mapPred(q.Cond, f)
		p = q
	}
	return f(p)
}

var (
	opNames    = map[expr.Op]string{expr.Eq: "=", expr.Ne: "<>", expr.Lt: "<", expr.Le: "<=", expr.Gt: ">", expr.Ge: ">="}
	matchNames = map[expr.MatchKind]string{expr.Prefix: "prefix", expr.Suffix: "suffix", expr.Substring: "substring"}
	// nodeNames are the nodes that rules yield; Contains needs a list field, Some
	// comes from users' filters alone.
	nodeNames = []string{
		"=", "<>", "<", "<=", ">", ">=", "text <", "null", "not null", "truth", "not truth", "in", "not in",
		"prefix", "not prefix", "suffix", "not suffix", "substring", "not substring", "hop", "not hop", "and", "or",
	}
)

// nodeName classifies a node for the tally.
func nodeName(p expr.Pred) string {
	not := func(is bool, name string) string {
		if is {
			return "not " + name
		}
		return name
	}
	switch p := p.(type) {
	case expr.Compare:
		if isText(p.L.Type()) && p.Op >= expr.Lt {
			return "text <"
		}
		return opNames[p.Op]
	case expr.Null:
		return not(p.Not, "null")
	case expr.Truth:
		return not(p.Not, "truth")
	case expr.In:
		return not(p.Not, "in")
	case expr.Match:
		return not(p.Not, matchNames[p.Kind])
	case expr.Hop:
		return not(p.Not, "hop")
	case expr.And:
		return "and"
	case expr.Or:
		return "or"
	}
	return fmt.Sprintf("%T", p)
}

// unnullable tells the renderer that a term is never null.
func unnullable(t expr.Term) expr.Term {
	if c, ok := t.(expr.Column); ok {
		c.Nullable = false
		return c
	}
	return t
}

// leaf makes a rendering that changes the nodes of one type.
func leaf[T expr.Pred](name string, f func(p T) expr.Pred) rendering {
	return rendering{name: name, leaf: func(p expr.Pred) expr.Pred {
		if q, ok := p.(T); ok {
			return f(q)
		}
		return p
	}}
}

// text makes a rendering that changes the statement.
func text(name string, f func(sql string) string) rendering {
	return rendering{name: name, sql: func(sql string, args []any) (string, []any) { return f(sql), args }}
}

var (
	trashGuard  = regexp.MustCompile(` AND t\d+\."deleted_at" IS NULL`)
	rangeGuard  = regexp.MustCompile(`\.v BETWEEN -9223372036854775808 AND 9223372036854775807`)
	truncDivide = regexp.MustCompile(`div\(`)
)

// mutants are compilers broken on purpose, each as a person might break ours.
var mutants = []rendering{
	{name: "denials are dropped", rows: func(g *policy.Grant, v *expr.Vars) expr.Pred {
		allow, _ := g.Arms(v)
		return expr.Or(allow)
	}},
	{name: "only the first allow policy counts", rows: func(g *policy.Grant, v *expr.Vars) expr.Pred {
		allow, rest := g.Arms(v)
		if len(allow) == 0 {
			return expr.Never
		}
		return expr.And{allow[0], rest}
	}},
	{name: "fields are shown in every row", whole: true},
	leaf("!= without nulls", func(p expr.Compare) expr.Pred {
		if p.Op == expr.Ne {
			p.L, p.R = unnullable(p.L), unnullable(p.R)
		}
		return p
	}),
	leaf("== without nulls", func(p expr.Compare) expr.Pred {
		if p.Op == expr.Eq {
			p.L, p.R = unnullable(p.L), unnullable(p.R)
		}
		return p
	}),
	leaf("not in without nulls", func(p expr.In) expr.Pred {
		p.Term = unnullable(p.Term)
		return p
	}),
	leaf("in where not in is meant", func(p expr.In) expr.Pred {
		p.Not = false
		return p
	}),
	leaf("< for <=", func(p expr.Compare) expr.Pred {
		if p.Op == expr.Le {
			p.Op = expr.Lt
		}
		return p
	}),
	leaf("is null where is not null is meant", func(p expr.Null) expr.Pred {
		p.Not = false
		return p
	}),
	leaf("not true where false is meant", func(p expr.Truth) expr.Pred {
		if p.Not {
			return expr.Or{p, expr.Null{Term: p.Term}}
		}
		return p
	}),
	leaf("prefix for substring", func(p expr.Match) expr.Pred {
		if p.Kind == expr.Substring {
			p.Kind = expr.Prefix
		}
		return p
	}),
	leaf("a hop over null holds", func(p expr.Hop) expr.Pred {
		if p.Not {
			return p
		}
		return expr.Or{p, expr.Null{Term: expr.Column{Field: p.Field, Up: p.Up, Of: expr.IDType, Nullable: true}}}
	}),
	leaf("and is or", func(p expr.And) expr.Pred { return expr.Or(p) }),
	leaf("the last part of an or is lost", func(p expr.Or) expr.Pred { return p[:max(len(p)-1, 1)] }),
	text("hops see the trash", func(sql string) string { return trashGuard.ReplaceAllString(sql, "") }),
	text("text is compared as people sort", func(sql string) string { return strings.ReplaceAll(sql, ` COLLATE "C"`, "") }),
	leaf("a computed null differs", func(p expr.Compare) expr.Pred {
		out := expr.Or{p}
		for _, t := range []expr.Term{p.L, p.R} {
			if p.Op == expr.Ne && expr.Computed(t) {
				out = append(out, expr.Null{Term: t})
			}
		}
		return out
	}),
	text("integers overflow", func(sql string) string {
		return rangeGuard.ReplaceAllString(strings.ReplaceAll(sql, "v::int8 END", "v END"), ".v IS NOT NULL")
	}),
	text("division rounds", func(sql string) string { return truncDivide.ReplaceAllString(sql, "round_div(") }),
	{name: "patterns are not escaped", sql: func(sql string, args []any) (string, []any) {
		args = slices.Clone(args)
		for i, a := range args {
			if s, ok := a.(string); ok {
				args[i] = strings.NewReplacer(`\%`, `%`, `\_`, `_`).Replace(s)
			}
		}
		return sql, args
	}},
}

// TestBrokenCompilersAreCaught: the differential test notices each of them.
func TestBrokenCompilersAreCaught(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	execSQL(t, l.db, `CREATE FUNCTION round_div(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT round($1 / $2)'`)
	alive := slices.Clone(mutants)
	for seed := uint64(0); len(alive) > 0 && seed < 4000; seed++ {
		a := l.ask(t, policytest.NewSet(seed), watched(seed))
		alive = slices.DeleteFunc(alive, func(r rendering) bool {
			problem := r.differs(t.Context(), l.db, a)
			if strings.HasPrefix(problem, failed) { // what cannot be run proves nothing
				t.Fatalf("%q: %s", r.name, problem)
			}
			if problem != "" {
				t.Logf("%q is caught by seed %d", r.name, seed)
			}
			return problem != ""
		})
	}
	for _, r := range alive {
		t.Errorf("nothing notices that %s", r.name)
	}
}
