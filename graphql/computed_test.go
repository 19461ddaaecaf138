package graphql_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// computedWorld has two accounts with invoices around today: their day and
// amount.
func computedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorldOf(t, "testdata/computed")
	day := func(ago int) string { return time.Now().UTC().AddDate(0, 0, -ago).Format(time.DateOnly) }
	north := w.create("Account", `{name: "north", secret: "7.5"}`)
	south := w.create("Account", `{name: "south", secret: "1"}`)
	w.create("Account", `{name: "west"}`)
	for i, v := range []struct {
		ago     int
		amount  string
		account string
	}{{0, "10", north}, {20, "20", north}, {40, "40.5", south}, {70, "80", south}, {400, "160", north}} {
		w.create("Invoice", fmt.Sprintf(`{no: "i%d", day: "%s", amount: "%s", price: {amount: "%s", currency: "EUR"}, account: "%s"}`, i, day(v.ago), v.amount, v.amount, v.account))
	}
	w.create("Invoice", `{no: "i5", amount: "5"}`) // neither day nor account
	return w
}

func TestComputedFieldsAreRead(t *testing.T) {
	t.Parallel()
	w := computedWorld(t)
	w.expect("boss", `{ invoices(orderBy: [{no: ASC}]) { nodes { no overdue age bucket customer hint owed { amount currency } } } }`,
		`{'invoices':{'nodes':[`+
			`{'no':'i0','overdue':false,'age':null,'bucket':'open','customer':'north','hint':'7.50','owed':{'amount':'10.00','currency':'EUR'}},`+
			`{'no':'i1','overdue':false,'age':null,'bucket':'open','customer':'north','hint':'7.50','owed':{'amount':'20.00','currency':'EUR'}},`+
			`{'no':'i2','overdue':true,'age':10,'bucket':'late','customer':'south','hint':'1.00','owed':{'amount':'44.55','currency':'EUR'}},`+
			`{'no':'i3','overdue':true,'age':40,'bucket':'old','customer':'south','hint':'1.00','owed':{'amount':'88.00','currency':'EUR'}},`+
			`{'no':'i4','overdue':true,'age':370,'bucket':'old','customer':'north','hint':'7.50','owed':{'amount':'176.00','currency':'EUR'}},`+
			`{'no':'i5','overdue':null,'age':null,'bucket':null,'customer':null,'hint':null,'owed':null}]}}`)
	w.expect("boss", `{ accounts(orderBy: [{name: ASC}]) { nodes { name total lastYear late double } } }`,
		`{'accounts':{'nodes':[{'name':'north','total':'190.00','lastYear':'30.00','late':1,'double':'15.00'},`+
			`{'name':'south','total':'120.50','lastYear':'120.50','late':2,'double':'2.00'},`+
			`{'name':'west','total':'0.00','lastYear':'0.00','late':0,'double':null}]}}`)
}

func TestComputedFieldsAreFilteredAndSorted(t *testing.T) {
	t.Parallel()
	w := computedWorld(t)
	for filter, want := range map[string]string{
		`overdue: {eq: true}`:                            "i2 i3 i4",
		`overdue: {eq: false}`:                           "i0 i1",
		`overdue: {isNull: true}`:                        "i5",
		`age: {gt: 30}`:                                  "i3 i4",
		`bucket: {in: ["late", "old"]}`:                  "i2 i3 i4",
		`customer: {startsWith: "nor"}`:                  "i0 i1 i4",
		`owed: {gte: "88"}`:                              "i3 i4",
		`owed: {lt: "100", currency: {eq: "EUR"}}`:       "i0 i1 i2 i3",
		`account: {lastYear: {gt: "100"}}`:               "i2 i3",
		`not: {account: {late: {gte: 2}}}`:               "i0 i1 i4 i5",
		`and: [{overdue: {eq: true}}, {age: {lte: 40}}]`: "i2 i3",
	} {
		if got := w.names("boss", `{ invoices(filter: {`+filter+`}, orderBy: [{no: ASC}]) { nodes { no } } }`, "invoices", "no"); got != want {
			t.Errorf("%s finds %s, want %s", filter, got, want)
		}
	}
	for order, want := range map[string]string{
		`{age: ASC}`:                            "i2 i3 i4 i0 i1 i5",
		`{age: DESC}, {no: ASC}`:                "i0 i1 i5 i4 i3 i2",
		`{age: DESC_NULLS_LAST}, {no: DESC}`:    "i4 i3 i2 i5 i1 i0",
		`{account: {lastYear: ASC}}, {no: ASC}`: "i0 i1 i4 i2 i3 i5",
		`{bucket: ASC}, {no: DESC}`:             "i2 i4 i3 i1 i0 i5",
	} {
		ask := `{ invoices(orderBy: [` + order + `]) { nodes { no } } }`
		if !strings.Contains(order, "no:") {
			ask = strings.Replace(ask, order, order+", {no: ASC}", 1)
		}
		if got := w.names("boss", ask, "invoices", "no"); got != want {
			t.Errorf("%s gives %s, want %s", order, got, want)
		}
		w.pages(ask, want)
	}
	if got := w.names("boss", `{ accounts(filter: {invoices: {some: {overdue: {eq: true}, age: {gt: 100}}}}) { nodes { name } } }`, "accounts", "name"); got != "north" {
		t.Errorf("over a list: %s", got)
	}
	w.expect("boss", `{ accounts(filter: {lastYear: {gt: "0"}}, orderBy: [{lastYear: DESC}]) { totalCount nodes { name invoices(filter: {overdue: {eq: true}}, orderBy: [{age: DESC}], first: 1) { nodes { no age } } } } }`,
		`{'accounts':{'totalCount':2,'nodes':[{'name':'south','invoices':{'nodes':[{'no':'i3','age':40}]}},{'name':'north','invoices':{'nodes':[{'no':'i4','age':370}]}}]}}`)
}

