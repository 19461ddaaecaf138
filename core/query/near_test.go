package query

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

func placesWorld(t *testing.T) *world {
	def := definition()
	def.Objects = append(def.Objects, &metadata.Object{Name: "spot", Plural: "spots", Fields: []*metadata.Field{
		{Name: "place", Kind: metadata.KindGeoPoint, Indexed: true},
		{Name: "tags", Kind: metadata.KindMultiSelect, Indexed: true, Options: []*metadata.Option{{Name: "red"}, {Name: "blue"}}},
		{Name: "about", Kind: metadata.KindJSON},
	}})
	metadata.Normalize(def, nil)
	return newWorld(t, def)
}

var placeColumn = expr.Column{Field: "place", Of: expr.GeoPointType, Nullable: true}

// What an index is made for is found by it: places in a circle, also over the
// date line, and options in a list.
func TestIndexesServeKinds(t *testing.T) {
	t.Parallel()
	w := placesWorld(t)
	w.exec(`INSERT INTO ws_main.spot (id, created_at, created_by, updated_at, updated_by, version, place_lat, place_lng, tags)
		SELECT gen_random_uuid(), now(), 'system', now(), 'system', 1, (n % 1800) / 10.0 - 90, (n % 3600) / 10.0 - 180, CASE WHEN n % 500 = 0 THEN '{blue}'::text[] ELSE '{red}' END
		FROM generate_series(1, 20000) n`)
	w.exec(`ANALYZE ws_main.spot`)
	blue := expr.Contains{List: expr.Column{Field: "tags", Of: expr.TextListType, Nullable: true}, Elem: expr.Literal{Of: expr.TextType, Value: "blue"}}
	for index, filter := range map[string]expr.Pred{
		"spot__place__idx": expr.Near{Point: placeColumn, Center: spot("10", "-180"), Meters: 20_000},
		"spot__tags__idx":  blue,
	} {
		plan, err := Compile(context.Background(), w.space, w.caller("all"), &Query{List: &List{Object: "spot", Filter: filter, Shape: []ListItem{{Key: "n", Kind: TotalCount, Exact: true}}}})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := w.db.Query(context.Background(), "EXPLAIN "+plan.root.countSQL, plan.root.countArgs...)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			text.WriteString(line + "\n")
		}
		if rows.Err() != nil || !strings.Contains(text.String(), index) {
			t.Errorf("%s does not serve (%v):\n%s", index, rows.Err(), text.String())
		}
	}
}

func spot(lat, lng string) expr.GeoPoint {
	return expr.GeoPoint{Lat: expr.MustDecimal(lat), Lng: expr.MustDecimal(lng)}
}

// The box loses no place of the circle, and SQL measures as Go does: random
// circles, the poles, the date line and the whole earth among them.
func TestNearIsExact(t *testing.T) {
	t.Parallel()
	w := placesWorld(t)
	rnd := rand.New(rand.NewPCG(3, 3))
	degrees := func(most float64) string {
		edges := []float64{0, most, -most, most - 1e-6, 1e-6 - most, most / 2}
		if rnd.IntN(4) == 0 {
			return fmt.Sprintf("%.6f", edges[rnd.IntN(len(edges))])
		}
		return fmt.Sprintf("%.6f", (rnd.Float64()*2-1)*most)
	}
	var points []expr.GeoPoint
	for range 1500 {
		points = append(points, spot(degrees(90), degrees(180)))
	}
	for _, near := range []float64{1e-6, 1e-5, 1e-3, 0.05, 1} { // places close to each other
		for range 60 {
			p := points[rnd.IntN(1500)]
			lat, _ := p.Lat.Float64()
			lng, _ := p.Lng.Float64()
			lat, lng = math.Max(-90, math.Min(90, lat+near*(rnd.Float64()*2-1))), math.Remainder(lng+near*(rnd.Float64()*2-1), 360)
			points = append(points, spot(fmt.Sprintf("%.6f", lat), fmt.Sprintf("%.6f", lng)))
		}
	}
	var lats, lngs []string
	for _, p := range points {
		lats, lngs = append(lats, p.Lat.Text('f')), append(lngs, p.Lng.Text('f'))
	}
	w.exec(`INSERT INTO ws_main.spot (id, created_at, created_by, updated_at, updated_by, version, place_lat, place_lng)
		SELECT gen_random_uuid(), now(), 'system', now(), 'system', 1, a::numeric, b::numeric FROM unnest($1::text[], $2::text[]) AS p(a, b)`, lats, lngs)
	w.exec(`INSERT INTO ws_main.spot (id, created_at, created_by, updated_at, updated_by, version) VALUES (gen_random_uuid(), now(), 'system', now(), 'system', 1)`)
	found := 0
	for i := range 150 {
		n := expr.Near{Point: placeColumn, Center: points[rnd.IntN(len(points))], Meters: math.Pow(10, rnd.Float64()*7.3), Not: i%5 == 0}
		want := 0
		for _, p := range points {
			if expr.Holds(n, expr.MapRecord{"place": p}) {
				want++
			}
		}
		if !n.Not {
			found += want
		}
		got := w.must(w.caller("all"), &Query{List: &List{Object: "spot", Filter: n, Shape: []ListItem{{Key: "n", Kind: TotalCount, Exact: true}}}})
		if got != fmt.Sprintf(`{"n":%d}`, want) {
			t.Errorf("%v around %v (not %v): %s, want %d", n.Meters, n.Center, n.Not, got, want)
		}
	}
	if found < 10_000 {
		t.Errorf("only %d places lay in a circle", found)
	}
}
