package policytest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// Tested is the object that random rules are about.
const Tested = "deal"

// now is the moment of every random world; one pool value lies on it.
var now = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

// The pools that rules take their constants from and rows their values, so
// that rows lie on and around the constants.
var (
	texts      = []string{"a", "b", "A", "B", "ab", "aB", "a%b", "a_b", `a\b`, "%", "_", "é", "中文", " a ", "z", "axb"}
	integers   = []int64{0, 1, -1, 2, 3, 4, 7, -3, 10, 9007199254740991, -9007199254740991}
	decimals   = []string{"0", "1", "1.5", "1.50", "-2.25", "99.99", "100"}
	currencies = []string{"CNY", "EUR"}
	stages     = []string{"open", "won", "lost"}
	dates      = []string{"2026-02-28", "2026-03-01", "2026-03-02", "2025-12-31"}
	times      = []time.Time{now, now.Add(-time.Microsecond), now.Add(time.Microsecond), now.Add(-48 * time.Hour), now.Add(time.Hour)}
	hours      = []string{"09:30", "18:00", "00:00", "23:59:59.999999"}
	efforts    = []time.Duration{90 * time.Minute, 0, time.Microsecond, -24 * time.Hour, 2 * time.Microsecond}
	users      = []string{"u0", "u1", "u2", "u3"}
	teams      = []string{"t0", "t1", "t2"}
)

// Universe are the objects and records that all random sets share, so that a
// database is filled once.
type Universe struct {
	Objects []*metadata.Object
	Records []*Record
	Now     time.Time
}

// NewUniverse makes n deals, and the users, teams, dealers and countries they
// refer to. A quarter of the values are null, some targets are in the trash.
func NewUniverse(seed uint64, n int) (*Universe, error) {
	u := &Universe{Objects: objects(), Now: now}
	def := &metadata.Definition{Objects: objects()}
	w, err := NewWorld(def, now)
	if err != nil {
		return nil, err
	}
	g := filler{rnd: rand.New(rand.NewPCG(seed, 1)), world: w}
	for _, name := range teams {
		g.add("team", name, map[string]any{"name": name})
	}
	for i, name := range users {
		values := map[string]any{"name": name, "email": name + "@example.com", "active": true}
		if i > 0 {
			values["manager"] = IDOf(users[g.rnd.IntN(i)])
		}
		g.add("user", name, values)
	}
	g.fill("country", 6)
	g.fill("dealer", 10)
	g.fill("deal", n)
	u.Records = w.Records
	return u, nil
}

func objects() []*metadata.Object {
	text := func(name string) *metadata.Field { return &metadata.Field{Name: name, Kind: metadata.KindText} }
	integer := func(name string) *metadata.Field { return &metadata.Field{Name: name, Kind: metadata.KindInteger} }
	lookup := func(name, target string) *metadata.Field {
		return &metadata.Field{Name: name, Kind: metadata.KindLookup, Target: target}
	}
	return []*metadata.Object{
		{Name: "country", Plural: "countries", Unowned: true, Fields: []*metadata.Field{text("code"), integer("rank")}},
		{Name: "dealer", Plural: "dealers", Fields: []*metadata.Field{text("code"), integer("rank"), lookup("country", "country")}},
		{Name: Tested, Plural: "deals", Fields: []*metadata.Field{
			text("code"), text("name"), integer("size"), integer("rank"),
			{Name: "price", Kind: metadata.KindDecimal}, {Name: "cost", Kind: metadata.KindDecimal},
			{Name: "total", Kind: metadata.KindCurrency}, {Name: "active", Kind: metadata.KindBoolean},
			{Name: "due", Kind: metadata.KindDate}, {Name: "seen", Kind: metadata.KindDateTime},
			{Name: "stage", Kind: metadata.KindSelect, Options: []*metadata.Option{{Name: "open"}, {Name: "won"}, {Name: "lost"}}},
			{Name: "home", Kind: metadata.KindAddress}, {Name: "place", Kind: metadata.KindGeoPoint}, {Name: "buyer", Kind: metadata.KindPersonName},
			{Name: "effort", Kind: metadata.KindDuration}, {Name: "opens", Kind: metadata.KindTime}, {Name: "extra", Kind: metadata.KindJSON},
			{Name: "tags", Kind: metadata.KindMultiSelect, Options: []*metadata.Option{{Name: "open"}, {Name: "won"}, {Name: "lost"}}},
			lookup("dealer", "dealer"), lookup("parent", Tested), {Name: "rep", Kind: metadata.KindUser},
		}},
	}
}

