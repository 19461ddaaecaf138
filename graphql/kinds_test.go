package graphql_test

import (
	"fmt"
	"strings"
	"testing"
)

const thing = `{ code notes body site share opens effort colors stars extra place { lat lng } home { country region city district street postalCode __typename } person { full family given } count price { amount currency } }`

// Every kind is written as a literal, in one record and in several, and read
// back in its canonical form.
func TestKindsWriteAndReadBack(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "testdata/kinds")
	given := func(code string) string {
		return fmt.Sprintf(`{code: %q, notes: "one\ntwo", body: "<p onclick=\"x()\">Hi <b>you</b><script>bad()</script></p>", site: "https://example.com/a?b=1",
			share: "12.5", opens: "09:30", effort: "P1W2DT3H0.5S", colors: [blue, red, blue], stars: 6, extra: {b: [1, 2.50, "x\"y"], aa: null, a: {c: true}},
			place: {lat: 52.3676, lng: "4.9041"}, home: {country: "nl", city: "Amsterdam", postalCode: "1011 AB"}, person: {family: "司马", given: "懿"},
			count: -5, price: {amount: 9.5, currency: "EUR"}}`, code)
	}
	want := func(code string) string {
		return fmt.Sprintf(`{"code":%q,"notes":"one\ntwo","body":"<p>Hi <b>you</b></p>","site":"https://example.com/a?b=1",`+
			`"share":"12.5000","opens":"09:30:00","effort":"P9DT3H0.5S","colors":["red","blue"],"stars":6,"extra":{"a":{"c":true},"b":[1,2.50,"x\"y"],"aa":null},`+
			`"place":{"lat":"52.367600","lng":"4.904100"},"home":{"country":"NL","region":null,"city":"Amsterdam","district":null,"street":null,"postalCode":"1011 AB","__typename":"PostalAddress"},`+
			`"person":{"full":"司马懿","family":"司马","given":"懿"},"count":-5,"price":{"amount":"9.50","currency":"EUR"}}`, code)
	}
	ask := func(text, want string) {
		t.Helper()
		if got := w.data("boss", text, nil); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
	ask(`mutation { createThing(input: `+given("A")+`) { record `+thing+` errors { code path message } } }`,
		`{"createThing":{"record":`+want("A")+`,"errors":[]}}`)
	ask(`mutation { createThings(inputs: [`+given("B")+`, `+given("C")+`, {code: "D"}]) { results { errors { code path message } } } }`,
		`{"createThings":{"results":[{"errors":[]},{"errors":[]},{"errors":[]}]}}`)
	ask(`{ things(orderBy: [{code: ASC}]) { nodes `+thing+` } }`, `{"things":{"nodes":[`+want("A")+`,`+want("B")+`,`+want("C")+
		`,{"code":"D","notes":null,"body":null,"site":null,"share":null,"opens":null,"effort":null,"colors":null,"stars":null,"extra":null,"place":null,"home":null,"person":null,"count":null,"price":null}]}}`)
	ask(`mutation { upsertThings(key: [code], inputs: [{code: "A", colors: [], extra: "text", effort: "PT0S", home: null, person: {full: "Ada"}}, {code: "B", colors: [green], extra: [1e2, {}]}]) {
		results { record { colors extra effort home { city } person { full family } } errors { message } } } }`,
		`{"upsertThings":{"results":[{"record":{"colors":null,"extra":"text","effort":"PT0S","home":null,"person":{"full":"Ada","family":null}},"errors":[]},`+
			`{"record":{"colors":["green"],"extra":[100,{}],"effort":"P9DT3H0.5S","home":{"city":"Amsterdam"},"person":{"full":"司马懿","family":"司马"}},"errors":[]}]}}`)
	got := w.data("boss", `mutation($i: ThingInput!) { createThing(input: $i) { record { extra effort colors } errors { message } } }`,
		map[string]any{"i": map[string]any{"code": "V", "extra": map[string]any{"deep": []any{"<&>", 1.5}}, "effort": "-PT1M", "colors": []any{"green"}}})
	if got != `{"createThing":{"record":{"extra":{"deep":["<&>",1.5]},"effort":"-PT1M","colors":["green"]},"errors":[]}}` {
		t.Error(got)
	}
}

