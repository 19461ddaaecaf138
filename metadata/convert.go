package metadata

import (
	"fmt"
	"slices"
)

// Way is how a field becomes one of another kind where there are values.
type Way uint8

// The ways. In place, the column goes on as it is, or PostgreSQL changes its
// type without touching a row. Copied, there is a new column that the values are
// converted into, and the old one is kept hidden. Refused, there is none.
const (
	InPlace Way = iota
	Copied
	Refused
)

// Conversion is the way from one state of a field to another.
type Conversion struct {
	Way
	// Why says why it is refused, and what to do instead.
	Why string
	// Loses says what may get lost on the way, "" for nothing: values that do not
	// fit become empty.
	Loses string
}

const instead = "add another field, fill it, and remove this one"

// Convert finds the way from was to f.
func Convert(was, f *Field) Conversion {
	if isComputed(was) || isComputed(f) {
		if isComputed(was) != isComputed(f) {
			return refused("a field that is computed cannot become one that is written, nor the other way round; %s", instead)
		}
		return Conversion{} // everything in it is computed again
	}
	switch {
	case was.Kind.IsLookup() && f.Kind.IsLookup():
		if was.Target != f.Target {
			return refused("it refers to %s and cannot be turned to %s; %s", was.Target, f.Target, instead)
		}
		return Conversion{}
	case was.Linked() && f.Linked():
		if was.Target != f.Target || was.Link != f.Link {
			return refused("it links records of %s over %s and cannot be turned to others; %s", was.Target, was.Link, instead)
		}
		return Conversion{}
	case was.Kind == f.Kind:
		return sameKind(was, f)
	}
	if c, ok := betweenKinds(was, f); ok {
		return c
	}
	return refused("a field of the kind %s cannot become one of the kind %s; %s", was.Kind, f.Kind, instead)
}

func refused(format string, args ...any) Conversion {
	return Conversion{Way: Refused, Why: fmt.Sprintf(format, args...)}
}

func copying(loses string) Conversion { return Conversion{Way: Copied, Loses: loses} }

// sameKind is the way when settings alone differ.
func sameKind(was, f *Field) Conversion {
	switch f.Kind {
	case KindDecimal, KindCurrency, KindPercent:
		return digits(was.Part(0), f.Part(0))
	case KindSelect, KindMultiSelect:
		if !optionsStay(was, f) {
			return copying("options that are there no more")
		}
	case KindRating:
		if f.MaxRating < was.MaxRating {
			return copying(fmt.Sprintf("ratings over %d", f.MaxRating))
		}
	}
	return Conversion{}
}

// digits is the way between two numeric columns.
func digits(was, is Column) Conversion {
	before, after := was.Precision-was.Scale, is.Precision-is.Scale
	switch {
	case was.Scale == is.Scale && before <= after:
		return Conversion{}
	case was.Scale <= is.Scale && before <= after:
		return copying("")
	case before <= after:
		return copying(fmt.Sprintf("digits after the point, over %d", is.Scale))
	}
	return copying(fmt.Sprintf("numbers of more than %d digits before the point, and digits after it over %d", after, is.Scale))
}

func optionsStay(was, f *Field) bool {
	return !slices.ContainsFunc(was.Options, func(o *Option) bool {
		return !slices.ContainsFunc(f.Options, func(n *Option) bool { return n.Name == o.Name })
	})
}

// plainText are the kinds whose columns hold text that means itself.
func plainText(k Kind) bool {
	switch k {
	case KindText, KindEmail, KindPhone, KindLongText, KindURL, KindAutoNumber:
		return true
	}
	return false
}

// shortest is the length under which the text of a scalar may not fit.
const shortest = 42

