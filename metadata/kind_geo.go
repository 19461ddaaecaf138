package metadata

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/trellishq/trellis/metadata/expr"
)

// geoScale is the places after the point of latitude and longitude.
const geoScale = 6

var geoPointSpec = spec{
	of: expr.GeoPointType,
	columns: []layout{
		{suffix: "_lat", part: expr.LatPart, of: expr.DecimalType, storage: StoredNumeric, precision: 2 + geoScale, scale: geoScale},
		{suffix: "_lng", part: expr.LngPart, of: expr.DecimalType, storage: StoredNumeric, precision: 3 + geoScale, scale: geoScale},
	},
	settings: setDefault, can: canIndex,
	coerce: func(_ *Field, v any) (any, error) { return coerceGeoPoint(v) },
}

// coerceGeoPoint reads {lat, lng} and "52.37, 4.89". More than six places after
// the point are rounded: they are smaller than a hand.
func coerceGeoPoint(v any) (any, error) {
	var lat, lng any
	switch v := v.(type) {
	case expr.GeoPoint:
		lat, lng = v.Lat, v.Lng
	case map[string]any:
		if err := onlyParts(expr.GeoPointType, v); err != nil {
			return nil, err
		}
		lat, lng = v["lat"], v["lng"]
	case string:
		a, b, ok := strings.Cut(v, ",")
		if !ok {
			return nil, invalid("needs a latitude and a longitude, like \"52.37, 4.89\"")
		}
		lat, lng = a, b
	default:
		return nil, invalid("needs a latitude and a longitude")
	}
	if lat == nil && lng == nil {
		return nil, nil
	}
	y, err := degrees(lat, "latitude", 90)
	if err != nil {
		return nil, err
	}
	x, err := degrees(lng, "longitude", 180)
	if err != nil {
		return nil, err
	}
	return expr.GeoPoint{Lat: y, Lng: x}, nil
}

func degrees(v any, name string, most int64) (*expr.Decimal, error) {
	if f, ok := v.(float64); ok {
		v = json.Number(strconv.FormatFloat(f, 'g', -1, 64))
	}
	d, err := toDecimal(v)
	if err != nil {
		return nil, invalid("needs a %s in degrees, from -%d to %d", name, most, most)
	}
	out := new(expr.Decimal)
	ctx := apd.BaseContext.WithPrecision(40)
	ctx.Traps, ctx.Rounding = 0, apd.RoundHalfUp
	if cond, err := ctx.Quantize(out, d, -geoScale); err != nil || cond.InvalidOperation() || out.Cmp(apd.New(most, 0)) > 0 || out.Cmp(apd.New(-most, 0)) < 0 {
		return nil, invalid("has a %s that is not from -%d to %d", name, most, most)
	}
	if out.IsZero() {
		out.Negative = false
	}
	return out, nil
}
