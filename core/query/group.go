package query

import (
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// Limits of groups.
const (
	MaxGroups       = 1_000 // of a root list
	MaxNestedGroups = 200   // of a list inside a record
	maxGroupKeys    = 6
	maxMeasures     = 40 // counts, sums … of one group
)

// Groups puts the records of a list together by equal keys, the page aside: the
// list's filter and search decide which records, its order and cursors nothing.
// It needs the action aggregate beside read; only rows and fields that both
// grants show count.
type Groups struct {
	// By are the keys; without any there is one group of all records, also of
	// none.
	By []GroupBy
	// Order of the groups; those that are equal in it, or all, by their keys,
	// rising, nulls last.
	Order []GroupOrder
	// First is how many groups are told. 0 is all of them, and an error when they
	// are more than MaxGroups (MaxNestedGroups), so that none is left out unsaid.
	First int
	// Zone decides where the days of an instant end, as in "Asia/Shanghai"; ""
	// is the zone of the request.
	Zone  string
	Shape []GroupItem
}

// GroupBy is a key: a field of the record or of one reached over lookups.
type GroupBy struct {
	Hops   []string // lookups on the way, outermost first
	Field  string
	Part   expr.Part // of a field of several parts; Whole means the first
	Bucket Bucket    // of a date or an instant, which must have one
}

// Bucket cuts a date or an instant to the day it begins with. Weeks begin on
// Monday, as in ISO 8601.
type Bucket string

// The buckets.
const (
	Day     Bucket = "day"
	Week    Bucket = "week"
	Month   Bucket = "month"
	Quarter Bucket = "quarter"
	Year    Bucket = "year"
)

// Measure is one number about a group: how many records, or a function over the
// values of a field. Nulls do not count.
//
// A sum or mean of integers or decimals is a decimal; a mean has four places
// more than its field. Of nothing, all but counts are null. Of a currency the
// result is one amount: an error when the values have several codes, unless the
// code is a key.
type Measure struct {
	Fn expr.Aggregate
	// Field is of the record; "" counts records.
	Field string
	// Distinct counts different values of a key instead.
	Distinct *GroupBy
}

// GroupOrder sorts groups by a key or a measure.
type GroupOrder struct {
	// Measure sorts by a number; nil by the key at Key of Groups.By.
	Measure          *Measure
	Key              int
	Desc, NullsFirst bool
}

// GroupItem is one thing asked of a group, in the order of the answer.
type GroupItem struct {
	Name    string // its name in the answer
	Kind    GroupKind
	Items   []GroupItem // GroupObject
	Key     int         // GroupKey: the position in Groups.By
	Measure Measure     // GroupMeasure
	Parts   []PartItem  // GroupMeasure of a currency
	Text    string      // GroupTypeName
}

// GroupKind says what a GroupItem is.
type GroupKind uint8

// What can be asked of a group.
const (
	GroupObject   GroupKind = iota // an object of more items
	GroupKey                       // the value of a key
	GroupMeasure                   // a number
	GroupTypeName                  // Text
)

// CanGroup says that records can be put together by a field: by its values, or
// by the amount or the code of a currency.
func CanGroup(f *metadata.Field) bool {
	return f.Groupable() && len(f.ValueParts()) < 2 || f.Type() == expr.MoneyType
}

// CanMeasure says that fn can be asked of a field's values.
func CanMeasure(f *metadata.Field, fn expr.Aggregate) bool {
	switch f.Type() {
	case expr.IntType, expr.DecimalType, expr.MoneyType, expr.DurationType:
		return fn == expr.Sum || fn == expr.Mean || fn == expr.Least || fn == expr.Most
	case expr.DateType, expr.TimestampType, expr.TimeOfDayType:
		return fn == expr.Least || fn == expr.Most
	}
	return false
}
