package metadata

import (
	"slices"
	"strings"
)

// NumberPart is one piece of an auto-number's pattern. Exactly one of its
// members is set.
type NumberPart struct {
	Text   string // as it stands
	Day    string // yyyy, yy, mm or dd
	Field  string // the text of another field
	Digits int    // the number itself, with at least so many
}

// maxPattern bounds patterns, in bytes, and maxNumberDigits what # ask for.
const (
	maxPattern      = 100
	maxNumberDigits = 18
)

// numberKinds can be a scope, or stand in a pattern.
func numberKind(f *Field) bool {
	switch f.Kind {
	case KindText, KindSelect, KindInteger, KindDate, KindLookup, KindUser, KindBoolean:
		return true
	}
	return false
}

// Parts reads the pattern; the second result says what is wrong with it, "" for
// nothing.
func (n *AutoNumber) Parts() ([]NumberPart, string) {
	var parts []NumberPart
	rest := n.Pattern
	if len(rest) == 0 || len(rest) > maxPattern {
		return nil, "a pattern has 1 to 100 bytes, as \"C{yy}{######}\""
	}
	numbers := 0
	for rest != "" {
		text, after, found := strings.Cut(rest, "{")
		if strings.Contains(text, "}") {
			return nil, "a } without a { before it"
		}
		if text != "" {
			parts = append(parts, NumberPart{Text: text})
		}
		if !found {
			break
		}
		inside, after, closed := strings.Cut(after, "}")
		if !closed {
			return nil, "a { without a } after it"
		}
		rest = after
		switch {
		case inside == "yyyy" || inside == "yy" || inside == "mm" || inside == "dd":
			parts = append(parts, NumberPart{Day: inside})
		case inside != "" && strings.Trim(inside, "#") == "":
			parts = append(parts, NumberPart{Digits: len(inside)})
			numbers++
		case nameProblem(inside) == "":
			parts = append(parts, NumberPart{Field: inside})
		default:
			return nil, "in { } stands yyyy, yy, mm, dd, the name of a field, or # for each digit"
		}
	}
	if numbers != 1 {
		return nil, "a pattern has one place for the number, as {####}"
	}
	if i := slices.IndexFunc(parts, func(p NumberPart) bool { return p.Digits > 0 }); parts[i].Digits > maxNumberDigits {
		return nil, "a number has 18 digits at most"
	}
	return parts, ""
}

func completeNumber(f *Field) {
	if f.Number == nil {
		return
	}
	if f.Number.Start == 0 {
		f.Number.Start = 1
	}
	f.Unique = len(f.Number.Scope) == 0
}

// number checks an auto-number's settings.
func (v *validator) number(o *Object, f *Field, at []any) {
	if f.Kind != KindAutoNumber {
		return
	}
	if f.Number == nil {
		v.problem(f, "number", at, "the settings of the number are missing: number with a pattern")
		return
	}
	at = append(slices.Clone(at), "number")
	parts, why := f.Number.Parts()
	if why != "" {
		v.problem(f.Number, "pattern", at, "%s", why)
	}
	for _, p := range parts {
		if p.Field != "" {
			v.numbered(o, f, p.Field, "pattern", at)
		}
	}
	for i, name := range f.Number.Scope {
		v.numbered(o, f, name, "scope", at)
		if slices.Contains(f.Number.Scope[:i], name) {
			v.problem(f.Number, "scope", at, "the field %q stands twice", name)
		}
	}
	if f.Number.Start < 0 || f.Number.Start > MaxInteger {
		v.problem(f.Number, "start", at, "numbers start at 1 or later")
	}
}

func (v *validator) numbered(o *Object, f *Field, name, key string, at []any) {
	of := ownOrSystem(o, name)
	switch {
	case of == nil:
		v.problem(f.Number, key, at, "there is no field %q%s", short(name), didYouMean(name, fieldNames(o.Fields)))
	case of == f || !numberKind(of):
		v.problem(f.Number, key, at, "the field %q cannot be part of a number: use a text, select, integer, date, boolean or lookup", name)
	}
}
