package floor

import (
	"context"
	"encoding/binary"
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

func (s *server) one(ctx context.Context, body, b []byte) ([]byte, error) {
	var in struct{ ID pgtype.UUID }
	if err := json.Unmarshal(body, &in); err != nil {
		return b, err
	}
	rows, err := s.db.Query(ctx, oneSQL, in.ID)
	if err != nil {
		return b, err
	}
	defer rows.Close()
	b = append(b, `{"opportunity":`...)
	if !rows.Next() {
		return append(b, "null}"...), rows.Err()
	}
	r := rows.RawValues()
	b = uuid(append(b, `{"id":`...), r[0])
	b = text(append(b, `,"name":`...), r[1])
	b = text(append(b, `,"stage":`...), r[2])
	b = money(append(b, `,"amount":`...), r[3], r[4])
	b = decimal(append(b, `,"probability":`...), r[5])
	b = date(append(b, `,"closeDate":`...), r[6])
	b = text(append(b, `,"source":`...), r[7])
	b = text(append(b, `,"nextStep":`...), r[8])
	b = instant(append(b, `,"createdAt":`...), r[9])
	b = integer(append(b, `,"version":`...), r[10])
	rows.Close()
	return append(b, "}}"...), rows.Err()
}

// each appends the rows of a list, separated by commas.
func each(rows pgx.Rows, b []byte, row func(b []byte, r [][]byte) []byte) ([]byte, error) {
	defer rows.Close()
	for i := 0; rows.Next(); i++ {
		if i > 0 {
			b = append(b, ',')
		}
		b = row(b, rows.RawValues())
	}
	return b, rows.Err()
}

func (s *server) list(ctx context.Context, body, b []byte) ([]byte, error) {
	var in struct {
		Stage string
		From  string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return b, err
	}
	from, err := day(in.From)
	if err != nil {
		return b, err
	}
	rows, err := s.db.Query(ctx, listSQL, in.Stage, from)
	if err != nil {
		return b, err
	}
	b, err = each(rows, append(b, `{"opportunities":{"nodes":[`...), func(b []byte, r [][]byte) []byte {
		b = uuid(append(b, `{"id":`...), r[0])
		b = text(append(b, `,"name":`...), r[1])
		b = text(append(b, `,"stage":`...), r[2])
		b = money(append(b, `,"amount":`...), r[3], r[4])
		b = decimal(append(b, `,"probability":`...), r[5])
		b = date(append(b, `,"closeDate":`...), r[6])
		b = integer(append(b, `,"score":`...), r[7])
		return append(b, '}')
	})
	return append(b, "]}}"...), err
}

func (s *server) wide(ctx context.Context, body, b []byte) ([]byte, error) {
	before, err := readBefore(body)
	if err != nil {
		return b, err
	}
	rows, err := s.db.Query(ctx, wideSQL, before)
	if err != nil {
		return b, err
	}
	b, err = each(rows, append(b, `{"opportunities":{"nodes":[`...), func(b []byte, r [][]byte) []byte {
		b = uuid(append(b, `{"id":`...), r[0])
		b = instant(append(b, `,"createdAt":`...), r[1])
		b = text(append(b, `,"createdBy":`...), r[2])
		b = instant(append(b, `,"updatedAt":`...), r[3])
		b = text(append(b, `,"updatedBy":`...), r[4])
		b = integer(append(b, `,"version":`...), r[5])
		b = text(append(b, `,"name":`...), r[6])
		b = text(append(b, `,"stage":`...), r[7])
		b = money(append(b, `,"amount":`...), r[8], r[9])
		b = decimal(append(b, `,"probability":`...), r[10])
		b = date(append(b, `,"closeDate":`...), r[11])
		b = text(append(b, `,"source":`...), r[12])
		b = text(append(b, `,"nextStep":`...), r[13])
		b = integer(append(b, `,"score":`...), r[14])
		b = boolean(append(b, `,"renewal":`...), r[15])
		return append(b, '}')
	})
	return append(b, "]}}"...), err
}

func (s *server) related(ctx context.Context, body, b []byte) ([]byte, error) {
	var in struct{ Stage, From, Region string }
	if err := json.Unmarshal(body, &in); err != nil {
		return b, err
	}
	from, err := day(in.From)
	if err != nil {
		return b, err
	}
	rows, err := s.db.Query(ctx, relatedSQL, in.Stage, from, in.Region)
	if err != nil {
		return b, err
	}
	b, err = each(rows, append(b, `{"opportunities":{"nodes":[`...), func(b []byte, r [][]byte) []byte {
		b = uuid(append(b, `{"id":`...), r[0])
		b = text(append(b, `,"name":`...), r[1])
		b = money(append(b, `,"amount":`...), r[2], r[3])
		b = date(append(b, `,"closeDate":`...), r[4])
		b = uuid(append(b, `,"account":{"id":`...), r[5])
		b = text(append(b, `,"name":`...), r[6])
		return append(b, "}}"...)
	})
	return append(b, "]}}"...), err
}

func (s *server) nested(ctx context.Context, body, b []byte) ([]byte, error) {
	before, err := readBefore(body)
	if err != nil {
		return b, err
	}
	rows, err := s.db.Query(ctx, nestedSQL, before)
	if err != nil {
		return b, err
	}
	var heads, firsts, seconds parts
	ids := make([][16]byte, 0, 20)
	for rows.Next() {
		r := rows.RawValues()
		ids = append(ids, [16]byte(r[0]))
		h := uuid(append(heads.buf, `{"id":`...), r[0])
		h = text(append(h, `,"name":`...), r[1])
		h = text(append(h, `,"region":`...), r[2])
		heads.buf = text(append(h, `,"industry":`...), r[3])
		heads.end(len(ids))
	}
	if err := rows.Err(); err != nil {
		return b, err
	}
	batch := &pgx.Batch{}
	batch.Queue(nestedContactsSQL, ids)
	batch.Queue(nestedOpportunitiesSQL, ids)
	res := s.db.SendBatch(ctx, batch)
	defer res.Close()
	if err := firsts.read(res, len(ids), func(b []byte, r [][]byte) []byte {
		b = uuid(append(b, `{"id":`...), r[1])
		b = text(append(b, `,"name":`...), r[2])
		b = text(append(b, `,"email":`...), r[3])
		return append(b, '}')
	}); err != nil {
		return b, err
	}
	if err := seconds.read(res, len(ids), func(b []byte, r [][]byte) []byte {
		b = uuid(append(b, `{"id":`...), r[1])
		b = text(append(b, `,"name":`...), r[2])
		b = text(append(b, `,"stage":`...), r[3])
		b = money(append(b, `,"amount":`...), r[4], r[5])
		return append(b, '}')
	}); err != nil {
		return b, err
	}
	b = append(b, `{"accounts":{"nodes":[`...)
	for i := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, heads.of(i)...)
		b = append(append(b, `,"contacts":{"nodes":[`...), firsts.of(i)...)
		b = append(append(b, `]},"opportunities":{"nodes":[`...), seconds.of(i)...)
		b = append(b, "]}}"...)
	}
	return append(b, "]}}"...), res.Close()
}

// parts are pieces of JSON, one for each parent, in one buffer.
type parts struct {
	buf  []byte
	ends []int
}

// end closes the pieces up to parent n.
func (p *parts) end(n int) {
	for len(p.ends) < n {
		p.ends = append(p.ends, len(p.buf))
	}
}

func (p *parts) of(i int) []byte {
	if i == 0 {
		return p.buf[:p.ends[0]]
	}
	return p.buf[p.ends[i-1]:p.ends[i]]
}

// read takes the next result of a batch, whose first column numbers the parent
// from 1.
func (p *parts) read(res pgx.BatchResults, parents int, row func(b []byte, r [][]byte) []byte) error {
	rows, err := res.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	last := 0
	for rows.Next() {
		r := rows.RawValues()
		ord := int(binary.BigEndian.Uint64(r[0]))
		p.end(ord - 1)
		if ord == last {
			p.buf = append(p.buf, ',')
		}
		last = ord
		p.buf = row(p.buf, r)
	}
	p.end(parents)
	return rows.Err()
}
