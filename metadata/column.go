package metadata

import (
	"github.com/trellishq/trellis/metadata/expr"
)

// Storage is the PostgreSQL type of a column.
type Storage uint8

// The types of columns. Text is by code point (COLLATE "C").
const (
	StoredText Storage = iota
	StoredInt8
	StoredNumeric // of Column.Precision and Column.Scale
	StoredBool
	StoredDate
	StoredTimestamp // timestamptz
	StoredTime      // time without time zone
	StoredUUID
	StoredTexts // text[]
	StoredJSON  // jsonb
)

// Column is one physical column of a field.
type Column struct {
	Name    string
	Part    expr.Part // Whole when the field has one column
	Of      expr.Type // of its values
	Storage Storage
	// Precision and Scale are of numeric columns, in digits.
	Precision, Scale int
}

// layout is a column as its kind describes it.
type layout struct {
	suffix  string // after Field.Column
	part    expr.Part
	of      expr.Type
	storage Storage
	// precision and scale are fixed by the kind; else the field has them.
	precision, scale int
}

// single is the layout of a kind of one column.
func single(of expr.Type, storage Storage) []layout {
	return []layout{{of: of, storage: storage}}
}

// ValueKind is the kind of the field's values: Result of a formula or roll-up,
// text of an auto-number, else Kind.
func (f *Field) ValueKind() Kind {
	switch f.Kind {
	case KindFormula, KindRollUp:
		return f.Result
	}
	return f.Kind
}

// Type is the type of the field's values in expressions and predicates.
func (f *Field) Type() expr.Type { return specOf(f.ValueKind()).of }

// Width is the number of the field's physical columns: 0 for a field that has
// none, as one that is computed at read or a list of other records.
func (f *Field) Width() int {
	if f.Computed == AtRead {
		return 0
	}
	return len(specOf(f.ValueKind()).columns)
}

// ValueParts are the parts of the field's value, described as columns whether it
// has them or is computed at read.
func (f *Field) ValueParts() []Column {
	out := make([]Column, len(specOf(f.ValueKind()).columns))
	for i := range out {
		out[i] = f.Part(i)
	}
	return out
}

// Part is the i-th of the field's physical columns.
func (f *Field) Part(i int) Column {
	l := &specOf(f.ValueKind()).columns[i]
	c := Column{Name: f.Column, Part: l.part, Of: l.of, Storage: l.storage}
	if l.suffix != "" {
		c.Name += l.suffix
	}
	if l.storage == StoredNumeric {
		if c.Precision, c.Scale = l.precision, l.scale; c.Precision == 0 {
			c.Precision, c.Scale = f.Digits()
		}
	}
	return c
}

// Parts lists the field's physical columns, in the order of the parts of its
// type.
func (f *Field) Parts() []Column {
	out := make([]Column, f.Width())
	for i := range out {
		out[i] = f.Part(i)
	}
	return out
}

// Columns names the field's physical columns; none before Normalize.
func (f *Field) Columns() []string {
	if f.Column == "" {
		return nil
	}
	out := make([]string, f.Width())
	for i := range out {
		out[i] = f.Part(i).Name
	}
	return out
}

// KeyColumns names the columns that an index on the field is over.
func (f *Field) KeyColumns() []string {
	all := f.Columns()
	if n := specOf(f.ValueKind()).keyed; n > 0 && n < len(all) {
		return all[:n]
	}
	return all
}

// PartColumn names the column of a part; Whole, and a part that the field does
// not have, mean its first.
func (f *Field) PartColumn(p expr.Part) string {
	columns := specOf(f.ValueKind()).columns
	for i := range columns {
		if columns[i].part == p {
			return f.Column + columns[i].suffix
		}
	}
	if len(columns) > 0 {
		return f.Column + columns[0].suffix
	}
	return f.Column
}

// Split gives the values of a canonical value's columns, in the order of Parts.
func Split(f *Field, v any) []any {
	out := make([]any, f.Width())
	for i := range out {
		out[i] = f.SplitAt(v, i)
	}
	return out
}

// SplitAt is one value of Split.
func (f *Field) SplitAt(v any, i int) any {
	return expr.PartValue(v, specOf(f.ValueKind()).columns[i].part)
}

// Join is the inverse of Split: null when all parts are, or a part without
// which there is no value.
func Join(f *Field, parts []any) any {
	if len(parts) == 1 {
		return parts[0]
	}
	return expr.FromParts(f.Type(), parts)
}

// longestSuffix is the bytes that the longest name of a part takes.
func (f *Field) longestSuffix() int {
	most := 0
	for _, l := range specOf(f.ValueKind()).columns {
		most = max(most, len(l.suffix))
	}
	return most
}
