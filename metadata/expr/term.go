package expr

// Term is a value inside a leaf of a predicate: a column, a bound value, or
// something computed from them. The set is closed.
//
// A term is either a value, whose null is an ordinary null (Column, Literal), or
// computed (all others), whose SQL NULL stands for an error: the leaf around it
// must then hold in neither polarity. [Computed] tells them apart.
type Term interface {
	// Type is the type of the term's values.
	Type() Type
	isTerm()
}

// Part selects one of the two columns of a currency field.
type Part uint8

// The parts of a field.
const (
	Whole        Part = iota // the field's only column
	AmountPart               // the decimal amount of a Money field
	CurrencyPart             // the currency code of a Money field

	LatPart        // of a GeoPoint, a decimal
	LngPart        // of a GeoPoint, a decimal
	CountryPart    // of an Address, a text, as all its parts
	RegionPart     // of an Address
	CityPart       // of an Address
	DistrictPart   // of an Address
	StreetPart     // of an Address
	PostalCodePart // of an Address
	FullPart       // of a PersonName, a text, as all its parts
	FamilyPart     // of a PersonName
	GivenPart      // of a PersonName
	ObjectPart     // of a Ref, a text
	IDPart         // of a Ref, an id
)

// Column is a field of the record in scope.
//
// SQL: the field's column, qualified by the alias of its record.
type Column struct {
	Field string
	Part  Part
	// Up counts scopes outward: 0 is the record of the innermost Hop or Some
	// around the leaf (or the tree's own record), 1 the record that Hop started
	// from, and so on. A renderer keeps a stack of aliases and takes
	// stack[len-1-Up]. Because scopes are relative, a whole tree may be put
	// inside a Hop to the object it was made for.
	Up int
	// Of is the type of the column; of a part for Money: Decimal or Text.
	Of       Type
	Nullable bool
}

// Literal is a value known now. A nil Value is null; [Fold] leaves none in a
// Compare, In, Contains or Match.
//
// SQL: always a bound parameter of the column type that fits Of.
type Literal struct {
	Of    Type
	Value any
}

// Slot is a part of a rule that does not read the record. It occurs in a Plan
// only: Predicate replaces each by a Literal or folds it away.
type Slot struct {
	Of    Type
	Index int
}

// Func is a function in a term.
type Func uint8

// The functions. Each is null (an error) when its argument is.
const (
	// LowerASCII maps A-Z to a-z and leaves every other character.
	// SQL: translate(x, 'ABC…Z', 'abc…z').
	LowerASCII Func = iota + 1
	// UpperASCII maps a-z to A-Z.
	// SQL: translate(x, 'abc…z', 'ABC…Z').
	UpperASCII
	// Trim removes white space at both ends. SQL: btrim(x, $n) with SpaceChars
	// bound.
	Trim
	// Size is the number of characters of a text (SQL: char_length(x)) or of
	// the elements of a list (SQL: cardinality(x)), an integer.
	Size
	// ToDecimal reads an Int as a Decimal. SQL: x::numeric.
	ToDecimal
	// OrElse is its first argument where that has a value, else the second; it
	// fails when neither has. SQL: COALESCE(x, y).
	OrElse
	// Round rounds a Decimal to the places its second argument says, 0 unless
	// told, an Int from -20 to 20, half up and away from zero. SQL: round(x, n).
	Round
	// Floor and Ceil are the whole number below and above. SQL: floor(x), ceil(x).
	Floor
	Ceil
	// Abs is the number without its sign. SQL: abs on numeric, with the guard of
	// Arith over Int.
	Abs
	// LeastOf and MostOf are the extremes of their arguments, null when one of them
	// is. SQL: CASE WHEN num_nulls(…) = 0 THEN least(…) END.
	LeastOf
	MostOf
	// TextOf writes a Decimal without zeros at its end (SQL: trim_scale(x)::text), a
	// Date as YYYY-MM-DD (SQL: to_char), a Bool as true or false, an Int and an ID
	// as usual (SQL: x::text).
	TextOf
	// Parts of a Date, as integers; the week is ISO's and a weekday 1 on Monday.
	// SQL: extract(… from x)::int8.
	YearOf
	QuarterOf
	MonthOf
	WeekOf
	DayOf
	WeekdayOf
	DayOfYear
	// AddMonths moves a Date by months, to the last day of a month that is shorter;
	// null outside of the years 1 to 9999. SQL: (d + make_interval(months => n))::date.
	AddMonths
	// Workdays counts the days from Monday to Friday from the first date up to, not
	// including, the second; less than 0 when that is earlier. SQL: see workdaysTo.
	Workdays
	// Whole units of a Duration, cut toward zero. SQL: d / unit, both int8.
	DaysOf
	HoursOf
	MinutesOf
	SecondsOf
	// HourOf and MinuteOf are of a Timestamp in a zone, the second argument: an IANA
	// name or an offset like +08:00. SQL: extract(hour from t AT TIME ZONE z), the
	// offset as an interval, because as a text its sign would be turned round.
	HourOf
	MinuteOf
	// DateIn is the Date of a Timestamp in a zone. SQL: (t AT TIME ZONE z)::date.
	DateIn
	// SubstringOf takes the characters from a position, from 0, up to another if
	// given; null outside of the text. SQL: substr(x, from + 1, to - from).
	SubstringOf
	// Whole64 cuts a Decimal toward zero to an Int, null when it does not fit.
	// SQL: trunc(x)::int8, with the guard of Arith over Int.
	Whole64
	// AddDays moves a Date by an Int of days; null outside of the years 1 to 9999.
	AddDays
	// DaysBetween is the first Date minus the second, an Int. SQL: (a - b)::int8.
	DaysBetween
	// AddTime moves a Timestamp by a Duration; null outside of the years 1 to 9999.
	// SQL: t + make_interval(hours, secs), which is exact.
	AddTime
	// Negated is a Duration turned round. SQL: -d.
	Negated
	// TimeBetween is the first Timestamp minus the second, null when longer than a
	// Duration can be.
	TimeBetween
	// Within is its first argument where that lies between the second and the
	// third, both included, else null. SQL: CASE WHEN x BETWEEN a AND b THEN x END.
	Within
	// Fits is a text of 1 to as many characters as its second argument says, else
	// null. SQL: CASE WHEN char_length(x) BETWEEN 1 AND n THEN x END.
	Fits
)

