package metadata

import "github.com/trellishq/trellis/metadata/expr"

// Computed says where a computed field gets its value.
type Computed string

// Stored computed fields are columns that the engine writes with what they
// depend on: they depend on the record alone, or on its children, and not on
// the moment or the caller. AtRead ones are an expression in SQL.
const (
	Stored Computed = "stored"
	AtRead Computed = "atRead"
)

// RollUp computes over the records of a to-many relation.
type RollUp struct {
	Relation string         `json:"relation"`        // the Inverse of a lookup to this object
	Function expr.Aggregate `json:"function"`        // of the values of Field
	Field    string         `json:"field,omitempty"` // none for count
	// A sum or count of nothing is 0, the others are null. The sum, least or
	// greatest of a currency over mixed codes is null.
	//
	// Where is a row rule over the child: which children count. One that reads
	// now or today is a moving window and computed at read.
	Where string `json:"where,omitempty"`
}

// AutoNumber makes numbers like C26000042.
type AutoNumber struct {
	// Pattern is text with {yyyy} {yy} {mm} {dd} of the day in the workspace's
	// zone, {field} for the text of another field of the record, and one run of
	// {####}, as many digits as there are #, more when they run out.
	Pattern string `json:"pattern"`
	// Scope lists fields whose values each have a sequence of their own. The
	// parts of the day in the pattern do so by themselves.
	Scope []string `json:"scope,omitempty"`
	// Gapless takes the number inside the write, so that writers wait for each
	// other and no number is lost; else numbers are taken before and may be lost.
	Gapless bool `json:"gapless,omitempty"`
	Start   int  `json:"start,omitempty"` // 1 unless told
}

// Expression says what the CEL text in a field of the kind expression is about.
type Expression struct {
	// Over is the object that record stands for, or "$" and a path over lookups
	// to a text or select field that names it ("$pool.object").
	Over string `json:"over"`
	// Profile is "row" (a condition that must compile to SQL; unless told),
	// "validate" (a condition) or "value" (any value).
	Profile string `json:"profile,omitempty"`
}

// Files bounds what a field of the kind file holds.
type Files struct {
	Multiple bool     `json:"multiple,omitempty"` // up to MaxCount, else one
	MaxCount int      `json:"maxCount,omitempty"` // 20 unless told, 100 at most
	MaxSize  int      `json:"maxSize,omitempty"`  // bytes of one: 10 MiB unless told, 1 GiB at most
	Types    []string `json:"types,omitempty"`    // media types, "image/*" among them; empty is any
}

// Alias is a name that a component had.
type Alias struct {
	Name string `json:"name"`
	// Plural an object had under the name; the one it has unless told.
	Plural string `json:"plural,omitempty"`
	// Until is the last day the name answers, YYYY-MM-DD; empty is for good.
	Until string `json:"until,omitempty"`
}
