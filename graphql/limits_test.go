package graphql

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
)

// TestHostileTexts sends what tries to cost more than it says. Each must be
// refused, and quickly.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, shop(t), "boss")
	doubling := "{ accounts { ...f0 } }"
	for i := range 40 {
		doubling += fmt.Sprintf(" fragment f%d on AccountConnection { ...f%d ...f%d }", i, i+1, i+1)
	}
	doubling += " fragment f40 on AccountConnection { totalCount }"
	cases := map[string]struct {
		text string
		code trellis.Code
	}{
		"one alias over and over":  {"{ accounts { nodes {" + strings.Repeat(" a:name", 78<<10/7) + "} } }", trellis.CodeQueryTooCostly},
		"conflicting aliases":      {"{ accounts { nodes {" + strings.Repeat(" a:name a:code", 900) + "} } }", trellis.CodeInvalidInput},
		"braces":                   {strings.Repeat("{a", 10_000), trellis.CodeInvalidInput},
		"brackets":                 {"{ accounts(filter: " + strings.Repeat("[", 10_000), trellis.CodeInvalidInput},
		"inline fragments":         {"{" + strings.Repeat("...{", 900) + "__typename" + strings.Repeat("}", 901), ""},
		"fragments that double":    {doubling, trellis.CodeQueryTooCostly},
		"a cycle of fragments":     {"{ accounts { ...a } } fragment a on AccountConnection { ...b } fragment b on AccountConnection { ...a }", trellis.CodeInvalidInput},
		"a cycle of itself":        {"{ accounts { ...a } } fragment a on AccountConnection { nodes { orders { nodes { account { orders { nodes { id } } } } } } ...a }", trellis.CodeInvalidInput},
		"too deep":                 {"{ accounts { nodes " + strings.Repeat("{ orders { nodes { account ", 5) + "{ id }" + strings.Repeat("} } }", 5) + " } }", trellis.CodeQueryTooCostly},
		"a megabyte of spaces":     {strings.Repeat(" ", 1<<20) + "{ __typename }", ""},
		"a megabyte of comments":   {strings.Repeat("#\n", 1<<19) + "{ __typename }", trellis.CodeQueryTooCostly},
		"a megabyte of names":      {"{" + strings.Repeat(" a", 1<<19) + "}", trellis.CodeQueryTooCostly},
		"a megabyte in one string": {`{ accounts(filter: {name: {eq: "` + strings.Repeat("x", 1<<20) + `"}}) { totalCount } }`, ""},
		"many variables":           {"query(" + strings.Repeat("$a: Int ", 201) + ") { __typename }", trellis.CodeQueryTooCostly},
		"many operations":          {strings.Repeat("query a { __typename } ", 51), trellis.CodeQueryTooCostly},
		"many fragments":           {"{ __typename }" + strings.Repeat(" fragment a on Account { id }", 51), trellis.CodeQueryTooCostly},
		"many roots":               {"{" + aliases(51, "accounts { totalCount }") + "}", trellis.CodeQueryTooCostly},
		"deep introspection":       {"{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }", trellis.CodeInvalidInput},
		"many directives":          {"{ __typename " + strings.Repeat("@include(if: true) ", 2000) + "}", trellis.CodeInvalidInput},
		"unknown everything":       {"{" + strings.Repeat(" x", 1900) + "}", trellis.CodeInvalidInput},
		"a surrogate alone":        {`{ accounts(filter: {name: {eq: "\uD800"}}) { totalCount } }`, ""},
		"an unclosed string":       {`{ accounts(filter: {name: {eq: "` + strings.Repeat(`\\"`, 1000), trellis.CodeInvalidInput},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			p, errs := newPlan(s, c.text, "")
			if d := time.Since(start); d > time.Second {
				t.Errorf("took %v", d)
			}
			switch {
			case c.code == "" && errs != nil:
				t.Errorf("refused: %s", clip(errs[0].Message, 200))
			case c.code != "" && errs == nil:
				t.Errorf("accepted with %d roots", len(p.roots))
			case c.code != "" && errs[0].Code != c.code:
				t.Errorf("code %s: %s", errs[0].Code, clip(errs[0].Message, 200))
			}
			if len(errs) > maxErrors {
				t.Errorf("%d errors are told", len(errs))
			}
		})
	}
}

func aliases(n int, field string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d: %s", i, field)
	}
	return b.String()
}

