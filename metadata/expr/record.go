package expr

import "time"

// Record is one record as expressions read it. It is read from one goroutine at
// a time and must not change meanwhile.
type Record interface {
	// Get is the value of a field, of the Go type its Type asks for, or nil for
	// null. A lookup's value is its trellis.ID. ok is false when the field was
	// not loaded, which fails the expression rather than passing for null.
	Get(field string) (value any, ok bool)
	// Hop is the record a lookup points to; nil when the lookup is null, or the
	// record trashed or gone.
	Hop(lookup string) Record
}

// ManyRecord is a Record that also knows its to-many relations. Only Holds on
// a tree with Some asks for it; ok is false when the relation was not loaded.
type ManyRecord interface {
	Record
	Many(relation string) (records []Record, ok bool)
}

// MapRecord is a Record in memory. A lookup holds a trellis.ID (the id alone,
// no hop), or a Record, whose field "id" is then the lookup's value. An absent
// key is null.
type MapRecord map[string]any

var _ ManyRecord = MapRecord(nil)

// Get implements Record.
func (m MapRecord) Get(field string) (any, bool) {
	switch v := m[field].(type) {
	case Record:
		return v.Get("id")
	case nil:
		return nil, true
	default:
		return v, true
	}
}

// Hop implements Record.
func (m MapRecord) Hop(lookup string) Record {
	r, _ := m[lookup].(Record)
	return r
}

// Many implements ManyRecord over a []Record.
func (m MapRecord) Many(relation string) ([]Record, bool) {
	rs, ok := m[relation].([]Record)
	return rs, ok
}

// Vars is what an expression may read when it is evaluated.
type Vars struct {
	// Record is the current image; for a write the new one.
	Record Record
	// Old is the image before an update, nil on create. Validate only.
	Old Record
	// User holds the attributes of the principal by name. An absent one is null,
	// an absent list empty. A nil map means that there is no user: what asks for
	// one fails.
	User map[string]any
	// Now is the time of the request. Its zone decides today. It is cut to whole
	// microseconds.
	Now time.Time
	// Changed says whether a write changes a field. When nil it is found by
	// comparing Record with Old.
	Changed func(field string) bool
	// Source is the remote record of a Transform: JSON-like Go values, and the
	// Go values of Type.
	Source any
}

// now is the time of the request as SQL would hold it.
func (v *Vars) now() time.Time { return v.Now.Truncate(time.Microsecond) }
