package expr

import "math"

// Near holds for a place within Meters of Center, along the great circle; for a
// place that is null it holds in neither polarity.
//
// SQL: the bounds of Box on both columns, so that an index on them serves, and
// the haversine formula in float8.
type Near struct {
	Point  Column // of GeoPointType, Whole
	Center GeoPoint
	Meters float64 // over 0, at most MaxMeters
	Not    bool
}

func (Near) isPred() {}

// EarthRadius is the mean radius in metres (R1 of IUGG); MaxMeters is more than
// half of the way around.
const (
	EarthRadius = 6_371_008.8
	MaxMeters   = 20_100_000
)

// Box bounds the places around Center: a range of latitudes, and up to two of
// longitudes, two when the circle crosses the date line. A circle over a pole
// has all longitudes. The box is a little larger than the circle, so that
// rounding loses no place.
func (n Near) Box() (lat [2]float64, lng [][2]float64) {
	const margin = 2e-6 // degrees: two of the sixth place
	y, x := degreesOf(n.Center.Lat), degreesOf(n.Center.Lng)
	angle := n.Meters / EarthRadius
	reach := angle*180/math.Pi + margin
	lat = [2]float64{math.Max(y-reach, -90), math.Min(y+reach, 90)}
	if y-reach <= -90 || y+reach >= 90 {
		return lat, [][2]float64{{-180, 180}}
	}
	// The widest point of the circle is not on the centre's parallel.
	sin := math.Sin(angle) / math.Cos(y*math.Pi/180)
	if sin >= 1 {
		return lat, [][2]float64{{-180, 180}}
	}
	wide := math.Asin(sin)*180/math.Pi + margin
	west, east := x-wide, x+wide
	switch {
	case wide >= 180:
		return lat, [][2]float64{{-180, 180}}
	case west <= -180: // the meridian of the date line is both -180 and 180
		return lat, [][2]float64{{-180, east}, {west + 360, 180}}
	case east >= 180:
		return lat, [][2]float64{{west, 180}, {-180, east - 360}}
	}
	return lat, [][2]float64{{west, east}}
}

// Distance is the way between two places in metres, along the great circle (the
// haversine formula).
func Distance(a, b GeoPoint) float64 {
	rad := func(d *Decimal) float64 { return degreesOf(d) * math.Pi / 180 }
	latA, latB := rad(a.Lat), rad(b.Lat)
	lat, lng := math.Sin((latB-latA)/2), math.Sin((rad(b.Lng)-rad(a.Lng))/2)
	h := lat*lat + math.Cos(latA)*math.Cos(latB)*lng*lng
	return 2 * EarthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

func degreesOf(d *Decimal) float64 {
	f, err := d.Float64()
	if err != nil {
		return 0 // no place has more digits than a float64 holds
	}
	return f
}

func holdsNear(p Near, scopes []Record) bool {
	v, ok := value(p.Point, scopes)
	at, isPoint := v.(GeoPoint)
	return ok && isPoint && (Distance(p.Center, at) <= p.Meters) != p.Not
}