// TestCostIsCounted multiplies the sizes of lists in lists.
func TestCostIsCounted(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, shop(t), "boss")
	for text, want := range map[string]int{
		`{ accounts { nodes { id } } }`:                                                                                              51,
		`{ accounts(first: 7) { totalCount pageInfo { endCursor } } }`:                                                               1,
		`{ orders(first: 10) { nodes { account { id } lines { nodes { id } } } } }`:                                                  1 + 10*(1+1+1+10),
		`{ orders(last: 1000) { nodes { lines(first: 200) { nodes { order { lines(first: 200) { edges { node { id } } } } } } } } }`: 1 + 1000*(1+1+200*(1+1+1+200)),
	} {
		p, errs := newPlan(s, text, "")
		if errs != nil {
			t.Fatal(errs[0].Message)
		}
		if _, cost, _ := newCompiler(s).root(p.roots[0]); cost != want {
			t.Errorf("%s costs %d, want %d", text, cost, want)
		}
	}
}

func TestFilterLimits(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, shop(t), "boss")
	for name, filter := range map[string]string{
		"deep":       strings.Repeat("{not: ", 50) + "{}" + strings.Repeat("}", 50),
		"wide":       "{or: [" + strings.Repeat(`{name: {eq: "a"}},`, 201) + "]}",
		"long list":  "{rating: {in: [" + strings.Repeat("1 ", 1001) + "]}}",
		"hops":       strings.Repeat("{orders: {some: {account: ", 11) + "{}" + strings.Repeat("}}}", 11),
		"empty ones": "{and: [" + strings.Repeat("{} ", 201) + "]}",
	} {
		p, errs := newPlan(s, "{ accounts(filter: "+filter+") { totalCount } }", "")
		if errs != nil {
			t.Fatal(name, errs[0].Message)
		}
		if _, _, err := newCompiler(s).root(p.roots[0]); err == nil || err.Code != trellis.CodeQueryTooCostly {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestErrorsSuggestNothing: near misses of names must not be answered by names.
func TestErrorsSuggestNothing(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, shop(t), "boss")
	for _, text := range []string{
		"{ account { nam } }", "{ accounts { node } }", "{ accounts(filte: {}) { totalCount } }", "{ accounts(filter: {nam: {}}) { totalCount } }",
		"{ accounts(filter: {region: {eq: nort}}) { totalCount } }", "query ($f: AccountFilte) { __typename }", "{ acount { id } }", "{ ... on Acount { id } }",
		"{ accounts { nodes } }", "{ accounts { nodes { name { x } } } }",
	} {
		_, errs := newPlan(s, text, "")
		if errs == nil {
			t.Errorf("%s is accepted", text)
		}
		if slices.ContainsFunc(errs, func(e *AnswerError) bool { return strings.Contains(e.Message, "ean") }) {
			t.Errorf("%s: %s", text, errs[0].Message)
		}
	}
}

func TestCacheKeepsWithinItsSize(t *testing.T) {
	t.Parallel()
	c := newCache[int, int](100, 25, 30)
	for i := range 50 {
		c.put(i, i, 10)
		c.get(0)
	}
	if _, ok := c.get(0); !ok || c.len() != 4 || c.kept.size != 10 || c.trial.size != 30 {
		t.Errorf("%d entries of %d and %d bytes", c.len(), c.kept.size, c.trial.size)
	}
	for i := range 50 {
		c.put(100+i, i, 10)
		c.get(100 + i)
	}
	if c.put(200, 0, 10); c.len() != 10 || c.kept.size != 70 {
		t.Errorf("%d entries in use of %d bytes", c.len(), c.kept.size)
	}
	if c.put(99, 99, 26); c.byKey[99] != nil {
		t.Error("an entry that is too long is kept")
	}
}

func TestCacheKeepsWhatComesBack(t *testing.T) {
	t.Parallel()
	c := newCache[int, int](100, 25, 30)
	for i := range 10 {
		c.put(i, i, 10)
	}
	if _, ok := c.get(2); ok {
		t.Fatal("all are on trial")
	}
	for _, i := range []int{2, 20, 21, 22, 23} {
		c.put(i, i, 10)
	}
	if _, ok := c.get(2); !ok || c.kept.size != 10 {
		t.Errorf("what was put again has left: %d bytes are kept", c.kept.size)
	}
	if c.set(2, 3, 20); c.kept.size != 20 {
		t.Errorf("what was set anew is on trial: %d bytes are kept", c.kept.size)
	}
	if c.drop(func(int) bool { return true }); c.len() != 0 || c.kept.size+c.trial.size != 0 {
		t.Error("entries are left")
	}
}
