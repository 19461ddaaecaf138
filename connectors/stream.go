package connectors

// Text is what people read, in English and Chinese. ZH may be empty; then EN is
// shown.
type Text struct {
	EN string `json:"en"`
	ZH string `json:"zh,omitempty"`
}

// Stream is one kind of record that a Source can read.
type Stream struct {
	Name  string `json:"name"`
	Label Text   `json:"label"`
	// Fields are those of Record.Data, sorted by name. The list may be empty when
	// the source cannot know them before it reads.
	Fields []Field `json:"fields,omitempty"`
	// Deletes says that deletions at the source are reported by records with
	// Deleted set. Otherwise a record that is gone there is never mentioned
	// again.
	Deletes bool `json:"deletes,omitempty"`
}

// Field is one entry of Record.Data.
type Field struct {
	Name  string    `json:"name"`
	Kind  FieldKind `json:"kind"`
	Label Text      `json:"label"`
	// To is the stream a FieldLink points into: the value is that record's Key.
	To string `json:"to,omitempty"`
	// Options are the values a FieldSelect may have, when they are known.
	Options []Option `json:"options,omitempty"`
}

// Option is one choice of a select.
type Option struct {
	Value string `json:"value"`
	Label Text   `json:"label"`
}

// FieldKind is the type of a Field, and with it the Go type in Record.Data.
type FieldKind string

// The kinds of fields. Every one may also be nil.
const (
	FieldText     FieldKind = "text"     // string
	FieldBoolean  FieldKind = "boolean"  // bool
	FieldInteger  FieldKind = "integer"  // int64
	FieldDecimal  FieldKind = "decimal"  // Decimal
	FieldDate     FieldKind = "date"     // Date
	FieldTime     FieldKind = "time"     // TimeOfDay
	FieldDateTime FieldKind = "datetime" // time.Time, UTC
	FieldSelect   FieldKind = "select"   // string
	FieldLink     FieldKind = "link"     // string: the Key of a record of the stream To
	FieldBinary   FieldKind = "binary"   // []byte
	FieldList     FieldKind = "list"     // []any
	FieldMap      FieldKind = "map"      // map[string]any
	FieldAny      FieldKind = "any"      // differs from record to record
)