// names lists one field of a list's nodes.
func (w *world) names(role, text, list, field string) string {
	w.t.Helper()
	var out map[string]struct{ Nodes []map[string]string }
	w.check(json.Unmarshal([]byte(w.data(role, text, nil)), &out))
	var names []string
	for _, n := range out[list].Nodes {
		names = append(names, n[field])
	}
	return strings.Join(names, " ")
}

// pages walks a list of invoices by its cursors, two at a time, in both ways.
func (w *world) pages(ask, want string) {
	w.t.Helper()
	for _, way := range []struct{ first, after, cursor string }{{"first: 2", "after", "endCursor"}, {"last: 2", "before", "startCursor"}} {
		var got []string
		cursor := ""
		for range 5 {
			args := way.first
			if cursor != "" {
				args += fmt.Sprintf(`, %s: %q`, way.after, cursor)
			}
			text := strings.Replace(ask, "invoices(", "invoices("+args+", ", 1)
			text = strings.Replace(text, "nodes { no }", "nodes { no } pageInfo { startCursor endCursor }", 1)
			var out struct {
				Invoices struct {
					Nodes    []struct{ No string }
					PageInfo map[string]*string
				}
			}
			w.check(json.Unmarshal([]byte(w.data("boss", text, nil)), &out))
			var page []string
			for _, n := range out.Invoices.Nodes {
				page = append(page, n.No)
			}
			if len(page) == 0 {
				break
			}
			if way.after == "before" {
				got = append(page, got...)
			} else {
				got = append(got, page...)
			}
			cursor = *out.Invoices.PageInfo[way.cursor]
		}
		if strings.Join(got, " ") != want {
			w.t.Errorf("%s by pages %s: %v, want %s", ask, way.first, got, want)
		}
	}
}

func TestComputedFieldsAreNotWritten(t *testing.T) {
	t.Parallel()
	w := computedWorld(t)
	for _, text := range []string{
		`mutation { createInvoice(input: {no: "x", overdue: true}) { id } }`,
		`mutation { createAccount(input: {name: "x", total: "1"}) { id } }`,
		`mutation { createInvoice(input: {no: "x", due: "2026-01-01"}) { id } }`,
	} {
		if _, body := w.send("boss", text, nil); !strings.Contains(body, "INVALID_INPUT") || strings.Contains(body, `"data":{`) {
			t.Errorf("%s: %s", text, body)
		}
	}
}

// What a formula is computed from is as hidden through it as it is itself: two
// accounts differ in the secret alone, and a clerk's answers do not.
func TestComputedFieldsHideWhatTheirInputsHide(t *testing.T) {
	t.Parallel()
	w := computedWorld(t)
	for _, text := range []string{
		`{ accounts { nodes { double } } }`, `{ invoices { nodes { hint } } }`,
		`{ invoices(filter: {hint: {gt: "0"}}) { nodes { no } } }`, `{ accounts(orderBy: [{double: ASC}]) { nodes { name } } }`,
		`{ invoices(orderBy: [{hint: ASC}]) { nodes { no } } }`, `{ invoices(filter: {account: {double: {gt: "1"}}}) { nodes { no } } }`,
	} {
		_, body := w.send("clerk", text, nil)
		_, unknown := w.send("clerk", strings.NewReplacer("double", "duoble", "hint", "hnit").Replace(text), nil)
		if !strings.Contains(body, "errors") || strings.NewReplacer("duoble", "double", "hnit", "hint").Replace(unknown) != body {
			t.Errorf("%s: %s, and of an unknown field %s", text, body, unknown)
		}
	}
	// The name comes over a lookup whose record the clerk may see at times.
	want := []string{"i0 north", "i1 north", "i2 ", "i3 ", "i4 north", "i5 "}
	var out struct {
		Invoices struct {
			Nodes []struct{ No, Customer string }
		}
	}
	w.check(json.Unmarshal([]byte(w.data("clerk", `{ invoices(orderBy: [{no: ASC}]) { nodes { no customer } } }`, nil)), &out))
	var got []string
	for _, n := range out.Invoices.Nodes {
		got = append(got, n.No+" "+n.Customer)
	}
	if !slices.Equal(got, want) {
		t.Errorf("a clerk sees %q, want %q", got, want)
	}
	if got := w.names("clerk", `{ invoices(filter: {customer: {eq: "south"}}) { nodes { no } } }`, "invoices", "no"); got != "" {
		t.Errorf("a hidden name finds %s", got)
	}
}
