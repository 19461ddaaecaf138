package expr

import (
	"time"

	"github.com/trellishq/trellis"
)

// TimeOfDay is a time of the day without a zone, in microseconds since midnight.
type TimeOfDay int64

// GeoPoint is a place by WGS 84, in degrees with six places after the point
// (a tenth of a metre): latitude from -90 to 90, longitude from -180 to 180.
type GeoPoint struct{ Lat, Lng *Decimal }

// Address is a postal address. Country is an ISO 3166-1 code of two letters; any
// part may be empty, not all.
type Address struct {
	Country, Region, City, District, Street, PostalCode string
}

// PersonName is a person's name. Full is how it is shown, made of the others when
// it is not given: family before given without a space when both are Chinese,
// else given before family.
type PersonName struct{ Full, Family, Given string }

// Ref refers to a record of one of several objects.
type Ref struct {
	Object string
	ID     trellis.ID
}

// File is one file of a record: what is known of it, not what is in it.
type File struct {
	ID     trellis.ID // of the stored content
	Name   string
	Type   string // media type, as found in the content
	Size   int64  // bytes
	SHA256 string // of the content, in hex
	Added  time.Time
}
