package metadata

import "time"

// Definition is everything a workspace defines, as people write it. It is a
// plain value: change it, then Normalize, Validate and New.
type Definition struct {
	Packages []*Package
	Objects  []*Object
	Roles    []*Role
	Policies []*Policy
	// Removed are columns and tables that are kept hidden for a while; their
	// physical names stay taken. The catalogue fills it.
	Removed []*Removed

	origin origins
	// snapshot is the one that was made from the definition, which nobody changes
	// from then on; nil for a draft.
	snapshot *Snapshot
}

// Removed is a table, or columns of a table, whose component was removed.
type Removed struct {
	Object string `json:"object"`
	Field  string `json:"field,omitempty"` // empty when the whole object was removed
	Table  string `json:"table"`
	// Columns are empty when the whole table is hidden.
	Columns []string  `json:"columns,omitempty"`
	Until   time.Time `json:"until"` // when the data may be dropped
	// FieldWas and ObjectWas are what was removed, for bringing it back.
	FieldWas  *Field  `json:"fieldWas,omitempty"`
	ObjectWas *Object `json:"objectWas,omitempty"`
}

// Package names an owner of components. "custom" is the customer's own.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Label   Label  `json:"label,omitempty"`
}

// CustomPackage owns what the customer defines.
const CustomPackage = "custom"

// Object is a kind of record: a table with rules.
type Object struct {
	Name        string `json:"name"`   // camelCase, singular
	Plural      string `json:"plural"` // camelCase
	Package     string `json:"package,omitempty" yaml:"-"`
	Label       Label  `json:"label,omitempty"`
	PluralLabel Label  `json:"pluralLabel,omitempty"`
	Description Label  `json:"description,omitempty"`
	// Title is the field whose value names a record in lists and lookups.
	Title string `json:"title,omitempty"`
	// Unowned objects (reference data, lines of a document) have no owner and
	// team; everything else has both, nullable.
	Unowned bool `json:"unowned,omitempty"`
	// Fields are the object's own. System fields are not listed.
	Fields  []*Field          `json:"fields,omitempty"`
	Indexes []*Index          `json:"indexes,omitempty"`
	Rules   []*ValidationRule `json:"rules,omitempty"`
	// AppendOnly objects are ledgers: their records are created and read, never
	// changed or deleted; what is wrong is corrected by another record.
	AppendOnly bool `json:"appendOnly,omitempty"`
	// Formerly are names the object had, as Field.Formerly.
	Formerly []*Alias `json:"formerly,omitempty"`
	// Implied objects are the links of manyToMany fields that nobody defined.
	Implied bool `json:"implied,omitempty" yaml:"-"`
	// Table is the physical name, fixed when the object is created. Empty in
	// what people write; the catalogue fills it.
	Table string `json:"table,omitempty" yaml:"-"`
	// Extends says that this is no object of its own: a package's additions to
	// an object of another. Read makes them, Merge dissolves them.
	Extends bool `json:"-" yaml:"-"`
}

// Index speeds up filters and sorting over several fields.
type Index struct {
	Fields []string `json:"fields"`
	Unique bool     `json:"unique,omitempty"`
	// Where makes the index partial: a row rule over the record's own columns
	// and constants. Records it does not hold for may repeat a unique value.
	Where string `json:"where,omitempty"`
	// Range makes a unique index refuse records with the same Fields whose
	// ranges overlap. Both ends are included; a null end is open.
	Range *IndexRange `json:"range,omitempty"`
	// Message is what a person reads who breaks a unique index.
	Message Label `json:"message,omitempty"`
	// Name is the physical name, fixed when the index is created.
	Name    string `json:"name,omitempty" yaml:"-"`
	Package string `json:"package,omitempty" yaml:"-"`
}

// IndexRange is a range between two fields of one kind: integer, decimal, date
// or dateTime.
type IndexRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// ValidationRule must be true of every record that is written; an error or
// null counts as violated.
type ValidationRule struct {
	Name    string `json:"name"`
	Rule    string `json:"rule"`            // CEL over record, its relations and children, old, user, today, changed("field")
	Message Label  `json:"message"`         // a sentence for the person
	Field   string `json:"field,omitempty"` // where the message belongs
	Package string `json:"package,omitempty" yaml:"-"`
}

// Role is a set of rights that people, keys, connections and plugins hold.
type Role struct {
	Name     string   `json:"name"`
	Package  string   `json:"package,omitempty" yaml:"-"`
	Label    Label    `json:"label,omitempty"`
	Inherits []string `json:"inherits,omitempty"`
	// Admin roles may also change metadata, policies, users, connections and
	// plugins. It gives no right to records.
	Admin bool `json:"admin,omitempty"`
}

// Action is what one may do with a record. The list is closed.
type Action string

// The actions.
const (
	ActionRead      Action = "read"
	ActionCreate    Action = "create"
	ActionUpdate    Action = "update"
	ActionDelete    Action = "delete"
	ActionExport    Action = "export"
	ActionAggregate Action = "aggregate"
	ActionShare     Action = "share"
	ActionAny       Action = "*"
)

// Effect of a policy. Deny wins over any allow.
type Effect string

// The effects.
const (
	Allow Effect = "allow"
	Deny  Effect = "deny"
)

// Policy lets a role do actions with the rows of an object for which Rule
// holds, and with the fields listed.
type Policy struct {
	// Name is unique in the workspace; the rule's id in logs and explanations.
	Name    string   `json:"name"`
	Package string   `json:"package,omitempty" yaml:"-"`
	Role    string   `json:"role" yaml:"-"` // in YAML the file's
	Object  string   `json:"object"`        // or "*"
	Actions []Action `json:"actions"`
	Effect  Effect   `json:"effect,omitempty"` // allow unless told
	// Rule is CEL over record and user; empty means every row.
	Rule string `json:"rule,omitempty"`
	// ReadFields and WriteFields list what the policy covers; empty means all.
	// With Effect deny they narrow the denial to these fields, and an empty
	// list denies the row.
	ReadFields  []string `json:"readFields,omitempty"`
	WriteFields []string `json:"writeFields,omitempty"`
}
