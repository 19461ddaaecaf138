package metadata

import "github.com/trellishq/trellis/metadata/expr"

// Kind says what a field holds. It decides the columns, the checks on input,
// the operators of filters and the type in every API.
type Kind string

// The kinds a person can choose.
const (
	KindText     Kind = "text"     // one line, ≤ MaxLength characters
	KindEmail    Kind = "email"    // text with the shape of an address
	KindPhone    Kind = "phone"    // text of digits and + ( ) - . / space
	KindInteger  Kind = "integer"  // ±(2^53−1)
	KindDecimal  Kind = "decimal"  // numeric(Precision, Scale), exact
	KindCurrency Kind = "currency" // amount numeric(Precision, Scale) and an ISO 4217 code, two columns
	KindBoolean  Kind = "boolean"
	KindDate     Kind = "date"     // a day without a zone, years 1–9999
	KindDateTime Kind = "dateTime" // an instant, microseconds
	KindSelect   Kind = "select"   // one of Options, stored by its name
	KindLookup   Kind = "lookup"   // a record of Target
	KindUser     Kind = "user"     // a lookup whose Target is "user"

	KindLongText    Kind = "longText"    // several lines
	KindRichText    Kind = "richText"    // HTML of a safe subset
	KindURL         Kind = "url"         // http or https
	KindPercent     Kind = "percent"     // numeric, 12.5 is 12.5 %
	KindTime        Kind = "time"        // of the day, microseconds, without a zone
	KindDuration    Kind = "duration"    // ISO 8601 of weeks to microseconds, never months or years
	KindMultiSelect Kind = "multiSelect" // several of Options, in the order of Options
	KindRating      Kind = "rating"      // 1 to MaxRating
	KindJSON        Kind = "json"        // any JSON value
	KindGeoPoint    Kind = "geoPoint"    // latitude and longitude, two columns
	KindAddress     Kind = "address"     // country, region, city, district, street, postalCode: a column each
	KindPersonName  Kind = "personName"  // the whole name as shown, family and given: a column each
	KindPolymorphic Kind = "polymorphic" // a record of one of Targets: its object and its id, two columns
	KindManyToMany  Kind = "manyToMany"  // records of Target, over the link object Link; no column
	KindAutoNumber  Kind = "autoNumber"  // text that the engine makes by Number
	KindFile        Kind = "file"        // one or several files, by Files
	KindExpression  Kind = "expression"  // CEL text over another object, by Expression
	KindFormula     Kind = "formula"     // computed from Formula, of the kind Result
	KindRollUp      Kind = "rollUp"      // computed over children, by RollUp
)

// Kinds that only system fields have.
const (
	KindID        Kind = "id"        // the record's own UUID
	KindPrincipal Kind = "principal" // who did it, as "user:<id>", "key:<id>", "connection:<id>", "plugin:<id>" or "system"
)

// Kinds lists what a person can choose, in the order shown.
var Kinds = []Kind{
	KindText, KindEmail, KindPhone, KindInteger, KindDecimal, KindCurrency,
	KindBoolean, KindDate, KindDateTime, KindSelect, KindLookup, KindUser,
	KindAutoNumber,
	KindLongText, KindRichText, KindURL, KindPercent, KindTime, KindDuration, KindMultiSelect, KindRating,
	KindJSON, KindGeoPoint, KindAddress, KindPersonName,
	KindPolymorphic, KindManyToMany, KindExpression, KindFile, KindFormula, KindRollUp,
}

// kindEncrypted is reserved: a kind whose column holds ciphertext of a key per
// workspace, neither filtered nor sorted by. Its spec goes into specOf with what
// else it needs when there are keys.
const kindEncrypted Kind = "encrypted"

// IsLookup says that a field of this kind holds the id of another record.
func (k Kind) IsLookup() bool { return k == KindLookup || k == KindUser }

// IsText says that the value is plain text in one column.
func (k Kind) IsText() bool {
	switch k.ExprType() {
	case expr.TextType, expr.SelectType:
		return true
	}
	return false
}

// ExprType is the type a field of this kind has in expressions and predicates;
// of a formula or roll-up ask the field.
func (k Kind) ExprType() expr.Type { return specOf(k).of }
