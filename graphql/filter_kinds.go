package graphql

import (
	"maps"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// composite compiles the operators on a field of several parts: near of a place,
// a filter per part, and those on the part that stands for the whole.
func (f *filterer) composite(field *metadata.Field, given map[string]any, not bool) (expr.Pred, *trellis.Error) {
	whole := expr.Column{Field: field.Name, Of: field.Type(), Nullable: !field.NotNull()}
	main := whole
	rest := maps.Clone(given)
	var all []expr.Pred
	for _, p := range field.Type().Parts() {
		col := expr.Column{Field: field.Name, Part: p.Part, Of: p.Type, Nullable: true}
		if p.Main {
			main = col
		}
		sub, ok := given[p.Name].(map[string]any)
		delete(rest, p.Name)
		if !ok {
			continue
		}
		got, err := f.column(col, sub, not)
		if err != nil {
			return nil, err.At(p.Name)
		}
		all = append(all, got)
	}
	if circle, ok := rest["near"].(map[string]any); ok {
		got, err := near(whole, circle, not)
		if err != nil {
			return nil, err.At("near")
		}
		all = append(all, got)
	}
	delete(rest, "near")
	got, err := f.column(main, rest, not)
	if err != nil {
		return nil, err
	}
	return join(append(all, got), not), nil
}

func near(point expr.Column, given map[string]any, not bool) (expr.Pred, *trellis.Error) {
	place := &metadata.Field{Kind: metadata.KindGeoPoint}
	center, err := place.Coerce(map[string]any{"lat": given["lat"], "lng": given["lng"]})
	if err != nil {
		return nil, trellis.Public(err)[0]
	}
	lit, problem := literalOf(expr.DecimalType, given["meters"])
	if problem != nil {
		return nil, problem.At("meters")
	}
	meters, err := as[*expr.Decimal](lit.Value).Float64()
	if err != nil || meters <= 0 || meters > expr.MaxMeters {
		return nil, invalid("must be over 0 and at most %d", expr.MaxMeters).At("meters")
	}
	p := expr.Near{Point: point, Center: as[expr.GeoPoint](center), Meters: meters, Not: not}
	if not {
		return orNull(point, p), nil
	}
	return p, nil
}

// listOperators are those on a field of several options.
var listOperators = map[string]struct{ all, not bool }{
	"has": {}, "hasAny": {}, "hasAll": {all: true}, "hasNone": {not: true},
}

// holding compiles what a list must have: one option, any, all or none of
// several. A list that is empty has none.
func (f *filterer) holding(col expr.Column, op string, v any, not bool) (expr.Pred, *trellis.Error) {
	if v == nil {
		return nil, invalid("must not be null")
	}
	options, ok := v.([]any)
	if !ok {
		options = []any{v}
	}
	if f.count += len(options); f.count > MaxConditions {
		return nil, tooManyConditions()
	}
	kind := listOperators[op]
	absent := kind.not != not
	var all []expr.Pred
	for i, o := range options {
		lit, err := literalOf(expr.TextType, o)
		if err != nil {
			return nil, err.At(i)
		}
		all = append(all, expr.Contains{List: col, Elem: lit, Not: absent})
	}
	if !absent {
		return join(all, !kind.all), nil
	}
	return orNull(col, join(all, kind.all)), nil
}

// kindLiteral reads a value of the kinds with a text form of their own.
func kindLiteral(t expr.Type, text string) (any, error) {
	if t == expr.TimeOfDayType {
		return expr.ParseTimeOfDay(strings.TrimSpace(text))
	}
	return expr.ParseDuration(strings.TrimSpace(text))
}
