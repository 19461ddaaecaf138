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
		{"DateTime", "An instant in RFC 3339, as in 2026-01-31T09:30:00Z; microseconds count."},
	} {
		b.define(&ast.Definition{Kind: ast.Scalar, Name: s[0], Description: s[1]})
	}
	b.enum("OrderDirection", "A direction, and where empty values go. ASC puts them last, DESC first.",
		"ASC", "DESC", "ASC_NULLS_FIRST", "ASC_NULLS_LAST", "DESC_NULLS_FIRST", "DESC_NULLS_LAST")
	b.enum("OnError", "ABORT: one refused row refuses all. CONTINUE: the good rows are written.", "ABORT", "CONTINUE")

	money := b.define(&ast.Definition{Kind: ast.Object, Name: "Money", Description: "An amount in a currency."})
	b.output(money, "amount", "", named("Decimal"), binding{what: partOf, part: expr.AmountPart})
	b.output(money, "currency", "The code of ISO 4217.", named("String"), binding{what: partOf, part: expr.CurrencyPart})
	in := b.define(&ast.Definition{Kind: ast.InputObject, Name: "MoneyInput", Description: "An amount in a currency."})
	input(in, "amount", "", required("Decimal"))
	input(in, "currency", "The code of ISO 4217.", required("String"))

	page := b.define(&ast.Definition{Kind: ast.Object, Name: "PageInfo", Description: "Where a page stands in its list."})
	b.output(page, "hasNextPage", "", required("Boolean"), binding{what: pageHasNext})
	b.output(page, "hasPreviousPage", "", required("Boolean"), binding{what: pageHasPrevious})
	b.output(page, "startCursor", "", named("String"), binding{what: pageStart})
	b.output(page, "endCursor", "", named("String"), binding{what: pageEnd})
}

func (b *builder) enum(name, description string, values ...string) *ast.Definition {
	d := b.define(&ast.Definition{Kind: ast.Enum, Name: name, Description: description})
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
	b.operatorType("TextFilter", "String", append(compare, text...))
	b.operatorType("LongFilter", "Long", compare)
	b.operatorType("DecimalFilter", "Decimal", compare)
	b.operatorType("DateFilter", "Date", compare)
	b.operatorType("DateTimeFilter", "DateTime", compare)
	boolean := b.define(&ast.Definition{Kind: ast.InputObject, Name: "BooleanFilter", Description: operatorHelp})
	input(boolean, "eq", "", named("Boolean"))
	input(boolean, "ne", "", named("Boolean"))
	input(boolean, "isNull", "", named("Boolean"))
	money := b.operatorType("MoneyFilter", "Decimal", compare)
	money.Description = "Compares the amount; the currency on its own. " + operatorHelp
	input(money, "currency", "The code of ISO 4217.", named("TextFilter"))
}

const operatorHelp = "Several operators in one filter must all hold. An empty value is unequal to every value, and eq: null finds it."

func (b *builder) operatorType(name, of string, more []string) *ast.Definition {
	d := b.define(&ast.Definition{Kind: ast.InputObject, Name: name, Description: operatorHelp})
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

// scalarOf is the scalar type of a field's values in answers and input.
func (o *objectSight) scalarOf(f *metadata.Field) string {
	switch f.ValueKind() {
	case metadata.KindID, metadata.KindLookup, metadata.KindUser:
		return "ID"
	case metadata.KindInteger:
		return "Long"
	case metadata.KindDecimal:
		return "Decimal"
	case metadata.KindBoolean:
		return "Boolean"
	case metadata.KindDate:
		return "Date"
	case metadata.KindDateTime:
		return "DateTime"
	case metadata.KindSelect:
		if e := o.names.enums[f.Name]; e != "" {
			return e
		}
	}
	return "String"
}

// operatorsOf is the type of a field's filter; lookups have their own.
func (o *objectSight) operatorsOf(f *metadata.Field) string {
	switch f.ValueKind() {
	case metadata.KindID:
		return "IDFilter"
	case metadata.KindInteger:
		return "LongFilter"
	case metadata.KindDecimal:
		return "DecimalFilter"
	case metadata.KindCurrency:
		return "MoneyFilter"
	case metadata.KindBoolean:
		return "BooleanFilter"
	case metadata.KindDate:
		return "DateFilter"
	case metadata.KindDateTime:
		return "DateTimeFilter"
	case metadata.KindSelect:
		if e := o.names.enumFilters[f.Name]; e != "" {
			return e
		}
	}
	return "TextFilter"
}