// betweenKinds is the way from one kind to another; false for none.
func betweenKinds(was, f *Field) (Conversion, bool) {
	switch {
	case plainText(f.Kind) && f.Kind != KindURL:
		return intoText(was, f)
	case plainText(was.Kind):
		return fromText(was, f)
	}
	switch [2]Kind{was.Kind, f.Kind} {
	case [2]Kind{KindLongText, KindRichText}, [2]Kind{KindText, KindRichText}:
		return copying(""), true
	case [2]Kind{KindInteger, KindDecimal}, [2]Kind{KindInteger, KindPercent}, [2]Kind{KindRating, KindDecimal}:
		return wholeNumber(f), true
	case [2]Kind{KindDecimal, KindPercent}, [2]Kind{KindPercent, KindDecimal}:
		return digits(was.Part(0), f.Part(0)), true
	case [2]Kind{KindDecimal, KindInteger}, [2]Kind{KindPercent, KindInteger}:
		return copying("digits after the point, and numbers over 9007199254740991"), true
	case [2]Kind{KindCurrency, KindDecimal}:
		return copying("the currencies of the amounts, and digits that do not fit"), true
	case [2]Kind{KindRating, KindInteger}:
		return Conversion{}, true
	case [2]Kind{KindInteger, KindRating}:
		return copying(fmt.Sprintf("numbers that are not from 1 to %d", f.MaxRating)), true
	case [2]Kind{KindDate, KindDateTime}:
		return copying(""), true
	case [2]Kind{KindDateTime, KindDate}:
		return copying("the time of the day"), true
	case [2]Kind{KindSelect, KindMultiSelect}:
		if optionsStay(was, f) {
			return copying(""), true
		}
		return copying("options that are there no more"), true
	case [2]Kind{KindMultiSelect, KindSelect}:
		return copying("all options of a record but the first"), true
	}
	return Conversion{}, false
}

func wholeNumber(f *Field) Conversion {
	c := f.Part(0)
	if c.Precision-c.Scale >= 16 {
		return copying("")
	}
	return copying(fmt.Sprintf("numbers of more than %d digits", c.Precision-c.Scale))
}

// intoText is the way into a kind of plain text: almost everything has a text.
func intoText(was, f *Field) (Conversion, bool) {
	loses := ""
	if n := f.TextLength(); n < shortest {
		loses = fmt.Sprintf("values whose text is longer than %d characters", n)
	}
	switch was.Kind {
	case KindText, KindEmail, KindPhone, KindLongText, KindURL, KindAutoNumber, KindSelect:
		return Conversion{}, true
	case KindExpression: // copied, since no text becomes an expression again
		return copying(""), true
	case KindRichText:
		return copying("the formatting"), true
	case KindInteger, KindDecimal, KindPercent, KindBoolean, KindDate, KindDateTime, KindRating:
		if f.Kind != KindText && f.Kind != KindLongText {
			return Conversion{}, false
		}
		return copying(loses), true
	case KindMultiSelect:
		if f.Kind == KindText || f.Kind == KindLongText {
			return copying(fmt.Sprintf("lists of options longer than %d characters", f.TextLength())), true
		}
	}
	return Conversion{}, false
}

// fromText is the way from plain text: what does not read as the other kind is
// lost.
func fromText(was, f *Field) (Conversion, bool) {
	switch f.Kind {
	case KindRichText:
		return copying(""), true
	case KindURL:
		return copying("texts that are no address of the form http:// or https://"), true
	case KindSelect:
		return copying("texts that are not the name of an option"), true
	case KindInteger:
		return copying("texts that are no whole number up to 9007199254740991"), true
	case KindDecimal, KindPercent:
		c := f.Part(0)
		return copying(fmt.Sprintf("texts that are no number of %d digits before the point and %d after it", c.Precision-c.Scale, c.Scale)), true
	case KindBoolean:
		return copying("texts other than true, false, yes, no, 1 and 0"), true
	case KindDate:
		return copying("texts that are no date like 2026-01-31"), true
	case KindDateTime:
		return copying("texts that are no date and time like 2026-01-31T09:30:00Z"), true
	}
	return Conversion{}, false
}
