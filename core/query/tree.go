package query

import (
	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// Limits of a list, in records.
const (
	DefaultFirst       = 50    // root lists, when neither First nor Last is given
	MaxFirst           = 1_000 // root lists
	DefaultNestedFirst = 10    // lists inside a record
	MaxNestedFirst     = 200
	CountCap           = 10_000 // totalCount stops here unless Exact
)

// Query asks for one record, one list, or the records of several objects that a
// text finds. Exactly one of them is set.
type Query struct {
	Get    *Get
	List   *List
	Search *Search
	// Memo, when not nil, spares compiling the same query again.
	Memo *Memo
}

// Get asks for one record, by id or by the fields of a unique key.
type Get struct {
	Object  string
	ID      trellis.ID
	Key     map[string]any // field → canonical value; used when ID is zero
	Deleted bool           // also a trashed record, for those who may delete
	Select  Selection
}

// List asks for records of an object, or, nested in a record, for those that a
// relation lists.
type List struct {
	Object   string // at the root
	Relation string // nested: the name of the to-many relation
	Filter   expr.Pred
	// Search is text that each record must have in its searchable fields; see
	// searching. Without Order the best come first, then the newest.
	Search string
	Order  []Order
	// First and Last count from the front or the back; at most one is set, 0 is
	// the default. After and Before are cursors of this list.
	First, Last   int
	After, Before string
	Deleted       bool // also trashed records, for those who may delete
	Shape         []ListItem
}

// Order sorts by a field, of the record or of one reached over to-one lookups.
// Records that are equal in all terms are sorted by id.
type Order struct {
	Hops       []string // lookups on the way, outermost first
	Field      string
	Part       expr.Part // of a field of several parts; Whole means the first
	Desc       bool
	NullsFirst bool
}

// ListItem is one thing asked of a list, in the order of the answer.
type ListItem struct {
	Key    string // its name in the answer
	Kind   ListKind
	Select Selection  // Nodes
	Edges  []EdgeItem // Edges
	Page   []PageItem // PageInfo
	Exact  bool       // TotalCount beyond CountCap
	Groups *Groups    // InGroups; GroupCount, whose keys alone matter
	Text   string     // ListTypeName
}

// ListKind says what a ListItem is.
type ListKind uint8

// What can be asked of a list.
const (
	Nodes ListKind = iota
	Edges
	PageInfo
	TotalCount
	InGroups   // the list's groups
	GroupCount // how many groups there are; stops at CountCap
	ListTypeName
)

// EdgeItem is one thing asked of an edge.
type EdgeItem struct {
	Key    string
	Kind   EdgeKind
	Select Selection // EdgeNode
	Text   string    // EdgeTypeName
}

// EdgeKind says what an EdgeItem is.
type EdgeKind uint8

// What can be asked of an edge.
const (
	EdgeNode EdgeKind = iota
	EdgeCursor
	EdgeTypeName
)

// PageItem is one thing asked of the page information.
type PageItem struct {
	Key  string
	Kind PageKind
	Text string // PageTypeName
}

// PageKind says what a PageItem is.
type PageKind uint8

// What can be asked about a page.
const (
	HasNextPage PageKind = iota
	HasPreviousPage
	StartCursor
	EndCursor
	PageTypeName
)

// Selection is what is asked of a record, in the order of the answer.
type Selection []Item

// Item is one thing asked of a record.
type Item struct {
	Key   string // its name in the answer
	Kind  ItemKind
	Field string // Value, Record, Composite
	// Select is asked of the record a lookup refers to (Record).
	Select Selection
	Parts  []PartItem // Composite
	List   *List      // ToMany
	Text   string     // TypeName
}

// ItemKind says what an Item is.
type ItemKind uint8

// What can be asked of a record.
const (
	Value     ItemKind = iota // a field's value; of a lookup, the id
	Record                    // the record a lookup refers to, null when not allowed
	ToMany                    // a list of the records that refer to this one
	Composite                 // the parts of a field that has several
	TypeName                  // Text, whatever the record
	FileList                  // what is known of the files a field holds
)

// PartItem is one thing asked of a field of several parts.
type PartItem struct {
	Key  string
	Part expr.Part
	Text string // its answer when Part is Whole
	// Target asks for the record that a polymorphic lookup refers to, when it is
	// one of this object; Select is asked of it.
	Target string
	Select Selection
	// Member is what is asked of a file (FileList): id, name, type, size, sha256,
	// added or url.
	Member string
}
