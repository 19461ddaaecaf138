package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// compositeType is how a type of several parts looks in the schema: an object of
// its parts, an input of the same parts, a filter.
type compositeType struct {
	of       expr.Type
	name     string
	help     string
	optional bool              // the parts may be left out on input
	parts    map[string]string // what is told of a part
}

var compositeTypes = []compositeType{
	{of: expr.MoneyType, name: "Money", help: "An amount in a currency.", parts: map[string]string{"currency": "The code of ISO 4217."}},
	{of: expr.GeoPointType, name: "GeoPoint", help: "A place by WGS 84, in degrees with six places after the point.", parts: map[string]string{
		"lat": "From -90 to 90.", "lng": "From -180 to 180."}},
	{of: expr.AddressType, name: "PostalAddress", help: "A postal address. Any part may be empty, not all.", optional: true, parts: map[string]string{
		"country": "A code of ISO 3166-1, as in NL or CN.", "street": "Street, number, building, floor."}},
	{of: expr.PersonNameType, name: "PersonName", help: "A person's name.", optional: true, parts: map[string]string{
		"full": "As it is shown. When it is not given it is made of the others: family before given when both are Chinese, else after it."}},
}

// compositeOf finds how the values of a field look, nil when they are of one
// part.
func compositeOf(f *metadata.Field) *compositeType {
	of := f.Type()
	for i := range compositeTypes {
		if compositeTypes[i].of == of {
			return &compositeTypes[i]
		}
	}
	return nil
}

// composites adds the objects, inputs and filters of types of several parts.
func (b *builder) composites() {
	for _, c := range compositeTypes {
		out := b.define(ast.Object, c.name, c.help)
		in := b.define(ast.InputObject, c.name+"Input", c.help)
		for _, p := range c.of.Parts() {
			scalar := "String"
			if p.Type == expr.DecimalType {
				scalar = "Decimal"
			}
			b.output(out, p.Name, c.parts[p.Name], named(scalar), binding{what: partOf, part: p.Part})
			if c.optional {
				input(in, p.Name, c.parts[p.Name], named(scalar))
			} else {
				input(in, p.Name, c.parts[p.Name], required(scalar))
			}
		}
	}
	near := b.define(ast.InputObject, "NearInput", "A circle on the earth.")
	input(near, "lat", "", required("Decimal"))
	input(near, "lng", "", required("Decimal"))
	input(near, "meters", "The radius: over 0, at most 20,100,000.", required("Decimal"))
}

// compositeFilters adds the filters of types of several parts: of the part that
// stands for the whole directly, of the others by name.
func (b *builder) compositeFilters(compare, text []string) {
	money := b.operatorType("MoneyFilter", "Decimal", compare)
	money.Description = "Compares the amount; the currency on its own. " + operatorHelp
	input(money, "currency", "The code of ISO 4217.", named("TextFilter"))

	place := b.define(ast.InputObject, "GeoPointFilter", operatorHelp)
	input(place, "near", "Places within a circle.", named("NearInput"))
	input(place, "lat", "", named("DecimalFilter"))
	input(place, "lng", "", named("DecimalFilter"))
	input(place, "isNull", "", named("Boolean"))

	address := b.define(ast.InputObject, "PostalAddressFilter", operatorHelp)
	for _, p := range expr.AddressType.Parts() {
		input(address, p.Name, "", named("TextFilter"))
	}
	input(address, "isNull", "", named("Boolean"))

	name := b.operatorType("PersonNameFilter", "String", append(compare[:len(compare):len(compare)], text...))
	name.Description = "Compares the name as it is shown; its parts on their own. " + operatorHelp
	input(name, "family", "", named("TextFilter"))
	input(name, "given", "", named("TextFilter"))
}

// kindFilters adds the filters of the kinds that have operators of their own.
func (b *builder) kindFilters() {
	json := b.define(ast.InputObject, "JSONFilter", "")
	input(json, "isNull", "", named("Boolean"))
	b.listOperators("TextListFilter", "String")
}

// listOperators adds the filter of a field of several options.
func (b *builder) listOperators(name, of string) {
	d := b.define(ast.InputObject, name, operatorHelp)
	input(d, "has", "This option is chosen.", named(of))
	input(d, "hasAny", "At least one of these is chosen.", listOf(of))
	input(d, "hasAll", "All of these are chosen.", listOf(of))
	input(d, "hasNone", "None of these is chosen; holds for an empty value too.", listOf(of))
	input(d, "isNull", "", named("Boolean"))
}

// valueType is the type of a field's values in answers; inputType is that on
// input.
func (o *objectSight) valueType(f *metadata.Field) *ast.Type {
	if c := compositeOf(f); c != nil {
		return named(c.name)
	}
	if f.Type() == expr.TextListType {
		return listOf(o.scalarOf(f))
	}
	return named(o.scalarOf(f))
}

func (o *objectSight) inputType(f *metadata.Field) *ast.Type {
	if f.Linked() {
		return named(linksInput)
	}
	switch f.Kind {
	case metadata.KindPolymorphic:
		return named(refInput)
	case metadata.KindFile:
		return listOf(fileInput)
	}
	if c := compositeOf(f); c != nil {
		return named(c.name + "Input")
	}
	return o.valueType(f)
}
