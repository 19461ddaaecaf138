package query

import (
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/trellishq/trellis"
)

// oids are the types that a codec reads: an answer of another type would be
// taken for something it is not.
var oids = [...][]uint32{
	codecText:      {pgtype.TextOID, pgtype.VarcharOID},
	codecInt:       {pgtype.Int8OID},
	codecNumeric:   {pgtype.NumericOID},
	codecBool:      {pgtype.BoolOID},
	codecDate:      {pgtype.DateOID},
	codecTime:      {pgtype.TimestamptzOID},
	codecUUID:      {pgtype.UUIDOID},
	codecTimeOfDay: {pgtype.TimeOID},
	codecDuration:  {pgtype.Int8OID},
	codecTexts:     {pgtype.TextArrayOID, pgtype.VarcharArrayOID},
	codecJSON:      {pgtype.JSONBOID},
}

// strange are the positions of columns that PostgreSQL describes as of another
// type than they are read by: somebody changed a table by hand. A constant null
// has no type to speak of, so it is a value that makes it an error.
type strange []int

// strangers compares what was asked with what came, skip columns left out.
func strangers(rows pgx.Rows, skip int, codecs []codec) strange {
	came := rows.FieldDescriptions()
	if len(came) != skip+len(codecs) {
		return nil // said elsewhere
	}
	var out strange
	for i, c := range codecs {
		if oid := came[skip+i].DataTypeOID; oid != oids[c][0] && !slices.Contains(oids[c], oid) {
			out = append(out, i)
		}
	}
	return out
}

// in is the error of a row with a value in such a column.
func (s strange) in(cells [][]byte) error {
	for _, i := range s {
		if cells[i] != nil {
			return errOtherType()
		}
	}
	return nil
}

func errOtherType() *trellis.Error {
	return trellis.Errorf(trellis.CodeUnavailable, "a column in the database is of another type than the metadata says; if somebody changed it by hand, the drift report names it")
}
