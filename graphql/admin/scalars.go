package admin

import (
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/trellishq/trellis/metadata"
)

// Long is the scalar of that name.
type Long int64

// ImplementsGraphQLType binds the type to its scalar.
func (Long) ImplementsGraphQLType(name string) bool { return name == "Long" }

// UnmarshalGraphQL reads a whole number of up to 53 bits.
func (l *Long) UnmarshalGraphQL(input any) error {
	switch v := input.(type) {
	case int32:
		*l = Long(v)
		return nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) <= metadata.MaxInteger {
			*l = Long(v)
			return nil
		}
	}
	return errors.New("must be a whole number")
}

// DateTime is the scalar of that name.
type DateTime struct{ time.Time }

// ImplementsGraphQLType binds the type to its scalar.
func (DateTime) ImplementsGraphQLType(name string) bool { return name == "DateTime" }

// UnmarshalGraphQL reads RFC 3339.
func (d *DateTime) UnmarshalGraphQL(input any) error {
	text, ok := input.(string)
	if !ok {
		return errors.New("must be a date and time")
	}
	var err error
	d.Time, err = time.Parse(time.RFC3339Nano, text)
	return err
}

// MarshalJSON writes RFC 3339 in UTC.
func (d DateTime) MarshalJSON() ([]byte, error) {
	return json.Marshal(d.UTC().Format(time.RFC3339Nano))
}

func when(t *time.Time) *DateTime {
	if t == nil {
		return nil
	}
	return &DateTime{*t}
}

// optional is nil for what is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func number(n int) *int32 {
	if n == 0 {
		return nil
	}
	v := int32(n)
	return &v
}

// labelText is one language of a label.
type labelText struct{ lang, text string }

func (l labelText) Lang() string { return l.lang }
func (l labelText) Text() string { return l.text }

func labels(l metadata.Label) []labelText {
	out := []labelText{}
	for lang, text := range l.All() {
		out = append(out, labelText{lang, text})
	}
	return out
}
