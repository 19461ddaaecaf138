package metadata

import (
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

// spec is what the platform knows of a kind: the table behind Kind. Each kind
// has one, beside what reads and checks its values.
type spec struct {
	of       expr.Type
	columns  []layout // one per part of the type; none for what has no column
	keyed    int      // how many of the columns an index is over; 0 is all
	settings setting  // that fit, beside name, labels, required
	can      ability
	// coerce reads a value; see Field.Coerce. It gets no null and no empty text.
	coerce func(f *Field, v any) (any, error)
	// complete fills what Normalize fills.
	complete func(f *Field)
	// check tells what is wrong with the field's settings.
	check func(v *validator, f *Field, at []any)
}

// setting is a set of settings of a field.
type setting uint32

const (
	setMaxLength setting = 1 << iota
	setDigits            // precision, scale
	setOptions
	setTarget
	setTargets
	setLink
	setInverse
	setOnDelete
	setRange // min, max
	setMaxRating
	setDefault // default, defaultRule
	setFormula // formula, result
	setRollUp
	setNumber
	setExpression
	setFiles
)

// ability is a set of things that can be done with a kind's values.
type ability uint8

const (
	canSort   ability = 1 << iota // in one column, with an order people expect
	canGroup                      // equal values are one group
	canUnique                     // a unique key, alone or with others
	canIndex                      // an index serves its filters
	canSearch                     // text that a search looks through
	canTitle                      // can name a record
)

const (
	canOrder = canSort | canGroup | canIndex | canTitle // of scalars
	canKey   = canOrder | canUnique
)

// specOf finds a kind's spec; of a kind that is not there it is like text.
func specOf(k Kind) *spec {
	switch k {
	case KindText:
		return &textSpec
	case KindEmail:
		return &emailSpec
	case KindPhone:
		return &phoneSpec
	case KindInteger:
		return &integerSpec
	case KindDecimal:
		return &decimalSpec
	case KindCurrency:
		return &currencySpec
	case KindBoolean:
		return &booleanSpec
	case KindDate:
		return &dateSpec
	case KindDateTime:
		return &dateTimeSpec
	case KindSelect:
		return &selectSpec
	case KindLookup, KindUser:
		return &lookupSpec
	case KindID:
		return &idSpec
	case KindLongText:
		return &longTextSpec
	case KindRichText:
		return &richTextSpec
	case KindURL:
		return &urlSpec
	case KindPercent:
		return &percentSpec
	case KindTime:
		return &timeSpec
	case KindDuration:
		return &durationSpec
	case KindMultiSelect:
		return &multiSelectSpec
	case KindRating:
		return &ratingSpec
	case KindJSON:
		return &jsonSpec
	case KindGeoPoint:
		return &geoPointSpec
	case KindAddress:
		return &addressSpec
	case KindPersonName:
		return &personNameSpec
	case KindPolymorphic:
		return &polymorphicSpec
	case KindManyToMany:
		return &manyToManySpec
	case KindAutoNumber:
		return &autoNumberSpec
	case KindFile:
		return &fileSpec
	case KindExpression:
		return &expressionSpec
	case KindFormula:
		return &formulaSpec
	case KindRollUp:
		return &rollUpSpec
	}
	return &textSpec
}

// spec is that of the field's own kind; values are ValueKind's.
func (f *Field) spec() *spec { return specOf(f.Kind) }

// Sortable says that records can be put in the order of the field's values.
func (f *Field) Sortable() bool { return specOf(f.ValueKind()).can&canSort != 0 }

// Groupable says that records can be grouped by the field's values.
func (f *Field) Groupable() bool { return specOf(f.ValueKind()).can&canGroup != 0 }

// kindsWith lists the kinds a person can choose that a test holds for, as in
// "text, email and phone"; when most do, "every kind but boolean".
func kindsWith(fits func(*spec) bool) string {
	var with, without []string
	for _, k := range Kinds {
		if fits(specOf(k)) {
			with = append(with, string(k))
		} else {
			without = append(without, string(k))
		}
	}
	if len(without) < len(with) {
		return "every kind but " + listed(without)
	}
	return listed(with)
}

// listed is "a, b and c".
func listed(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}
