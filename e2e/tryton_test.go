package e2e

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/trellishq/trellis/connectors/catalog/tryton/trytontest"
)

// connection is the tutorial's connection, with the address of a test's Tryton
// and more settings in YAML lines.
func connection(t *testing.T, url string, more ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "docs", "tutorials", "tryton.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const there = "url: http://127.0.0.1:8613\n"
	if strings.Count(string(b), there) != 1 {
		t.Fatalf("the tutorial's connection has another address than expected:\n%s", b)
	}
	text := strings.Replace(string(b), there, "url: "+url+"\n  "+strings.Join(append(more, ""), "\n  ")+"\n", 1)
	file := filepath.Join(t.TempDir(), "tryton.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// account and product are records as the data API gives them.
type account struct {
	ID, Code, Name, Phone, Email, Country, Region, Lifecycle string
	Version                                                  int64
}

type product struct {
	ID, Code, Name, Uom string
	Active              bool
	Price               struct{ Amount, Currency string }
	Version             int64
}

// all reads a whole collection, page by page, with its count.
func all[T any](t *testing.T, c *client, collection, fields string) []T {
	t.Helper()
	var out []T
	after := any(nil)
	for {
		var data map[string]struct {
			TotalCount int
			Nodes      []T
			PageInfo   struct {
				HasNextPage bool
				EndCursor   string
			}
		}
		c.data(t, `query($after: String) { `+collection+`(first: 200, after: $after, orderBy: [{code: ASC}]) {
			totalCount(exact: true) nodes { `+fields+` } pageInfo { hasNextPage endCursor } } }`, map[string]any{"after": after}, &data)
		page := data[collection]
		out = append(out, page.Nodes...)
		if !page.PageInfo.HasNextPage {
			if page.TotalCount != len(out) {
				t.Errorf("totalCount of %s is %d, and %d were listed", collection, page.TotalCount, len(out))
			}
			return out
		}
		after = page.PageInfo.EndCursor
	}
}

func accounts(t *testing.T, c *client) []account {
	t.Helper()
	return all[account](t, c, "accounts", "id code name phone email country region lifecycle version")
}

func products(t *testing.T, c *client) []product {
	t.Helper()
	return all[product](t, c, "products", "id code name uom active price { amount currency } version")
}

// normalPhone is the plugin's rule, said a second time: no separators, a plus
// for 00, and China's number before its mobile phones.
func normalPhone(phone string) string {
	out := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ()-./", r) {
			return -1
		}
		return r
	}, phone)
	switch {
	case strings.HasPrefix(out, "00"):
		return "+" + out[2:]
	case len(out) == 11 && out[0] == '1' && strings.Trim(out, "0123456789") == "":
		return "+86" + out
	}
	return out
}

// wantAccount is the account a party has to be.
func wantAccount(p trytontest.Party) account {
	a := account{Code: p.Code, Name: p.Name, Phone: normalPhone(p.Phone), Email: p.Email, Country: p.Country, Region: p.City, Lifecycle: "lost"}
	if p.Active {
		a.Lifecycle = "active"
	}
	return a
}

// sameAsTryton compares every account and product with what Tryton's database
// holds, field by field. old are parties whose newer state is refused: their
// accounts have to be as they were.
func sameAsTryton(t *testing.T, erp *trytontest.Server, c *client, old map[int64]account) {
	t.Helper()
	parties, err := erp.Parties(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []account
	for _, p := range parties {
		if before, ok := old[p.ID]; ok {
			want = append(want, before)
		} else if p.Country != "" {
			want = append(want, wantAccount(p))
		}
	}
	got := accounts(t, c)
	for i := range got {
		got[i].ID, got[i].Version = "", 0
	}
	compare(t, "account", got, want, func(a account) string { return a.Code })
	stock, err := erp.Products(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wantProducts []product
	for _, p := range stock {
		w := product{Code: p.Code, Name: p.Name, Uom: p.Unit, Active: p.Active}
		w.Price.Amount, w.Price.Currency = sixDigits(t, p.ListPrice), "EUR"
		wantProducts = append(wantProducts, w)
	}
	have := products(t, c)
	for i := range have {
		have[i].ID, have[i].Version = "", 0
	}
	compare(t, "product", have, wantProducts, func(p product) string { return p.Code })
}

// compare wants the same values, each once.
func compare[T comparable](t *testing.T, what string, got, want []T, key func(T) string) {
	t.Helper()
	order := func(a, b T) int { return cmp.Compare(key(a), key(b)) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if slices.Equal(got, want) {
		return
	}
	t.Errorf("%d of %s, want %d", len(got), what, len(want))
	byKey := map[string]T{}
	for _, g := range got {
		if _, twice := byKey[key(g)]; twice {
			t.Errorf("%s %s is there twice", what, key(g))
		}
		byKey[key(g)] = g
	}
	shown := 0
	for _, w := range want {
		if g, ok := byKey[key(w)]; !ok || g != w {
			if shown++; shown <= 10 {
				t.Errorf("%s %s: there %v\n got %+v\nwant %+v", what, key(w), ok, g, w)
			}
		}
		delete(byKey, key(w))
	}
	for k := range byKey {
		t.Errorf("%s %s should not be there", what, k)
	}
}

// sixDigits writes a price with the six digits its column has.
func sixDigits(t *testing.T, price string) string {
	t.Helper()
	whole, rest, _ := strings.Cut(price, ".")
	if len(rest) > 6 && strings.Trim(rest[6:], "0") != "" {
		t.Fatalf("the price %s has more than six digits", price)
	}
	return whole + "." + (rest + "000000")[:6]
}

// syncStatus is what trellis sync status --json prints.
type syncStatus struct {
	Status, Problem string
	Streams         []struct {
		Stream                    string
		Batches, Records, Written int64
	}
	DeadLetters []struct{ Stream, Key, Code, Reason string }
}

func (s *server) status(t *testing.T, connection string) syncStatus {
	t.Helper()
	var out syncStatus
	text := must(t, nil, "sync", "status", connection, "--json", "--data", s.data)
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return out
}

// deadLetters are the parties that could not be taken over; each reason has to
// be the plugin's.
func (s *server) deadLetters(t *testing.T) []int64 {
	t.Helper()
	var keys []int64
	for _, l := range s.status(t, "tryton").DeadLetters {
		if l.Stream != "party.party" || l.Code != "VETOED" || !strings.Contains(l.Reason, "An account needs a country.") {
			t.Errorf("dead letter %+v", l)
		}
		id, err := strconv.ParseInt(l.Key, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, id)
	}
	slices.Sort(keys)
	return keys
}
