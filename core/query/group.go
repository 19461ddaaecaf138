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
	Part   Part   // of a currency
	Bucket Bucket // of a date or an instant, which must have one
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
	Parts   []MoneyItem // GroupMeasure of a currency
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

// CanGroup says that records can be put together by a field of this kind.
func CanGroup(f *metadata.Field) bool { return groupable[valueKind(f)] }

// CanMeasure says that fn can be asked of a field's values.
func CanMeasure(f *metadata.Field, fn expr.Aggregate) bool {
	switch fn {
	case expr.Sum, expr.Mean:
		return summable[valueKind(f)]
	case expr.Least, expr.Most:
		return summable[valueKind(f)] || ordered[valueKind(f)]
	}
	return false
}

var groupable = map[metadata.Kind]bool{
	metadata.KindText: true, metadata.KindEmail: true, metadata.KindPhone: true, metadata.KindURL: true,
	metadata.KindInteger: true, metadata.KindDecimal: true, metadata.KindPercent: true, metadata.KindCurrency: true,
	metadata.KindBoolean: true, metadata.KindDate: true, metadata.KindDateTime: true,
	metadata.KindSelect: true, metadata.KindRating: true, metadata.KindAutoNumber: true,
	metadata.KindLookup: true, metadata.KindUser: true, metadata.KindID: true, metadata.KindPrincipal: true,
}

var summable = map[metadata.Kind]bool{
	metadata.KindInteger: true, metadata.KindDecimal: true, metadata.KindPercent: true,
	metadata.KindCurrency: true, metadata.KindRating: true, metadata.KindDuration: true,
}

var ordered = map[metadata.Kind]bool{
	metadata.KindDate: true, metadata.KindDateTime: true, metadata.KindTime: true,
}

// valueKind is the kind of a field's values: of a formula, that of its result.
func valueKind(f *metadata.Field) metadata.Kind {
	if f.Kind == metadata.KindFormula {
		return f.Result
	}
	return f.Kind
}
