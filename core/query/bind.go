package query

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// builder collects one statement: its text and its bound values. Values never
// become text, names only through Ident.
type builder struct {
	buf  []byte
	args []any
	// aliases counts the record aliases given out.
	aliases int
}

func (b *builder) text(s string)  { b.buf = append(b.buf, s...) }
func (b *builder) ident(s string) { b.buf = append(b.buf, Ident(s)...) }

// alias gives a fresh name for a table.
func (b *builder) alias() string {
	b.aliases++
	return "t" + strconv.Itoa(b.aliases-1)
}

// bind adds a value and writes its parameter with the type spelled out, so that
// Postgres never has to guess one.
func (b *builder) bind(v any, typ string) {
	b.args = append(b.args, v)
	b.buf = append(b.buf, '$')
	b.buf = strconv.AppendInt(b.buf, int64(len(b.args)), 10)
	b.text("::")
	b.text(typ)
}

// capture writes into a fragment of its own; its values are bound in the same
// statement.
func (b *builder) capture(write func() error) (string, error) {
	outer := b.buf
	b.buf = nil
	err := write()
	s := string(b.buf)
	b.buf = outer
	return s, err
}

// sqlType is the Postgres type of values of t.
func sqlType(t expr.Type) string {
	switch t {
	case expr.BoolType:
		return "bool"
	case expr.IntType:
		return "int8"
	case expr.DecimalType:
		return "numeric"
	case expr.DateType:
		return "date"
	case expr.TimestampType:
		return "timestamptz"
	case expr.IDType:
		return "uuid"
	case expr.TimeOfDayType:
		return "time"
	case expr.DurationType:
		return "int8"
	case expr.JSONType, expr.FilesType:
		return "jsonb"
	}
	if t.IsList() {
		return sqlType(t.Elem()) + "[]"
	}
	return "text"
}

// Param turns a canonical value into what pgx encodes fastest for its column.
func Param(v any) any {
	switch v := v.(type) {
	case trellis.ID:
		return [16]byte(v)
	case *expr.Decimal:
		if v == nil {
			return nil
		}
		return numeric(v)
	case expr.Date:
		return pgtype.Date{Time: v.Time(), Valid: true}
	case expr.TimeOfDay:
		return pgtype.Time{Microseconds: int64(v), Valid: true}
	case time.Duration:
		return v.Microseconds()
	case json.RawMessage:
		return []byte(v)
	case []trellis.ID:
		return IDs(v)
	case []*expr.Decimal:
		out := make([]pgtype.Numeric, len(v))
		for i, d := range v {
			out[i] = numeric(d)
		}
		return out
	case []expr.Date:
		out := make([]time.Time, len(v))
		for i, d := range v {
			out[i] = d.Time()
		}
		return out
	}
	return v
}

// IDs turns ids into what pgx encodes as uuid[].
func IDs(ids []trellis.ID) [][16]byte {
	out := make([][16]byte, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

func numeric(d *expr.Decimal) pgtype.Numeric {
	n := pgtype.Numeric{Int: d.Coeff.MathBigInt(), Exp: d.Exponent, Valid: true}
	if d.Negative {
		n.Int.Neg(n.Int)
	}
	return n
}

// planned is the number of elements that Postgres expects of an array it does
// not know (DEFAULT_UNNEST_LEN of its planner). For fewer, a plan made for the
// array at hand looks cheaper than the one that is kept, and the statement would
// be planned anew each time, which costs more than running it.
const planned = 10

// padded fills a short list of ids up with one that no record has.
func padded(ids [][16]byte) any {
	return uuids(max(len(ids), planned), func(i int) (id trellis.ID, ok bool) {
		if i < len(ids) {
			id = ids[i]
		}
		return id, true
	})
}

// among writes the table t with the records of the ids, ready for more
// conditions. Never = ANY($1): that is planned each time as well.
func (b *builder) among(table string, ids []trellis.ID) {
	if len(ids) == 1 {
		b.text(table + ` t WHERE t."id" = `)
		b.bind([16]byte(ids[0]), "uuid")
		return
	}
	b.text("unnest(")
	b.bind(padded(IDs(ids)), "uuid[]")
	b.text(") AS p(id) JOIN " + table + ` t ON t."id" = p.id`)
}
