package sync

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/pg"
)

func itoa(n int) string { return strconv.Itoa(n) }

// errOvertaken says that another reader of the stream committed first.
var errOvertaken = errors.New("another reader moved the checkpoint")

// item is one record of a batch on its way.
type item struct {
	rec   connectors.Record
	hash  string
	link  *link
	op    int // index of its operation, -1 for none
	err   *trellis.Error
	known bool // nothing to write: unchanged since it was taken over
}

type link struct {
	record trellis.ID
	hash   string
}

// batch is what one transaction takes over.
type batch struct {
	p     *pull
	sm    *StreamMapping
	items []*item
	ops   []core.Op
	// from and to are the checkpoint before and after; equal for dead letters.
	from, to connectors.Cursor
	moves    bool
}

// newBatch keeps the last of several records with one key.
func (p *pull) newBatch(sm *StreamMapping, records []connectors.Record) *batch {
	b := &batch{p: p, sm: sm}
	at := map[string]int{}
	for _, r := range records {
		it := &item{rec: r, op: -1, hash: p.mapping.hash + r.Hash()}
		if err := r.Check(); err != nil {
			it.err = trellis.Wrap(trellis.CodeInvalidInput, err, "the connector delivered a record that breaks its contract: %v", err)
		}
		if i, ok := at[r.Key]; ok {
			b.items[i] = it
			continue
		}
		at[r.Key] = len(b.items)
		b.items = append(b.items, it)
	}
	return b
}

// commit maps the records, writes them and moves the checkpoint.
func (b *batch) commit(ctx context.Context) error {
	if err := b.findLinks(ctx); err != nil {
		return err
	}
	if err := b.mapAll(ctx); err != nil {
		return err
	}
	_, err := b.p.service.engine.Write(ctx, b.p.req, &core.Write{Ops: b.ops, PerRow: true, Also: b.remember})
	return err
}

// findLinks reads which records are known.
func (b *batch) findLinks(ctx context.Context) error {
	keys := make([]string, len(b.items))
	for i, it := range b.items {
		keys[i] = it.rec.Key
	}
	links, err := b.p.links(ctx, b.sm.From, keys)
	if err != nil {
		return err
	}
	for _, it := range b.items {
		if l, ok := links[it.rec.Key]; ok {
			it.link = &l
			it.known = l.hash == it.hash
		}
	}
	return nil
}

func (p *pull) links(ctx context.Context, stream string, keys []string) (map[string]link, error) {
	rows, err := p.service.db.Query(ctx, `SELECT external_id, record_id, hash FROM trellis.sync_link WHERE connection_id = $1 AND stream = $2 AND external_id = ANY($3)`, p.conn.ID, stream, keys)
	if err != nil {
		return nil, pg.Error(err)
	}
	out := make(map[string]link, len(keys))
	var key string
	var l link
	_, err = pgx.ForEachRow(rows, []any{&key, &l.record, &l.hash}, func() error {
		out[key] = l
		return nil
	})
	return out, pg.Error(err)
}

// mapAll makes an operation of each record that is to be written.
func (b *batch) mapAll(ctx context.Context) error {
	wanted := map[string][]string{} // stream → keys referred to
	refs := make([][]string, len(b.items))
	for i, it := range b.items {
		if it.err != nil || it.known || it.rec.Deleted {
			continue
		}
		source, _ := sourceValue(it.rec.Data).(map[string]any)
		values, err := b.sm.values(ctx, source, b.p.req.Now)
		if err == nil {
			refs[i], err = b.sm.keys(ctx, source, b.p.req.Now)
		}
		if err != nil {
			it.err = err
			continue
		}
		for n, key := range refs[i] {
			wanted[b.sm.links[n].from] = append(wanted[b.sm.links[n].from], key)
		}
		it.op = len(b.ops)
		b.ops = append(b.ops, b.operation(it, values))
	}
	known := map[string]map[string]link{}
	for stream, keys := range wanted {
		links, err := b.p.links(ctx, stream, keys)
		if err != nil {
			return err
		}
		known[stream] = links
	}
	for i, it := range b.items {
		if it.op >= 0 {
			b.resolve(it, refs[i], known)
		}
	}
	b.deletions()
	b.dropFailed()
	return nil
}

// operation writes a known record, takes over one that matches, or makes a new
// one.
func (b *batch) operation(it *item, values map[string]any) core.Op {
	op := core.Op{Verb: core.Create, Object: b.sm.To, Values: values}
	switch {
	case it.link != nil:
		op.Verb, op.ID = core.Update, it.link.record
	case b.sm.Match != "" && values[b.sm.Match] != nil && values[b.sm.Match] != "":
		op.Verb, op.Key = core.Upsert, []string{b.sm.Match}
	}
	return op
}

