package sync

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// remember stores links, dead letters and the checkpoint inside the
// transaction of the records. It may run again when that is repeated, and
// leaves nothing behind but errors of items.
func (b *batch) remember(ctx context.Context, tx pgx.Tx, results []core.Result) error {
	if err := b.findTaken(ctx, tx, results); err != nil {
		return err
	}
	q := &pgx.Batch{}
	b.holdLetters(q)
	var keys, hashes, well, unlinked []string
	var records []trellis.ID
	b.written = 0
	for _, it := range b.items {
		gone, failed := b.outcome(it, results)
		if failed != nil {
			if err := b.bury(q, it, failed); err != nil {
				return err
			}
			continue
		}
		// Also when nothing was written: what failed before may have been undone at
		// the source since, and must not come back.
		well = append(well, it.key)
		switch {
		case gone:
			unlinked = append(unlinked, it.key)
		case it.op >= 0:
			keys, hashes, records = append(keys, it.key), append(hashes, it.hash), append(records, results[it.op].ID)
		}
		if it.op >= 0 && results[it.op].Err == nil && results[it.op].Verb != "" {
			b.written++
		}
	}
	conn, stream := b.pull.conn.ID, b.sm.From
	if len(well) > 0 {
		q.Queue(`DELETE FROM trellis.sync_dead_letter d USING unnest($3::text[]) AS w (key) WHERE d.connection_id = $1 AND d.stream = $2 AND d.external_id = w.key`, conn, stream, well)
	}
	if len(unlinked) > 0 {
		q.Queue(`DELETE FROM trellis.sync_link l USING unnest($3::text[]) AS w (key) WHERE l.connection_id = $1 AND l.stream = $2 AND l.external_id = w.key`, conn, stream, unlinked)
	}
	if len(keys) > 0 {
		// A link to another record is another reader's, which made that one since.
		q.Queue(`INSERT INTO trellis.sync_link AS l (connection_id, stream, external_id, record_id, hash) SELECT $1, $2, * FROM unnest($3::text[], $4::uuid[], $5::text[])
			ON CONFLICT (connection_id, stream, external_id) DO UPDATE SET hash = excluded.hash WHERE l.record_id = excluded.record_id`, conn, stream, keys, records, hashes).
			Exec(exactly(len(keys)))
	}
	if b.from != nil {
		b.moveCheckpoint(q)
	}
	return tx.SendBatch(ctx, q).Close()
}

// exactly makes another reader's work in between undo ours.
func exactly(n int) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != int64(n) {
			return errOvertaken
		}
		return nil
	}
}

func (b *batch) moveCheckpoint(q *pgx.Batch) {
	conn, stream := b.pull.conn.ID, b.sm.From
	if b.from.batches == 0 {
		q.Queue(`INSERT INTO trellis.sync_checkpoint (connection_id, stream, cursor, mapping) VALUES ($1, $2, '', '') ON CONFLICT DO NOTHING`, conn, stream)
	}
	q.Queue(`UPDATE trellis.sync_checkpoint SET cursor = $4, mapping = $5, batches = batches + 1, records = records + $6, written = written + $7, updated_at = now()
		WHERE connection_id = $1 AND stream = $2 AND batches = $3`, conn, stream, b.from.batches, string(b.to), b.sm.hash, len(b.items), b.written).
		Exec(exactly(1))
}

// findTaken finds records that matched and belong to another record of the
// source already: two of one code must not write one record in turns.
func (b *batch) findTaken(ctx context.Context, tx pgx.Tx, results []core.Result) error {
	matched := map[trellis.ID]*item{}
	var ids []trellis.ID
	for _, it := range b.items {
		if it.op >= 0 && b.ops[it.op].Verb == core.Upsert && results[it.op].Err == nil && results[it.op].Verb != core.Create {
			matched[results[it.op].ID] = it
			ids = append(ids, results[it.op].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT l.record_id, l.external_id FROM unnest($3::uuid[]) AS w (id)
		JOIN trellis.sync_link l ON l.record_id = w.id AND l.connection_id = $1 AND l.stream = $2`, b.pull.conn.ID, b.sm.From, ids)
	if err != nil {
		return err
	}
	taken := false
	var record trellis.ID
	var key string
	_, err = pgx.ForEachRow(rows, []any{&record, &key}, func() error {
		if it := matched[record]; it.key != key {
			taken = true
			it.err = trellis.Errorf(trellis.CodeConflict, "the record with this value belongs to %s %q already", b.sm.From, key).At(b.sm.Match)
		}
		return nil
	})
	if err == nil && taken {
		err = errTaken
	}
	return err
}

// Dead letters are tried again after a minute, then ever later, up to a day.
const (
	firstRetry = time.Minute
	lastRetry  = 24 * time.Hour
)

// bury makes or keeps a dead letter. A record that has changed at the source
// begins anew; one that a person changed at the same moment is due at once.
func (b *batch) bury(q *pgx.Batch, it *item, why *trellis.Error) error {
	data, err := encodeRecord(it.rec)
	if err != nil {
		return err
	}
	first := firstRetry
	if why.Code == trellis.CodeVersionConflict {
		first = 0
	}
	var stream, key *string
	if it.waits != nil {
		stream, key = &it.waits.stream, &it.waits.key
	}
	q.Queue(`INSERT INTO trellis.sync_dead_letter AS d (connection_id, stream, external_id, record, code, reason, waits_stream, waits_key, next_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9::interval)
		ON CONFLICT (connection_id, stream, external_id) DO UPDATE SET record = excluded.record, code = excluded.code, reason = excluded.reason,
			waits_stream = excluded.waits_stream, waits_key = excluded.waits_key,
			attempts = CASE WHEN d.record = excluded.record THEN d.attempts + 1 ELSE 1 END,
			next_at = CASE WHEN d.record = excluded.record THEN now() + least($10::interval, $11::interval * 2 ^ least(20, d.attempts)) ELSE excluded.next_at END`,
		b.pull.conn.ID, b.sm.From, it.key, data, string(why.Code), clip(why.Error()), stream, key, first, lastRetry, firstRetry)
	return nil
}
