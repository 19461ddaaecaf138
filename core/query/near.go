package query

import (
	"fmt"
	"strconv"

	"github.com/trellishq/trellis/metadata/expr"
)

// near writes that a place lies in the box around the centre, which an index on
// its columns finds, and that its distance by the haversine formula is small
// enough. No value of the columns makes it raise.
func (r *renderer) near(p expr.Near) error {
	s, f, err := r.field(p.Point)
	if err != nil {
		return err
	}
	part := func(of expr.Part) (string, error) {
		return r.capture(func() error { return r.column(s, f, f.PartColumn(of)) })
	}
	lat, err := part(expr.LatPart)
	if err != nil {
		return err
	}
	lng, err := part(expr.LngPart)
	if err != nil {
		return err
	}
	if p.Not {
		r.text("(NOT ")
	}
	lats, lngs := p.Box()
	r.text("(")
	r.between(lat, lats)
	r.text(" AND (")
	for i, bounds := range lngs {
		if i > 0 {
			r.text(" OR ")
		}
		r.between(lng, bounds)
	}
	r.text(") AND ")
	r.distance(lat, lng, p.Center)
	r.text(" <= ")
	r.bind(p.Meters, "float8")
	r.text(")")
	if p.Not { // least() below takes no notice of null
		r.text(" AND " + lat + " IS NOT NULL AND " + lng + " IS NOT NULL)")
	}
	return nil
}

func (r *renderer) between(column string, bounds [2]float64) {
	r.text(column + " BETWEEN ")
	r.bind(plainFloat(bounds[0]), "numeric")
	r.text(" AND ")
	r.bind(plainFloat(bounds[1]), "numeric")
}

// plainFloat is a number of degrees as numeric reads it.
func plainFloat(f float64) any {
	d, err := expr.ParseDecimal(strconv.FormatFloat(f, 'f', 9, 64))
	if err != nil {
		return nil // degrees are finite
	}
	return Param(d)
}

// distance writes the way in metres; see expr.Distance.
func (r *renderer) distance(lat, lng string, from expr.GeoPoint) {
	degrees := func(d *expr.Decimal) { r.bind(Param(d), "numeric") }
	half := func(column string, d *expr.Decimal) {
		r.text("power(sin(radians((" + column + " - ")
		degrees(d)
		r.text(")::float8) / 2), 2)")
	}
	r.text(fmt.Sprintf("%g * asin(least(1, sqrt(", 2*expr.EarthRadius))
	half(lat, from.Lat)
	r.text(" + cos(radians(" + lat + "::float8)) * cos(radians(")
	degrees(from.Lat)
	r.text("::float8)) * ")
	half(lng, from.Lng)
	r.text(")))")
}