// resolve sets lookups to the records their keys stand for. A record whose
// partner has not come yet waits as a dead letter.
func (b *batch) resolve(it *item, keys []string, known map[string]map[string]link) {
	for n, key := range keys {
		l := b.sm.links[n]
		if key == "" {
			b.ops[it.op].Values[l.field.Name] = nil
			continue
		}
		to, ok := known[l.from][key]
		if !ok {
			it.err = trellis.Errorf(trellis.CodeConflict, "refers to %s %q, which has not come yet", l.from, key).At(l.field.Name)
			return
		}
		b.ops[it.op].Values[l.field.Name] = to.record
	}
}

// deletions trash records that are gone at the source, where the mapping says
// so.
func (b *batch) deletions() {
	for _, it := range b.items {
		if it.err != nil || !it.rec.Deleted || it.known {
			continue
		}
		if it.link == nil || !b.sm.Trash {
			it.known = true
			continue
		}
		it.op = len(b.ops)
		b.ops = append(b.ops, core.Op{Verb: core.Delete, Object: b.sm.To, ID: it.link.record})
	}
}

// dropFailed takes operations of records that failed in mapping out again.
func (b *batch) dropFailed() {
	var ops []core.Op
	for _, it := range b.items {
		if it.op < 0 {
			continue
		}
		if it.err != nil {
			it.op = -1
			continue
		}
		op := b.ops[it.op]
		it.op = len(ops)
		ops = append(ops, op)
	}
	b.ops = ops
}

// remember stores links, dead letters and the checkpoint inside the
// transaction of the records. It may run again when that is repeated.
func (b *batch) remember(ctx context.Context, tx pgx.Tx, results []core.Result) error {
	q := &pgx.Batch{}
	written := 0
	var keys, hashes, well []string
	var records []trellis.ID
	for _, it := range b.items {
		failed := it.err
		if it.op >= 0 && results[it.op].Err != nil {
			failed = results[it.op].Err
		}
		if it.op >= 0 && failed == nil {
			keys, hashes, records = append(keys, it.rec.Key), append(hashes, it.hash), append(records, results[it.op].ID)
			if results[it.op].Verb != "" {
				written++
			}
		}
		if failed == nil {
			// Also when nothing was written: what failed may have been undone at the
			// source since, and must not come back.
			well = append(well, it.rec.Key)
			continue
		}
		if err := b.bury(q, it, failed); err != nil {
			return err
		}
	}
	q.Queue(`DELETE FROM trellis.sync_dead_letter WHERE connection_id = $1 AND stream = $2 AND external_id = ANY($3)`, b.p.conn.ID, b.sm.From, well)
	q.Queue(`INSERT INTO trellis.sync_link (connection_id, stream, external_id, record_id, hash) SELECT $1, $2, * FROM unnest($3::text[], $4::uuid[], $5::text[])
		ON CONFLICT (connection_id, stream, external_id) DO UPDATE SET record_id = excluded.record_id, hash = excluded.hash`, b.p.conn.ID, b.sm.From, keys, records, hashes)
	if b.moves {
		q.Queue(`INSERT INTO trellis.sync_checkpoint (connection_id, stream, cursor) VALUES ($1, $2, '') ON CONFLICT DO NOTHING`, b.p.conn.ID, b.sm.From)
		q.Queue(`UPDATE trellis.sync_checkpoint SET cursor = $4, batches = batches + 1, records = records + $5, written = written + $6, updated_at = now()
			WHERE connection_id = $1 AND stream = $2 AND cursor = $3`, b.p.conn.ID, b.sm.From, string(b.from), string(b.to), len(b.items), written).
			Exec(func(tag pgconn.CommandTag) error {
				if tag.RowsAffected() != 1 {
					return errOvertaken
				}
				return nil
			})
	}
	b.p.counts.add(len(b.items), written)
	return tx.SendBatch(ctx, q).Close()
}

// Dead letters are tried again after a minute, then ever later, up to a day.
const (
	firstRetry = time.Minute
	lastRetry  = 24 * time.Hour
)

// bury makes or keeps a dead letter.
func (b *batch) bury(q *pgx.Batch, it *item, why *trellis.Error) error {
	data, err := encodeRecord(it.rec)
	if err != nil {
		return err
	}
	q.Queue(`INSERT INTO trellis.sync_dead_letter AS d (connection_id, stream, external_id, record, code, reason, next_at) VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval)
		ON CONFLICT (connection_id, stream, external_id) DO UPDATE SET record = excluded.record, code = excluded.code, reason = excluded.reason,
			attempts = d.attempts + 1, next_at = now() + least($8::interval, $7::interval * 2 ^ least(20, d.attempts))`,
		b.p.conn.ID, b.sm.From, it.rec.Key, data, string(why.Code), why.Error(), firstRetry, lastRetry)
	return nil
}