func TestKindsFilterAndOrder(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "testdata/kinds")
	w.data("boss", `mutation { createThings(inputs: [
		{code: "a", opens: "08:00", effort: "PT30M", colors: [red, green], stars: 1, extra: 1, place: {lat: "0", lng: "179.9"}, home: {country: "CN", city: "上海"}, person: {family: "Lovelace", given: "Ada"}, share: 10, site: "http://a.example"},
		{code: "b", opens: "18:00", effort: "PT2H", colors: [blue], stars: 5, place: {lat: "0", lng: "-179.9"}, home: {country: "NL", city: "Delft"}, person: {full: "Bob"}, share: 20},
		{code: "c", colors: [red, green, blue], place: {lat: "89.9", lng: "10"}, home: {country: "NL"}},
		{code: "d", place: {lat: "89.9", lng: "-170"}}
	]) { results { errors { message } } } }`, nil)
	for filter, want := range map[string]string{
		`opens: {lt: "12:00"}`: "a", `opens: {in: ["18:00:00"]}`: "b", `not: {opens: {lt: "12:00"}}`: "b c d",
		`effort: {gte: "PT1H"}`: "b", `effort: {eq: "PT30M"}`: "a", `effort: {notIn: ["PT30M"]}`: "b c d",
		`colors: {has: red}`: "a c", `colors: {hasAny: [green, blue]}`: "a b c", `colors: {hasAll: [red, blue]}`: "c", `colors: {hasNone: [red]}`: "b d",
		`not: {colors: {hasAny: [red]}}`: "b d", `not: {colors: {hasNone: [red]}}`: "a c", `not: {colors: {hasAll: [red, blue]}}`: "a b d", `colors: {isNull: true}`: "d",
		`colors: {hasAll: []}`: "a b c d", `colors: {hasAny: []}`: "",
		`stars: {gt: 2}`: "b", `extra: {isNull: false}`: "a", `share: {eq: 20}`: "b", `site: {startsWith: "http:"}`: "a",
		`place: {near: {lat: 0, lng: 180, meters: 12000}}`: "a b", `place: {near: {lat: 0, lng: 179.9, meters: 1}}`: "a",
		`place: {near: {lat: 90, lng: 0, meters: 12000}}`: "c d", `not: {place: {near: {lat: 90, lng: 0, meters: 12000}}}`: "a b",
		`place: {lat: {gt: 1}}`: "c d", `place: {isNull: true}`: "",
		`home: {city: {eq: "上海"}}`: "a", `home: {country: {eq: "NL"}, city: {isNull: true}}`: "c", `home: {isNull: true}`: "d", `not: {home: {isNull: true}}`: "a b c",
		`person: {contains: "Love"}`: "a", `person: {family: {eq: "Lovelace"}}`: "a", `person: {eq: "Bob"}`: "b", `person: {isNull: true}`: "c d",
	} {
		got := w.data("boss", `{ things(filter: {`+filter+`}, orderBy: [{code: ASC}]) { nodes { code } } }`, nil)
		var codes []string
		for _, c := range []string{"a", "b", "c", "d"} {
			if strings.Contains(got, `"code":"`+c+`"`) {
				codes = append(codes, c)
			}
		}
		if strings.Join(codes, " ") != want {
			t.Errorf("%s finds %q, want %q", filter, codes, want)
		}
	}
	for order, want := range map[string]string{
		`{opens: ASC}, {code: ASC}`: "abcd", `{effort: DESC}, {code: ASC}`: "cdba", `{stars: DESC_NULLS_LAST}, {code: ASC}`: "bacd", `{person: ASC}, {code: DESC}`: "abdc",
	} {
		after, got := "", ""
		for range 4 { // a page of one each, so that cursors hold the kinds
			page := w.data("boss", `{ things(first: 1, orderBy: [`+order+`]`+after+`) { nodes { code } pageInfo { endCursor } } }`, nil)
			got += page[strings.Index(page, `"code":"`)+8:][:1]
			after = `, after: "` + page[strings.Index(page, `"endCursor":"`)+13:strings.LastIndex(page, `"}`)] + `"`
		}
		if got != want {
			t.Errorf("%s gives %s, want %s", order, got, want)
		}
	}
}

// What cannot be kept is refused with its path, and nothing is written.
func TestKindsRefuse(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "testdata/kinds")
	for input, want := range map[string]string{
		`site: "javascript:alert(1)"`:            "must be a web address",
		`site: "https://me:pass@example.com"`:    "user name or a password",
		`share: "100.1"`:                         "must be at most 100",
		`share: "1.23456"`:                       "decimal places",
		`count: 6`:                               "must be at most 5",
		`price: {amount: "-1", currency: "EUR"}`: "must be at least 0",
		`opens: "24:00"`:                         "time of the day",
		`effort: "P1Y"`:                          "no years and months",
		`effort: "P9999999W"`:                    "at most 36500 days",
		`stars: 7`:                               "from 1 to 6",
		`place: {lat: 91, lng: 0}`:               "latitude",
		`home: {country: "ZZ"}`:                  "ISO 3166-1",
		`extra: "\u0000"`:                        "zero bytes",
		`extra: "{", stars: 9, count: 1`:         "from 1 to 6",
		`person: {family: "` + long(200) + `"}`:  "at most 120",
		`notes: "` + long(100_001) + `"`:         "at most 100000",
		`extra: ` + strings.Repeat("[", 40) + strings.Repeat("]", 40): "",
	} {
		_, body := w.send("boss", `mutation { createThing(input: {code: "x", `+input+`}) { id errors { code path message } } }`, nil)
		if !strings.Contains(body, "INVALID_INPUT") && !strings.Contains(body, "VALIDATION_FAILED") && !strings.Contains(body, "QUERY_TOO_COSTLY") || !strings.Contains(body, want) {
			t.Errorf("%.60s: %.300s", input, body)
		}
	}
	for _, text := range []string{`{ things(filter: {colors: {has: pink}}) { totalCount } }`, `{ things(orderBy: [{home: ASC}]) { totalCount } }`,
		`{ things(filter: {place: {near: {lat: 0, lng: 0, meters: 0}}}) { totalCount } }`, `{ things(filter: {effort: {gt: "1h"}}) { totalCount } }`,
		`mutation { createThing(input: {code: "x", colors: [pink]}) { id } }`} {
		if _, body := w.send("boss", text, nil); !strings.Contains(body, `"errors":[{`) {
			t.Errorf("%s: %s", text, body)
		}
	}
	w.expect("boss", `{ things { totalCount } }`, `{'things':{'totalCount':0}}`)
}

func long(n int) string { return strings.Repeat("x", n) }
