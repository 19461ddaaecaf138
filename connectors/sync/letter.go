package sync

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/core/pg"
)

// maxLetters is how many dead letters one batch tries again.
const maxLetters = 200

// again tries dead letters whose time has come, and those that waited for a
// record which is here now. One that is taken over may be what others wait for,
// so it goes round until nothing is left to try.
func (p *pull) again(ctx context.Context) error {
	for tried := true; tried; {
		tried = false
		for i := range p.mapping.Streams {
			more := true
			for more {
				if time.Now().After(p.until) {
					return errBudget
				}
				var err error
				if more, err = p.letters(ctx, i); err != nil {
					return err
				}
				tried = tried || more
			}
		}
	}
	return nil
}

// letters tries some dead letters of a stream again and says whether there were
// any. A letter that fails is not due for a minute at least.
func (p *pull) letters(ctx context.Context, i int) (bool, error) {
	if err := p.pin(ctx); err != nil {
		return false, err
	}
	sm := p.mapping.Streams[i]
	rows, err := p.service.db.Query(ctx, `SELECT external_id, record, encode(sha256(record), 'hex') FROM trellis.sync_dead_letter d
		WHERE connection_id = $1 AND stream = $2 AND CASE WHEN waits_key IS NULL THEN next_at <= now()
			ELSE EXISTS (SELECT FROM trellis.sync_link l WHERE l.connection_id = $1 AND l.stream = d.waits_stream AND l.external_id = d.waits_key) END
		ORDER BY next_at, external_id LIMIT $3`, p.conn.ID, sm.From, maxLetters)
	if err != nil {
		return false, pg.Error(err)
	}
	b := &batch{pull: p, sm: sm}
	var key, digest string
	var data []byte
	_, err = pgx.ForEachRow(rows, []any{&key, &data, &digest}, func() error {
		r, err := decodeRecord(data)
		if err != nil {
			r = connectors.Record{Stream: sm.From, Key: key, Problem: "the record cannot be read any more as it is kept here"}
		}
		it := sm.item(key, r)
		it.letter = digest
		b.items = append(b.items, it)
		return nil
	})
	if err != nil || len(b.items) == 0 {
		return false, pg.Error(err)
	}
	return true, b.commit(ctx)
}

// holdLetters locks the dead letters the batch is made of as they were when
// they were read: another reader may have got newer records meanwhile.
func (b *batch) holdLetters(q *pgx.Batch) {
	if b.from != nil {
		return
	}
	var keys, digests []string
	for _, it := range b.items {
		keys, digests = append(keys, it.key), append(digests, it.letter)
	}
	q.Queue(`SELECT FROM trellis.sync_dead_letter d JOIN unnest($3::text[], $4::text[]) AS w (key, digest) ON d.external_id = w.key AND encode(sha256(d.record), 'hex') = w.digest
		WHERE d.connection_id = $1 AND d.stream = $2 FOR UPDATE OF d`, b.pull.conn.ID, b.sm.From, keys, digests).
		Exec(exactly(len(keys)))
}

// DeadLetter is a record that could not be taken over.
type DeadLetter struct {
	Stream   string `json:"stream"`
	Key      string `json:"key"`
	Code     string `json:"code"`
	Reason   string `json:"reason"`
	Attempts int    `json:"attempts"`
	// NextAt is when it is tried again. One that waits for another record is
	// tried when that has come.
	NextAt time.Time `json:"nextAt"`
}

// DeadLetters lists what waits to be tried again, soonest first.
func (s *Service) DeadLetters(ctx context.Context, connection trellis.ID, most int) ([]DeadLetter, error) {
	rows, err := s.db.Query(ctx, `SELECT stream, external_id, code, reason, attempts, next_at FROM trellis.sync_dead_letter WHERE connection_id = $1 ORDER BY next_at, stream, external_id LIMIT $2`, connection, most)
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DeadLetter])
	return list, pg.Error(err)
}