type filler struct {
	rnd   *rand.Rand
	world *World
}

func (g *filler) add(object, name string, values map[string]any) *Record {
	r := &Record{Name: name, Object: object, ID: IDOf(name), Values: values}
	g.world.Complete(r)
	g.world.Records = append(g.world.Records, r)
	return r
}

// fill adds n records of an object; each field is null in a quarter of them.
func (g *filler) fill(object string, n int) {
	o := g.world.Snapshot.Lookup(object)
	for i := range n {
		r := g.add(object, fmt.Sprintf("%s%d", object, i), map[string]any{})
		for _, f := range o.All {
			if f.System() && f.Name != "owner" && f.Name != "team" || g.rnd.IntN(4) == 0 {
				continue
			}
			r.Values[f.Name] = g.value(f, i)
			if r.Values[f.Name] == nil {
				delete(r.Values, f.Name)
			}
		}
		if r.Trashed = g.rnd.IntN(5) == 0; r.Trashed {
			g.world.Complete(r)
		}
	}
}

func (g *filler) value(f *metadata.Field, i int) any {
	switch f.Kind {
	case metadata.KindInteger:
		return pick(g.rnd, integers)
	case metadata.KindDecimal:
		return decimal(pick(g.rnd, decimals))
	case metadata.KindCurrency:
		return expr.Money{Amount: decimal(pick(g.rnd, decimals)), Currency: pick(g.rnd, currencies)}
	case metadata.KindBoolean:
		return g.rnd.IntN(2) == 0
	case metadata.KindDate:
		d, _ := expr.ParseDate(pick(g.rnd, dates))
		return d
	case metadata.KindDateTime:
		return pick(g.rnd, times)
	case metadata.KindSelect:
		return pick(g.rnd, stages)
	case metadata.KindAddress:
		return expr.Address{Country: "CN", City: pick(g.rnd, append(texts, "", "")), Region: pick(g.rnd, append(texts, ""))}
	case metadata.KindGeoPoint:
		return expr.GeoPoint{Lat: decimal(pick(g.rnd, decimals[:5])), Lng: decimal(pick(g.rnd, decimals))}
	case metadata.KindPersonName:
		return expr.PersonName{Full: pick(g.rnd, texts), Family: pick(g.rnd, append(texts, ""))}
	case metadata.KindDuration:
		return pick(g.rnd, efforts)
	case metadata.KindTime:
		t, _ := expr.ParseTimeOfDay(pick(g.rnd, hours))
		return t
	case metadata.KindJSON:
		return json.RawMessage(`{"a":[1]}`)
	case metadata.KindMultiSelect:
		return pick(g.rnd, [][]string{{"open"}, {"open", "lost"}, {"won"}})
	case metadata.KindLookup, metadata.KindUser:
		return g.target(f.Target, i)
	}
	return pick(g.rnd, texts)
}

// target is a record that exists already; nil when there is none.
func (g *filler) target(object string, i int) any {
	n := map[string]int{"user": len(users), "team": len(teams), "country": 6, "dealer": 10, Tested: i}[object]
	switch {
	case n == 0:
		return nil
	case object == "user":
		return IDOf(pick(g.rnd, users))
	case object == "team":
		return IDOf(pick(g.rnd, teams))
	}
	return IDOf(fmt.Sprintf("%s%d", object, g.rnd.IntN(n)))
}

func pick[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

// decimal has the scale of the columns, as a value read from them would.
func decimal(s string) *expr.Decimal { return expr.MustDecimal(s) }

func idsOf(rnd *rand.Rand, names []string) []trellis.ID {
	var out []trellis.ID
	for _, n := range names {
		if rnd.IntN(2) == 0 {
			out = append(out, IDOf(n))
		}
	}
	return out
}
