package expr

// Type is the type of a field, a term or a value as expressions see it. The Go
// value is what a [Record] gives and what a [Literal] holds; nil is null for
// every type.
type Type uint8

// The types, with their Go values.
const (
	InvalidType   Type = iota
	BoolType           // bool
	IntType            // int64
	DecimalType        // *Decimal
	TextType           // string, valid UTF-8 without NUL
	DateType           // Date
	TimestampType      // time.Time, whole microseconds, years 1 to 9999
	IDType             // trellis.ID
	SelectType         // string, one of Field.Options; compares as Text
	MoneyType          // Money; expressions see its two parts
	TextListType       // []string without nulls
	IDListType         // []trellis.ID without nulls

	// Types that expressions may compute but that no field has.

	IntListType     // []int64
	DecimalListType // []*Decimal
	DateListType    // []Date
	TimeListType    // []time.Time
	BoolListType    // []bool
	DurationType    // time.Duration, whole microseconds; also of fields
	DynType         // any; only in Transform

	// Types of fields that came later.

	TimeOfDayType  // TimeOfDay
	GeoPointType   // GeoPoint; expressions see its two parts
	AddressType    // Address; expressions see its parts
	PersonNameType // PersonName; expressions see its parts
	RefType        // Ref; expressions see its two parts
	JSONType       // json.RawMessage, compact; expressions see whether it is null
	FilesType      // []File; expressions see whether it is null
)

var typeNames = [...]string{
	InvalidType: "unknown", BoolType: "boolean", IntType: "integer", DecimalType: "decimal", TextType: "text", DateType: "date",
	TimestampType: "date-time", IDType: "id", SelectType: "select", MoneyType: "currency", TextListType: "list of texts",
	IDListType: "list of ids", TimeOfDayType: "time", GeoPointType: "geo point", AddressType: "address", PersonNameType: "person's name", RefType: "reference", JSONType: "JSON",
	FilesType: "files", IntListType: "list of integers", DecimalListType: "list of decimals", DateListType: "list of dates",
	TimeListType: "list of date-times", BoolListType: "list of booleans", DurationType: "duration", DynType: "any",
}

// String is the name used in messages for people.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return typeNames[InvalidType]
}

// Elem is the type of a list's elements, and InvalidType for what is not a list.
func (t Type) Elem() Type {
	switch t {
	case TextListType:
		return TextType
	case IDListType:
		return IDType
	case IntListType:
		return IntType
	case DecimalListType:
		return DecimalType
	case DateListType:
		return DateType
	case TimeListType:
		return TimestampType
	case BoolListType:
		return BoolType
	}
	return InvalidType
}

// IsList says whether values of the type are lists.
func (t Type) IsList() bool { return t.Elem() != InvalidType }

// Field is what expressions need to know of a field.
type Field struct {
	Name string
	Type Type
	// Nullable is false only when the database holds no null in the column. It
	// decides how SQL is written, not what an expression may say: every field
	// may be compared with null.
	Nullable bool
	// Ref names the object a lookup points to. The field's Type is then IDType, and
	// an expression may select through it.
	Ref string
	// Options are the stored names a SelectType may hold. With none, any text may
	// be compared with it.
	Options []string
	// Kept says that the engine alone writes the field; only() does not count it.
	Kept bool
}

// Object is what expressions need to know of an object: its fields by name,
// the system fields included, and its to-many relations by name. A field may be
// there under names it had, too; its Name is the one it has, and what is
// compiled says that one.
type Object struct {
	Name      string
	Fields    ByName[*Field]
	Relations ByName[*Relation]
}

// Relation is a to-many relation: the records of Target that refer to this one.
// Validation rules see it as a list.
type Relation struct {
	Name   string
	Target string
}

// Schema finds objects. It must not change while an Engine uses it and is
// called from several goroutines.
type Schema interface {
	Object(name string) (*Object, bool)
}

// MapSchema is a Schema in memory.
type MapSchema map[string]*Object

var _ Schema = MapSchema(nil)

// Object implements Schema.
func (s MapSchema) Object(name string) (*Object, bool) {
	o, ok := s[name]
	return o, ok
}

// UserFields are the attributes every principal has: id, email, name, the names
// of its roles, the ids of its teams, and the ids of the people below it in the
// hierarchy, itself included.
func UserFields() []*Field {
	return []*Field{
		{Name: "id", Type: IDType, Nullable: true},
		{Name: "email", Type: TextType, Nullable: true},
		{Name: "name", Type: TextType, Nullable: true},
		{Name: "roles", Type: TextListType},
		{Name: "teams", Type: IDListType},
		{Name: "subordinates", Type: IDListType},
	}
}

// Path names a field from the rule's object: lookups, then a field, as in
// ["account" "region"]. In a validation rule the first step may be a to-many
// relation, as in ["lines" "amount"], alone when only its size is read.
type Path []string