// SpaceChars are the characters Trim removes: those Unicode calls white space.
const SpaceChars = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

// Call applies a Func to its arguments: Arg, then More.
type Call struct {
	Fn   Func
	Arg  Term
	More []Term
}

// ArithOp is an operator between two terms of one type.
type ArithOp uint8

// The operators.
const (
	Add ArithOp = iota + 1
	Sub
	Mul
	Div // of Int truncates toward zero; of Decimal rounds half up to QuotientPlaces
	Mod // Int only, and by a Literal other than -1: the sign of the dividend
)

// Arith computes with two terms of the same type.
//
// SQL, over Int: both sides as numeric; the result becomes NULL outside
// -2^63..2^63-1, at every level, not only the outermost; Div is
// trunc(l / NULLIF(r, 0)) written so that it is exact (div(l, r) on numeric),
// Mod is mod(l, NULLIF(r, 0)). Over Decimal: + - * on numeric, which is exact; Div
// by div() over whole numbers, see divide in decimal.go. Over Text: Add alone, l || r.
type Arith struct {
	Op   ArithOp
	L, R Term
}

// Choose is Then where When holds, Else where Otherwise does; where neither
// holds the condition failed, and so does the term. Otherwise is the negation
// of When.
//
// SQL: CASE WHEN when THEN then WHEN otherwise THEN else END.
type Choose struct {
	When, Otherwise Pred
	Then, Else      Term
}

// Through is a term over the record a lookup refers to; null when there is none
// or it is trashed. Inside Of, that record is the innermost scope.
//
// SQL: (SELECT of FROM target t1 WHERE t1.id = t0.fk AND t1.deleted_at IS NULL).
type Through struct {
	Lookup string
	Target string
	Up     int // as Column.Up
	Of     Term
}

// Over aggregates a term over the live records of a to-many relation for which
// Where holds; they are the innermost scope of both. Of is nil for count.
//
// SQL: (SELECT fn(of) FROM target t1 WHERE t1.fk = t0.id AND t1.deleted_at IS
// NULL AND where), with COALESCE(…, 0) for sum.
type Over struct {
	Relation string
	Target   string
	Up       int // as Column.Up
	Fn       Aggregate
	Of       Term
	Where    Pred
}

// Aggregate is a function over many values; nulls do not count.
type Aggregate string

// The aggregates.
const (
	Count Aggregate = "count"
	Sum   Aggregate = "sum"
	Least Aggregate = "min"
	Most  Aggregate = "max"
	Mean  Aggregate = "avg"
)

// Type implements Term: that of both branches.
func (c Choose) Type() Type { return c.Then.Type() }

// Type implements Term.
func (t Through) Type() Type { return t.Of.Type() }

// Type is IntType for count, DecimalType for the mean (but of durations), else
// that of Of.
func (o Over) Type() Type {
	switch {
	case o.Fn == Count:
		return IntType
	case o.Fn == Mean && o.Of.Type() != DurationType:
		return DecimalType
	}
	return o.Of.Type()
}

func (Choose) isTerm()  {}
func (Through) isTerm() {}
func (Over) isTerm()    {}

// Type implements Term.
func (c Column) Type() Type { return c.Of }

// Type implements Term.
func (l Literal) Type() Type { return l.Of }

// Type implements Term.
func (s Slot) Type() Type { return s.Of }

// Type implements Term: that of both sides; of texts, Text.
func (a Arith) Type() Type {
	if t := a.L.Type(); t != SelectType {
		return t
	}
	return TextType
}

// Type is that of the function's values; of some that of the argument.
func (c Call) Type() Type {
	switch c.Fn {
	case Size, YearOf, QuarterOf, MonthOf, WeekOf, DayOf, WeekdayOf, DayOfYear, Workdays, DaysOf, HoursOf, MinutesOf, SecondsOf,
		HourOf, MinuteOf, Whole64, DaysBetween:
		return IntType
	case ToDecimal, Round, Floor, Ceil:
		return DecimalType
	case OrElse, Within, Abs, LeastOf, MostOf:
		return c.Arg.Type()
	case AddMonths, DateIn, AddDays:
		return DateType
	case AddTime:
		return TimestampType
	case TimeBetween, Negated:
		return DurationType
	}
	return TextType
}

func (Column) isTerm()  {}
func (Literal) isTerm() {}
func (Slot) isTerm()    {}
func (Call) isTerm()    {}
func (Arith) isTerm()   {}

// Computed says that a NULL of this term stands for an error, not for null.
func Computed(t Term) bool {
	switch t.(type) {
	case Call, Arith, Choose, Through, Over:
		return true
	}
	return false
}

// MayBeNull says whether the term, rendered to SQL, can be NULL.
func MayBeNull(t Term) bool {
	switch t := t.(type) {
	case Column:
		return t.Nullable
	case Literal:
		return t.Value == nil
	case Call:
		return t.Fn > ToDecimal || MayBeNull(t.Arg)
	}
	return true
}
