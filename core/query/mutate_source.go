package query

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// source writes the new values: VALUES for one row, unnest over one array per
// column for many; what is the same in all of them is bound once. keyed adds the
// id and version that select the row.
func (b *builder) source(space *Space, fields []*metadata.Field, rows []RowWrite, keyed bool) {
	if len(rows) == 1 {
		b.oneRow(space, fields, &rows[0], keyed)
		return
	}
	type array struct {
		param any
		of    expr.Type
	}
	var arrays []array
	column := make([]any, len(rows))
	add := func(of expr.Type, value func(r *RowWrite) any) {
		for i := range rows {
			column[i] = value(&rows[i])
		}
		arrays = append(arrays, array{columnParam(of, column), of})
		b.text("u.c" + strconv.Itoa(len(arrays)))
		if elementType(of) != sqlType(of) {
			b.text("::" + sqlType(of))
		}
	}
	b.text("SELECT ")
	sep := ""
	for _, f := range fields {
		once := shared(f, rows, keyed)
		for n := range f.Width() {
			b.text(sep)
			sep = ", "
			if once {
				b.bind(single(space.part(f, rows[0].Values[f.Name], n)), sqlType(f.Part(n).Of))
				continue
			}
			add(f.Part(n).Of, func(r *RowWrite) any { return space.part(f, r.Values[f.Name], n) })
		}
	}
	if keyed {
		b.text(sep)
		add(expr.IDType, func(r *RowWrite) any { return r.ID })
		b.text(", ")
		add(expr.IntType, func(r *RowWrite) any { return r.Version })
	}
	b.text(" FROM unnest(")
	names := ""
	for i, a := range arrays {
		if i > 0 {
			b.text(", ")
			names += ", "
		}
		names += "c" + strconv.Itoa(i+1)
		b.bind(a.param, elementType(a.of)+"[]")
	}
	b.text(") AS u(" + names + ")")
}

// oneRow is source for a row alone.
func (b *builder) oneRow(space *Space, fields []*metadata.Field, row *RowWrite, keyed bool) {
	b.text("VALUES (")
	sep := ""
	for _, f := range fields {
		for n := range f.Width() {
			b.text(sep)
			sep = ", "
			b.bind(single(space.part(f, row.Values[f.Name], n)), sqlType(f.Part(n).Of))
		}
	}
	if keyed {
		b.text(sep)
		b.bind([16]byte(row.ID), "uuid")
		b.text(", ")
		b.bind(row.Version, "int8")
	}
	b.text(")")
}

// stamps are the fields that all rows of a write have the same of, and new
// records their version.
var stamps = []string{"createdAt", "createdBy", "updatedAt", "updatedBy", "deletedAt"}

// shared says that a field is bound once for all rows. Which fields may be is
// not left to the values, for each choice is another statement to plan.
func shared(f *metadata.Field, rows []RowWrite, keyed bool) bool {
	if !slices.Contains(stamps, f.Name) && (keyed || f.Name != "version") {
		return false
	}
	first := rows[0].Values[f.Name]
	for i := 1; i < len(rows); i++ {
		if !metadata.Equal(first, rows[i].Values[f.Name]) {
			return false
		}
	}
	return true
}

// single is Param for what is written: decimals go as text, which is less work
// for both sides than to split them into groups of four digits here.
func single(v any) any {
	if d, ok := v.(*expr.Decimal); ok && d != nil {
		return d.Text('f')
	}
	return Param(v)
}

// elementType is the type of the elements of an array of values: unnest takes
// lists of lists apart, so those go as text.
func elementType(of expr.Type) string {
	switch codecOf(of) {
	case codecTexts, codecJSON:
		return "text"
	}
	return sqlType(of)
}

// columnParam turns one column of values, nulls among them, into an array. What
// has a text form that is cheap to write and to read goes as the array's text: the
// driver's own way to arrays takes several allocations for each element. PostgreSQL
// reads a UUID's text digit by digit, so ids go in binary.
func columnParam(of expr.Type, column []any) any {
	switch codecOf(of) {
	case codecInt:
		return literal(column, 8, func(b []byte, v int64) []byte { return strconv.AppendInt(b, v, 10) })
	case codecDuration:
		return literal(column, 12, func(b []byte, v time.Duration) []byte { return strconv.AppendInt(b, v.Microseconds(), 10) })
	case codecNumeric:
		return literal(column, 16, func(b []byte, v *expr.Decimal) []byte { return v.Append(b, 'f') })
	case codecUUID:
		return uuids(len(column), func(i int) (id trellis.ID, ok bool) { id, ok = column[i].(trellis.ID); return id, ok })
	case codecBool:
		return nullable(column, func(v bool) pgtype.Bool { return pgtype.Bool{Bool: v, Valid: true} })
	case codecDate:
		return nullable(column, func(v expr.Date) pgtype.Date { return pgtype.Date{Time: v.Time(), Valid: true} })
	case codecTime:
		return nullable(column, func(v time.Time) pgtype.Timestamptz { return pgtype.Timestamptz{Time: v, Valid: true} })
	case codecTimeOfDay:
		return nullable(column, func(v expr.TimeOfDay) pgtype.Time { return pgtype.Time{Microseconds: int64(v), Valid: true} })
	case codecTexts:
		return literal(column, 32, func(b []byte, v []string) []byte { return appendElement(b, arrayText(v)) })
	case codecJSON:
		return literal(column, 64, func(b []byte, v json.RawMessage) []byte { return appendElement(b, v) })
	}
	return literal(column, 16, appendElement[string])
}

// literal is the text form of an array; what is not of the type is null. Each
// element is about size long.
func literal[A any](column []any, size int, element func([]byte, A) []byte) string {
	b := append(make([]byte, 0, 2+(size+1)*len(column)), '{')
	for i, v := range column {
		if i > 0 {
			b = append(b, ',')
		}
		if a, ok := v.(A); ok {
			b = element(b, a)
		} else {
			b = append(b, "NULL"...)
		}
	}
	return string(append(b, '}'))
}

// appendElement writes text as an element of an array.
func appendElement[T ~string | ~[]byte](b []byte, text T) []byte {
	b = append(b, '"')
	for i := range len(text) {
		if c := text[i]; c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return append(b, '"')
}

// uuids is an array of n ids, null where there is none; the driver takes pointers
// as they are.
func uuids(n int, id func(i int) (trellis.ID, bool)) pgtype.FlatArray[*pgtype.UUID] {
	values, out := make([]pgtype.UUID, n), make(pgtype.FlatArray[*pgtype.UUID], n)
	for i := range n {
		if v, ok := id(i); ok {
			values[i] = pgtype.UUID{Bytes: v, Valid: true}
			out[i] = &values[i]
		}
	}
	return out
}

func nullable[A, B any](column []any, f func(A) B) []B {
	out := make([]B, len(column))
	for i, v := range column {
		if a, ok := v.(A); ok {
			out[i] = f(a)
		}
	}
	return out
}
