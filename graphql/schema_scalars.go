package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// scalars adds what does not depend on the objects: scalars, Money, page
// information, errors.
func (b *builder) scalars() {
	for _, s := range [][2]string{
		{"Long", "A whole number of up to 53 bits, ±9007199254740991."},
		{"Decimal", "An exact decimal number. Answers give text; input may be text or a number."},
		{"Date", "A day without a zone, as in 2026-01-31."},
		{"Time", "A time of the day without a zone, as in 09:30:00; microseconds count."},
		{"Duration", "A duration of ISO 8601 in weeks to seconds, as in P1DT2H30M; a day has 24 hours."},
		{jsonScalar, "Any JSON value, of up to 64 KiB and 32 levels."},
		{"DateTime", "An instant in RFC 3339, as in 2026-01-31T09:30:00Z; microseconds count."},
	} {
		b.define(ast.Scalar, s[0], s[1])
	}
	b.enum("OrderDirection", "A direction, and where empty values go. ASC puts them last, DESC first.",
		"ASC", "DESC", "ASC_NULLS_FIRST", "ASC_NULLS_LAST", "DESC_NULLS_FIRST", "DESC_NULLS_LAST")
	b.enum("OnError", "ABORT: one refused row refuses all. CONTINUE: the good rows are written.", "ABORT", "CONTINUE")

	b.composites()

	page := b.define(ast.Object, "PageInfo", "Where a page stands in its list.")
	b.output(page, "hasNextPage", "", required("Boolean"), binding{what: pageHasNext})
	b.output(page, "hasPreviousPage", "", required("Boolean"), binding{what: pageHasPrevious})
	b.output(page, "startCursor", "", named("String"), binding{what: pageStart})
	b.output(page, "endCursor", "", named("String"), binding{what: pageEnd})
}

func (b *builder) enum(name, description string, values ...string) *ast.Definition {
	d := b.define(ast.Enum, name, description)
	if d == nil {
		return nil
	}
	for _, v := range values {
		d.EnumValues = append(d.EnumValues, &ast.EnumValueDefinition{Name: v})
	}
	return d
}

// operators adds the filters of scalar kinds.
func (b *builder) operators() {
	compare := []string{"lt", "lte", "gt", "gte"}
	text := []string{"startsWith", "endsWith", "contains", "iStartsWith", "iEndsWith", "iContains"}
	b.operatorType("IDFilter", "ID", nil)
	b.operatorType("TextFilter", "String", append(compare[:len(compare):len(compare)], text...))
	b.operatorType("LongFilter", "Long", compare)
	b.operatorType("DecimalFilter", "Decimal", compare)
	b.operatorType("DateFilter", "Date", compare)
	b.operatorType("DateTimeFilter", "DateTime", compare)
	boolean := b.define(ast.InputObject, "BooleanFilter", operatorHelp)
	input(boolean, "eq", "", named("Boolean"))
	input(boolean, "ne", "", named("Boolean"))
	input(boolean, "isNull", "", named("Boolean"))
	b.operatorType("TimeFilter", "Time", compare)
	b.operatorType("DurationFilter", "Duration", compare)
	b.compositeFilters(compare, text)
	b.kindFilters()
}

const operatorHelp = "Several operators in one filter must all hold. An empty value is unequal to every value, and eq: null finds it."

func (b *builder) operatorType(name, of string, more []string) *ast.Definition {
	d := b.define(ast.InputObject, name, operatorHelp)
	input(d, "eq", "", named(of))
	input(d, "ne", "", named(of))
	input(d, "in", "", listOf(of))
	input(d, "notIn", "", listOf(of))
	for _, op := range more {
		help := ""
		if op[0] == 'i' {
			help = "Ignores upper and lower case."
		}
		input(d, op, help, named(of))
	}
	input(d, "isNull", "", named("Boolean"))
	return d
}

// scalarOf is the scalar type of a field's values in answers and input; of a
// list, that of its elements.
func (o *objectSight) scalarOf(f *metadata.Field) string {
	if e := o.names.enum(f.Name); e != "" {
		return e
	}
	if s := scalars[f.Type()]; s != "" {
		return s
	}
	return "String"
}

// operatorsOf is the type of a field's filter; lookups have their own.
func (o *objectSight) operatorsOf(f *metadata.Field) string {
	if e := o.names.enumFilter(f.Name); e != "" {
		return e
	}
	if c := compositeOf(f); c != nil {
		return c.name + "Filter"
	}
	if f.Kind == metadata.KindFile {
		return "JSONFilter" // whether there are any
	}
	if s := scalars[f.Type()]; s != "" {
		return s + "Filter"
	}
	if f.Type().IsList() {
		return "TextListFilter"
	}
	return "TextFilter"
}

var scalars = map[expr.Type]string{
	expr.IDType: "ID", expr.IntType: "Long", expr.DecimalType: "Decimal", expr.BoolType: "Boolean", expr.DateType: "Date",
	expr.TimestampType: "DateTime", expr.TimeOfDayType: "Time", expr.DurationType: "Duration", expr.JSONType: jsonScalar,
}
