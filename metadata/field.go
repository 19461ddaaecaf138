package metadata

// Field is one thing known of a record.
type Field struct {
	Name        string `json:"name"`
	Kind        Kind   `json:"kind"`
	Package     string `json:"package,omitempty" yaml:"-"`
	Label       Label  `json:"label,omitempty"`
	Description Label  `json:"description,omitempty"`
	Required    bool   `json:"required,omitempty"`
	Unique      bool   `json:"unique,omitempty"`
	Indexed     bool   `json:"indexed,omitempty"`
	Searchable  bool   `json:"searchable,omitempty"`
	// Default is the value of a record created without one, in the text form of
	// the kind (CSV form); "" is no default.
	Default string `json:"default,omitempty"`
	// MaxLength of text kinds, in characters: 255 unless told, 500 at most when
	// Unique or Indexed, 10,000 at most.
	MaxLength int `json:"maxLength,omitempty"`
	// Precision and Scale of decimal and currency, in digits: 18 and 2 when
	// neither is told, 38 and 18 at most. A Precision alone means Scale 0.
	Precision int       `json:"precision,omitempty"`
	Scale     int       `json:"scale,omitempty"`
	Options   []*Option `json:"options,omitempty"` // select
	// Target is the object a lookup refers to; Inverse names the list of
	// referring records on the target ("opportunities" on account), empty for
	// none. OnDelete says what becomes of this record when the target is deleted.
	Target   string   `json:"target,omitempty"`
	Inverse  string   `json:"inverse,omitempty"`
	OnDelete OnDelete `json:"onDelete,omitempty"`
	// Targets are the objects a polymorphic lookup may refer to; Inverse is the
	// name of the list on each of them.
	Targets []string `json:"targets,omitempty"`
	// Link is the object between the two sides of a manyToMany: it has a cascading
	// lookup to either. One is made, unowned and with these lookups alone, when
	// there is no object of that name; the name is object + Field unless told.
	Link string `json:"link,omitempty"`
	// Min and Max bound numbers, in their text form, both included.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
	// MaxRating is the best rating: 5 unless told, 10 at most.
	MaxRating int `json:"maxRating,omitempty"`
	// DefaultRule is CEL over record (as given), user, now and today whose value
	// a record created without one gets. There is Default or DefaultRule.
	DefaultRule string `json:"defaultRule,omitempty"`
	// Formula is CEL over record, its to-one relations, now and today; Result is
	// the kind of its value (text, integer, decimal, percent, boolean, date,
	// dateTime, time, duration, currency), MaxLength, Precision and Scale are that
	// kind's.
	Formula    string      `json:"formula,omitempty"`
	Result     Kind        `json:"result,omitempty"`
	RollUp     *RollUp     `json:"rollUp,omitempty"`
	Number     *AutoNumber `json:"number,omitempty"`
	Expression *Expression `json:"expression,omitempty"`
	Files      *Files      `json:"files,omitempty"`
	// Formerly are names the field had. A field that is there under such a name
	// is renamed by this; until its date the old name answers as a deprecated
	// alias.
	Formerly []*Alias `json:"formerly,omitempty"`
	// Help is a sentence shown beside the input; Description is for those who
	// define and program.
	Help Label `json:"help,omitempty"`
	// Column is the physical name, fixed when the field is created. A currency's
	// code is in Column + "_code"; other kinds of several columns have a suffix
	// per part.
	Column string `json:"column,omitempty" yaml:"-"`
	// Computed says where a formula or roll-up gets its value: Stored or AtRead.
	// Normalize decides it; empty for every other kind.
	Computed Computed `json:"computed,omitempty" yaml:"-"`
	// Filling says that a stored computed column is not filled yet: until then
	// it is computed at read. The catalogue sets and clears it.
	Filling bool `json:"filling,omitempty" yaml:"-"`

	system bool
}

// System says that the field is one of SystemFields.
func (f *Field) System() bool { return f.system }

// Linked says that the field has no column: a link object holds what it says.
// It may be asked of nil.
func (f *Field) Linked() bool { return f != nil && f.Kind == KindManyToMany }

// Option is one choice of a select field.
type Option struct {
	Name  string `json:"name"`
	Label Label  `json:"label,omitempty"`
	// Color is a hint for the console: a name of its palette, empty for grey.
	Color string `json:"color,omitempty"`
}

// OnDelete says what happens to a record whose lookup's target is deleted.
type OnDelete string

// The choices. Cascade makes the record a child: it is deleted and restored
// with its parent and can be written inside the parent's mutation.
const (
	SetNull  OnDelete = "setNull" // the default; for a required lookup Restrict
	Restrict OnDelete = "restrict"
	Cascade  OnDelete = "cascade"
)
