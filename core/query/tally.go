package query

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// Tally is what is known of the values of many records: of a field, those that
// are not null.
type Tally struct {
	Count int
	Sum   *expr.Decimal // of what can be summed; of a currency, of the amounts
	// Min and Max are of the field's type, of a currency the amounts.
	Min, Max any
	// Code is the currency of all values, unless they are Mixed.
	Code  string
	Mixed bool
}

// Tallied is one thing to count over the children of each parent.
type Tallied struct {
	Of    *metadata.Field // nil counts records
	Fn    expr.Aggregate
	Where expr.Pred
}

// Tallies counts over the live children of each parent, as the system: those
// whose lookup refers to it. A parent without children has no entry. The answer
// has, for each parent, a Tally for each of what.
func Tallies(ctx context.Context, db DB, space *Space, caller *Caller, parent, child *metadata.ObjectView, lookup *metadata.Field, parents []trellis.ID, what []Tallied) (map[trellis.ID][]Tally, error) {
	b := &builder{}
	rd := renderer{builder: b, c: &compiler{ctx: ctx, space: space, caller: caller}}
	s := scope{alias: "t", object: child}
	to := "t." + Ident(lookup.PartColumn(expr.IDPart))
	b.text("SELECT " + to)
	for i := range what {
		if err := rd.tally(s, &what[i]); err != nil {
			return nil, err
		}
	}
	b.text(" FROM " + space.TableName(child) + " t WHERE ")
	if len(parents) == 1 {
		b.text(to + " = ")
		b.bind([16]byte(parents[0]), "uuid")
	} else {
		b.text(to + " = ANY(")
		b.bind(IDs(parents), "uuid[]")
		b.text(")")
	}
	if lookup.Kind == metadata.KindPolymorphic {
		b.text(" AND t." + Ident(lookup.PartColumn(expr.ObjectPart)) + " = ")
		b.bind(parent.Name, "text")
	}
	b.text(` AND t."deleted_at" IS NULL GROUP BY ` + to)
	rows, err := db.Query(ctx, string(b.buf), b.args...)
	if err != nil {
		return nil, err
	}
	return readTallies(rows, what)
}

// tally writes the columns that readTallies reads: the count, and what Fn asks
// for.
func (r *renderer) tally(s scope, t *Tallied) error {
	filter := ""
	if t.Where != nil && t.Where != expr.Always {
		var err error
		if filter, err = r.capture(func() error { return r.trusted(s, t.Where) }); err != nil {
			return err
		}
		filter = " FILTER (WHERE " + filter + ")"
	}
	if t.Of == nil {
		r.text(", count(*)" + filter)
		return nil
	}
	value, err := r.capture(func() error { return r.column(s, t.Of, t.Of.Part(0).Name) })
	if err != nil {
		return err
	}
	r.text(", count(" + value + ")" + filter)
	switch t.Fn {
	case expr.Sum, expr.Mean:
		r.text(", (sum(" + value + ")" + filter + ")::numeric")
	case expr.Least, expr.Most:
		r.text(", " + string(t.Fn) + "(" + value + ")" + filter)
	}
	if t.Of.Type() == expr.MoneyType {
		code, err := r.capture(func() error { return r.column(s, t.Of, t.Of.Part(1).Name) })
		if err != nil {
			return err
		}
		r.text(", min(" + code + ")" + filter + ", max(" + code + ")" + filter)
	}
	return nil
}

func readTallies(rows pgx.Rows, what []Tallied) (map[trellis.ID][]Tally, error) {
	defer rows.Close()
	out := map[trellis.ID][]Tally{}
	for rows.Next() {
		raw := rows.RawValues()
		if len(raw[0]) != 16 {
			return nil, fmt.Errorf("query: a parent of %d bytes", len(raw[0]))
		}
		id := trellis.ID(raw[0])
		raw = raw[1:]
		list := make([]Tally, len(what))
		for i := range what {
			n, err := list[i].read(&what[i], raw)
			if err != nil {
				return nil, err
			}
			raw = raw[n:]
		}
		out[id] = list
	}
	return out, rows.Err()
}

// read takes the columns of one tally and says how many there were.
func (t *Tally) read(w *Tallied, raw [][]byte) (int, error) {
	t.Count = int(binary.BigEndian.Uint64(raw[0]))
	if w.Of == nil {
		return 1, nil
	}
	n := 1
	switch w.Fn {
	case expr.Sum, expr.Mean:
		v, err := decodeValue(codecNumeric, raw[n])
		if err != nil {
			return 0, err
		}
		t.Sum, _ = v.(*expr.Decimal)
		n++
	case expr.Least, expr.Most:
		v, err := decodeValue(codecOf(w.Of.Part(0).Of), raw[n])
		if err != nil {
			return 0, err
		}
		t.Min, t.Max = v, v
		n++
	}
	if w.Of.Type() == expr.MoneyType {
		t.Code, t.Mixed = string(raw[n]), string(raw[n]) != string(raw[n+1])
		n += 2
	}
	return n, nil
}
